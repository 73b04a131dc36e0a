# SPDX-License-Identifier: Apache-2.0
"""The documents of supervision: their kinds, numbers, the ladder, and which act is open when.

The ladder is climbed rung by rung: 通知书, then 督办函 when nobody answers in time, then 意见书,
then 决定书. A 意见书 may open a matter too, where the act is found illegal at once; a 决定书 never
comes before a 意见书 that was not carried out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One kind of document: its name, the word in its number, and who owes what after it."""

    title: str
    word: str
    rung: int = 0
    """1 … 4 on the ladder; 0 stands beside it."""
    setting: str = ""
    """The parameter that says how long the body has to answer; empty = no answer is owed."""
    unit: str = "calendar"
    ask: str = ""
    """How the requirement begins."""


PAPERS: dict[str, PaperKind] = {
    "notice": PaperKind(
        "行政执法监督通知书",
        "执监通",
        1,
        "notice_reply_workdays",
        "working",
        "请就下列问题作出说明并整改",
    ),
    "urge": PaperKind(
        "行政执法监督督办函", "执监督", 2, "urge_reply_workdays", "working", "请立即办理并书面答复"
    ),
    "opinion": PaperKind(
        "行政执法监督意见书", "执监意", 3, "opinion_days", "calendar", "请在期限内自行纠正下列行为"
    ),
    "decision": PaperKind(
        "行政执法监督决定书",
        "执监决",
        4,
        "decision_report_days",
        "calendar",
        "决定如下，请按期执行并报告",
    ),
    "talk": PaperKind("行政执法监督约谈通知书", "执监约"),
    "bulletin": PaperKind("行政执法监督通报", "执监报", ask="现将有关情况通报如下"),
}

LADDER = ("notice", "urge", "opinion", "decision")

DECISIONS: dict[str, str] = {
    "perform": "责令限期履行",
    "correct": "责令补正或者改正",
    "revoke": "撤销",
    "illegal": "确认违法",
    "void": "确认无效",
}
"""What a 决定书 may say (山东省行政执法监督条例 29, 31-34)."""

STATES: dict[str, tuple[str, str]] = {
    "issued": ("new", "已发出"),
    "received": ("doing", "已签收"),
    "refused": ("returned", "拒收，已记录"),
    "replied": ("replied", "已答复"),
    "verified": ("done", "已核实"),
    "superseded": ("paused", "已升级"),
    "withdrawn": ("revoked", "已撤回"),
    "done": ("done", "已完成"),
}
STANDING = ("issued", "received", "refused")
"""A document in these states still waits for the body."""
SERVED = ("received", "refused")

RECEIPTS: dict[str, str] = {
    "signed": "签收",
    "refused": "拒绝签收，留置送达",
    "mailed": "邮寄送达",
}


def number_text(prefix: str, kind: str, year: int, serial: int) -> str:
    """``磴执监通〔2026〕3号``: hexagonal brackets, no leading zero (S4:2)."""
    return f"{prefix}{PAPERS[kind].word}〔{year}〕{serial}号"


def series_of(kind: str) -> str:
    """Each kind of document has a series of its own per organ and year."""
    return f"supervision.{kind}"


@dataclass(frozen=True, slots=True)
class Climbed:
    """How far up a matter stands: what the ladder needs to know of its documents."""

    kind: str
    state: str
    late: bool = False


def why_not_issue(
    kind: str, papers: Sequence[Climbed], state: str, *, failed: int = 0
) -> list[str]:
    """Whether a document of this kind may be issued now.

    ``failed`` is how many items a re-check has found not rectified: that, or silence past the
    date, is what climbs a rung.
    """
    if state in ("closed", "dropped"):
        return ["这件监督已经结束，不能再制发文书。"]
    on = [p for p in papers if p.kind in LADDER and p.state != "withdrawn"]
    if not on:
        return (
            []
            if kind in ("notice", "opinion")
            else [f"还没有制发监督通知书，不能直接制发{PAPERS[kind].title}。"]
        )
    if kind in ("talk", "bulletin"):
        return []
    last, have = on[-1], {p.kind for p in on}
    silent = last.state in STANDING and last.late
    ripe = silent or failed > 0
    if kind == "notice":
        return ["已经制发过文书，请按督办函、意见书、决定书的次序升级。"]
    if kind == "urge":
        if "decision" in have:
            return [] if ripe else ["监督决定的报告期限还没有到，或者报告还没有复核。"]
        if last.kind == "urge":
            return ["已经督办过一次，请升级。"]
        return [] if silent else ["答复期限还没有到，或者单位已经答复，不需要督办。"]
    if "decision" in have:
        return ["已经作出监督决定，请核实执行情况。"]
    if kind == "opinion":
        if "opinion" in have:
            return ["已经制发意见书；逾期未改正的，请作出监督决定。"]
        return [] if ripe else ["单位还在期限内，或者答复还没有复核，不能制发意见书。"]
    if "opinion" not in have:
        return ["监督决定书以意见书没有执行为前提，请先制发意见书。"]
    return [] if ripe else ["改正期限还没有到，或者报告还没有复核。"]


def next_rung(papers: Sequence[Climbed], state: str, failed: int = 0) -> str:
    """The document to propose next; empty when it is not the organ's turn to issue one."""
    for kind in LADDER:
        if not why_not_issue(kind, papers, state, failed=failed):
            return kind
    return ""


def why_not_serve(state: str) -> list[str]:
    """签收 or 拒收 once."""
    return [] if state == "issued" else ["这份文书已经送达，或者已经撤回。"]


def why_not_reply(state: str, *, answers: bool) -> list[str]:
    """答复 to what was served and still waits."""
    if not answers:
        return ["这种文书不需要书面答复。"]
    if state == "issued":
        return ["请先签收文书，再答复。"]
    return [] if state in SERVED else ["这份文书已经答复、升级或者撤回。"]


def why_not_withdraw(state: str, matter: str) -> list[str]:
    """撤回 of an issued document: while it waits; its number stays used and is never given again."""
    if matter in ("closed", "dropped"):
        return ["这件监督已经结束，不能再撤回文书。"]
    return [] if state in STANDING else ["已经答复、核实、升级或者撤回的文书不能撤回。"]


def why_not_extend(state: str, *, late: bool) -> list[str]:
    """延期 before the date passes."""
    if state not in STANDING:
        return ["这份文书不再等待答复。"]
    return ["期限已过，不能再延期。"] if late else []


def talk_faults(kind: str, at: datetime | None, now: datetime) -> dict[str, str]:
    """Nobody can come to a talk that has been; by form field."""
    if kind != "talk" or at is None or at >= now:
        return {}
    return {"talk_at": "约谈时间已经过去，请写以后的时间。"}


def missing(values: Mapping[str, Any], kind: str) -> dict[str, str]:
    """What every document must hold; by form field."""
    faults = {}
    if len(str(values.get("facts") or "").strip()) < 10:
        faults["facts"] = "写明查明的事实，至少 10 个字。"
    if len(str(values.get("requirement") or "").strip()) < 5:
        faults["requirement"] = "写明要求，至少 5 个字。"
    if kind in ("opinion", "decision") and len(str(values.get("basis") or "").strip()) < 5:
        faults["basis"] = "写明认定违法或者不当的依据：法律名称和条款。"
    if kind == "decision" and values.get("ruling") not in DECISIONS:
        faults["ruling"] = "选择监督决定的种类。"
    if kind == "talk":
        if not values.get("talk_at"):
            faults["talk_at"] = "写明约谈时间。"
        if len(str(values.get("talk_place") or "").strip()) < 2:
            faults["talk_place"] = "写明约谈地点。"
    return faults
