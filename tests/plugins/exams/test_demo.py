# SPDX-License-Identifier: Apache-2.0
"""The demo's exams under the rights of those who hold them; a second seeding adds nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.api import clock as core_clock
from core.api.access import Visitor
from core.api.db import Scope, transaction, value
from core.api.demo import DemoContext
from core.api.people import enter_person
from core.api.testing import Agencies, LoginAs
from plugins.exams.demo import BUREAU, NEXT, PAST, SECOND, play_exams
from plugins.exams.services.after import check_chains
from tests.plugins.exams.conftest import As

TODAY = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)


async def test_one_sitting_is_published_and_one_is_coming(
    as_bureau: As, login_as: LoginAs, agencies: Agencies, region_tree: Any, clock: Any
) -> None:
    clock(TODAY - timedelta(days=60))
    context = DemoContext(now=TODAY)
    visitors: dict[str, Visitor] = {BUREAU: await as_bureau()}
    visitors[SECOND] = await login_as("leader", organisation=False, region=region_tree.county)
    for login in (*PAST, *NEXT):
        async with transaction(Scope.platform("test data")):
            person = (await enter_person(login, agencies.agency.id)).id
        visitors[login] = await login_as("handler", name=login, person=person)
    context.shared["core.visitors"] = visitors
    await play_exams(context)
    while (found := context.next_before(TODAY)) is not None:
        moment, act = found
        with core_clock.frozen(moment):
            await act()
    states = "select state from exams_session order by id"
    assert await value(f"select array_agg(state) from ({states}) x") == ["published", "planned"]
    assert await value("select count(*) from exams_attempt where state = 'submitted'") == 3
    assert await value("select count(*) from exams_attempt where passed") == 2
    assert await value("select count(*) from exams_entry where absent") == 1
    assert await value("select count(*) from exams_appeal where state = 'open'") == 1
    session = await value("select min(id) from exams_session")
    async with transaction(visitors[BUREAU].scope):
        assert await check_chains(session) == (3, [])
    clock(TODAY)
    await play_exams(context)
    assert context.next_before(TODAY) is None, "a second seeding plans nothing"
