# SPDX-License-Identifier: Apache-2.0
"""Two clicks and two handlers at the same moment, with real commits."""

import asyncio
from typing import Any

import pytest

from core import db
from core.api.testing import make_agencies
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry
from plugins.cases.services import Changed, Posting, Submitted, open_case, submit_step
from tests import factories
from tests.plugins.cases.conftest import INQUIRY, TUESDAY, Office, make_office

ALL = Scope.platform("a test looks at everything")


@pytest.fixture
async def office(fresh_db: str, registry: Registry, clock: Any) -> Any:
    clock(TUESDAY)
    enabling.forget()
    with host_registry.use(registry):
        tree = await factories.region_tree()
        yield await make_office(tree, await make_agencies(tree))
    enabling.forget()


async def count(sql: str, *args: Any) -> int:
    async with db.transaction(ALL):
        return int(await db.value(sql, *args))


async def test_a_double_click_submits_once(office: Office) -> None:
    case = await office.to_inquiry()
    visit = (await office.file(case)).open_visit
    posting = Posting(visit["id"], 0, INQUIRY, token="once")
    done = await asyncio.gather(*(submit_step(office.zhang, case, posting) for _ in range(4)))
    assert sorted(d.repeated for d in done) == [False, True, True, True]
    assert (
        await count(
            "select count(*) from core_fact where kind = 'cases.step_submitted' and subject_id = $1"
            " and payload::jsonb->>'step' = 'inquiry'",
            case,
        )
        == 1
    )


async def test_two_handlers_submit_at_once_and_one_learns_of_the_other(office: Office) -> None:
    case = await office.to_inquiry()
    visit = (await office.file(case)).open_visit
    posts = [
        submit_step(actor, case, Posting(visit["id"], 0, {**INQUIRY, "place": place}, token=place))
        for actor, place in ((office.zhang, "南街"), (office.sqgw, "北街"))
    ]
    done = await asyncio.gather(*posts, return_exceptions=True)
    assert {type(d) for d in done} == {Submitted, Changed}
    lost = next(d for d in done if isinstance(d, Changed))
    assert lost.done
    assert [c.title for c in lost.changes] == ["调查地点"]
    file = await office.file(case)
    assert [v["state"] for v in file.visits].count("open") == 1


async def test_a_double_click_opens_one_case_and_numbers_have_no_gap(office: Office) -> None:
    opening = office.opening(token="new")
    cases = await asyncio.gather(*(open_case(office.zhang, opening) for _ in range(3)))
    assert len(set(cases)) == 1
    more = [
        office.opening(token=f"t{n}", same_party_confirmed=True, title=f"第 {n} 案")
        for n in range(4)
    ]
    await asyncio.gather(*(open_case(office.zhang, each) for each in more))
    async with db.transaction(ALL):
        numbers = await db.column("select case_number from cases_case order by id")
    assert sorted(numbers) == [f"磴市监立〔2026〕{n}号" for n in range(1, 6)]
