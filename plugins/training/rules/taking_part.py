# SPDX-License-Identifier: Apache-2.0
"""Signing up, leaving, the waiting list, attendance (S0-21, C8-01, C8-02)."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("doing", "草稿"),
    "published": ("new", "已发布"),
    "finished": ("done", "已结课"),
    "withdrawn": ("revoked", "已取消"),
}
"""Chip and words of the state of a training."""
SEATS: Mapping[str, tuple[str, str]] = {
    "seat": ("done", "已报名"),
    "waiting": ("paused", "候补"),
    "left": ("revoked", "已退出"),
}
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "present": ("done", "到场"),
    "excused": ("paused", "请假"),
    "absent": ("late", "缺席"),
}
WAYS: Mapping[str, str] = {"code": "扫码", "import": "名单", "hand": "手工"}
TITLE_MOST = 120
FEEDBACK_DAYS = 7
"""How long attendees may say what they thought, when the office sets no day."""


def faults_of_plan(
    title: str,
    words: str,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    sign_up_until: datetime | None,
    feedback_until: date | None,
    venue: str,
    tenths: int,
    now: datetime,
) -> dict[str, str]:
    """Why a training cannot be published as it stands, by field."""
    found: dict[str, str] = {}
    if not title.strip():
        found["title"] = "请写标题，收到的人先看到它。"
    if not words.strip():
        found["body"] = "请写培训内容和要求。"
    if not venue.strip():
        found["venue"] = "请写地点；线上的写会议号。"
    if tenths <= 0:
        found["hours"] = "请写学时，例如 4 或 2.5。"
    if starts_at is None:
        found["starts_at"] = "请写开始时间。"
    elif starts_at <= now:
        found["starts_at"] = "开始时间已经过去，请改到以后。"
    if ends_at is None:
        found["ends_at"] = "请写结束时间。"
    elif starts_at is not None and ends_at <= starts_at:
        found["ends_at"] = "结束时间要在开始以后。"
    if sign_up_until is not None and starts_at is not None:
        if sign_up_until > starts_at:
            found["sign_up_until"] = "报名截止不能晚于开始时间。"
        elif sign_up_until <= now:
            found["sign_up_until"] = "报名截止已经过去，没有人报得上。"
    if feedback_until is not None and ends_at is not None and feedback_until < ends_at.date():
        found["feedback_until"] = "评价截止要在结束以后。"
    return found


def why_not_sign_up(
    state: str, has: str, now: datetime, sign_up_until: datetime, meant: bool
) -> str:
    """Why a person cannot sign up now; empty when he can. ``has`` is the state of his seat."""
    if not meant:
        return "这期培训不是面向你现在这个身份的。"
    if state == "withdrawn":
        return "这期培训已经取消。"
    if state == "finished":
        return "这期培训已经结课。"
    if has in ("seat", "waiting"):
        return "你已经报过名。"
    if now >= sign_up_until:
        return "报名已经截止。"
    return ""


def place_for(seats: int, taken: int) -> str:
    """What the next who signs up gets: a seat, or a place on the waiting list."""
    return "seat" if seats == 0 or taken < seats else "waiting"


def seats_words(seats: int) -> str:
    return f"{seats}人" if seats else "不限"


def why_not_add_seats(state: str, before: int, after: int) -> str:
    """Why an announced training does not get that many seats; empty when it does.

    Seats are only added: whoever was given one has arranged his day by it.
    """
    if state != "published":
        return "只有已发布、还没有结课的培训可以增加名额。"
    if before == 0:
        return "这期培训不限名额。"
    if after and after <= before:
        return f"现在是 {before} 人，只能增加，或者填 0 表示不限。"
    return ""


def may_move_up(seats: int, taken: int, waiting: int) -> int:
    """How many of the waiting list get a seat now."""
    free = waiting if seats == 0 else max(0, seats - taken)
    return min(free, waiting)


def way_out(has: str, now: datetime, sign_up_until: datetime, starts_at: datetime) -> str:
    """How a person gets out of it: ``leave``, ``excuse`` (with a reason), or empty: not any more.

    Before the last day the seat simply goes to the next; afterwards somebody has counted on him.
    """
    if has == "waiting" and now < starts_at:
        return "leave"
    if has != "seat" or now >= starts_at:
        return ""
    return "leave" if now < sign_up_until else "excuse"


def why_no_check_in(
    state: str, now: datetime, starts_at: datetime, ends_at: datetime, opens_minutes: int
) -> str:
    """Why nobody can check in now; empty when one can."""
    if state != "published":
        return "这期培训现在不能签到。"
    if now < starts_at - timedelta(minutes=opens_minutes):
        return f"还没到签到时间，开始前 {opens_minutes} 分钟可以签到。"
    if now > ends_at:
        return "培训已经结束，签到关闭；到了场没有签上的，请告诉组织单位。"
    return ""


def outcome_at_end(attendance: str, excuse: str) -> str:
    """What counts for whoever had a seat when the training is closed (C8-11).

    Who came is present; who gave a reason beforehand is excused; everybody else was absent
    without one.
    """
    return attendance or ("excused" if excuse.strip() else "absent")


def may_finish(state: str, now: datetime, ends_at: datetime) -> str:
    """Why a training cannot be closed; empty when it can."""
    if state != "published":
        return "只有已发布的培训可以结课。"
    return "" if now >= ends_at else "培训还没有结束，结束以后再结课。"


def certificate_number(word: str, year: int, number: int) -> str:
    """``磴培训〔2026〕12号``: hexagonal brackets, no leading zero (S4-9)."""
    return f"{word}〔{year}〕{number}号"


def batch_words(year: int, number: int) -> str:
    """How a training is counted among those of its office."""
    return f"{year}年第{number}期"
