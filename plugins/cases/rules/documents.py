# SPDX-License-Identifier: Apache-2.0
"""文书: which documents a case needs now, how they are numbered, what serving them demands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.cases.rules.definition import OWN_WORDS, Definition, Document, decision_prefix
from plugins.cases.rules.flow import SUBMITTED, VisitLine, live

KIND_TITLES: Mapping[str, str] = {
    "notice": "告知",
    "decision": "决定",
    "record": "笔录",
    "order": "责令",
    "receipt": "回证",
    "other": "其他",
}
DOCUMENT_STATES: Mapping[str, str] = {"issued": "已签发", "corrected": "已被更正", "void": "已作废"}
FIXED_TITLES: Mapping[str, str] = {
    "case_number": "案号",
    "document_number": "文号",
    "title": "案由",
    "party": "当事人",
    "organisation": "机关名称",
    "handlers": "承办人",
    "basis": "依据",
    "remedies": "救济途径",
    "date": "日期",
}
"""Placeholders that are no control of a form."""

SERVE_WITHIN = (7, "working")
"""《行政处罚法》第六十一条：当事人不在场的，七日（工作日）内送达。"""
HEARING_WITHIN = (5, "working")
"""《行政处罚法》第六十四条：要求听证的，应当在告知后五日（工作日）内提出。"""
REVIEW_WITHIN = (60, "calendar")
"""《行政复议法》第二十条：自知道行政行为之日起六十日内申请行政复议。"""
PUBLIC_NOTICE_DAYS = 30
"""《民事诉讼法》第九十五条：公告送达，自发出公告之日起经过三十日，即视为送达。"""
WITHDRAW_WITHIN = (3, "working")
"""《行政处罚法》第四十八条：公开的决定被撤销、变更的，三日（工作日）内撤回信息。"""

WAYS: tuple[tuple[str, str], ...] = (
    ("direct", "直接送达"),
    ("leave", "留置送达"),
    ("mail", "邮寄送达"),
    ("electronic", "电子送达"),
    ("entrusted", "委托送达"),
    ("public", "公告送达"),
)


def disclose_within(power_class: str) -> tuple[int, str]:
    """许可、处罚 seven working days after the decision, everything else twenty (三项制度)."""
    return (7, "working") if power_class in ("penalty", "licence") else (20, "working")


def document_prefix(number_prefix: str, word: str) -> str:
    """What stands before 〔year〕: 磴市监 + 罚告; empty for a document without a number."""
    if not word:
        return ""
    base = number_prefix
    if base.endswith(OWN_WORDS):
        base = base[:-1]
    return base + word


def series_of(definition: Definition, document: Document) -> tuple[str, str]:
    """The number series of a document and what stands before 〔year〕.

    A decision shares the series of decision numbers: the number a case bears is its document's.
    Where case and decision are one document (当场处罚) there is no series: it bears the case's own.
    """
    prefix = document_prefix(definition.number_prefix, document.word)
    own = decision_prefix(definition.number_prefix, definition.power_class)
    if document.kind == "decision" and prefix:
        return (f"cases.decision:{own}", own) if own else ("", prefix)
    return f"cases.document:{prefix}", prefix


@dataclass(frozen=True, slots=True)
class Due:
    """One template of the item and where it stands in a case."""

    document: Document
    state: str
    """now | late | done | later | skipped"""


def due_documents(
    definition: Definition, visits: Sequence[VisitLine], step: str, issued: Collection[str]
) -> tuple[Due, ...]:
    """Every template in the order of the flow: due now, not made in time, made, or still to come.

    ``issued`` are the keys of templates with a document in force.
    """
    order = {s.key: n for n, s in enumerate(definition.ordered)}
    road = {v.step for v in live(visits)}
    passed = {v.step for v in live(visits) if v.state == SUBMITTED}

    def state(d: Document) -> str:
        if d.key in issued:
            return "done"
        if d.step == step:
            return "now"
        if d.step in passed:
            return "late"
        reached = max((order.get(s, 0) for s in road), default=0)
        return "later" if order.get(d.step, 0) > reached else "skipped"

    known = [d for d in definition.documents if d.step in order]
    known.sort(key=lambda d: order[d.step])
    return tuple(Due(d, state(d)) for d in known)


def served_on(way: str, delivered_on: date) -> date:
    """The day service takes effect; by public notice thirty days after the notice."""
    return delivered_on + timedelta(days=PUBLIC_NOTICE_DAYS) if way == "public" else delivered_on


@dataclass(frozen=True, slots=True)
class Delivery:
    """A service receipt as typed."""

    way: str
    delivered_on: date
    recipient: str = ""
    relation: str = ""
    place: str = ""
    witness: str = ""
    note: str = ""
    confirmed: bool = False
    """Of electronic service: the party signed the confirmation (art. 61)."""


def delivery_errors(d: Delivery, *, issued_on: date, today: date, photos: int) -> dict[str, str]:
    """Everything that is wrong with a service receipt, by field (《民事诉讼法》第八十七条起)."""
    errors: dict[str, str] = {}
    if d.way not in dict(WAYS):
        errors["way"] = "请选择送达方式。"
    if d.delivered_on > today:
        errors["delivered_on"] = "送达日期不能晚于今天。"
    elif d.delivered_on < issued_on:
        errors["delivered_on"] = "送达日期不能早于文书的签发日期。"
    if d.way in ("direct", "mail", "entrusted") and not d.recipient.strip():
        errors["recipient"] = "请填写签收人。"
    if d.way == "leave" and not d.witness.strip() and not photos:
        errors["witness"] = "留置送达应当有见证人签名，或者拍照、录像记录送达过程。"
    if d.way == "electronic" and not d.confirmed:
        errors["confirmed"] = "电子送达应当经当事人同意并签订确认书。"
    limits = {"recipient": 60, "relation": 60, "place": 200, "witness": 120, "note": 500}
    for name, limit in limits.items():
        if len(getattr(d, name)) > limit:
            errors[name] = f"最多 {limit} 个字。"
    return errors


def void_refusal(document: Mapping[str, object]) -> str:
    """Why a document cannot be made void; empty when it can."""
    if document["state"] == "void":
        return "这份文书已经作废。"
    if document["state"] == "corrected":
        return "这份文书已经被更正，不需要作废。"
    if document["served_on"]:
        return "已经送达的文书不能作废，确有错误的，制作更正文书。"
    return ""
