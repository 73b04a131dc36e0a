# SPDX-License-Identifier: Apache-2.0
"""How alarms are told: the first at once, those that follow closely together in one message.

Whoever is told fifty times in an hour reads none of it (C4-09). Nothing is held back for longer
than the window, and a message of several names each one, or leads to all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugins.inspection.rules.model import COLOUR_TITLES

LISTED = 10
"""So many alarms are named in the message itself; its link leads to all of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """An alarm as a message names it."""

    alarm: int
    case: int
    case_number: str
    colour: str
    headline: str
    sentence: str


def due_at(last_told: datetime | None, moment: datetime, window: timedelta) -> datetime | None:
    """When a person is told of an alarm: ``None`` for at once, else at the end of the window."""
    if last_told is None or moment >= last_told + window:
        return None
    return last_told + window


def in_one(lines: Sequence[Line]) -> dict[str, str]:
    """Title and text of a message about several alarms: counts first, then each, then the rest."""
    counts = "、".join(
        f"{title} {count}"
        for colour, title in COLOUR_TITLES.items()
        if (count := sum(each.colour == colour for each in lines))
    )
    numbers = list(dict.fromkeys(each.case_number for each in lines))
    where = numbers[0] if len(numbers) == 1 else f"{len(numbers)} 个案件"
    named = [
        f"{COLOUR_TITLES[each.colour]} {each.case_number} {each.headline}"
        for each in lines[:LISTED]
    ]
    rest = len(lines) - len(named)
    if rest:
        named.append(f"还有 {rest} 条，打开可以看到全部")
    return {
        "count": str(len(lines)),
        "where": where,
        "counts": counts,
        "list": "；".join(named),
    }
