# SPDX-License-Identifier: Apache-2.0
"""Units, people, accounts and roles from a sheet: preview, row errors, applying, undoing."""

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from core.api.testing import Agencies, Browser, Facts, LoginAs
from core.auth.visitor import OrgRef
from core.db import Scope, execute, rows, transaction, value
from core.imports import kinds
from core.imports.kinds import ALL
from core.imports.services import scope_of
from core.listing import Column, xlsx_bytes
from tests.factories import RegionTree

PLATFORM = Scope.platform("test")
GOOD_ID = "150801198811207478"


def sheet(kind: str, *lines: dict[str, Any]) -> bytes:
    columns = [Column(each.key, each.names[0]) for each in ALL[kind].columns]
    return xlsx_bytes(ALL[kind].title, columns, lines)


async def send(client: Browser, kind: str, content: bytes, name: str = "表.xlsx") -> httpx.Response:
    return await client.post("/imports", {"kind": kind}, files={"file": (name, content)})


async def previewed(client: Browser, kind: str, *lines: dict[str, Any]) -> str:
    answer = await send(client, kind, sheet(kind, *lines))
    assert answer.status_code == 303, answer.text[:3000]
    return str(answer.headers["location"])


class TestOrganisations:
    @pytest.mark.req("C11-17")
    async def test_preview_changes_nothing_and_says_what_is_wrong_with_each_row(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, facts: Facts
    ) -> None:
        await login_as("system_admin")
        before = await value("select count(*) from core_organisation")
        where = await previewed(
            client,
            "organisations",
            # Its superior stands below it in the sheet.
            {
                "name": "县牧业执法大队",
                "kind": "二级机构",
                "region": "150822",
                "parent": "县牧业局",
            },
            {"name": "县牧业局", "kind": "执法主体", "region": "磴口县"},
            {"name": "县林草局", "kind": "公司", "region": "150822"},
            {"name": "某局", "kind": "执法主体", "region": "999999"},
            {"name": "孤儿队", "kind": "二级机构", "region": "150822", "parent": "没有的局"},
            {"name": "", "kind": "执法主体", "region": "150822"},
            {"name": "乱码局", "kind": "执法主体", "region": "150822", "unified_code": "123"},
        )
        page = await client.get(where)
        assert "共 7 行，可写入 2 行，有问题 5 行" in page.text
        for part in ("类型“公司”不认识", "代码为 999999", "没有的局", "没有填写", "应为 18 位"):
            assert part in page.text, part
        assert await value("select count(*) from core_organisation") == before
        assert await facts.only("core.organisation.founded") == [], "a trial records nothing"

    async def test_applied_once_and_undone_as_a_whole(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, facts: Facts
    ) -> None:
        await login_as("system_admin")
        where = await previewed(
            client,
            "organisations",
            {
                "name": "县牧业执法大队",
                "kind": "二级机构",
                "region": "150822",
                "parent": "县牧业局",
            },
            {"name": "县牧业局", "kind": "执法主体", "region": "150822"},
        )
        assert (await client.post(f"{where}/apply")).status_code == 303
        found = await rows(
            "select o.name, p.name as above from core_organisation o"
            " left join core_organisation p on p.id = o.parent where o.name like '县牧业%'"
            " order by o.lo"
        )
        assert [tuple(each.values()) for each in found] == [
            ("县牧业局", None),
            ("县牧业执法大队", "县牧业局"),
        ]
        assert (await client.post(f"{where}/apply")).status_code == 409, "not twice"
        assert len(await facts.only("core.organisation.founded")) == 2
        (applied,) = await facts.only("core.import.applied")
        assert applied.payload["rows"] == 2
        assert (await client.post(f"{where}/undo")).status_code == 303
        assert (
            await value(
                "select count(*) from core_organisation where name like '县牧业%' and valid_to is null"
            )
            == 0
        )
        assert len(await facts.only("core.import.undone")) == 1
        assert (await client.post(f"{where}/undo")).status_code == 409

    async def test_what_is_in_use_is_not_undone_and_nothing_half(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await login_as("system_admin")
        where = await previewed(
            client,
            "organisations",
            {"name": "县牧业局", "kind": "执法主体", "region": "150822"},
            {"name": "县水利局", "kind": "执法主体", "region": "150822"},
        )
        await client.post(f"{where}/apply")
        from core.people.services import enter_person

        organ = await value("select id from core_organisation where name = '县牧业局'")
        async with transaction(PLATFORM):
            await enter_person("张海龙", organ)
        answer = await client.post(f"{where}/undo")
        assert answer.status_code == 409
        assert "还有 1 名人员没有调出或停用" in answer.text
        assert (
            await value(
                "select count(*) from core_organisation where name in ('县牧业局', '县水利局')"
                " and valid_to is null"
            )
            == 2
        )

    async def test_only_inside_ones_own_region(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await login_as("supervision_bureau", region=region_tree.county)
        where = await previewed(
            client,
            "organisations",
            {"name": "甲局", "kind": "执法主体", "region": "150822"},
            {"name": "乙局", "kind": "执法主体", "region": "150802"},
        )
        page = await client.get(where)
        assert "可写入 1 行" in page.text
        assert "不在你的管理范围内" in page.text
        await login_as("supervision_bureau", region=region_tree.other_county)
        assert (await client.get(where)).status_code == 404
        assert (await client.post(f"{where}/apply")).status_code == 404

    async def test_the_bureau_fills_the_units_of_its_region_though_it_sits_in_an_office(
        self, login_as: LoginAs, agencies: Agencies
    ) -> None:
        """The units of a county and their people are not below the office of its bureau."""
        who = await login_as("supervision_bureau", region=agencies.agency.region)
        own = agencies.bureau
        office = OrgRef(own.id, own.name, "", own.lo, own.hi)
        seated = replace(who, organisation=office)
        async with transaction(scope_of(seated)):
            found = await kinds._organisation(seated, agencies.agency.name)
        assert found["id"] == agencies.agency.id


class TestPersons:
    async def test_numbers_rest_sealed_and_show_masked(
        self, client: Browser, login_as: LoginAs, agencies: Agencies
    ) -> None:
        await login_as("body_admin", organisation=agencies.agency)
        where = await previewed(
            client,
            "persons",
            {
                "name": "张海龙",
                "organisation": agencies.agency.name,
                "id_number": GOOD_ID,
                "phone": "13812345678",
                "heads": "是",
            },
            {"name": "李四", "organisation": agencies.agency.name, "id_number": GOOD_ID},
            {"name": "王五", "organisation": agencies.agency.name, "id_number": "1508"},
            {"name": "赵六", "organisation": agencies.other_agency.name},
            {"name": "钱七", "organisation": agencies.agency.name, "heads": "大概"},
        )
        page = await client.get(where)
        assert "可写入 1 行，有问题 4 行" in page.text
        assert GOOD_ID not in page.text
        assert "13812345678" not in page.text
        assert "138****5678" in page.text
        for part in ("已经登记过", "应为 18 位", "不在你的管理范围内", "填“是”或“否”"):
            assert part in page.text, part
        assert GOOD_ID not in str(await rows("select rows from core_import"))
        assert (await client.post(f"{where}/apply")).status_code == 303
        person = await rows("select name, sex, heads, id_number_masked from core_person")
        assert [(p["name"], p["sex"], p["heads"]) for p in person] == [("张海龙", "男", True)]
        assert (await client.post(f"{where}/undo")).status_code == 303
        assert await value("select count(*) from core_person where closed_at is null") == 0


class TestAccountsAndRoles:
    async def test_accounts_get_slips_and_roles_come_from_another_administrator(
        self, client: Browser, login_as: LoginAs, agencies: Agencies, region_tree: RegionTree
    ) -> None:
        from core.people.services import enter_person

        async with transaction(PLATFORM):
            await enter_person("张海龙", agencies.agency.id)
        await login_as("system_admin")
        where = await previewed(
            client,
            "accounts",
            {"login": "zhl", "name": "张海龙", "organisation": agencies.agency.name},
            {"login": "zhl", "name": "李四"},
            {"login": "!!", "name": "王五"},
            {"login": "nobody", "name": "没有", "organisation": agencies.agency.name},
        )
        page = await client.get(where)
        assert "可写入 1 行，有问题 3 行" in page.text
        assert "请先导入人员" in page.text
        await client.post(f"{where}/apply")
        slips = await client.post(f"{where}/slips")
        assert slips.status_code == 200
        assert "no-store" in slips.headers["cache-control"]
        assert "临时密码单（1 张）" in slips.text
        assert "zhl" in slips.text
        refused = await send(client, "roles", sheet("roles", {"login": "zhl", "role": "办件人员"}))
        assert refused.status_code == 403, "who opens accounts grants no roles"
        await login_as("security_admin")
        roles = await previewed(
            client,
            "roles",
            {"login": "zhl", "role": "办件人员", "organisation": agencies.agency.name},
            {"login": "zhl", "role": "大王"},
            {"login": "zhl", "role": "领导", "region": "150822", "valid_to": date(2030, 1, 1)},
            {"login": "ghost", "role": "领导", "region": "150822"},
            {"login": "zhl", "role": "系统管理员"},
        )
        page = await client.get(roles)
        assert "可写入 2 行，有问题 3 行" in page.text
        assert "不办理业务" in page.text or "由专人担任" in page.text
        await client.post(f"{roles}/apply")
        held = await rows(
            "select r.key from core_assignment a join core_role r on r.id = a.role"
            " join core_user u on u.id = a.\"user\" where u.login = 'zhl' and a.revoked_at is null"
            " order by a.id"
        )
        assert [each["key"] for each in held] == ["handler", "leader"]
        assert (await client.post(f"{roles}/undo")).status_code == 303
        assert (await client.get(where)).status_code == 403, "accounts are not his matter"
        await login_as("system_admin")
        await execute("update core_user set last_seen = now() where login = 'zhl'")
        used = await client.post(f"{where}/undo")
        assert used.status_code == 409
        assert "已经登录过" in used.text


class TestSheets:
    @pytest.mark.parametrize(
        ("content", "name", "part"),
        [
            (b"", "x.xlsx", "请选择表格文件"),
            (b"PK\x03\x04 not a zip", "x.xlsx", "文件损坏"),
            (b"\x7fELF", "x.xlsx", "打不开"),
            ("列一,列二\n1,2\n".encode(), "x.csv", "表头里没有找到"),
            ("机构名称,类型,行政区划\n".encode(), "x.csv", "没有一行数据"),
        ],
    )
    async def test_a_file_that_is_no_sheet_is_a_sentence_beside_the_field(
        self, client: Browser, login_as: LoginAs, content: bytes, name: str, part: str
    ) -> None:
        await login_as("system_admin")
        answer = await send(client, "organisations", content, name)
        assert answer.status_code == 422
        assert part in answer.text
        assert await rows("select 1 from core_import") == []

    async def test_templates_read_back(self, client: Browser, login_as: LoginAs) -> None:
        await login_as("system_admin")
        for kind in ("organisations", "accounts"):
            found = await client.get(f"/imports/template/{kind}")
            assert found.status_code == 200
            answer = await send(client, kind, found.content)
            assert answer.status_code == 303, "its headings are the right ones"
        assert (await client.get("/imports/template/roles")).status_code == 403
        assert (await client.get("/imports/template/nothing")).status_code == 404

    async def test_who_has_no_business_there(self, client: Browser, login_as: LoginAs) -> None:
        await login_as("handler")
        assert (await client.get("/imports")).status_code == 403
        await login_as("system_admin")
        assert (await client.get("/imports")).status_code == 200
        assert (await client.get("/imports/987654321")).status_code == 404
