# SPDX-License-Identifier: Apache-2.0
"""Invitations, leave, check-in, and what closing an activity makes of everybody. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

OPEN, CLOSED, CANCELLED = "open", "closed", "cancelled"

COMING: Final = "coming"
LEAVE: Final = "leave"
ANSWERS = {"": "未答复", COMING: "参加", LEAVE: "请假"}

ASKED = "asked"
GRANTED: Final = "granted"
REFUSED: Final = "refused"
LEAVES = {"": "", ASKED: "等待答复", GRANTED: "准假", REFUSED: "不准假"}

PRESENT: Final = "present"
EXCUSED: Final = "excused"
ABSENT: Final = "absent"
OUTCOMES: dict[str, tuple[str, str]] = {
    PRESENT: ("done", "到场"),
    EXCUSED: ("paused", "请假"),
    ABSENT: ("late", "缺席"),
}
"""Outcome → chip and words; the codes are those other plugins hear."""


@dataclass(frozen=True, slots=True)
class Window:
    """When an activity takes place, and from when on the code on the screen admits."""

    starts_at: datetime
    ends_at: datetime
    minutes_before: int = 30

    @property
    def opens_at(self) -> datetime:
        return self.starts_at - timedelta(minutes=self.minutes_before)


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody's invitation, as far as the rules need it."""

    person: int
    answer: str = ""
    leave: str = ""
    outcome: str = ""


def times_fault(starts_at: datetime, ends_at: datetime, now: datetime) -> dict[str, str]:
    """What is wrong with the times of a new or changed activity, by field."""
    if starts_at <= now:
        return {"starts_at": "开始时间要在现在以后，邀请的人才来得及答复。"}
    if ends_at <= starts_at:
        return {"ends_at": "结束时间要晚于开始时间。"}
    if ends_at - starts_at > timedelta(days=7):
        return {"ends_at": "一次活动最多七天，再长的请分开组织。"}
    return {}


def phase(state: str, window: Window, now: datetime) -> tuple[str, str]:
    """Chip and words of where an activity stands."""
    if state == CANCELLED:
        return "revoked", "已取消"
    if state == CLOSED:
        return "done", "已结束"
    if now < window.starts_at:
        return "new", "未开始"
    if now < window.ends_at:
        return "doing", "进行中"
    return "late", "待登记考勤"


# --- inviting ----------------------------------------------------------------------------------


def seats_taken(invited: Iterable[Invited]) -> int:
    """How many places are filled; a granted leave frees its place."""
    return sum(each.leave != GRANTED for each in invited)


def inviting_fault(chosen: int, taken: int, seats: int) -> str:
    """Why so many more cannot be invited; empty when they can."""
    if not chosen:
        return "请勾选要邀请的监督员。"
    if taken + chosen > seats:
        left = max(0, seats - taken)
        return f"这次活动 {seats} 人，还可以邀请 {left} 人，现在选了 {chosen} 人。"
    return ""


# --- answering ---------------------------------------------------------------------------------


def answer_fault(
    answer: str, mine: Invited, state: str, window: Window, now: datetime, reason: str = ""
) -> str:
    """Why an invitation cannot be answered so; empty when it can.

    参加 until it begins. 请假 until attendance is closed: who was taken ill on the way may still
    say so, the bureau judges.
    """
    if state == CANCELLED:
        return "这次活动已经取消，不用答复。"
    if state == CLOSED:
        return "这次活动的考勤已经登记，有疑问请联系司法局更正。"
    if mine.outcome:
        return "你的考勤已经登记，不用再答复。"
    if answer == COMING:
        return "活动已经开始，到场请扫会场屏幕上的码签到。" if now >= window.starts_at else ""
    if mine.leave == GRANTED:
        return "已经准假。"
    if not reason.strip():
        return "请写明请假的原因，司法局据此决定是否准假。"
    return ""


def leave_fault(mine: Invited, state: str) -> str:
    """Why a leave cannot be decided; empty when it can."""
    if state != OPEN:
        return "考勤已经登记，更正请用“更正考勤”。"
    if mine.leave != ASKED:
        return "这个人没有等待答复的请假。"
    return ""


# --- attending ---------------------------------------------------------------------------------


def checkin_fault(
    mine: Invited | None, state: str, window: Window, now: datetime, *, admitted: bool
) -> str:
    """Why somebody cannot check in now, in one plain sentence; empty when he can.

    The invitation is looked at first: whoever is not invited learns nothing about the code.
    """
    if mine is None:
        return "没有邀请你参加这次活动，不能签到。自己参加的，可以在“登记”里新增。"
    if state == CANCELLED:
        return "这次活动已经取消。"
    if mine.outcome == PRESENT:
        return "你已经签到，不用再签。"
    if state == CLOSED:
        return "这次活动的考勤已经登记，有疑问请联系司法局更正。"
    if now < window.opens_at:
        return f"还没有到签到时间，活动开始前 {window.minutes_before} 分钟可以签到。"
    if now > window.ends_at:
        return "活动已经结束，不能再签到。到过场的，请联系司法局更正考勤。"
    if not admitted:
        return "签到码已经过期，或者不是这次活动的。请重新扫会场屏幕上的码。"
    return ""


def closing_fault(state: str, window: Window, now: datetime, invited: Iterable[Invited]) -> str:
    """Why the attendance cannot be closed now; empty when it can."""
    everybody = list(invited)
    if state == CANCELLED:
        return "这次活动已经取消，没有考勤。"
    if state == CLOSED:
        return "考勤已经登记过。"
    if not everybody:
        return "还没有邀请任何人。不办的活动请取消。"
    if now < window.ends_at:
        return "活动还没有结束，结束以后再登记考勤。"
    waiting = sum(each.leave == ASKED and not each.outcome for each in everybody)
    if waiting:
        return f"还有 {waiting} 个人的请假没有答复，先答复再登记考勤。"
    return ""


def outcome_at_closing(mine: Invited, *, recused: bool) -> str:
    """What somebody's attendance becomes when it is closed (S3-24).

    Whoever has to withdraw was right not to come (S3-17), which is no absence without reason.
    """
    if mine.outcome:
        return mine.outcome
    if mine.leave == GRANTED or recused:
        return EXCUSED
    return ABSENT


def correction_fault(mine: Invited, outcome: str, reason: str, state: str) -> dict[str, str]:
    """Why somebody's attendance cannot be set by hand, by field; empty when it can."""
    if state == CANCELLED:
        return {"": "这次活动已经取消，没有考勤。"}
    if outcome not in OUTCOMES:
        return {"outcome": "请选择到场、请假或缺席。"}
    if outcome == mine.outcome:
        return {"outcome": f"考勤已经是“{OUTCOMES[outcome][1]}”。"}
    if not reason.strip():
        return {"reason": "请写明依据，例如现场签到表、本人证明。"}
    return {}
