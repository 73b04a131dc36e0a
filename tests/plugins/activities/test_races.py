# SPDX-License-Identifier: Apache-2.0
"""Two tabs, two phones, a check-in at the moment of closing; with real commits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from core import db
from core.api.errors import Conflict, Refused
from core.api.testing import browsing, make_agencies, sign_in_as
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from core.web.state import platform_of
from plugins.activities.forms import CorrectForm
from plugins.activities.services import attending
from tests import factories
from tests.plugins.activities.conftest import END, OFFICE, START, Hall, make_hall


@pytest.fixture
async def hall(fresh_db: str, clock: Any) -> AsyncIterator[Hall]:
    enabling.forget()
    registry = build(["activities"])
    with host_registry.use(registry):
        await apply_defaults(registry)
        tree = await factories.region_tree()
        yield await make_hall(tree, await make_agencies(tree), clock)
    enabling.forget()


async def count(sql: str) -> int:
    async with db.transaction(OFFICE):
        return int(await db.value(sql))


async def test_one_draft_from_two_tabs_is_one_record(hall: Hall, plugin_app: Any) -> None:
    who = await hall.volunteer()
    app = plugin_app("activities")
    platform_of(app).limits.counts.clear()
    said = hall.said()
    given = {
        name: str(getattr(said, name))
        for name in said.__struct_fields__
        if getattr(said, name) not in (None, 0, "")
    }
    async with browsing(app) as browser:
        await sign_in_as(
            browser, "supervisor", organisation=False, region=hall.county, person=who.person_id
        )
        answers = await asyncio.gather(
            *(browser.post("/activities/new", {**given, "once": "k" * 24}) for _ in range(3))
        )
    assert {each.status_code for each in answers} == {303}
    assert len({each.headers["location"] for each in answers}) == 1
    assert await count("select count(*) from activities_record") == 1
    assert await count("select count(*) from core_fact where kind = 'activities.registered'") == 1


async def test_one_code_scanned_by_two_taps_counts_once(hall: Hall) -> None:
    who = await hall.volunteer()
    made = await hall.activity(who)
    hall.at(START)
    done = await asyncio.gather(
        *(hall.check_in(made, who) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, int) for each in done) == 1
    assert sum(isinstance(each, Refused) for each in done) == 2
    assert await count("select count(*) from core_fact where kind = 'activities.checked_in'") == 1


async def test_closed_twice_at_once_tells_everybody_once(hall: Hall) -> None:
    who = await hall.volunteer()
    made = await hall.activity(who)
    hall.at(END + timedelta(minutes=1))
    done = await asyncio.gather(
        *(attending.close(hall.bureau, made, confirmed=True) for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Conflict) for each in done) == 1
    told = "select count(*) from core_fact where kind = 'activities.attendance_recorded'"
    assert await count(told) == 1


async def test_a_check_in_in_the_last_second_and_the_closing_agree(hall: Hall) -> None:
    who, away = await hall.volunteer(), await hall.volunteer("其其格")
    made = await hall.activity(who, away)
    # The very end of the activity belongs to both.
    hall.at(END)
    await asyncio.gather(
        hall.check_in(made, who),
        attending.close(hall.bureau, made, confirmed=True),
        return_exceptions=True,
    )
    async with db.transaction(OFFICE):
        kept = await db.value(
            "select outcome from activities_invitation where person = $1", who.person_id
        )
        told = await db.value(
            "select payload::json ->> 'outcome' from core_fact where subject_id = $1"
            " and kind = 'activities.attendance_recorded'",
            who.person_id,
        )
    assert kept == told


async def test_two_corrections_at_once_leave_two_traces(hall: Hall) -> None:
    who = await hall.volunteer()
    made = await hall.activity(who)
    invitation = await hall.invitation(made, who)
    hall.at(START)
    done = await asyncio.gather(
        attending.correct(hall.bureau, made, invitation, CorrectForm("present", "签到表")),
        attending.correct(hall.bureau, made, invitation, CorrectForm("excused", "请假条")),
        return_exceptions=True,
    )
    assert not [each for each in done if isinstance(each, BaseException)]
    kind = "activities.attendance_corrected"
    assert await count(f"select count(*) from core_fact where kind = '{kind}'") == 2
