# SPDX-License-Identifier: Apache-2.0
"""What happens by itself in the morning: who is due soon is told, who is late is told once."""

from datetime import timedelta
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, current_scope, rows, scope_conditions
from plugins.certificates.rules.inspecting import KINDS, kind_of_due
from plugins.certificates.services.base import SUBMIT, place_of, tell
from plugins.certificates.services.inspecting import words

DAYS = (90, 30, 7)
"""Before the day; whoever has been applied for is not reminded any more (C6-11)."""

_CARDS = """select o.id, o.person, o.name, o.region_lo, o.org_lo, c.valid_from, c.valid_until,
    c.inspection_due
  from certificates_officer o
  join certificates_certificate c on c.officer = o.id and c.published
  join lateral (select p.state from certificates_period p where p.certificate = c.id
                order by p.since desc, p.id desc limit 1) p on true
  where o.closed_at is null and p.state = 'valid' and {}"""

_QUIET = """not exists (select 1 from certificates_inspection i
  where i.certificate = c.id and i.due_on = c.inspection_due
    and i.state not in ('failed', 'blocked', 'returned'))"""


async def remind() -> int:
    """Tell the officer and his unit; how many persons that were."""
    today = clock.today()
    told = 0
    for days in (*DAYS, -1):
        for each in await _with(
            f"c.inspection_due = $1 and {_QUIET if days > 0 else 'true'}",
            today + timedelta(days=days),
        ):
            kind = KINDS[kind_of_due(each["valid_from"], each["inspection_due"])]
            event = "inspection_due" if days > 0 else "inspection_overdue"
            await _tell(each, event, due=words(each["inspection_due"]), kind=kind, days=days)
            told += 1
    for days in DAYS:
        for each in await _with("c.valid_until = $1", today + timedelta(days=days)):
            await _tell(each, "card_expiring", due=words(each["valid_until"]), days=days)
            told += 1
    return told


async def _with(condition: str, *args: Any) -> list[dict[str, Any]]:
    scope, more = scope_conditions(current_scope(), "o", start=len(args) + 1)
    return await rows(_CARDS.format(f"{condition} and {scope}"), *args, *more)


async def _tell(found: dict[str, Any], event: str, **params: object) -> None:
    await tell(
        event,
        SubjectRef("certificates.officer", found["id"]),
        place_of(found),
        person=found["person"],
        own=None,
        office=SUBMIT,
        name=found["name"],
        **params,
    )
