# SPDX-License-Identifier: Apache-2.0
"""Why may this person do this? Answered role by role; offices ask about themselves only (C11-10)."""

from typing import Any

import pytest

from core import db
from core.api.plugin import Place, SubjectRef
from core.auth import services
from core.auth.declared import AccountActed
from core.facts.services import record

READ = "core.access.explain"


@pytest.fixture
async def bureau(client: Any, agencies: Any) -> str:
    from core.host.registry import current

    await services.apply_defaults(current())
    user = await services.create_account("zhaojianguo", "赵建国")
    await services.grant_role(user, "supervision_bureau", organisation=agencies.bureau.id)
    return "zhaojianguo"


async def row_at(place: Place) -> None:
    async with db.transaction(db.Scope.platform("a test records")):
        await record(
            "core.account.opened",
            SubjectRef("core.user", 4711),
            AccountActed(user=4711, login="x", name="x"),
            place,
        )


def path(login: str, right: str = READ, row: str = "") -> str:
    return f"/explain/person?login={login}&right={right}{row}"


ROW = "&kind=core.user&id=4711"


async def test_the_role_that_holds_the_right_is_named(
    client: Any, login_as: Any, bureau: str
) -> None:
    await login_as(role="security_admin")
    text = (await client.get(path(bureau))).text
    assert "赵建国可以办" in text
    assert "以监察机关人员的身份" in text
    text = (await client.get(path(bureau, "core.role.grant"))).text
    assert "赵建国不可以办" in text
    assert "这个角色没有“授予和收回角色，调整角色权限”的权限" in text


async def test_a_row_outside_the_scope_is_told_apart_from_a_missing_right(
    client: Any, login_as: Any, bureau: str, agencies: Any
) -> None:
    await login_as(role="audit_admin")
    await row_at(Place(agencies.agency.region_lo, agencies.agency.lo))
    assert "这条记录在范围内" in (await client.get(path(bureau, row=ROW))).text
    await row_at(Place(agencies.foreign_agency.region_lo, agencies.foreign_agency.lo))
    text = (await client.get(path(bureau, row=ROW))).text
    assert "但这条记录不在" in text
    assert "不可以办" in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("login=nobody&right=core.access.explain", "没有账号 nobody"),
        ("login=zhaojianguo&right=x.y.z", "请选择要办的事"),
        (
            "login=zhaojianguo&right=core.access.explain&kind=core.user&id=999999999",
            "没有找到这条记录",
        ),
        ("login=zhaojianguo&right=core.access.explain&kind=core.user&id=x", "赵建国可以办"),
        ("", "说明原因"),
    ],
)
async def test_bad_questions_get_a_sentence(
    client: Any, login_as: Any, bureau: str, query: str, words: str
) -> None:
    await login_as(role="security_admin")
    answer = await client.get(f"/explain/person?{query}")
    assert answer.status_code == 200
    assert words in answer.text


async def test_closed_and_roleless_accounts_can_do_nothing(
    client: Any, login_as: Any, bureau: str
) -> None:
    who = await login_as(role="security_admin")
    await services.create_account("bare", "无角色")
    assert "没有有效的角色" in (await client.get(path("bare"))).text
    user = await db.value("select id from core_user where login = 'bare'")
    await services.close_account(user, who, "调离")
    assert "已停用" in (await client.get(path("bare"))).text


async def test_an_office_asks_about_itself_only(
    client: Any, login_as: Any, agencies: Any, bureau: str
) -> None:
    who = await login_as("body_admin", organisation=agencies.agency)
    text = (await client.get(path(bureau))).text
    assert "赵建国" not in text
    assert f"{who.name}可以办" in text
    await row_at(Place(agencies.foreign_agency.region_lo, agencies.foreign_agency.lo))
    assert "不在你的范围内" in (await client.get(path(bureau, row=ROW))).text
    await login_as("handler", organisation=agencies.agency)
    assert (await client.get(path(bureau))).status_code == 403
