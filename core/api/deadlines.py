# SPDX-License-Identifier: Apache-2.0
"""Working days and deadlines for the whole platform.

``start_clock`` in the transaction of the act that sets a period running, ``stop_clock`` in that
of the act that ends it. A missed deadline becomes the fact ``core.clock.lapsed`` about the
clock's subject within seconds. ``ledger(clock)`` is the arithmetic behind the date, row by row,
for the macro ``ledger`` and for letters.
"""

from core.calendar.facts import ClockLapsed
from core.calendar.queries import (
    Clock,
    clock_by_id,
    clocks_of,
    ledger,
    load_calendar,
    standing_of,
)
from core.calendar.rules import (
    Due,
    Extension,
    Limit,
    Line,
    Pause,
    Standing,
    WorkCalendar,
    anniversary,
    due_date,
    lapsed,
    standing,
    term_end,
)
from core.calendar.services import (
    extend_clock,
    pause_clock,
    resume_clock,
    start_clock,
    stop_clock,
)

__all__ = [
    "Clock",
    "ClockLapsed",
    "Due",
    "Extension",
    "Limit",
    "Line",
    "Pause",
    "Standing",
    "WorkCalendar",
    "anniversary",
    "clock_by_id",
    "clocks_of",
    "due_date",
    "extend_clock",
    "lapsed",
    "ledger",
    "load_calendar",
    "pause_clock",
    "resume_clock",
    "standing",
    "standing_of",
    "start_clock",
    "stop_clock",
    "term_end",
]
