# SPDX-License-Identifier: Apache-2.0
"""Entering the days of a year, or one day, and having the open deadlines worked out anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from core import clock as time
from core import db
from core.api.plugin import Place, SubjectRef
from core.calendar.facts import CalendarDayChanged, CalendarImported
from core.calendar.queries import load_calendar
from core.calendar.rules import SHANGHAI, DayEntry, WorkCalendar
from core.errors import Invalid
from core.facts.services import record
from core.intervals import Interval
from core.jobs.services import enqueue

RECOMPUTE = "core.calendar.recompute"


@dataclass(frozen=True, slots=True)
class YearState:
    """What the calendar page says about a year."""

    year: int
    published: bool
    source: str
    imported_at: datetime | None
    own_days: int


async def year_state(year: int, region_lo: int) -> YearState:
    """Whether ``year`` is known where ``region_lo`` is, and from what."""
    row = await db.row(
        "select source, imported_at from core_calendar_year where year = $1"
        " and region_lo <= $2 and region_hi >= $2 order by region_lo desc limit 1",
        year,
        region_lo,
    )
    own = await db.value(
        "select count(*) from core_calendar_day where region_lo <= $1 and region_hi >= $1"
        " and day between $2 and $3",
        region_lo,
        date(year, 1, 1),
        date(year, 12, 31),
    )
    published = row is not None or WorkCalendar().published(year)
    return YearState(
        year,
        published,
        row["source"] if row else ("国务院办公厅通知（随程序发布）" if published else ""),
        row["imported_at"] if row else None,
        own,
    )


async def waiting_for(year: int, region: Interval) -> int:
    """How many open deadlines wait for the holidays of ``year``; capped at 1,000 for the page."""
    count: int = await db.value(
        "select count(*) from (select 1 from core_clock where provisional"
        " and state in ('running', 'paused', 'lapsed') and stopped_at is null"
        " and region_lo between $1 and $2 and due_at >= $3 limit 1000) x",
        region.lo,
        region.hi,
        _midnight(date(year, 1, 1)),
    )
    return count


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time(), SHANGHAI).astimezone(UTC)


async def import_year(
    year: int, entries: Sequence[DayEntry], source: str, region: Interval, region_id: int
) -> int:
    """Put a year's notice in place of what was there for this region; days entered."""
    if not source.strip():
        raise Invalid({"source": "写明依据的文件，例如：国办发明电〔2026〕7号。"})
    if not any(not entry.is_workday for entry in entries):
        raise Invalid({"days": "一整年的安排里至少要有放假的日子。"})
    if any(entry.day.year != year for entry in entries):
        raise Invalid({"days": f"一次只导入一年，有不在 {year} 年的日子。"})
    first, last = date(year, 1, 1), date(year, 12, 31)
    await db.execute(
        "delete from core_calendar_day where region_lo = $1 and region_hi = $2"
        " and day between $3 and $4",
        region.lo,
        region.hi,
        first,
        last,
    )
    await db.execute(
        "insert into core_calendar_day (region_lo, region_hi, day, is_workday, note)"
        " select $1, $2, t.day, t.works, t.note"
        " from unnest($3::date[], $4::bool[], $5::text[]) as t(day, works, note)",
        region.lo,
        region.hi,
        [entry.day for entry in entries],
        [entry.is_workday for entry in entries],
        [entry.note[:120] for entry in entries],
    )
    await db.execute(
        "insert into core_calendar_year (region_lo, region_hi, year, source, imported_at,"
        " imported_by) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (year, region_lo, region_hi) do update set source = excluded.source,"
        " imported_at = excluded.imported_at, imported_by = excluded.imported_by",
        region.lo,
        region.hi,
        year,
        source.strip()[:200],
        time.now(),
        db.current_scope().actor,
    )
    await record(
        "core.calendar.imported",
        SubjectRef("core.region", region_id),
        CalendarImported(year, source.strip(), len(entries), region_id),
        Place(region.lo),
    )
    await _recompute_later(region, first, last, f"导入 {year} 年工作日历")
    return len(entries)


async def change_day(day: date, works: bool, note: str, region: Interval, region_id: int) -> None:
    """Set one day for a region, e.g. a local holiday the national notice does not know."""
    if not note.strip():
        raise Invalid({"note": "写明这一天的名目和依据，例如：那达慕放假（旗政府通知）。"})
    await db.execute(
        "insert into core_calendar_day (region_lo, region_hi, day, is_workday, note)"
        " values ($1, $2, $3, $4, $5) on conflict (day, region_lo, region_hi) do update"
        " set is_workday = excluded.is_workday, note = excluded.note",
        region.lo,
        region.hi,
        day,
        works,
        note.strip()[:120],
    )
    await record(
        "core.calendar.day_changed",
        SubjectRef("core.region", region_id),
        CalendarDayChanged(day.isoformat(), works, note.strip(), region_id),
        Place(region.lo),
    )
    await _recompute_later(region, day, day, f"调整 {day.year} 年{day.month}月{day.day}日")


async def _recompute_later(region: Interval, first: date, last: date, reason: str) -> None:
    payload: dict[str, Any] = {
        "region_lo": region.lo,
        "region_hi": region.hi,
        "first": _midnight(first).isoformat(),
        "last": _midnight(last).isoformat(),
        "reason": reason,
    }
    await enqueue(RECOMPUTE, payload, place=Place(region.lo))


async def footer_state() -> str:
    """The words of the page footer: whether this year and the one now beginning are known."""
    today = time.today()
    calendar = await load_calendar(0)
    missing = [y for y in (today.year, today.year + 1) if not calendar.published(y)]
    # Next year's notice appears in November; before that nobody can have entered it.
    if today.month < 11:
        missing = [y for y in missing if y == today.year]
    if missing:
        return f"{'、'.join(str(y) for y in missing)} 年节假日未维护"
    return f"{today.year} 年已维护"


def days_of_year(year: int, calendar: WorkCalendar) -> list[dict[str, Any]]:
    """The twelve months of the page: weeks of seven cells, each with what is special about it."""
    months: list[dict[str, Any]] = []
    for month in range(1, 13):
        day = date(year, month, 1)
        cells: list[dict[str, Any] | None] = [None] * day.weekday()
        works = 0
        while day.month == month:
            worked = calendar.is_workday(day)
            works += worked
            name = calendar.name(day)
            kind = (
                ("work" if worked else "rest")
                if day.weekday() >= 5
                else ("" if worked else "holiday")
            )
            if day.weekday() >= 5 and not worked and name not in ("周六", "周日"):
                kind = "holiday"
            if day.weekday() >= 5 and worked:
                kind = "make-up"
            cells.append({"day": day, "number": day.day, "kind": kind, "name": name})
            day += timedelta(days=1)
        cells += [None] * (-len(cells) % 7)
        weeks = [cells[i : i + 7] for i in range(0, len(cells), 7)]
        months.append({"month": month, "weeks": weeks, "workdays": works})
    return months
