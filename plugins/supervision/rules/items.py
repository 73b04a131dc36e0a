# SPDX-License-Identifier: Apache-2.0
"""The rectification list (整改清单): what is asked, answered, re-checked (S4:47, C5-15).

A re-check looks only at what was flagged: an item that passed is never opened again by it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STATES: dict[str, tuple[str, str]] = {
    "open": ("new", "待整改"),
    "answered": ("replied", "待复核"),
    "passed": ("done", "已整改"),
    "failed": ("returned", "未到位"),
}
OUTCOMES = {"passed": "已整改", "failed": "未到位"}
LIMIT = 40
_DIGIT, _HAN = "0-9０-９", "一二三四五六七八九十"
_NUMBERING = re.compile(
    rf"^(?:[(（](?:[{_DIGIT}]{{1,3}}|[{_HAN}]{{1,3}})[)）]|[{_DIGIT}]{{1,3}}[)）]"
    rf"|[{_DIGIT}]{{1,3}}[、.．](?![{_DIGIT}])|[{_HAN}]{{1,3}}、(?![{_HAN}]))"
)
"""``1. ``, ``2、``, ``（三）``, ``四、`` in front of a problem; a date, an amount or a case number that
begins it is no numbering and stays."""


@dataclass(frozen=True, slots=True)
class Item:
    id: int
    state: str
    title: str = ""


def parse_items(text: str) -> list[str]:
    """One problem per line; numbering typed by hand is taken off, empty lines are left out."""
    found = []
    for line in text.replace("\r", "\n").split("\n"):
        bare = _NUMBERING.sub("", line.strip()).strip()
        if bare:
            found.append(bare[:300])
    return found


def item_faults(titles: Sequence[str], *, needed: bool) -> dict[str, str]:
    if needed and not titles:
        return {"problems": "至少列出一项需要整改的问题，一行一项。"}
    if len(titles) > LIMIT:
        return {"problems": f"整改清单最多 {LIMIT} 项。"}
    if len(set(titles)) < len(titles):
        return {"problems": "有重复的问题，请合并。"}
    return {}


def flagged(items: Sequence[Item]) -> list[Item]:
    """What still counts: everything that did not pass."""
    return [it for it in items if it.state != "passed"]


def answer_faults(items: Sequence[Item], answers: Mapping[int, str]) -> dict[str, str]:
    """The body answers every item that is flagged, and none that has passed."""
    faults = {}
    for it in flagged(items):
        if len(answers.get(it.id, "").strip()) < 5:
            faults[f"answer_{it.id}"] = "写明怎样整改的，至少 5 个字。"
    if set(answers) - {it.id for it in flagged(items)}:
        faults["text"] = "有的问题已经整改通过，不需要再答复，请刷新页面。"
    return faults


def check_faults(
    items: Sequence[Item], outcomes: Mapping[int, str], remarks: Mapping[int, str]
) -> dict[str, str]:
    """A re-check judges each flagged item, says why one failed, and leaves passed ones alone."""
    faults = {}
    for it in flagged(items):
        if outcomes.get(it.id) not in OUTCOMES:
            faults[f"outcome_{it.id}"] = "选择复核结果。"
        elif outcomes[it.id] == "failed" and len(remarks.get(it.id, "").strip()) < 5:
            faults[f"remark_{it.id}"] = "没有整改到位的，写明理由。"
    if set(outcomes) - {it.id for it in flagged(items)}:
        faults["remark"] = "有的问题已经复核通过，不再复核，请刷新页面。"
    return faults


def why_not_close(items: Sequence[Item], *, issued: bool, waits: bool) -> list[str]:
    """办结: every item passed, and nothing issued still waits for an answer."""
    if waits:
        return ["还有文书在等待答复，不能办结。"]
    left = len(flagged(items))
    if left:
        return [f"整改清单还有 {left} 项没有通过复核。"]
    return [] if issued or not items else ["还没有制发文书。"]
