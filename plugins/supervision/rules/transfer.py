# SPDX-License-Identifier: Apache-2.0
"""行刑衔接: handing a suspected crime to the police, with its periods (国务院令第310号, B10)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

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
PROCURATORATE = Period("escalate", "建议检察院立案监督", 3, "calendar", "执法单位")
"""After the police have upheld their refusal (国务院令第310号第九条); they are asked only once."""


def period_of(state: str, *, asked: bool = False) -> Period | None:
    """What runs now: a refusal that was upheld is no longer one to ask the police about."""
    return PROCURATORATE if state == "declined" and asked else PERIODS.get(state)


ACTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "approve": ("批准移送", ("reported",), "approved"),
    "refuse": ("不批准移送", ("reported",), "refused"),
    "send": ("移送公安机关，抄送检察院", ("approved",), "sent"),
    "receipt": ("登记公安机关的回执", ("sent",), "sent"),
    "file": ("公安机关立案", ("sent", "asked", "escalated"), "filed"),
    "decline": ("公安机关不予立案", ("sent", "asked"), "declined"),
    "ask": ("提请公安机关复议", ("declined",), "asked"),
    "escalate": ("建议检察院立案监督", ("declined",), "escalated"),
    "goods": ("移交涉案物品和材料", ("filed",), "ended"),
    "end": ("终结，不再移送", ("declined", "escalated"), "ended"),
}
"""Act → (words, from which states, to which)."""


MATERIALS: dict[str, tuple[str, bool]] = {
    "letter": ("涉嫌犯罪案件移送书", True),
    "report": ("案件情况的调查报告", True),
    "goods": ("涉案物品清单", False),
    "expertise": ("检验报告或者鉴定结论", False),
    "others": ("其他有关涉嫌犯罪的材料", False),
}
"""What goes with a hand-over (国务院令第310号第六条), and whether it always does."""


@dataclass(frozen=True, slots=True)
class Details:
    """What 移送 and its receipt say besides a note."""

    letter: str = ""
    """文号 of the 移送书."""
    receiver: str = ""
    """The police organ it goes to."""
    materials: Sequence[str] = ()
    """Keys of ``MATERIALS``."""
    signed_by: str = ""
    """Who signed the receipt for the police (第七条)."""
    signed_on: date | None = None


NOTHING_MORE = Details()
"""An act that says no more than its note."""


def sent_on(steps: Sequence[Mapping[str, Any]]) -> date | None:
    """The day of the hand-over, Beijing time, as its step tells it."""
    told = [str(each["day"]) for each in steps if each["act"] == "send" and each.get("day")]
    return date.fromisoformat(told[-1]) if told else None


def is_received(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the police signed for it."""
    return any(each["act"] == "receipt" for each in steps)


def open_acts(state: str, *, asked: bool = False, received: bool = False) -> list[str]:
    """The acts possible now; a reconsideration is asked for once, a receipt noted once."""
    spent = {"ask": asked, "receipt": received}
    return [
        act for act, (_, froms, _) in ACTS.items() if state in froms and not spent.get(act, False)
    ]


def act_faults(
    state: str,
    act: str,
    note: str,
    *,
    asked: bool = False,
    received: bool = False,
    details: Details = NOTHING_MORE,
    sent: date | None = None,
    today: date | None = None,
) -> dict[str, str]:
    """Why an act may not be recorded; by form field."""
    if act not in ACTS or act not in open_acts(state, asked=asked, received=received):
        return {"act": "现在不能办理这一步，请刷新页面。"}
    if act in ("refuse", "decline", "end") and len(note.strip()) < 5:
        return {"note": "写明理由，至少 5 个字；理由存卷备查。"}
    if act == "send":
        return _sending_faults(details)
    if act == "receipt":
        return _receipt_faults(details, sent, today)
    return {}


def _sending_faults(told: Details) -> dict[str, str]:
    faults = {}
    if len(told.letter.strip()) < 4:
        faults["letter"] = "写明移送书的文号。"
    if len(told.receiver.strip()) < 3:
        faults["receiver"] = "写明接收的公安机关。"
    missing = [
        words for key, (words, always) in MATERIALS.items() if always and key not in told.materials
    ]
    if missing or not set(told.materials) <= MATERIALS.keys():
        faults["materials"] = (
            f"移送时必须附有{'、'.join(missing)}。" if missing else "从清单里选择材料。"
        )
    return faults


def _receipt_faults(told: Details, sent: date | None, today: date | None) -> dict[str, str]:
    faults = {}
    if len(told.signed_by.strip()) < 2:
        faults["signed_by"] = "写明在回执上签字的人。"
    if told.signed_on is None:
        faults["signed_on"] = "填写回执上的日期。"
    elif today is not None and told.signed_on > today:
        faults["signed_on"] = "回执的日期不能晚于今天。"
    elif sent is not None and told.signed_on < sent:
        faults["signed_on"] = f"回执的日期不能早于移送的日期（{sent.month}月{sent.day}日）。"
    return faults


def told(act: str, note: str, details: Details) -> str:
    """An act in one line, for the record: the letter and its materials, or who signed."""
    if act == "send":
        listed = "、".join(materials_of(details.materials))
        line = f"{details.letter.strip()}，{details.receiver.strip()}，附{listed}"
    elif act == "receipt" and details.signed_on:
        line = f"{details.signed_by.strip()}于 {details.signed_on.isoformat()} 签收"
    else:
        line = ""
    return "。".join(each for each in (line, note.strip()) if each)


def materials_of(keys: Collection[str]) -> list[str]:
    """The names of chosen materials, in the order of the list."""
    return [words for key, (words, _) in MATERIALS.items() if key in keys]


def report_faults(officers: list[str], penalty_given: bool, note: str) -> dict[str, str]:
    """The report is written by at least two officers; a penalty never replaces the hand-over."""
    faults = {}
    if len({name.strip() for name in officers if name.strip()}) < 2:
        faults["officers"] = "核实情况的专案组不得少于两名执法人员，写明姓名。"
    if penalty_given and len(note.strip()) < 5:
        faults["note"] = "已经作出行政处罚的，写明决定书文号；不得以行政处罚代替移送。"
    return faults
