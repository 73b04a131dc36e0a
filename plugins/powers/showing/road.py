# SPDX-License-Identifier: Apache-2.0
"""How far a draft has come, and what happened to it."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.facts import Fact
from plugins.powers.queries.drafts import DraftRow
from plugins.powers.rules import approval as rules
from plugins.powers.showing.cells import short


def life_of(draft: DraftRow) -> list[dict[str, str]]:
    """编制 → 法制审核 → 送审 → 初审 → 审定, with who and when under each."""

    def note(name: str, at: Any) -> str:
        return f"{name} {clock.local(at):%m月%d日}" if at else ""

    at = {
        rules.DRAFT: 0,
        rules.LEGAL: 1,
        rules.READY: 2,
        rules.RETURNED: 2,
        rules.FIRST: 3,
        rules.FINAL: 4,
        rules.EFFECTIVE: 5,
        rules.WITHDRAWN: -1,
    }[draft.state]
    submitted = draft.state in (rules.FIRST, rules.FINAL, rules.EFFECTIVE)
    notes = [
        note(draft.created_by_name, draft.created_at),
        note(draft.legal_by_name, draft.legal_at) if draft.legal_stands else "",
        note(draft.submitted_by_name, draft.submitted_at) if submitted else "",
        note(draft.first_by_name, draft.first_at) if at > 3 else "",
        note("", draft.closed_at) if at == 5 else "",
    ]
    titles = ("编制", "法制审核", "送审", "初审", "审定生效")
    return [
        {
            "title": title,
            "note": said or ("现在" if number == at else ""),
            "state": "done" if number < at else "now" if number == at else "next",
        }
        for number, (title, said) in enumerate(zip(titles, notes, strict=True))
    ]


_ICONS = {
    "powers.draft_created": ("file-plus", "开始编制"),
    "powers.draft_edited": ("pencil", "修改"),
    "powers.draft_renewed": ("git-merge", "并入新版"),
    "powers.draft_sent_to_legal": ("send", "送法制审核"),
    "powers.draft_passed": ("circle-check", "通过"),
    "powers.draft_submitted": ("send", "送审"),
    "powers.draft_recalled": ("arrow-back-up", "撤回送审"),
    "powers.draft_returned": ("arrow-back-up", "退回"),
    "powers.draft_trial_requested": ("player-play", "试运行"),
    "powers.draft_approved": ("rubber-stamp", "审定，生效"),
    "powers.draft_withdrawn": ("trash", "撤回"),
}


def story_of(facts: Sequence[Fact], names: dict[int, str]) -> list[dict[str, Any]]:
    """The history of a draft for the time line, newest first."""
    shown = []
    for fact in reversed(facts):
        icon, title = _ICONS.get(fact.kind, ("circle", fact.kind))
        told = fact.payload
        moment = clock.local(fact.at)
        by = names.get(fact.actor, "")
        note = ""
        match fact.kind:
            case "powers.draft_edited":
                changes = told.get("changes") or []
                more = f" 等 {len(changes)} 处" if len(changes) > 2 else ""
                note = " ".join(short(str(one)) for one in changes[:2]) + more
            case "powers.draft_returned":
                title, note = f"{told['step']}退回", str(told["reason"])
            case "powers.draft_passed":
                title, note = f"{told['step']}通过", str(told.get("opinion", ""))
            case "powers.draft_approved":
                title, note = f"审定，第 {told['version']} 版生效", str(told.get("opinion", ""))
            case "powers.draft_renewed":
                title = f"并入第 {told['base_version']} 版"
                note = " ".join(told.get("conflicts") or [])
            case "powers.draft_created":
                note = str(told.get("source", ""))
        shown.append(
            {
                "day": f"{moment:%Y年%m月%d日}",
                "icon": icon,
                "title": f"{by}{title}" if by else title,
                "note": f"{moment:%H:%M}{f'　{note}' if note else ''}",
                "void": False,
                "href": "",
            }
        )
    return shown
