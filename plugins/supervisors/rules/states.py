# SPDX-License-Identifier: Apache-2.0
"""Where an application stands, which act leads on, and what is shown of it. Pure.

screening → review → publicity → appointed; an objection during 公示 leads back to review
(objected); refused and withdrawn are ends. An act that does not fit the state is a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SCREENING, REVIEW, PUBLICITY, OBJECTED = "screening", "review", "publicity", "objected"
APPOINTED, REJECTED, WITHDRAWN = "appointed", "rejected", "withdrawn"

STATES: Mapping[str, tuple[str, str]] = {
    SCREENING: ("new", "待筛选"),
    REVIEW: ("doing", "待审核"),
    PUBLICITY: ("doing", "公示中"),
    OBJECTED: ("returned", "有异议，复核中"),
    APPOINTED: ("done", "已聘任"),
    REJECTED: ("revoked", "未通过"),
    WITHDRAWN: ("revoked", "已撤回"),
}
"""State → chip and words, the same for the bureau and the applicant."""

OPEN = (SCREENING, REVIEW, PUBLICITY, OBJECTED)
ENDED = (APPOINTED, REJECTED, WITHDRAWN)
UNSUCCESSFUL = (REJECTED, WITHDRAWN)

TRANSITIONS: Mapping[tuple[str, str], str] = {
    (SCREENING, "screen_pass"): REVIEW,
    (SCREENING, "screen_reject"): REJECTED,
    (REVIEW, "review_pass"): PUBLICITY,
    (REVIEW, "review_reject"): REJECTED,
    (PUBLICITY, "object"): OBJECTED,
    (OBJECTED, "object"): OBJECTED,
    (OBJECTED, "recheck_pass"): PUBLICITY,
    (OBJECTED, "recheck_reject"): REJECTED,
    (PUBLICITY, "appoint"): APPOINTED,
    (SCREENING, "withdraw"): WITHDRAWN,
    (REVIEW, "withdraw"): WITHDRAWN,
    (PUBLICITY, "withdraw"): WITHDRAWN,
    (OBJECTED, "withdraw"): WITHDRAWN,
}
"""(state, act) → next state. What is missing here is refused."""

ACTS: Mapping[str, str] = {
    "screen_pass": "筛选",
    "screen_reject": "筛选",
    "review_pass": "审核",
    "review_reject": "审核",
    "object": "提出异议",
    "recheck_pass": "复核",
    "recheck_reject": "复核",
    "appoint": "聘任",
    "withdraw": "撤回",
}


def next_state(state: str, act: str) -> str:
    """Where an act leads; empty when the state does not allow it."""
    return TRANSITIONS.get((state, act), "")


def why_not(state: str, act: str) -> str:
    """Why the act is refused in this state, in words; empty when it is not."""
    if next_state(state, act):
        return ""
    return f"申请现在的状态是“{STATES[state][1]}”，不能{ACTS[act]}。"


@dataclass(frozen=True, slots=True)
class Notice:
    """A 公示 as the rules need it: its first and last moment, and the objections."""

    opened_at: datetime
    ends_at: datetime
    """The last second in which an objection counts."""
    objections: int = 0
    unanswered: int = 0


def may_object(state: str, notice: Notice, moment: datetime) -> str:
    """Why an objection comes too late (or too early); empty when it counts.

    The last second of the last day counts: a deadline day ends at 23:59:59.
    """
    if state not in (PUBLICITY, OBJECTED) or moment > notice.ends_at:
        return "公示期已经结束，不能再通过本页提出异议。仍有情况要反映的，可以直接向司法局反映。"
    if moment < notice.opened_at:
        return "公示还没有开始。"
    return ""


def why_not_appoint(state: str, notice: Notice | None, moment: datetime) -> list[str]:
    """What still stands between the 公示 and the appointment (S3-6: shown, no objection)."""
    if state == OBJECTED:
        return ["公示期间有异议，请先逐条答复并复核。"]
    if refused := why_not(state, "appoint"):
        return [refused]
    if notice is None:
        return ["还没有公示，不能聘任。"]
    reasons = []
    if moment <= notice.ends_at:
        reasons.append("公示期还没有结束，期满没有异议才能聘任。")
    if notice.unanswered:
        reasons.append(f"还有 {notice.unanswered} 条异议没有答复。")
    return reasons


def life(state: str, *, invited: bool = False, had_notice: bool = False) -> list[dict[str, str]]:
    """The life cycle strip of an application, for the macro ``life``."""
    steps = ["受邀" if invited else "申请", "筛选", "审核", "公示", "聘任发证"]
    at = {SCREENING: 1, REVIEW: 2, PUBLICITY: 3, OBJECTED: 3, APPOINTED: 5}.get(state)
    if at is None:
        at = 4 if had_notice else 2
    found = []
    for number, title in enumerate(steps):
        standing = "done" if number < at else "now" if number == at else "next"
        note = ""
        if number == at and state == OBJECTED:
            note = "有异议，复核中"
        if state in UNSUCCESSFUL and number >= at:
            standing = "next"
        found.append({"title": title, "state": standing, "note": note})
    if state in UNSUCCESSFUL:
        found[-1] = {"title": STATES[state][1], "state": "now", "note": "办理结束"}
    return found
