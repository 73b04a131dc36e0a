# SPDX-License-Identifier: Apache-2.0
"""The numbers beside menu entries, the few words on the phone, the metrics."""

from datetime import date, datetime, time, timedelta

from core.api import clock
from core.api.db import Scope
from plugins.supervisors.queries.applications import (
    applications_in,
    counts_waiting,
    newest_of,
)
from plugins.supervisors.queries.terms import REPORTS, current_term, serving_in
from plugins.supervisors.rules.states import STATES
from plugins.supervisors.rules.terms import TERM_STATES


async def waiting(scope: Scope) -> int:
    """Applications that wait for the bureau, by the list's own tabs."""
    return await counts_waiting(scope)


async def reports(scope: Scope) -> int:
    """Reports by bodies that wait for a finding."""
    return await REPORTS.count(scope, {"tab": "open"})


async def progress_note(scope: Scope) -> str:
    """Where the own application stands."""
    found = await newest_of(scope.person)
    return STATES[found["state"]][1] if found else ""


async def renewal_note(scope: Scope) -> str:
    """Until when the own term runs."""
    found = await current_term(scope.person, clock.today())
    if found is None:
        return ""
    if found["state"] != "active":
        return TERM_STATES[found["state"]][1]
    last: date = found["ended_on"] or found["ends"]
    return f"聘期到 {last.year}年{last.month}月{last.day}日"


async def serving_at_end(scope: Scope, period: tuple[date, date]) -> int:
    """Supervisors in office on the last day of a period."""
    return await serving_in(scope, min(period[1], clock.today()))


async def applied_in(scope: Scope, period: tuple[date, date]) -> int:
    """Applications handed in during a period."""
    zone = clock.local(clock.now()).tzinfo
    first = datetime.combine(period[0], time(), zone)
    last = datetime.combine(period[1] + timedelta(days=1), time(), zone)
    return await applications_in(scope, first, last)
