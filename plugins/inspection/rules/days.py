# SPDX-License-Identifier: Apache-2.0
"""Limits in the time zone of a log: hours, calendar days, weekdays, working days with 调休.

A day limit does not count the day it starts on and ends with its last day at 24:00, so an act is
late when its local date is after the due date. Hours are exact. Due dates of cases of the running
system come from the deadline service instead; this is for logs that only carry times.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.inspection.rules.model import Limit
from plugins.inspection.rules.view import Calendar

UNITS = ("hours", "calendar", "weekdays", "working")

_DAY = timedelta(days=1)
_WEEKEND = 5


def is_weekday(day: date) -> bool:
    return day.weekday() < _WEEKEND


def due_by(
    limit: Limit, zone: ZoneInfo, calendar: Calendar | None, *, roll_over: bool = False
) -> Callable[[datetime], datetime]:
    """A function from a start to the instant after which an act is late; remembered per day."""
    if limit.unit not in UNITS:
        raise ValueError(f"期限单位只能是 {'、'.join(UNITS)}，不能是 {limit.unit}")
    if limit.unit == "hours":
        span = timedelta(hours=limit.amount)
        return lambda start: start + span
    works = _works(limit.unit, calendar)
    known: dict[date, datetime] = {}

    def due(start: datetime) -> datetime:
        first = start.astimezone(zone).date()
        found = known.get(first)
        if found is None:
            last = _count(first, limit.amount, works)
            if roll_over and calendar is not None:
                while not calendar.is_workday(last):
                    last += _DAY
            found = known[first] = end_of(last, zone)
        return found

    return due


def surely_in_time(limit: Limit) -> timedelta:
    """Within this span nothing can be late, whatever the zone and the calendar say.

    Day limits end with their last day, so they never end before as many times 24 hours, less the
    hour a day may lack in spring. It spares most cases the way through the calendar.
    """
    if limit.unit == "hours":
        return timedelta(hours=limit.amount)
    return max(timedelta(days=limit.amount) - timedelta(hours=2), timedelta(0))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last instant of a local day, in UTC: midnight itself already belongs to the next."""
    following = day + _DAY
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone)
    return (midnight.astimezone(_UTC)) - timedelta(microseconds=1)


_UTC = ZoneInfo("UTC")


def _works(unit: str, calendar: Calendar | None) -> Callable[[date], bool] | None:
    if unit == "calendar":
        return None
    if unit == "weekdays":
        return is_weekday
    if calendar is None:
        raise ValueError("按工作日计算需要工作日历")
    return calendar.is_workday


def _count(first: date, amount: int, works: Callable[[date], bool] | None) -> date:
    if works is None:
        return first + _DAY * amount
    last = first
    left = amount
    while left > 0:
        last += _DAY
        if works(last):
            left -= 1
    return last
