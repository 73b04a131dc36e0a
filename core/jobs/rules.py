# SPDX-License-Identifier: Apache-2.0
"""When work is tried again and when a cron falls due next; no database, no clock."""

from datetime import datetime, time, timedelta

from core.api.plugin import Cron
from core.clock import SHANGHAI, local

LONGEST_BACK_OFF = timedelta(hours=1)


def back_off(tries: int) -> timedelta:
    """The pause after the ``tries``-th failure: 1, 2, 4 … seconds, an hour at most."""
    return min(timedelta(seconds=2 ** max(0, min(tries, 13) - 1)), LONGEST_BACK_OFF)


def next_due(cron: Cron, after: datetime) -> datetime:
    """The first moment after ``after`` at which ``cron`` falls due.

    A tick missed while no worker ran is made up for once, since its row is simply overdue; the
    next one is reckoned from now, so missed ticks never pile up.
    """
    if cron.every is not None:
        return after + cron.every
    hour, minute = map(int, cron.at.split(":"))
    here = local(after)
    candidate = datetime.combine(here.date(), time(hour, minute), SHANGHAI)
    if candidate <= here:
        candidate += timedelta(days=1)
    return candidate.astimezone(after.tzinfo)
