# SPDX-License-Identifier: Apache-2.0
"""What stands beside a ball: the words of the calendar, also for things without a date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.calendar.rules import Unit, WorkCalendar, standing
from core.clock import local

Tone = Literal["", "near", "late", "paused"]


@dataclass(frozen=True, slots=True)
class Countdown:
    """What stands beside the ball."""

    note: str
    share: int
    """0–100: the part of the time that is used up."""
    tone: Tone


def countdown(
    *,
    now: datetime,
    started_at: datetime,
    due_at: datetime | None,
    calendar: WorkCalendar,
    unit: Unit = "working",
    paused: bool = False,
    pause_note: str = "",
) -> Countdown:
    """Words, share and tone of a deadline as it stands ``now``."""
    if paused:
        # No arc: the time that was used up says nothing while none passes.
        return Countdown(f"已中止，{pause_note}" if pause_note else "已中止，不计时", 0, "paused")
    if due_at is None:
        days = (local(now).date() - local(started_at).date()).days
        return Countdown("今天开始" if days < 1 else f"已 {days} 天", 0, "")
    found = standing(started_at, due_at, unit, now, calendar)
    return Countdown(found.text, found.percent, found.kind)


def greeting(now: datetime) -> str:
    """上午好 and its sisters, for the head of the home page."""
    hour = local(now).hour
    for until, words in ((5, "夜里好"), (12, "上午好"), (13, "中午好"), (18, "下午好")):
        if hour < until:
            return words
    return "晚上好"
