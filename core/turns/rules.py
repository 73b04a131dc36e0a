# SPDX-License-Identifier: Apache-2.0
"""How much time is left, in the words of the house, and what share of it is used up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from core.clock import local

Tone = Literal["", "near", "late", "paused"]
Unit = Literal["working", "calendar", "hours"]

NEAR_WORKING_DAYS: Final = 3
"""From this many working days on, a deadline is shown as near. A pre-warning, never a lamp."""


@dataclass(frozen=True, slots=True)
class Countdown:
    """What stands beside the ball."""

    note: str
    share: int
    """0–100: the part of the time that is used up."""
    tone: Tone


def due_day(due_at: datetime) -> date:
    """The day a deadline belongs to: midnight is the end of the day before (24:00)."""
    return local(due_at - timedelta(microseconds=1)).date()


def due_hour(due_at: datetime) -> str:
    """24:00 for the end of a day, otherwise the hour."""
    moment = local(due_at)
    if (moment.hour, moment.minute) in ((0, 0), (23, 59)):
        return "24:00"
    return f"{moment:%H:%M}"


def working_days_between(after: date, until: date, is_workday: Callable[[date], bool]) -> int:
    """Working days from the day after ``after`` to ``until``, both ends of the span included."""
    return sum(is_workday(after + timedelta(days=n)) for n in range(1, (until - after).days + 1))


def countdown(
    *,
    now: datetime,
    started_at: datetime | None,
    due_at: datetime | None,
    is_workday: Callable[[date], bool],
    unit: Unit = "working",
    paused: bool = False,
    pause_note: str = "",
) -> Countdown:
    """Words, share and tone of a deadline as it stands ``now``."""
    if paused:
        return Countdown(f"已中止，{pause_note}" if pause_note else "已中止", 0, "paused")
    if due_at is None:
        return Countdown(_since(now, started_at), 0, "")
    if now >= due_at:
        return Countdown(_late(now, due_at), 100, "late")
    share = _share(now, started_at, due_at)
    today, last = local(now).date(), due_day(due_at)
    if last == today:
        return Countdown(f"今天 {due_hour(due_at)} 到期", share, "near")
    if unit == "hours":
        hours = int((due_at - now).total_seconds() // 3600)
        return Countdown(f"剩 {hours} 小时", share, "near" if hours < 24 else "")
    working = working_days_between(today, last, is_workday)
    tone: Tone = "near" if working <= NEAR_WORKING_DAYS else ""
    days = (last - today).days
    if unit == "calendar" or working == 0:
        return Countdown(f"剩 {days} 天", share, tone)
    return Countdown(f"剩 {working} 个工作日", share, tone)


def _share(now: datetime, started_at: datetime | None, due_at: datetime) -> int:
    if started_at is None or due_at <= started_at:
        return 0
    used = (now - started_at) / (due_at - started_at)
    return max(0, min(99, round(100 * used)))


def _late(now: datetime, due_at: datetime) -> str:
    days = (local(now).date() - due_day(due_at)).days
    if days < 1:
        return f"超期 {max(1, int((now - due_at).total_seconds() // 3600))} 小时"
    return f"超期 {days} 天"


def _since(now: datetime, started_at: datetime | None) -> str:
    if started_at is None:
        return ""
    days = (local(now).date() - local(started_at).date()).days
    return "今天开始" if days < 1 else f"已 {days} 天"


def greeting(now: datetime) -> str:
    """上午好 and its sisters; a page that is opened at two in the night says nothing about it."""
    hour = local(now).hour
    for until, words in ((5, "夜里好"), (12, "上午好"), (13, "中午好"), (18, "下午好")):
        if hour < until:
            return words
    return "晚上好"
