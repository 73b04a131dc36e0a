# SPDX-License-Identifier: Apache-2.0
"""Working days, deadlines and the clocks that count them down."""

from core.calendar.queries import load_calendar

__all__ = ["load_calendar"]
