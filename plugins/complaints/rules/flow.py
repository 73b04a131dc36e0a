# SPDX-License-Identifier: Apache-2.0
"""Where a complaint stands and which typed acts are open (S0-13 … S0-15, S3-23, C1-07)."""

from dataclasses import dataclass

SUBMITTED = "submitted"
ACCEPTED = "accepted"
PUSHED = "pushed"
ANSWERED = "answered"
TRANSFERRED = "transferred"
TOLD = "told"
REJECTED = "rejected"
MERGED = "merged"
ERASED = "erased"

STATES: dict[str, tuple[str, str]] = {
    SUBMITTED: ("new", "待处理"),
    ACCEPTED: ("doing", "已受理"),
    PUSHED: ("doing", "已推送，等反馈"),
    ANSWERED: ("replied", "单位已反馈"),
    TRANSFERRED: ("doing", "已移交"),
    TOLD: ("done", "已告知结果"),
    REJECTED: ("returned", "不予受理"),
    MERGED: ("done", "已并案"),
    ERASED: ("revoked", "已到期销毁"),
}
"""State → (chip, words)."""

UNHANDLED = (SUBMITTED, ACCEPTED)
"""未处理: submitted, and nothing of 移交、推送、告知结果、不予受理 done yet (S0-14)."""
CLOSED = (TOLD, REJECTED, ERASED)
OPEN = (SUBMITTED, ACCEPTED, PUSHED, ANSWERED, TRANSFERRED)

# What the reporter reads; the same act in plain words, without the office's.
REPORTER_STATES = {
    SUBMITTED: "司法局已收到，还没有处理",
    ACCEPTED: "司法局已受理",
    PUSHED: "已推送给有关单位，单位应在期限内反馈",
    ANSWERED: "单位已反馈，司法局正在核实",
    TRANSFERRED: "已移交有权处理的机关",
    TOLD: "已告知结果",
    REJECTED: "不予受理",
    MERGED: "与同一件事的举报一并办理",
    ERASED: "保存期满，内容已销毁",
}
LATE_WORDS = "单位到期没有反馈，司法局正在督促"


def reporter_words(state: str, *, late: bool, organ: str = "") -> str:
    """Where it stands, for the reporter: a date that has passed is said, not promised again.

    ``organ`` is the bureau it was handed over to: 司法局 alone would be the one he knows.
    """
    words = LATE_WORDS if late and state == PUSHED else REPORTER_STATES[state]
    return words.replace("司法局", organ) if organ else words


REFERRALS = {
    "bureau": "其他司法行政机关",
    "discipline": "纪检监察机关",
    "police": "公安机关",
    "petition": "信访部门",
    "other": "其他有权机关",
}
"""移交 goes to an authority that decides itself; within the platform it gets a row of its own."""

REJECTIONS = {
    "outside": "不属于行政执法监督的范围",
    "remedy": "已经或应当通过行政复议、诉讼解决",
    "repeated": "同一事项已经办结，没有新的情况",
    "unclear": "内容不清，无法核实",
    "other": "其他",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules about acts look at."""

    state: str
    kind: str = "complaint"
    matched: bool = True
    late: bool = False
    """Pushed and past its date."""
    successor: bool = False
    """Handed over inside the platform: the receiver's row goes on."""

    @property
    def handled(self) -> bool:
        return self.state not in UNHANDLED


def _ended(it: Standing) -> list[str]:
    if it.state in CLOSED:
        return [f"这件{STATES[it.state][1]}，不能再办理。"]
    if it.state == MERGED:
        return ["这件已并入另一件，请在那一件上办理。"]
    if it.state == TRANSFERRED and it.successor:
        return ["已经移交给另一个司法行政机关，由接收方办理。"]
    return []


def why_not_accept(it: Standing) -> list[str]:
    """受理: once, before anything else."""
    return [] if it.state == SUBMITTED else ["只有待处理的才能受理。"]


def why_not_push(it: Standing) -> list[str]:
    """推送 needs a body of the register; a second time only after the first answer came."""
    if ended := _ended(it):
        return ended
    if it.state == PUSHED and not it.late:
        return ["已经推送，请等单位反馈；逾期后可以重新推送或直接告知结果。"]
    if not it.matched:
        return ["举报对象所在主体还没有匹配到登记的单位，请先匹配。"]
    return []


def why_not_transfer(it: Standing) -> list[str]:
    """移交 is for what belongs to another authority; what a body is answering is not moved."""
    if ended := _ended(it):
        return ended
    if it.state in (PUSHED, ANSWERED):
        return ["已经推送给单位，不能再移交；请先告知结果，或者等反馈。"]
    if it.state == TRANSFERRED:
        return ["已经移交。"]
    return []


def why_not_reject(it: Standing) -> list[str]:
    """不予受理 only before anything was done with it."""
    if ended := _ended(it):
        return ended
    return [] if it.state in UNHANDLED else ["已经办理的不能再不予受理，请告知结果。"]


def why_not_identify(it: Standing, *, target: str, scanned: str) -> list[str]:
    """认定执法人员, for who was told of and not scanned; a scanned card has said it (S0-16)."""
    if reasons := _ended(it):
        return reasons
    if target != "officer":
        return ["举报的不是执法人员。"]
    if scanned == "verified":
        return ["举报人扫过证件，执法人员已经确定。"]
    return []


def why_not_tell(it: Standing) -> list[str]:
    """告知结果 closes; while the body still has time to answer it would forestall the answer."""
    if ended := _ended(it):
        return ended
    if it.state == PUSHED and not it.late:
        return ["单位的反馈期限还没有到，请等反馈后告知结果。"]
    return []


def why_not_merge(it: Standing, into: Standing, *, same: bool) -> list[str]:
    """并案: open into open of the same kind, never into itself; a merged one is no target."""
    if same:
        return ["不能并入自己。"]
    if it.kind != into.kind:
        return ["投诉和表扬不能并案。"]
    if ended := _ended(it):
        return ended
    if into.state not in OPEN or into.successor:
        return ["只能并入还在办理的举报。"]
    if it.state == ANSWERED:
        return ["单位已经对这件单独反馈，请直接告知结果。"]
    return []


def why_not_answer(state: str) -> list[str]:
    """反馈 by the body: once per push."""
    if state == "merged":
        return ["这件与同一件事的另一件一并反馈，请在那一件上填写。"]
    return [] if state == "open" else ["这件已经反馈，或者司法局已经办结。"]


def why_not_supervise(it: Standing, *, proposed: bool) -> list[str]:
    """A complaint may start a case supervision; once. Praise is no lead."""
    if it.kind == "praise":
        return ["表扬不作为监督的线索。"]
    if it.state in (MERGED, ERASED):
        return ["这件不能再提出监督建议。"]
    return ["已经提出过监督建议。"] if proposed else []
