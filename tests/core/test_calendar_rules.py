# SPDX-License-Identifier: Apache-2.0
"""Days: the handbook's vectors, two hundred cases against an independent source, the ledger."""

import random
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar.rules import (
    LIBRARY_YEARS,
    PLAIN,
    SHANGHAI,
    DayEntry,
    Extension,
    Limit,
    Override,
    Pause,
    WorkCalendar,
    anniversary,
    due_date,
    is_library_day,
    lapsed,
    library_year,
    read_days,
    standard,
    standing,
    term_end,
)

ORACLE = holidays.country_holidays("CN", years=range(2009, 2027), language="zh_CN")
CALENDAR = standard()


def works(day: date) -> bool:
    """What the second library says, which shares neither data nor code with the first."""
    return bool(ORACLE.is_working_day(day))


def oracle_due(start: date, limit: Limit) -> date:
    day = start
    if limit.unit == "working":
        return ORACLE.get_nth_working_day(start, limit.amount)
    day = start + timedelta(days=limit.amount)
    while not works(day):
        day += timedelta(days=1)
    return day


def sums(start: date, due: object) -> bool:
    return start + timedelta(days=sum(line.days for line in due.ledger)) == due.date


# --- the handbook's vectors ------------------------------------------------------------------


@pytest.mark.req("C3-11", "B41-2")
@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-09-01", 30, "calendar", "2026-10-08"),
        ("2026-09-03", 30, "calendar", "2026-10-08"),
        ("2026-01-20", 30, "calendar", "2026-02-24"),
        ("2026-07-03", 90, "calendar", "2026-10-08"),
        ("2026-09-15", 20, "working", "2026-10-19"),
        ("2026-09-15", 30, "working", "2026-11-02"),
        ("2026-09-18", 7, "working", "2026-09-29"),
        ("2026-09-30", 5, "working", "2026-10-13"),
        ("2026-04-30", 3, "working", "2026-05-08"),
    ],
)
def test_vectors_of_the_handbook(start: str, amount: int, unit: str, due: str) -> None:
    found = due_date(date.fromisoformat(start), Limit(amount, unit))
    assert found.date.isoformat() == due
    assert sums(date.fromisoformat(start), found)
    assert not found.provisional


@pytest.mark.req("B41-2")
@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2024-01-31", 29, "calendar", "2024-02-29"),
        ("2026-01-31", 28, "calendar", "2026-02-28"),  # a Saturday that is worked
        ("2026-01-31", 29, "calendar", "2026-03-02"),
        ("2026-03-31", 30, "calendar", "2026-04-30"),
        ("2026-03-31", 31, "calendar", "2026-05-06"),
        ("2025-12-31", 1, "working", "2026-01-04"),
        ("2026-04-30", 1, "working", "2026-05-06"),
        ("2026-09-30", 1, "working", "2026-10-08"),
    ],
)
def test_the_last_days_of_months_and_years(start: str, amount: int, unit: str, due: str) -> None:
    found = due_date(date.fromisoformat(start), Limit(amount, unit))
    assert found.date.isoformat() == due
    assert oracle_due(date.fromisoformat(start), Limit(amount, unit)) == found.date


HOLIDAYS_2026 = [
    "01-01",
    "01-02",
    "02-16",
    "02-17",
    "02-18",
    "02-19",
    "02-20",
    "02-23",
    "04-06",
    "05-01",
    "05-04",
    "05-05",
    "06-19",
    "09-25",
    "10-01",
    "10-02",
    "10-05",
    "10-06",
    "10-07",
]
MAKE_UP_2026 = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


@pytest.mark.req("C3-11", "B41-2")
def test_every_day_of_2026() -> None:
    day, free, made_up = date(2026, 1, 1), [], []
    while day.year == 2026:
        if day.weekday() < 5 and not CALENDAR.is_workday(day):
            free.append(f"{day:%m-%d}")
        if CALENDAR.is_make_up(day):
            made_up.append(f"{day:%m-%d}")
        day += timedelta(days=1)
    assert free == HOLIDAYS_2026
    assert made_up == MAKE_UP_2026


def test_an_unpublished_year_falls_back_to_weekdays_and_says_so() -> None:
    assert not CALENDAR.published(2027)
    assert CALENDAR.is_workday(date(2027, 10, 1))  # a Friday; nobody knows better yet
    due = due_date(date(2026, 12, 25), Limit(10, "working"))
    assert due.provisional
    assert due.date == date(2027, 1, 8)
    assert any("2027 年节假日未维护" in line.label for line in due.ledger)
    # The same period inside a published year is certain.
    assert not due_date(date(2026, 12, 1), Limit(10, "working")).provisional
    # For calendar days only the last day depends on holidays.
    assert due_date(date(2026, 12, 1), Limit(60, "calendar")).provisional
    assert not due_date(date(2026, 12, 1), Limit(30, "calendar")).provisional


def test_a_loaded_year_makes_it_certain() -> None:
    calendar = WorkCalendar(
        {
            date(2027, 1, 1): Override(False, "元旦放假"),
            date(2027, 1, 2): Override(False, "元旦放假"),
        },
        frozenset({2027}),
    )
    due = due_date(date(2026, 12, 25), Limit(10, "working"), calendar)
    assert not due.provisional
    assert due.date == date(2027, 1, 11)


@pytest.mark.parametrize(
    ("start", "years", "end"),
    [
        ("2022-05-01", 2, "2024-04-30"),
        ("2024-02-29", 2, "2026-02-28"),
        ("2024-03-01", 2, "2026-02-28"),
        ("2024-02-29", 4, "2028-02-28"),
        ("2022-01-01", 2, "2023-12-31"),
        ("2023-02-28", 1, "2024-02-27"),
    ],
)
def test_terms_of_years_count_their_first_day(start: str, years: int, end: str) -> None:
    assert term_end(date.fromisoformat(start), years).isoformat() == end


def test_anniversary_of_a_leap_day() -> None:
    assert anniversary(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_a_deadline_day_ends_with_its_last_second_in_beijing() -> None:
    due = due_date(date(2026, 4, 30), Limit(3, "working"))
    assert due.at == datetime(2026, 5, 8, 23, 59, 59, tzinfo=SHANGHAI)
    assert not lapsed(due.at, datetime(2026, 5, 8, 15, 59, 59, 999999, tzinfo=UTC))
    assert lapsed(due.at, datetime(2026, 5, 8, 16, 0, 0, tzinfo=UTC))


def test_the_start_is_the_day_in_beijing() -> None:
    # 17:00 UTC on 8 September is already the 9th in Beijing.
    due = due_date(datetime(2026, 9, 8, 17, tzinfo=UTC), Limit(1, "working"))
    assert due.date == date(2026, 9, 10)


# --- two hundred cases against an independent source -----------------------------------------


def _cases() -> list[tuple[date, Limit]]:
    """Every notice since 2010 is crossed: starts around each holiday, limits of the laws."""
    choose = random.Random(20260101)
    limits = [
        *(Limit(n, "working") for n in (1, 2, 3, 5, 7, 10, 15, 20, 30)),
        *(Limit(n, "calendar") for n in (3, 7, 10, 15, 30, 60, 90)),
    ]
    cases = []
    for year in range(2010, 2027):
        for month, day in (
            (1, 2),
            (1, 20),
            (2, 3),
            (4, 2),
            (4, 28),
            (6, 8),
            (9, 1),
            (9, 15),
            (9, 28),
        ):
            if year == 2026 and month > 9:
                continue
            start = date(year, month, day) + timedelta(days=choose.randrange(5))
            cases.append((start, choose.choice(limits)))
    for _ in range(60):
        start = date(2010, 1, 1) + timedelta(days=choose.randrange(365 * 16))
        cases.append((start, choose.choice(limits)))
    return cases


CASES = _cases()


def test_there_are_two_hundred_cases() -> None:
    assert len(CASES) >= 200
    years = {start.year for start, _ in CASES}
    assert years == set(range(2010, 2027))


@pytest.mark.req("C3-11", "B41-2")
@pytest.mark.parametrize(("start", "limit"), CASES, ids=str)
def test_against_the_oracle(start: date, limit: Limit) -> None:
    due = due_date(start, limit)
    assert due.date == oracle_due(start, limit)
    assert sums(start, due)
    assert due.ledger[0].kind == "start"
    assert due.ledger[-1].kind == "due"


PUBLISHED = st.dates(date(2010, 1, 1), date(2026, 6, 1))


@pytest.mark.req("B41-2")
@given(PUBLISHED)
def test_each_day_is_as_the_oracle_says(day: date) -> None:
    assert CALENDAR.is_workday(day) == works(day) == is_library_day(day)


LIMITS = st.builds(Limit, st.integers(1, 120), st.sampled_from(["working", "calendar"]))


@given(PUBLISHED, LIMITS)
def test_due_dates_are_workdays_and_ledgers_sum(start: date, limit: Limit) -> None:
    due = due_date(start, limit)
    assert CALENDAR.is_workday(due.date)
    assert sums(start, due)


@given(PUBLISHED, LIMITS)
def test_one_day_more_never_ends_earlier(start: date, limit: Limit) -> None:
    longer = due_date(start, Limit(limit.amount + 1, limit.unit))
    assert longer.date >= due_date(start, limit).date


@given(PUBLISHED, st.integers(1, 60))
def test_working_days_counted_back_are_the_limit(start: date, amount: int) -> None:
    due = due_date(start, Limit(amount, "working"))
    assert CALENDAR.workdays_between(start, due.date) == amount
    assert CALENDAR.add_workdays(start, amount) == due.date


@given(
    PUBLISHED,
    LIMITS,
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), max_size=3),
    st.lists(LIMITS, max_size=2),
)
def test_pauses_and_extensions_still_sum(
    start: date,
    limit: Limit,
    spans: list[tuple[int, int]],
    longer: list[Limit],
) -> None:
    pauses, day = [], start
    for gap, length in spans:
        day += timedelta(days=gap + 1)
        end = day + timedelta(days=length)
        pauses.append(Pause(_at(day), _at(end), "鉴定", "负责人"))
        day = end
    due = due_date(
        start, limit, pauses=pauses, extensions=[Extension(e, "案情复杂", "负责人") for e in longer]
    )
    assert sums(start, due)
    assert CALENDAR.is_workday(due.date)
    assert due.date >= due_date(start, limit).date


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI)


# --- pauses and extensions ---------------------------------------------------------------------


@pytest.mark.req("C3-12")
@pytest.mark.parametrize(
    ("start", "limit", "paused", "resumed", "due", "days"),
    [
        # Five calendar days stand still: 2026-07-02 + 30 days is Saturday the 1st, so Monday.
        ("2026-07-02", Limit(30, "calendar"), None, None, "2026-08-03", 0),
        ("2026-07-02", Limit(30, "calendar"), "2026-07-10", "2026-07-15", "2026-08-06", 5),
        # Lifted on the day it began: nothing stood still.
        ("2026-07-02", Limit(30, "calendar"), "2026-07-10", "2026-07-10", "2026-08-03", 0),
        # A weekend inside a pause costs a working-day period nothing more.
        ("2026-07-06", Limit(10, "working"), "2026-07-10", "2026-07-13", "2026-07-21", 3),
        ("2026-07-06", Limit(10, "working"), "2026-07-09", "2026-07-13", "2026-07-22", 4),
        # Suspended on the last day: that day is still to come.
        ("2026-07-06", Limit(3, "working"), "2026-07-09", "2026-07-20", "2026-07-20", 11),
        # Suspended on the very first day, which does not count anyway.
        ("2026-07-06", Limit(3, "working"), "2026-07-06", "2026-07-08", "2026-07-13", 2),
        # A pause over the National Day and its rollover.
        ("2026-09-01", Limit(30, "calendar"), "2026-10-03", "2026-10-12", "2026-10-12", 9),
    ],
)
def test_a_pause_moves_the_date_by_the_days_it_lasted(
    start: str, limit: Limit, paused: str | None, resumed: str | None, due: str, days: int
) -> None:
    pauses = (
        [Pause(_at(date.fromisoformat(paused)), _at(date.fromisoformat(resumed)), "鉴定")]
        if paused and resumed
        else []
    )
    found = due_date(date.fromisoformat(start), limit, pauses=pauses)
    assert found.date.isoformat() == due
    if days:
        assert any(line.kind == "pause" for line in found.ledger)
    assert sums(date.fromisoformat(start), found)


@pytest.mark.req("C1-10", "C3-12")
@pytest.mark.parametrize("limit", [Limit(30, "calendar"), Limit(7, "working"), Limit(48, "hours")])
def test_a_pause_is_in_the_ledger_before_it_has_moved_anything(limit: Limit) -> None:
    start = _at(date(2026, 5, 6))
    plain = due_date(start, limit)
    running = due_date(
        start, limit, pauses=[Pause(_at(date(2026, 5, 7)), None, "等鉴定", "李局长")]
    )
    (line,) = [line for line in running.ledger if line.kind == "pause"]
    assert line.label == "中止（等鉴定，李局长批准），不计"
    assert line.text.startswith("5月7日")
    assert line.text.endswith("起")
    same_day = _at(date(2026, 5, 7)) + timedelta(hours=2)
    lifted = due_date(start, limit, pauses=[Pause(_at(date(2026, 5, 7)), same_day, "等鉴定")])
    assert [line.label for line in lifted.ledger if line.kind == "pause"] == [
        "中止（等鉴定），不计" if limit.unit == "hours" else "中止（等鉴定）"
    ]
    assert running.date == plain.date
    assert sums(date(2026, 5, 6), running)
    assert sums(date(2026, 5, 6), lifted)


@pytest.mark.req("C3-13")
def test_extensions_of_one_unit_lengthen_the_period_itself() -> None:
    """查封 thirty days and thirty more are sixty, not thirty from a date already moved."""
    once = due_date(date(2026, 9, 1), Limit(30, "calendar"))
    assert once.date == date(2026, 10, 8)
    twice = due_date(
        date(2026, 9, 1),
        Limit(30, "calendar"),
        extensions=[Extension(Limit(30, "calendar"), "案情复杂", "李局长")],
    )
    assert twice.date == due_date(date(2026, 9, 1), Limit(60, "calendar")).date
    assert any(
        line.kind == "extension" and "案情复杂，李局长批准" in line.label for line in twice.ledger
    )


@pytest.mark.req("C3-13")
def test_an_extension_of_another_unit_runs_from_the_date_reached() -> None:
    due = due_date(
        date(2026, 4, 30),
        Limit(3, "working"),
        extensions=[Extension(Limit(10, "calendar"), "延期")],
    )
    assert due.date == date(2026, 5, 18)  # 8 May + 10 days
    assert sums(date(2026, 4, 30), due)


def test_hours_run_through_nights_and_holidays() -> None:
    start = datetime(2026, 9, 30, 16, 0, tzinfo=SHANGHAI)
    due = due_date(start, Limit(24, "hours"))
    assert due.at == datetime(2026, 10, 1, 16, 0, tzinfo=SHANGHAI)
    assert sums(date(2026, 9, 30), due)
    later = due_date(
        start, Limit(24, "hours"), pauses=[Pause(start, start + timedelta(hours=3), "停")]
    )
    assert later.at - due.at == timedelta(hours=3)
    assert sums(date(2026, 9, 30), later)


def test_the_words_of_the_ledger() -> None:
    due = due_date(date(2026, 4, 28), Limit(10, "working"), label="进入调查取证")
    rows = [(line.label, line.text) for line in due.ledger]
    assert rows == [
        ("进入调查取证（当日不计）", "4月28日"),
        ("限期：10 个工作日", "计 10 天"),
        ("劳动节放假，不计", "5月1日–5日"),
        ("周末，不计", "1 天"),
        ("周六调休上班，计入", "5月9日"),
        ("中止、延期", "无"),
        ("到期", "5月14日 24:00"),
    ]
    rolled = due_date(date(2026, 9, 1), Limit(30, "calendar"), label="送达")
    assert ("最后一日 10月1日 逢国庆节放假，顺延到其后首个工作日", "10月8日") in [
        (line.label, line.text) for line in rolled.ledger
    ]


# --- variants ------------------------------------------------------------------------------------


def test_a_plain_calendar_knows_no_notice() -> None:
    assert PLAIN.is_workday(date(2026, 10, 1))
    assert not PLAIN.is_workday(date(2026, 10, 10))
    assert PLAIN.published(2040)
    assert not due_date(date(2030, 1, 1), Limit(10, "working"), PLAIN).provisional


def test_a_calendar_of_another_zone_ends_its_day_there() -> None:
    from zoneinfo import ZoneInfo

    urumqi = WorkCalendar(plain=True, zone=ZoneInfo("Europe/Amsterdam"))
    due = due_date(date(2026, 7, 1), Limit(1, "working"), urumqi)
    assert due.at == datetime(2026, 7, 2, 21, 59, 59, tzinfo=UTC)


def test_region_days_win_over_the_notice() -> None:
    festival = WorkCalendar({date(2026, 7, 15): Override(False, "那达慕放假")})
    assert not festival.is_workday(date(2026, 7, 15))
    due = due_date(date(2026, 7, 13), Limit(3, "working"), festival)
    assert due.date == date(2026, 7, 17)
    assert any(line.label == "那达慕放假，不计" for line in due.ledger)


def test_a_calendar_without_any_working_day_is_refused() -> None:
    day = date(2026, 1, 1)
    idle = WorkCalendar({day + timedelta(days=n): Override(False, "休") for n in range(5000)})
    with pytest.raises(ValueError, match="no working day"):
        due_date(day, Limit(1, "working"), idle)


def test_negative_periods_and_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        due_date(date(2026, 1, 5), Limit(-1, "working"))
    with pytest.raises(ValueError, match="time zone"):
        due_date(datetime(2026, 1, 5), Limit(1, "working"))  # noqa: DTZ001


# --- standing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "words", "kind"),
    [
        ("2026-05-06T10:00", "剩 7 个工作日", ""),
        ("2026-05-11T10:00", "剩 3 个工作日", "near"),
        ("2026-05-14T10:00", "今天 24:00 到期", "near"),
        ("2026-05-15T00:00", "超期 1 个工作日", "late"),
        ("2026-05-18T09:00", "超期 2 个工作日", "late"),
    ],
)
def test_standing_in_words(now: str, words: str, kind: str) -> None:
    start = datetime(2026, 4, 28, 10, tzinfo=SHANGHAI)
    due = due_date(start, Limit(10, "working"))
    moment = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI)
    found = standing(start, due.at, "working", moment)
    assert (found.text, found.kind) == (words, kind)


def test_standing_of_days_hours_and_pauses() -> None:
    start = datetime(2026, 7, 1, 10, tzinfo=SHANGHAI)
    due = due_date(start, Limit(30, "calendar"))
    assert standing(start, due.at, "calendar", start).text == "剩 30 天"
    late = due.at + timedelta(days=2)
    assert standing(start, due.at, "calendar", late).text == "超期 2 天"
    assert standing(start, due.at, "calendar", start, paused=True).kind == "paused"
    soon = standing(start, start + timedelta(hours=24), "hours", start + timedelta(hours=20))
    assert (soon.text, soon.kind) == ("剩 4 小时", "near")
    over = standing(start, start + timedelta(hours=24), "hours", start + timedelta(hours=24.5))
    assert over.text == "超期 30 分钟"


# --- pasted lists --------------------------------------------------------------------------------


def test_reading_a_pasted_notice() -> None:
    text = """# 国办通知
2027-01-01~2027-01-03 放假 元旦
2月5日至11日 放假 春节
2月6日 放假 春节
2027-02-14 上班 春节调休"""
    entries, faults = read_days(text, 2027)
    assert faults == []
    assert len([e for e in entries if not e.is_workday]) == 10
    assert entries[-1] == DayEntry(date(2027, 2, 14), True, "春节调休")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2027-13-01 放假", "不是日期"),
        ("2026-12-31 放假", "不在 2027 年"),
        ("2027-01-01", "写“放假”或“上班”"),
        ("2027-01-05~2027-01-01 放假", "止日早于起日"),
    ],
)
def test_nothing_is_guessed(line: str, words: str) -> None:
    entries, faults = read_days(line, 2027)
    assert entries == []
    assert words in faults[0]
    assert faults[0].startswith("第 1 行")


def test_a_day_may_not_be_both() -> None:
    _, faults = read_days("1月1日 放假\n1月1日 上班", 2027)
    assert "另一种" in faults[0]


def test_the_library_can_be_read_back_as_a_list() -> None:
    text = "\n".join(
        f"{e.day} {'上班' if e.is_workday else '放假'} {e.note}" for e in library_year(2026)
    )
    entries, faults = read_days(text, 2026)
    assert faults == []
    loaded = WorkCalendar(
        {e.day: Override(e.is_workday, e.note) for e in entries}, frozenset({2026})
    )
    day = date(2026, 1, 1)
    while day.year == 2026:
        assert loaded.is_workday(day) == CALENDAR.is_workday(day)
        day += timedelta(days=1)
    assert 2026 in LIBRARY_YEARS
