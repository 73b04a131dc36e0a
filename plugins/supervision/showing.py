# SPDX-License-Identifier: Apache-2.0
"""How a matter is shown: its documents with their dates explained, the ladder as a strip."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.deadlines import clock_by_id, ledger, standing_of
from plugins.supervision.rules.papers import LADDER, PAPERS, STANDING, STATES


def day(at: datetime | None) -> str:
    if at is None:
        return ""
    at = clock.local(at)
    return f"{at.month}月{at.day}日"


async def due_of(paper: Mapping[str, Any]) -> dict[str, Any] | None:
    """The date of a document with the arithmetic behind it."""
    mine = await clock_by_id(paper["clock"]) if paper["clock"] else None
    if mine is None:
        return None
    found = await standing_of(mine)
    due = clock.local(mine.due_at)
    waits = paper["state"] in STANDING
    late = "逾期" if paper["late"] else "期限内"
    return {
        "words": f"{due.year}年{due.month}月{due.day}日，{found.text if waits else late}",
        "rows": await ledger(mine),
        "provisional": mine.provisional,
        "open": mine.open,
    }


async def papers_shown(known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The documents of a matter, newest first."""
    found = []
    for paper in reversed(known):
        kind = PAPERS[paper["kind"]]
        found.append(
            {
                **paper,
                "title": kind.title,
                "answers": bool(kind.setting),
                "chip": STATES[paper["state"]],
                "due": await due_of(paper),
                "waits": paper["state"] in STANDING,
            }
        )
    return found


def ladder_of(known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The four rungs as a strip: which were climbed, and on which one stands the matter."""
    on = [p for p in known if p["state"] != "withdrawn" and p["kind"] in LADDER]
    last = on[-1]["kind"] if on else ""
    strip = []
    for kind in LADDER:
        mine = [p for p in on if p["kind"] == kind]
        strip.append(
            {
                "title": PAPERS[kind].title.removeprefix("行政执法监督"),
                "note": f"{mine[-1]['number']}，{day(mine[-1]['issued_at'])}" if mine else "",
                "state": "now" if kind == last else "done" if mine else "next",
            }
        )
    return strip
