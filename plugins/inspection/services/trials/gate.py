# SPDX-License-Identifier: Apache-2.0
"""Whether a draft may take effect: only with a finished report of exactly that draft (C4-17)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import rows
from core.api.facts import SubjectRef
from core.api.gates import Blocker
from plugins.inspection.rules.trial import seal_of, unpack_report

NO_REPORT = "inspection.no_trial"
FINISHED = """
select draft, report, report_hash from inspection_trial
where digest = $1 and source = 'facts' and state = 'done' and draft = any($2::int8[])
order by id desc
"""


async def may_take_effect(
    subjects: Sequence[SubjectRef], _on_date: date, draft: Mapping[str, Any] | None
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """A report of another revision, an unfinished one or a changed one does not count."""
    digest = str((draft or {}).get("digest") or "")
    found = await rows(FINISHED, digest, [s.id for s in subjects]) if digest else []
    proven = {r["draft"] for r in found if _intact(r, digest)}
    waiting = {
        r["draft"]: r
        for r in await rows(
            "select distinct on (draft) draft, digest, state, total, done from inspection_trial"
            " where source = 'facts' and draft = any($1::int8[]) order by draft, id desc",
            [s.id for s in subjects],
        )
    }
    return {
        s: [Blocker(NO_REPORT, _why(waiting.get(s.id), digest), s)]
        for s in subjects
        if s.id not in proven
    }


def _intact(found: Mapping[str, Any], digest: str) -> bool:
    data = found["report"].encode()
    return seal_of(data) == found["report_hash"] and unpack_report(data).digest == digest


def _why(last: Mapping[str, Any] | None, digest: str) -> str:
    if last is not None and last["digest"] == digest:
        if last["state"] in ("waiting", "running"):
            share = f"（{last['done']}/{last['total']}）" if last["total"] else ""
            return f"这一稿正在用以往案件试运行{share}，完成后才能审定。"
        if last["state"] == "done":
            return "这一稿的试运行报告与登记的校验值不符，请重新试运行。"
        return "这一稿的试运行没有完成，请重新试运行后再审定。"
    return "这一稿还没有用以往案件试运行，请先试运行，看过结果再审定。"
