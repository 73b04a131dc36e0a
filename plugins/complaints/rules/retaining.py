# SPDX-License-Identifier: Apache-2.0
"""How long a complaint is kept, and how it goes: proposed, confirmed, leaving a stone (C1-20)."""

from dataclasses import dataclass
from datetime import date, timedelta

from plugins.complaints.rules.flow import CLOSED, ERASED, MERGED

PROPOSED = "proposed"
CONFIRMED = "confirmed"
POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Age:
    """The dates that decide."""

    state: str
    closed_on: date | None
    last_active_on: date
    postponed_until: date | None = None


def may_be_proposed(it: Age, today: date, *, years: int, quiet_months: int) -> bool:
    """Closed for ``years``, nobody looked after it for ``quiet_months``, not postponed.

    Recent activity puts it off: somebody still needs what is still opened.
    """
    if it.state not in (*CLOSED, MERGED) or it.state == ERASED or it.closed_on is None:
        return False
    if it.postponed_until is not None and it.postponed_until > today:
        return False
    over = _years_later(it.closed_on, years)
    return over <= today and it.last_active_on + timedelta(days=30 * quiet_months) <= today


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def is_copy_erased(text: str) -> bool:
    """Whether the body's copy went with its complaint: a push never sends an empty one."""
    return not text


def why_not_confirm(disposal: str, proposed_by: int, confirmer: int) -> list[str]:
    """Erasing cannot be undone, so it is confirmed by hand, and only what was proposed."""
    if disposal != PROPOSED:
        return ["没有到期销毁的提议，或者已经处理。"]
    if proposed_by and proposed_by == confirmer:
        return ["提议和确认须由两个人办理。"]
    return []
