# SPDX-License-Identifier: Apache-2.0
"""Kill -9 of the worker, of Valkey, of PostgreSQL, of everything, while people submit.

Nothing that was acknowledged is lost, nothing happens twice, and every case has exactly the
alarms that its facts give when they are judged again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from core import db
from core.db import Scope
from plugins.inspection.services.judging import verdicts_of
from tests.faults.running import Person, Platform, until
from tests.faults.world import OLD

ON_THE_SPOT = "对未明码标价行为的处罚（简易程序）"
FOUND = {"found_on": "2026-11-20", "place": "团结路 18 号", "facts": "未明码标价😀"}
"""The first step without its photograph: each of these submissions raises one red lamp."""
CASES = 6
ALL = Scope.platform("a test judges every case again")


class Team:
    """Two handlers of one unit, and what they were told had been done."""

    def __init__(self, platform: Platform, people: list[Person], items: dict[str, int]) -> None:
        self.platform, self.people, self.items = platform, people, items
        self.opened: dict[str, int] = {}
        self.submitted: dict[int, int] = {}
        self.told = asyncio.Event()
        """Set once some, not all, of the submissions under way have been acknowledged."""

    def of(self, number: int) -> Person:
        return self.people[number % len(self.people)]

    async def open(self, number: int, token: str) -> int:
        case = await self.of(number).open(self.items[ON_THE_SPOT], token)
        self.opened[token] = case
        return case

    async def submit(self, number: int, case: int, visit: int) -> None:
        await self.of(number).submit(case, visit, FOUND, f"s{case}")
        self.submitted[case] = visit
        if len(self.submitted) % CASES >= 2:
            self.told.set()


@pytest.fixture
async def team(platform: Platform) -> AsyncIterator[Team]:
    statuses: Counter[int] = Counter()
    people = [
        await Person(platform, statuses).sign_in(login) for login in ("zhanghailong", "siqingaowa")
    ]
    organisation = await platform.value(
        "select o.lo from core_organisation o where o.name = '磴口县市场监管综合行政执法大队'"
    )
    items = {
        row["title"]: row["id"]
        for row in await platform.rows(
            "select id, title from cases_item_version where current and org_lo = $1", organisation
        )
    }
    yield Team(platform, people, items)
    for each in people:
        await each.close()
    assert not [code for code in statuses if code >= 500 and code != 503], statuses


async def strike(team: Team, name: str, blow: Callable[[], Awaitable[None]]) -> None:
    """Everybody submits and opens; in the middle of it the blow falls; they go on until done."""
    team.told.clear()
    cases = [await team.open(n, f"{name}-{n}") for n in range(CASES)]
    visits = [await team.of(n).visit(case) for n, case in enumerate(cases)]
    before = len(team.submitted)
    work = [
        asyncio.create_task(each)
        for n, (case, visit) in enumerate(zip(cases, visits, strict=True))
        for each in (team.submit(n, case, visit), team.open(n, f"{name}-more-{n}"))
    ]
    await team.told.wait()
    assert before < len(team.submitted) <= before + CASES
    # What has been acknowledged by now must be there afterwards without anybody asking again.
    acknowledged = dict(team.submitted), dict(team.opened)
    await blow()
    await asyncio.gather(*work)
    await calm(team.platform)
    await nothing_lost(team.platform, *acknowledged)
    await nothing_lost(team.platform, team.submitted, team.opened)
    await alarms_are_right(team.platform, list(team.opened.values()))


async def calm(platform: Platform) -> None:
    """Wait until every delivery has been made; what a dead worker had claimed falls due now."""

    async def drained() -> bool:
        # The claim of a worker that died lapses after a minute; nobody wants to wait for it here.
        await platform.rows(
            "update core_delivery set due_at = now() where state = 'pending' and tries > 0"
            " and due_at > now() + interval '5 seconds'"
        )
        await platform.rows(
            "update core_due set due_at = now() where state = 'due' and tries > 0"
            " and due_at > now() + interval '5 seconds'"
        )
        return not await platform.value("select count(*) from core_delivery where state <> 'done'")

    await platform.ready()
    await until(drained, 60, "every fact to be delivered")


async def nothing_lost(
    platform: Platform, submitted: dict[int, int], opened: dict[str, int]
) -> None:
    """Each acknowledged act is there with its fact, once."""
    facts = Counter(
        (row["subject_id"], row["kind"], row["visit"])
        for row in await platform.rows(
            "select subject_id, kind, (payload::jsonb->>'step') || (payload::jsonb->>'visit') as visit"
            " from core_fact where kind in ('cases.opened', 'cases.step_submitted')"
            " and subject_id = any($1::int8[])",
            list(opened.values()),
        )
    )
    assert set(facts.values()) <= {1}, facts
    for case in opened.values():
        assert [k for k in facts if k[:2] == (case, "cases.opened")], case
    for case in submitted:
        assert (case, "cases.step_submitted", "found1") in facts, case
    visits = await platform.rows(
        "select case_id, id, state from cases_visit where step = 'found' and case_id = any($1::int8[])",
        list(submitted),
    )
    assert {(v["case_id"], v["id"], v["state"]) for v in visits} == {
        (case, visit, "submitted") for case, visit in submitted.items()
    }
    # The numbers of a case's facts run without a gap, and so do the numbers of the cases.
    assert not await platform.rows(
        "select subject_id from core_fact where kind like 'cases.%' and payload::jsonb ? 'seq'"
        " group by subject_id having max((payload::jsonb->>'seq')::int) <> count(*)"
        " or min((payload::jsonb->>'seq')::int) <> 1"
    )
    numbers = await platform.rows("select case_number from cases_case")
    assert len({row["case_number"] for row in numbers}) == len(numbers)
    assert not await platform.rows(
        "select c.id from cases_case c left join core_fact f on f.subject_kind = 'cases.case'"
        " and f.subject_id = c.id and f.kind = 'cases.opened' where f.id is null"
    )


async def alarms_are_right(platform: Platform, cases: list[int]) -> None:
    """The alarms of each case are those its facts give today, each with one fact of its own."""
    async with platform.engine(), db.transaction(ALL):
        for case in cases:
            verdicts, _, _ = await verdicts_of(case)
            stored = await db.rows(
                "select id, verdict_key, point, visit from inspection_alarm where case_id = $1",
                case,
            )
            due = sorted(v.key for v in verdicts if v.result == "fired")
            assert sorted(row["verdict_key"] for row in stored) == due, case
            assert len({(row["point"], row["visit"]) for row in stored}) == len(stored)
            told = await db.column(
                "select subject_id from core_fact where kind = 'inspection.alarm_raised'"
                " and subject_id = any($1::int8[])",
                [row["id"] for row in stored],
            )
            assert sorted(told) == sorted(row["id"] for row in stored), case


@pytest.mark.req("C11-06")
async def test_the_worker_is_killed(team: Team) -> None:
    async def blow() -> None:
        team.platform.kill("core.jobs.worker")

    await strike(team, "worker", blow)
    red = await team.platform.value(
        "select count(*) from inspection_alarm where case_id = any($1::int8[]) and colour = 'red'",
        list(team.submitted),
    )
    assert red == len(team.submitted), "each submission lacks its photograph"


async def test_valkey_is_killed(team: Team) -> None:
    async def blow() -> None:
        team.platform.kill("valkey")

    await strike(team, "valkey", blow)


async def test_postgres_is_killed(team: Team) -> None:
    async def blow() -> None:
        team.platform.kill("postgres")

    await strike(team, "postgres", blow)


async def test_the_web_process_is_killed(team: Team) -> None:
    async def blow() -> None:
        team.platform.kill("core.serve.web")

    await strike(team, "web", blow)


@pytest.mark.req("S1-24")
async def test_a_clock_runs_out_once_although_the_worker_dies_over_it(team: Team) -> None:
    platform = team.platform
    found = await platform.rows("select id from cases_case where title like $1", f"{OLD}%")
    cases = [row["id"] for row in found]
    assert len(cases) == 6
    await platform.rows(
        "update core_clock set due_at = due_at - interval '10 years'"
        " where due_at > now() + interval '9 years'"
    )
    lapsed = (
        "select subject_id as case, payload::jsonb->>'clock' as clock from core_fact"
        " where kind = 'core.clock.lapsed' and subject_id = any($1::int8[])"
    )

    async def some() -> bool:
        return bool(await platform.rows(lapsed, cases))

    await until(some, 30, "the sweep to find them")
    platform.kill("core.jobs.worker")
    await calm(platform)
    platform.kill("core.jobs.worker")
    await calm(platform)
    told = Counter((row["case"], row["clock"]) for row in await platform.rows(lapsed, cases))
    assert set(told.values()) == {1}
    assert {case for case, _ in told} == set(cases)
    alarms = await platform.rows(
        "select case_id, mark, colour from inspection_alarm where case_id = any($1::int8[])", cases
    )
    assert sorted(a["case_id"] for a in alarms) == sorted(cases)
    assert {(a["mark"], a["colour"]) for a in alarms} == {("M1", "red")}
    await alarms_are_right(platform, cases)


async def test_the_whole_tree_is_killed_and_starts_again(team: Team) -> None:
    platform = team.platform

    async def blow() -> None:
        await platform.kill_all()
        platform.start()

    await strike(team, "tree", blow)
    assert await platform.value("select count(*) from core_failure where final = 1") == 0
