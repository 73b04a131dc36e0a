# SPDX-License-Identifier: Apache-2.0
"""When the code on a supervisor's telephone is shown, and when the next one is asked for. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST = timedelta(seconds=20)
"""A code that ends sooner is not shown: who scans it has to hold the telephone still first."""
NEXT = timedelta(seconds=60)
"""With less than this left the next one is asked for, so that it is there in time."""
TRIES = 8
"""How often the telephone asks in vain before it shows the code that does not change."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the telephone does now."""

    show: bool
    """Show the moving code that is there."""
    ask: bool
    """Have the next one signed."""
    again: int
    """Seconds until it looks again."""
    fixed: bool = False
    """Show the printed code: nobody signs at the moment."""


def step(now: datetime, until: datetime | None, tries: int) -> Step:
    """What to do with a code that is good until ``until``, asked for ``tries`` times in vain."""
    left = until - now if until is not None else timedelta(0)
    if left > NEXT:
        return Step(True, False, max(5, int((left - NEXT).total_seconds())))
    if left > LEAST:
        return Step(True, True, 5)
    if tries < TRIES:
        return Step(False, True, 1)
    return Step(False, True, 30, fixed=True)
