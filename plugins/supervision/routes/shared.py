# SPDX-License-Identifier: Apache-2.0
"""What several pages say and do."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from core.api import clock
from core.api.access import Visitor, visitor
from core.api.db import SubjectRef
from core.api.errors import Invalid
from core.api.facts import Fact
from core.api.web import Bound, Request, Response, describe
from plugins.supervision.rules import items, kinds, papers, transfer
from plugins.supervision.rules.kinds import MANAGE, READ
from plugins.supervision.rules.programme import REPORTS
from plugins.supervision.services.base import Actor, acting
from plugins.supervision.services.campaigns import RESULTS

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

WORDS: dict[str, Any] = {
    "kinds": kinds.KINDS,
    "contents": kinds.CONTENTS,
    "triggers": kinds.TRIGGERS,
    "proposed_by": kinds.PROPOSED,
    "kind_proposed": kinds.kind_proposed,
    "states": kinds.STATES,
    "papers": papers.PAPERS,
    "paper_states": papers.STATES,
    "receipts": papers.RECEIPTS,
    "rulings": papers.DECISIONS,
    "item_states": items.STATES,
    "outcomes": items.OUTCOMES,
    "results": RESULTS,
    "reports": REPORTS,
    "transfer_states": transfer.STATES,
}
"""What every template of this plugin may say."""

SECTIONS = (
    ("matters", "监督事项", "/supervision/"),
    ("campaigns", "专项监督", "/supervision/campaigns"),
    ("programmes", "工作方案", "/supervision/programmes"),
    ("transfers", "行刑衔接", "/supervision/transfers"),
    ("registers", "名册与依据", "/supervision/registers"),
)


def sections(who: Visitor, here: str) -> list[dict[str, Any]]:
    """The switch above the lists; without READ (the supervised side) there is none."""
    if READ not in who.permissions:
        return []
    return [{"title": title, "url": url, "current": key == here} for key, title, url in SECTIONS]


async def actor(request: Request) -> Actor:
    """Who acts, with the organ he acts for."""
    return await acting(visitor(request))


async def source_path_of(it: Mapping[str, Any], who: Visitor) -> str:
    """The page of what a matter started from, where the visitor may open it."""
    if not it["source_kind"]:
        return ""
    source = SubjectRef(it["source_kind"], it["source_id"])
    label = (await describe([source], who.scope, who.permissions)).get(source)
    return label.path if label else ""


def first_mine(balls: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of several turns the visitor's own, else the first."""
    return next((each for each in balls if each.get("me")), balls[0] if balls else None)


def manages(who: Visitor) -> bool:
    return MANAGE in who.permissions


def _said(form: Bound[Any], name: str, value: Any, most: int) -> str:
    """One repeated field; too long is refused beside the field, never cut."""
    text = str(value[0] if isinstance(value, list) and value else value or "")
    if len(text) > most:
        form.error(name, f"最多 {most} 个字，现在 {len(text)} 个。")
    return text


def typed(form: Bound[Any], prefix: str, most: int) -> dict[int, str]:
    """Fields that repeat per row: ``answer_12`` → {12: text}."""
    found = {}
    for name, value in form.raw.items():
        if name.startswith(prefix) and name[len(prefix) :].isdecimal():
            number = int(name[len(prefix) :][:20])
            if 0 < number < 2**63:
                found[number] = _said(form, name, value, most)
    return found


def keyed(form: Bound[Any], prefix: str, most: int) -> dict[str, str]:
    """Fields that repeat per line of a checklist: ``result_c1`` → {c1: text}."""
    return {
        name[len(prefix) :]: _said(form, name, value, most)
        for name, value in form.raw.items()
        if name.startswith(prefix)
    }


async def attempt(form: Bound[Any], act: Awaitable[Any]) -> Any:
    """Do an act of a form; what the service finds wrong stands beside its field."""
    try:
        return await act
    except Invalid as error:
        for key, sentence in error.errors.items():
            form.error(key, sentence)
        if not error.errors:
            form.error("", str(error))
        return None


def document(content: bytes, name: str, kind: str = "pdf") -> Response:
    """A document to be looked at, saved or printed."""
    how = "inline" if kind == "pdf" else "attachment"
    return Response(
        content,
        media_type="application/pdf" if kind == "pdf" else DOCX,
        headers={
            "Content-Disposition": f'{how}; filename="document.{kind}";'
            f" filename*=UTF-8''{quote(name)}.{kind}",
            "Cache-Control": "private, no-store",
        },
    )


ICONS: dict[str, str] = {
    "opened": "gavel",
    "document_issued": "send",
    "document_received": "mail-opened",
    "document_refused": "mail-opened",
    "document_replied": "message-report",
    "document_checked": "circle-check",
    "document_late": "clock",
    "document_withdrawn": "arrow-back-up",
    "closed": "circle-check",
}

_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "opened": lambda t: f"{t['number']}立项",
    "assisted": lambda t: f"{t['words']}协助",
    "team_changed": lambda t: f"监督人员：{t['words']}",
    "dropped": lambda t: f"终止：{t['reason']}",
    "findings_noted": lambda t: f"登记检查情况：{t['words']}",
    "document_issued": lambda t: f"制发{t['number']}",
    "document_received": lambda t: f"{t['number']}：{t['words']}",
    "document_refused": lambda t: f"{t['number']}拒收：{t['reason']}",
    "document_replied": lambda t: f"{t['number']}：{t['words']}",
    "document_checked": lambda t: f"{t['number']}复核：{t['words']}",
    "document_withdrawn": lambda t: f"{t['number']}撤回：{t['reason']}",
    "document_extended": lambda t: f"{t['number']}{t['words']}：{t['reason']}",
    "document_late": lambda t: f"{t['number']}逾期未答复",
    "talk_held": lambda t: f"{t['number']}约谈，{t['words']}",
    "closed": lambda t: f"办结：{t['outcome']}",
}


def story(told: Sequence[Fact]) -> list[dict[str, Any]]:
    """The history of a matter for the time line, newest first."""
    weekdays = "一二三四五六日"
    lines = []
    for fact in sorted(told, key=lambda f: (f.at, f.id), reverse=True):
        key = fact.kind.removeprefix("supervision.")
        if key not in _SENTENCES:
            continue
        at = clock.local(fact.at)
        lines.append(
            {
                "day": f"{at.year}年{at.month}月{at.day}日（周{weekdays[at.weekday()]}）",
                "icon": ICONS.get(key, "point"),
                "title": _SENTENCES[key](fact.payload),
                "note": f"{at:%H:%M}",
            }
        )
    return lines
