# SPDX-License-Identifier: Apache-2.0
"""Reminders: a message later on, in working hours, unless it has become pointless."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.calendar.queries import load_calendar
from core.calendar.rules import WorkCalendar
from core.jobs.services import enqueue

REMIND = "core.notify.remind"
BEGINS, ENDS = time(9, 0), time(17, 30)


def working_moment(moment: datetime, calendar: WorkCalendar) -> datetime:
    """``moment`` itself in office hours, else the beginning of the next ones."""
    here = clock.local(moment)
    day = here.date()
    if calendar.is_workday(day) and here.time() < ENDS:
        return max(here, datetime.combine(day, BEGINS, clock.SHANGHAI)).astimezone(moment.tzinfo)
    day += timedelta(days=1)
    while not calendar.is_workday(day):
        day += timedelta(days=1)
    return datetime.combine(day, BEGINS, clock.SHANGHAI).astimezone(moment.tzinfo)


async def remind(
    kind: str,
    persons: Sequence[int],
    subject: SubjectRef,
    params: Mapping[str, Any],
    place: Place,
    *,
    at: datetime,
    while_open: bool = True,
) -> None:
    """Send a message at ``at``, or when the office opens next, once for this subject and moment.

    ``while_open``: only if the subject still waits for somebody then (``core.api.turns``); whoever
    has done his part is not reminded of it. Belongs into the transaction that sets the deadline.
    """
    due_at = working_moment(at, await load_calendar(place.region_lo))
    await enqueue(
        REMIND,
        {
            "kind": kind,
            "persons": sorted({each for each in persons if each}),
            "subject": [subject.kind, subject.id],
            "params": dict(params),
            "place": [place.region_lo, place.org_lo],
            "while_open": while_open,
        },
        due_at=due_at,
        key=f"{REMIND}/{kind}/{subject.kind}/{subject.id}/{due_at.isoformat()}",
        place=place,
    )


async def run(payload: Mapping[str, Any]) -> None:
    """The job behind ``remind``."""
    from core.notify.services import notify

    subject = SubjectRef(*payload["subject"])
    if payload["while_open"] and not await db.value(
        "select exists (select 1 from core_turn where subject_kind = $1 and subject_id = $2"
        " and closed_at is null)",
        subject.kind,
        subject.id,
    ):
        return
    await notify(
        payload["kind"], payload["persons"], subject, payload["params"], Place(*payload["place"])
    )
