# SPDX-License-Identifier: Apache-2.0
"""The pages of units and persons: who sees whom, what is entered, corrected, moved, closed."""

from typing import Any

import pytest

from core.api.testing import Agencies, Browser, Facts, LoginAs
from core.auth.services import set_rights
from core.db import Scope, execute, row, transaction, value
from core.people.services import enter_person
from tests.factories import RegionTree

PLATFORM = Scope.platform("test")
GOOD_ID = "150801198811207478"
OPEN = '<details class="jd-confirm" open>'


class TestUnits:
    @pytest.mark.req("C11-01")
    async def test_a_bureau_founds_corrects_and_closes_in_its_own_region(
        self,
        client: Browser,
        login_as: LoginAs,
        agencies: Agencies,
        region_tree: RegionTree,
        facts: Facts,
    ) -> None:
        county = region_tree.county
        await login_as("supervision_bureau", region=county)
        listed = await client.get("/organisations")
        assert agencies.agency.name in listed.text
        assert agencies.foreign_agency.name not in listed.text
        assert (await client.get("/organisations?format=xlsx")).status_code == 200
        form = await client.get(f"/organisations/new?region={county.id}")
        assert form.status_code == 200
        typed = {
            "name": "磴口县水利局",
            "kind": "body",
            "region": str(county.id),
            "unified_code": "123",
        }
        wrong = await client.post(f"/organisations?region={county.id}", typed)
        assert wrong.status_code == 422
        assert "应为 18 位" in wrong.text
        assert "磴口县水利局" in wrong.text, "nothing typed is lost"
        made = await client.post(
            f"/organisations?region={county.id}",
            {**typed, "unified_code": "", "parent": str(agencies.agency.id)},
        )
        assert made.status_code == 303
        where = made.headers["location"]
        assert agencies.agency.label in (await client.get(where)).text, "the way up"
        assert (await client.post(where, {"name": "磴口县水务局"})).status_code == 303
        assert (await client.post(where, {"name": "水"})).status_code == 422
        busy = await client.post(f"/organisations/{agencies.agency.id}/close", {"reason": "合并"})
        assert busy.status_code == 409
        assert "下级机构没有撤销" in busy.text
        assert OPEN in busy.text, "the sheet stands open with what was typed"
        assert 'value="合并"' in busy.text
        empty = await client.post(f"{where}/close", {"reason": "x"})
        assert empty.status_code == 422
        assert OPEN in empty.text
        assert 'href="#f-reason"' in empty.text
        assert (await client.post(f"{where}/close", {"reason": "并入农牧局"})).status_code == 303
        after = await client.get(where)
        assert "已撤销" in after.text
        assert "并入农牧局" in after.text, "the history says why"
        kinds = [each.kind for each in await facts.all() if "organisation" in each.kind]
        assert kinds[-3:] == [
            "core.organisation.founded",
            "core.organisation.changed",
            "core.organisation.closed",
        ]

    async def test_units_of_other_regions_are_not_there(
        self,
        client: Browser,
        login_as: LoginAs,
        agencies: Agencies,
        region_tree: RegionTree,
    ) -> None:
        await login_as("supervision_bureau", region=region_tree.county)
        foreign = agencies.foreign_agency.id
        for path in (f"/organisations/{foreign}", "/organisations/987654321"):
            assert (await client.get(path)).status_code == 404
        for path in (f"/organisations/{foreign}", f"/organisations/{foreign}/close"):
            answer = await client.post(path, {"name": "改名", "reason": "试试"})
            assert answer.status_code == 404
        elsewhere = {"name": "越界局", "kind": "body", "region": str(region_tree.other_county.id)}
        assert (await client.post("/organisations", elsewhere)).status_code == 404
        assert not await value("select 1 from core_organisation where name = '越界局'")
        await login_as("handler")
        assert (await client.get("/organisations")).status_code == 403

    async def test_nobody_founds_a_unit_below_one_of_another_region(
        self,
        client: Browser,
        login_as: LoginAs,
        agencies: Agencies,
        region_tree: RegionTree,
    ) -> None:
        county = region_tree.county
        await login_as("supervision_bureau", region=county)
        typed = {
            "name": "越界中队",
            "kind": "second",
            "region": str(county.id),
            "parent": str(agencies.foreign_agency.id),
        }
        assert (await client.post(f"/organisations?region={county.id}", typed)).status_code == 404
        assert not await value("select 1 from core_organisation where name = '越界中队'")

    async def test_a_role_of_one_unit_keeps_units_within_it_whatever_rights_it_was_given(
        self,
        client: Browser,
        login_as: LoginAs,
        agencies: Agencies,
        region_tree: RegionTree,
    ) -> None:
        right = "core.organisation.manage"
        await set_rights("body_admin", {right, "core.person.view"}, 0, {right, "core.person.view"})
        async with transaction(PLATFORM):
            await enter_person("李四光", agencies.other_agency.id)
        await login_as("body_admin", organisation=agencies.agency)
        neighbour = f"/organisations/{agencies.other_agency.id}"
        assert "李四光" not in (await client.get(neighbour)).text
        assert (await client.post(neighbour, {"name": "被人改名"})).status_code == 404
        assert (await client.post(f"{neighbour}/close", {"reason": "试试"})).status_code == 404
        root = {"name": "自立门户局", "kind": "body", "region": str(region_tree.county.id)}
        assert (await client.post("/organisations", root)).status_code == 404
        below = {**root, "name": "下设中队", "kind": "second", "parent": str(agencies.agency.id)}
        assert (await client.post("/organisations", below)).status_code == 303


class TestPersons:
    async def test_entered_corrected_moved_and_closed(
        self, client: Browser, login_as: LoginAs, agencies: Agencies, facts: Facts
    ) -> None:
        await login_as("supervision_bureau", organisation=agencies.bureau)
        assert (await client.get("/persons/new")).status_code == 200
        typed = {
            "name": "张海龙",
            "organisation": str(agencies.agency.id),
            "id_number": "150801",
            "phone": "13812345678",
            "position": "科员",
        }
        wrong = await client.post("/persons", typed)
        assert wrong.status_code == 422
        assert "应为 18 位" in wrong.text
        made = await client.post("/persons", {**typed, "id_number": GOOD_ID, "heads": "true"})
        assert made.status_code == 303
        where = made.headers["location"]
        page = await client.get(where)
        assert GOOD_ID not in page.text
        # The day of birth would fill in exactly what the mask hides.
        born = f"{GOOD_ID[6:10]}年"
        assert f"<dd>{born}</dd>" in page.text
        assert f"{born}{int(GOOD_ID[10:12])}月" not in page.text
        assert "138****5678" in page.text
        assert "负责人" in page.text
        changed = await client.post(where, {"name": "张海龙", "position": "科长", "phone": ""})
        assert changed.status_code == 303
        moved = await client.post(
            f"{where}/move", {"organisation": str(agencies.other_agency.id), "position": "科长"}
        )
        assert moved.status_code == 303
        person = await row("select organisation, phone_masked, heads from core_person")
        assert person == {
            "organisation": agencies.other_agency.id,
            "phone_masked": "138****5678",
            "heads": False,
        }
        assert (await client.post(f"{where}/close", {"reason": "退休"})).status_code == 303
        assert "已停用" in (await client.get(where)).text
        kinds = [each.kind for each in await facts.all() if each.kind.startswith("core.person")]
        assert kinds == [
            "core.person.entered",
            "core.person.changed",
            "core.person.moved",
            "core.person.closed",
        ]

    async def test_whoever_has_an_account_is_not_closed_first(
        self, client: Browser, login_as: LoginAs, agencies: Agencies
    ) -> None:
        async with transaction(PLATFORM):
            person = await enter_person("张海龙", agencies.agency.id)
        await login_as("handler", person=person.id)
        await login_as("body_admin", organisation=agencies.agency)
        answer = await client.post(f"/persons/{person.id}/close", {"reason": "调离"})
        assert answer.status_code == 409
        assert "先由系统管理员停用账号" in answer.text
        assert OPEN in answer.text
        assert 'value="调离"' in answer.text
        answer = await client.post(f"/persons/{person.id}/close", {"reason": ""})
        assert answer.status_code == 422
        assert 'id="e-reason"' in answer.text
        await execute("update core_user set active = false where person = $1", person.id)
        answer = await client.post(f"/persons/{person.id}/close", {"reason": "调离"})
        assert answer.status_code == 303

    async def test_only_inside_ones_own_unit(
        self, client: Browser, login_as: LoginAs, agencies: Agencies
    ) -> None:
        async with transaction(PLATFORM):
            mine = await enter_person("张海龙", agencies.agency.id)
            other = await enter_person("李四光", agencies.other_agency.id)
        await login_as("body_admin", organisation=agencies.agency)
        listed = await client.get("/persons")
        assert "张海龙" in listed.text
        assert "李四光" not in listed.text
        assert (await client.get(f"/persons/{other.id}")).status_code == 404
        for path, data in (
            (f"/persons/{other.id}", {"name": "改名"}),
            (f"/persons/{other.id}/close", {"reason": "试试"}),
            (
                f"/persons/{other.id}/move",
                {"organisation": str(agencies.agency.id)},
            ),
        ):
            assert (await client.post(path, data)).status_code == 404, path
        taken: Any = {"organisation": str(agencies.other_agency.id)}
        assert (await client.post(f"/persons/{mine.id}/move", taken)).status_code == 422
        assert (await client.post("/persons", {"name": "王五", **taken})).status_code == 422
        await login_as("leader", organisation=None, region=agencies.agency.region)
        assert (await client.get(f"/persons/{mine.id}")).status_code == 200
        assert (await client.get("/persons/new")).status_code == 403
        assert (await client.post(f"/persons/{mine.id}", {"name": "改名"})).status_code == 403
