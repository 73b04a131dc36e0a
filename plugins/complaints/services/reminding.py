# SPDX-License-Identifier: Apache-2.0
"""Reminders before and after the body's date, in working hours (C1-08)."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, row, rows
from core.api.deadlines import load_calendar
from core.api.settings import settings_of
from plugins.complaints.rules import reminding
from plugins.complaints.services.matters import ComplaintSettings, tell_body, tell_bureau

OPEN = """
select p.*, k.due_at from complaints_copy p join core_clock k on k.id = p.clock
where p.state = 'open' and k.state in ('running', 'lapsed') and not k.provisional
  and k.due_at < $1::timestamptz + interval '61 days'
order by p.region_lo, p.id limit 5000
"""


async def remind(_payload: Mapping[str, Any]) -> None:
    """The half-hourly job: each copy gets the latest mark it has reached, once."""
    now = clock.now()
    calendars: dict[int, Any] = {}
    for copy in await rows(OPEN, now):
        region = copy["region_lo"]
        if region not in calendars:
            settings = await settings_of(ComplaintSettings, region)
            calendars[region] = (
                await load_calendar(region),
                reminding.marks_of(settings.reminders),
            )
        calendar, marks = calendars[region]
        due = clock.local(copy["due_at"]).date()
        mark = reminding.due_mark(
            due, copy["reminded"], clock.local(now), marks, calendar.is_workday
        )
        if mark is None:
            continue
        await execute("update complaints_copy set reminded = $2 where id = $1", copy["id"], mark)
        await tell_body("complaints.reminder", copy, reminding.words(mark, due))
        if mark in (1, reminding.OVERDUE):
            # Domain A9: one day before and when overdue the bureau is told as well.
            it = await row("select * from complaints_complaint where id = $1", copy["complaint"])
            if it is not None:
                words = f"{copy['organisation_name']}：{reminding.words(mark, due)}"
                await tell_bureau("complaints.reminder", it, words)
