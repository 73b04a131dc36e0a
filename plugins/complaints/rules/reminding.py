# SPDX-License-Identifier: Apache-2.0
"""When the body is reminded: T-7, T-3, T-1 and overdue, only in working hours (C1-08)."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

OVERDUE = 0
BEGINS, ENDS = time(9), time(17)


def marks_of(text: str) -> tuple[int, ...]:
    """``7,3,1`` as days before the due day, the earliest first; what is no number is left out."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    found = {int(part) for part in parts if part.strip().isdigit() and 0 < int(part) <= 60}
    return tuple(sorted(found, reverse=True))


def reminder_day(due: date, mark: int, is_workday: Callable[[date], bool]) -> date:
    """The day a mark falls on: on a day of rest, the last working day before it."""
    day = due - timedelta(days=mark)
    for _ in range(31):
        if is_workday(day):
            return day
        day -= timedelta(days=1)
    return day


def in_working_hours(moment: datetime, is_workday: Callable[[date], bool]) -> bool:
    """Nobody is reminded at night, at the weekend or on a holiday. ``moment`` is local."""
    return is_workday(moment.date()) and BEGINS <= moment.time() < ENDS


def due_mark(
    due: date,
    sent: int | None,
    moment: datetime,
    marks: Sequence[int],
    is_workday: Callable[[date], bool],
) -> int | None:
    """The mark to be sent now: the latest one reached and not yet sent; ``None`` for nothing.

    ``sent`` is the smallest mark sent so far. Marks missed while the worker stood still are not
    sent one after the other: the nearest one says everything.
    """
    if not in_working_hours(moment, is_workday):
        return None
    today = moment.date()
    reached = [mark for mark in marks if today >= reminder_day(due, mark, is_workday)]
    if today > due:
        reached.append(OVERDUE)
    if not reached:
        return None
    latest = min(reached)
    return latest if sent is None or latest < sent else None


def words(mark: int, due: date) -> str:
    """The sentence of a reminder."""
    day = f"{due.month}月{due.day}日"
    if mark == OVERDUE:
        return f"反馈期限{day}已过，还没有反馈。逾期未反馈的，涉及的执法人员不能通过年审。"
    return f"还有 {mark} 天到期（{day}），请按期反馈。"
