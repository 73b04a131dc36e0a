# SPDX-License-Identifier: Apache-2.0
"""Reading calendars and clocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, cast

from core import clock as time
from core import db
from core.api.plugin import Place, SubjectRef
from core.calendar.rules import (
    Due,
    Extension,
    Limit,
    Line,
    Override,
    Pause,
    Standing,
    Unit,
    WorkCalendar,
    due_date,
    standing,
)

State = Literal["running", "paused", "stopped", "lapsed"]
OPEN: tuple[State, ...] = ("running", "paused")


@dataclass(frozen=True, slots=True)
class Clock:
    """A running, halted or finished period as services and pages see it."""

    id: int
    subject: SubjectRef
    key: str
    title: str
    limit: Limit
    started_at: datetime
    due_at: datetime
    state: State
    provisional: bool
    ever_paused: bool
    paused_at: datetime | None
    paused_days: int
    extensions: int
    max_extensions: int | None
    stopped_at: datetime | None
    lapsed_at: datetime | None
    place: Place

    @property
    def open(self) -> bool:
        """Whether it still counts for somebody."""
        return self.state in OPEN

    @property
    def due_day(self) -> date:
        return time.local(self.due_at).date()


COLUMNS = """id, subject_kind, subject_id, key, title, limit_amount, limit_unit, started_at,
 due_at, state, provisional, ever_paused, paused_at, paused_days, extensions, max_extensions,
 stopped_at, lapsed_at, region_lo, org_lo"""


def clock_of(row: dict[str, Any]) -> Clock:
    """A row of ``core_clock`` as a ``Clock``."""
    return Clock(
        row["id"],
        SubjectRef(row["subject_kind"], row["subject_id"]),
        row["key"],
        row["title"],
        Limit(row["limit_amount"], cast("Unit", row["limit_unit"])),
        row["started_at"],
        row["due_at"],
        cast("State", row["state"]),
        row["provisional"],
        row["ever_paused"],
        row["paused_at"],
        row["paused_days"],
        row["extensions"],
        row["max_extensions"],
        row["stopped_at"],
        row["lapsed_at"],
        Place(row["region_lo"], row["org_lo"]),
    )


DAYS = """
select day, is_workday, note, region_lo, region_hi, null::int as year from core_calendar_day
where region_lo <= $1 and region_hi >= $1
union all
select null, null, null, region_lo, region_hi, year from core_calendar_year
where region_lo <= $1 and region_hi >= $1
order by 5 desc, 4
"""
# The intervals containing one number are nested, so the widest region comes first and the
# narrowest overwrites it.


async def load_calendar(region_lo: int) -> WorkCalendar:
    """The calendar in force in a region: the notices, its own days, those of regions above."""
    overrides: dict[date, Override] = {}
    years: set[int] = set()
    for row in await db.rows(DAYS, region_lo):
        if row["year"] is not None:
            years.add(row["year"])
        else:
            overrides[row["day"]] = Override(row["is_workday"], row["note"])
    return WorkCalendar(overrides, frozenset(years))


async def clocks_of(subject: SubjectRef) -> list[Clock]:
    """All clocks of ``subject``, the stopped ones too, in the order they were started."""
    found = await db.rows(
        f"select {COLUMNS} from core_clock where subject_kind = $1 and subject_id = $2 order by id",
        subject.kind,
        subject.id,
    )
    return [clock_of(row) for row in found]


async def clock_by_id(clock_id: int) -> Clock | None:
    """One clock, if the scope sees it."""
    row = await db.row(f"select {COLUMNS} from core_clock where id = $1", clock_id)
    return clock_of(row) if row else None


async def acts_of(
    clocks: Iterable[int], *, until: datetime | None = None
) -> dict[int, tuple[list[Pause], list[Extension]]]:
    """Pauses and extensions of many clocks at once; an open pause ends at ``until``."""
    acts: dict[int, tuple[list[Pause], list[Extension]]] = {}
    for row in await db.rows(
        "select clock, kind, at, amount, unit, reason, approver from core_clock_event"
        " where clock = any($1::int8[]) and kind <> 'recomputed' order by clock, at, id",
        list(clocks),
    ):
        pauses, extensions = acts.setdefault(row["clock"], ([], []))
        if row["kind"] == "paused":
            pauses.append(Pause(row["at"], until, row["reason"], row["approver"]))
        elif row["kind"] == "resumed" and pauses:
            last = pauses[-1]
            pauses[-1] = Pause(last.start, row["at"], last.reason, last.approver)
        elif row["kind"] == "extended":
            extensions.append(
                Extension(
                    Limit(row["amount"], cast("Unit", row["unit"])), row["reason"], row["approver"]
                )
            )
    return acts


async def computed(clock: Clock, calendar: WorkCalendar | None = None) -> Due:
    """The due date of ``clock`` worked out anew from its acts."""
    if calendar is None:
        calendar = await load_calendar(clock.place.region_lo)
    pauses: Sequence[Pause] = ()
    extensions: Sequence[Extension] = ()
    if clock.ever_paused or clock.extensions:
        pauses, extensions = (await acts_of([clock.id])).get(clock.id, ([], []))
    return due_date(
        clock.started_at,
        clock.limit,
        calendar,
        pauses=pauses,
        extensions=extensions,
        label=clock.title,
        year=time.today().year,
    )


async def ledger(clock: Clock) -> tuple[Line, ...]:
    """The arithmetic behind a clock's due date, for the macro ``ledger`` and for letters."""
    lines = (await computed(clock)).ledger
    if clock.state != "paused":
        return lines
    # The day moves with every day of the pause: none is promised.
    due = lines[-1]
    return (*lines[:-1], replace(due, text=f"{due.text}，恢复后顺延"))


async def standing_of(clock: Clock, calendar: WorkCalendar | None = None) -> Standing:
    """How a clock stands now, in the words of the page."""
    if calendar is None:
        calendar = await load_calendar(clock.place.region_lo)
    moment = clock.stopped_at or time.now()
    return standing(
        clock.started_at,
        clock.due_at,
        clock.limit.unit,
        moment,
        calendar,
        paused=clock.state == "paused",
    )
