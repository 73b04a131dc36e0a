# SPDX-License-Identifier: Apache-2.0
"""行刑衔接: handing a suspected crime to the police, with its periods (国务院令第310号, B10)."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["calendar", "hours"]

STATES: dict[str, tuple[str, str]] = {
    "reported": ("new", "已报告，等负责人决定"),
    "approved": ("doing", "已批准，待移送"),
    "refused": ("revoked", "不批准移送"),
    "sent": ("doing", "已移送，等公安机关决定"),
    "declined": ("returned", "公安机关不予立案"),
    "asked": ("doing", "已提请复议"),
    "escalated": ("doing", "已建议检察院立案监督"),
    "filed": ("doing", "已立案，待移交物品"),
    "ended": ("done", "已办结"),
}
CLOSED = ("refused", "ended")


@dataclass(frozen=True, slots=True)
class Period:
    """Who has how long for the next act."""

    key: str
    title: str
    amount: int
    unit: Unit
    whose: str


PERIODS: dict[str, Period] = {
    "reported": Period("decide", "负责人决定是否移送", 3, "calendar", "执法单位"),
    "approved": Period("send", "向公安机关移送", 24, "hours", "执法单位"),
    "sent": Period("review", "公安机关审查", 3, "calendar", "公安机关"),
    "declined": Period("ask", "提请复议", 3, "calendar", "执法单位"),
    "asked": Period("again", "公安机关复议", 3, "calendar", "公安机关"),
    "filed": Period("goods", "移交涉案物品", 3, "calendar", "执法单位"),
}
"""What is running in a state; the others have no period."""

ACTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "approve": ("批准移送", ("reported",), "approved"),
    "refuse": ("不批准移送", ("reported",), "refused"),
    "send": ("移送公安机关，抄送检察院", ("approved",), "sent"),
    "file": ("公安机关立案", ("sent", "asked", "escalated"), "filed"),
    "decline": ("公安机关不予立案", ("sent", "asked"), "declined"),
    "ask": ("提请公安机关复议", ("declined",), "asked"),
    "escalate": ("建议检察院立案监督", ("declined",), "escalated"),
    "goods": ("移交涉案物品和材料", ("filed",), "ended"),
    "end": ("终结，不再移送", ("declined", "escalated"), "ended"),
}
"""Act → (words, from which states, to which)."""


def open_acts(state: str, *, asked: bool = False) -> list[str]:
    """The acts possible now; a reconsideration is asked for once."""
    return [
        act
        for act, (_, froms, _) in ACTS.items()
        if state in froms and not (act == "ask" and asked)
    ]


def act_faults(state: str, act: str, note: str, *, asked: bool = False) -> dict[str, str]:
    """Why an act may not be recorded; by form field."""
    if act not in ACTS or act not in open_acts(state, asked=asked):
        return {"act": "现在不能办理这一步，请刷新页面。"}
    if act in ("refuse", "decline", "end") and len(note.strip()) < 5:
        return {"note": "写明理由，至少 5 个字；理由存卷备查。"}
    if act == "send" and len(note.strip()) < 5:
        return {"note": "写明移送书文号和接收的公安机关。"}
    return {}


def report_faults(officers: list[str], penalty_given: bool, note: str) -> dict[str, str]:
    """The report is written by at least two officers; a penalty never replaces the hand-over."""
    faults = {}
    if len({name.strip() for name in officers if name.strip()}) < 2:
        faults["officers"] = "核实情况的专案组不得少于两名执法人员，写明姓名。"
    if penalty_given and len(note.strip()) < 5:
        faults["note"] = "已经作出行政处罚的，写明决定书文号；不得以行政处罚代替移送。"
    return faults
