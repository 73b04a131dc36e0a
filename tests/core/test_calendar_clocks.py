# SPDX-License-Identifier: Apache-2.0
"""Clocks in the database: started, paused, extended, stopped, lapsed, worked out anew."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from core.api.db import Place, Scope, SubjectRef, row, rows, transaction, value
from core.api.deadlines import (
    Limit,
    clocks_of,
    extend_clock,
    ledger,
    load_calendar,
    pause_clock,
    resume_clock,
    standing_of,
    start_clock,
    stop_clock,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import history
from core.calendar.days import change_day, footer_state, import_year, year_state
from core.calendar.facts import ClockLapsed
from core.calendar.rules import SHANGHAI, DayEntry
from core.calendar.sweep import lapse_due_clocks, recompute_job
from core.facts.canonical import payload_text
from core.host.registry import current
from core.intervals import Interval

ALL = Scope.platform("test")
CASE = SubjectRef("cases.case", 4711)
START = datetime(2026, 4, 28, 2, tzinfo=UTC)


@pytest.fixture
def place(region_tree, clock) -> Place:
    clock(START)
    return Place(region_tree.county.lo, 0)


TEN = Limit(10, "working")


async def started(place, key="step", limit=TEN, **more):
    async with transaction(ALL):
        return await start_clock(CASE, key, "进入调查取证", limit, place, started_at=START, **more)


async def lapses():
    async with transaction(ALL):
        await lapse_due_clocks()
        return await rows("select * from core_fact where kind = 'core.clock.lapsed' order by id")


@pytest.mark.req("B41-2")
async def test_a_clock_ends_as_the_law_counts(place) -> None:
    mine = await started(place)
    assert (mine.state, mine.due_day, mine.provisional) == ("running", date(2026, 5, 14), False)
    async with transaction(ALL):
        lines = await ledger(mine)
        assert lines[0].label == "进入调查取证（当日不计）"
        assert lines[-1].text == "5月14日 24:00"
        assert (await standing_of(mine)).text == "剩 10 个工作日"


async def test_one_open_clock_per_subject_and_key(place, db) -> None:
    await started(place)
    with pytest.raises(Exception, match="core_clock_open"):
        async with transaction(ALL):
            await started(place)


@pytest.mark.req("C3-12", "C3-14")
async def test_a_pause_moves_the_date_and_is_remembered(place, clock) -> None:
    mine = await started(place)
    clock(datetime(2026, 5, 6, 2, tzinfo=UTC))
    async with transaction(ALL):
        with pytest.raises(Invalid):
            await pause_clock(mine.id, " ", "局长")
        held = await pause_clock(mine.id, "鉴定", "李局长")
        assert held.state == "paused"
        # While it stands still the act is there to be read, and no day is promised.
        lines = {line.label: line.text for line in await ledger(held)}
        assert lines["中止（鉴定，李局长批准），不计"] == "5月6日起"
        assert lines["到期"] == "5月14日 24:00，恢复后顺延"
        with pytest.raises(Refused, match="正在计时"):
            await pause_clock(mine.id, "再停", "李局长")
    clock(datetime(2026, 6, 30, 2, tzinfo=UTC))
    assert await lapses() == []  # what stands still does not lapse
    clock(datetime(2026, 5, 12, 2, tzinfo=UTC))
    async with transaction(ALL):
        on = await resume_clock(mine.id)
        # Working days 6, 7, 8, 9 and 11 May stood still: 14 May becomes 21 May.
        assert (on.due_day, on.paused_days, on.ever_paused) == (date(2026, 5, 21), 6, True)
        text = [line.label for line in await ledger(on)]
        assert "中止（鉴定，李局长批准），不计" in text
        with pytest.raises(Refused, match="没有中止"):
            await resume_clock(mine.id)
        told = [f.kind for f in await history(CASE)]
        assert told == ["core.clock.paused", "core.clock.resumed"]


@pytest.mark.req("C3-12")
async def test_clocks_that_pause_together(place, clock) -> None:
    step = await started(place)
    stage = await started(place, "stage", Limit(90, "calendar"), pauses_with="step")
    other = await started(place, "other", Limit(90, "calendar"))
    clock(datetime(2026, 5, 6, 2, tzinfo=UTC))
    async with transaction(ALL):
        await pause_clock(step.id, "鉴定")
        assert [c.state for c in await clocks_of(CASE)] == ["paused", "paused", "running"]
        await resume_clock(step.id, at=datetime(2026, 5, 16, 2, tzinfo=UTC))
        now = {c.id: c for c in await clocks_of(CASE)}
        assert now[stage.id].due_day > stage.due_day
        assert now[other.id].due_day == other.due_day


@pytest.mark.req("C3-13")
async def test_extensions_are_counted_and_limited(place, clock) -> None:
    mine = await started(place, max_extensions=1)
    async with transaction(ALL):
        with pytest.raises(Invalid):
            await extend_clock(mine.id, Limit(5, "working"), "", "局长")
        longer = await extend_clock(mine.id, Limit(5, "working"), "案情复杂", "李局长")
        assert (longer.due_day, longer.extensions) == (date(2026, 5, 21), 1)
        with pytest.raises(Refused, match="最多延期 1 次"):
            await extend_clock(mine.id, Limit(5, "working"), "再来", "李局长")
        assert any("李局长批准" in line.label for line in await ledger(longer))
    clock(datetime(2026, 5, 22, 2, tzinfo=UTC))
    async with transaction(ALL):
        second = await start_clock(CASE, "x", "x", Limit(1, "working"), place, started_at=START)
        with pytest.raises(Refused, match="期限已过"):
            await extend_clock(second.id, Limit(5, "working"), "迟了", "李局长")
        with pytest.raises(Refused, match="期限已过"):
            await pause_clock(second.id, "迟了")


@pytest.mark.req("B41-2")
@pytest.mark.needs("inspection")
async def test_a_clock_lapses_in_the_second_after_its_day(place, clock) -> None:
    mine = await started(place)
    clock(datetime(2026, 5, 14, 15, 59, 59, 900000, tzinfo=UTC))
    assert await lapses() == []
    clock(datetime(2026, 5, 14, 16, tzinfo=UTC))
    [fact] = await lapses()
    assert await lapses() == [fact]  # once
    payload = msgspec.json.decode(fact["payload"], type=ClockLapsed)
    assert (payload.clock, payload.key, payload.title) == (mine.id, "step", "进入调查取证")
    assert datetime.fromisoformat(payload.due_at) == mine.due_at
    assert datetime.fromisoformat(payload.started_at) == mine.started_at
    assert not payload.provisional
    # The bytes are those record() would have written.
    assert fact["payload"] == payload_text(msgspec.json.decode(fact["payload"]))
    assert (fact["subject_kind"], fact["subject_id"]) == (CASE.kind, CASE.id)
    async with transaction(ALL):
        assert (await clocks_of(CASE))[0].state == "lapsed"
        done = await stop_clock(mine.id)
        assert (done.state, done.lapsed_at is not None) == ("lapsed", True)
    # Outside a scope the test is the owner, who alone may read these.
    assert await value("select count(*) from core_unsealed where fact = $1", fact["id"]) == 1
    told = await rows("select plugin, state from core_delivery where fact = $1", fact["id"])
    assert {each["state"] for each in told} == {"pending"}
    known = current()
    handlers = known.fact_handlers("core.clock.lapsed")
    assert {each["plugin"] for each in told} == {known.plugin_of(each) for each in handlers}


async def test_a_title_with_quotes_is_told_unharmed(place, clock) -> None:
    async with transaction(ALL):
        await start_clock(
            CASE, 'a"b', '送达"回证"\\n', Limit(1, "working"), place, started_at=START
        )
    clock(START + timedelta(days=30))
    [fact] = await lapses()
    assert msgspec.json.decode(fact["payload"])["title"] == '送达"回证"\\n'


async def test_a_stopped_clock_never_lapses(place, clock) -> None:
    mine = await started(place)
    async with transaction(ALL):
        assert (await stop_clock(mine.id)).state == "stopped"
    clock(START + timedelta(days=100))
    assert await lapses() == []


async def test_a_foreign_clock_is_not_found(place, region_tree) -> None:
    mine = await started(place)
    foreign = region_tree.far_county
    async with transaction(Scope.of_place(Place(foreign.lo))):
        with pytest.raises(NotFound):
            await pause_clock(mine.id, "鉴定")
        assert await clocks_of(CASE) == []


# --- calendars -------------------------------------------------------------------------------

SPRING = [DayEntry(date(2027, 2, d), False, "春节放假") for d in range(5, 12)]
NEW_YEAR = [DayEntry(date(2027, 1, 1), False, "元旦放假")]


async def _recompute():
    async with transaction(ALL):
        for due in await rows("select * from core_due where name = 'core.calendar.recompute'"):
            await recompute_job(due["payload"])


async def test_an_imported_year_moves_open_deadlines(place, clock, region_tree) -> None:
    clock(datetime(2026, 12, 21, 2, tzinfo=UTC))
    async with transaction(ALL):
        mine = await start_clock(CASE, "a", "起算", Limit(40, "working"), place)
        assert mine.provisional
        assert "2027 年节假日未维护" in await footer_state()
        whole = region_tree.country
        await import_year(
            2027,
            [*NEW_YEAR, *SPRING],
            "国办发明电〔2026〕7号",
            Interval(whole.lo, whole.hi),
            whole.id,
        )
        assert (await year_state(2027, place.region_lo)).published
        assert await footer_state() == "2026 年已维护"
    await _recompute()
    async with transaction(ALL):
        [now] = await clocks_of(CASE)
        assert not now.provisional
        assert now.due_day > mine.due_day
        assert "core.clock.recomputed" in [f.kind for f in await history(CASE)]
        kept = await row("select * from core_clock_event where clock = $1", mine.id)
        assert (kept["kind"], kept["due_after"]) == ("recomputed", now.due_at)


async def test_a_provisional_date_is_told_as_such_and_judged_again(
    place, clock, region_tree
) -> None:
    clock(datetime(2026, 12, 28, 2, tzinfo=UTC))
    async with transaction(ALL):
        mine = await start_clock(CASE, "a", "起算", Limit(5, "working"), place)
    clock(datetime(2027, 1, 5, 2, tzinfo=UTC))
    [first] = await lapses()
    assert msgspec.json.decode(first["payload"])["provisional"] is True
    async with transaction(ALL):
        whole = region_tree.country
        await import_year(
            2027, NEW_YEAR, "国办发明电〔2026〕7号", Interval(whole.lo, whole.hi), whole.id
        )
    await _recompute()
    async with transaction(ALL):
        [now] = await clocks_of(CASE)
        assert (now.state, now.provisional) == ("running", False)
        assert now.due_day == mine.due_day + timedelta(days=1)
    clock(datetime(2027, 1, 6, 2, tzinfo=UTC))
    both = await lapses()
    assert msgspec.json.decode(both[-1]["payload"])["provisional"] is False


async def test_the_narrowest_region_wins(place, region_tree, clock) -> None:
    county, province = region_tree.county, region_tree.province
    day = date(2026, 7, 15)
    async with transaction(ALL):
        await change_day(day, False, "那达慕放假", Interval(province.lo, province.hi), province.id)
        assert not (await load_calendar(county.lo)).is_workday(day)
        await change_day(day, True, "照常上班", Interval(county.lo, county.hi), county.id)
        assert (await load_calendar(county.lo)).is_workday(day)
        assert not (await load_calendar(region_tree.other_county.lo)).is_workday(day)
        assert (await load_calendar(region_tree.far_county.lo)).is_workday(day)


async def test_an_import_needs_its_source_and_its_year(place, region_tree) -> None:
    whole = region_tree.country
    interval = Interval(whole.lo, whole.hi)
    async with transaction(ALL):
        for entries, source in (
            (NEW_YEAR, " "),
            ([], "国办发明电"),
            ([DayEntry(date(2027, 1, 2), True, "上班")], "国办发明电"),
            ([DayEntry(date(2026, 1, 1), False, "元旦")], "国办发明电"),
        ):
            with pytest.raises(Invalid):
                await import_year(2027, entries, source, interval, whole.id)


# --- the page --------------------------------------------------------------------------------


async def test_the_calendar_page(client, login_as, clock, region_tree) -> None:
    clock(datetime(2026, 11, 22, 2, tzinfo=UTC))
    await login_as("system_admin")
    page = await client.get("/calendar")
    assert page.status_code == 200
    assert "2027 年节假日未维护" in page.text
    assert "国庆节放假" in page.text
    bad = await client.post(
        "/calendar/year",
        data={
            "year": "2027",
            "source": "国办发明电〔2026〕7号",
            "days": "1月1日 不知道",
            "place": str(region_tree.country.id),
        },
    )
    assert bad.status_code == 422
    assert "1月1日 不知道" in bad.text
    good = await client.post(
        "/calendar/year",
        data={
            "year": "2027",
            "source": "国办发明电〔2026〕7号",
            "days": "1月1日 放假 元旦\n2月5日至11日 放假 春节",
            "place": str(region_tree.country.id),
        },
    )
    assert good.status_code == 303
    page = await client.get("/calendar?year=2027")
    assert "国办发明电〔2026〕7号" in page.text
    assert "年节假日未维护" not in page.text
    one = await client.post(
        "/calendar/day",
        data={
            "day": "2026-07-15",
            "kind": "rest",
            "note": "那达慕放假",
            "place": str(region_tree.country.id),
        },
    )
    assert one.status_code == 303
    assert "那达慕放假" in (await client.get("/calendar?year=2026")).text


async def test_who_may_change_the_calendar(client, login_as, region_tree) -> None:
    await login_as("leader", region=region_tree.county)
    assert (await client.get("/calendar")).status_code == 200
    assert (await client.post("/calendar/day", data={})).status_code == 403
    await login_as("handler")
    assert (await client.get("/calendar")).status_code == 403


def test_the_zone_of_the_tests() -> None:
    assert START.astimezone(SHANGHAI).hour == 10
