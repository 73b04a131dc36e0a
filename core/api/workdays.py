# SPDX-License-Identifier: Apache-2.0
"""The working calendar without a database: the published years and their make-up days (调休).

For commands and pure rules; what concerns a region in the running system takes
``core.api.deadlines.load_calendar``, which knows the region's own entries too.
"""

from core.calendar.rules import WorkCalendar, standard

__all__ = ["WorkCalendar", "standard"]
