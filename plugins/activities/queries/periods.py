# SPDX-License-Identifier: Apache-2.0
"""Days as the filters of lists take them."""

from datetime import date, datetime, time, timedelta

from core.api.clock import SHANGHAI


def since(text: str) -> datetime:
    """The beginning of a day in Beijing."""
    return datetime.combine(date.fromisoformat(text), time(0), SHANGHAI)


def until(text: str) -> datetime:
    """The end of a day: the beginning of the next."""
    return since(text) + timedelta(days=1)
