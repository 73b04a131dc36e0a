# SPDX-License-Identifier: Apache-2.0
"""Which open complaints look like this one; shown to the handler, never to reporters (C1-17)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

LIKE = 0.35
SHOWN = 5
NEAR_DAYS = 14


def pairs(text: str) -> frozenset[str]:
    """The overlapping pairs of characters of a text, punctuation left out."""
    plain = "".join(c for c in text if c.isalnum())
    return frozenset(plain[n : n + 2] for n in range(len(plain) - 1))


def likeness(a: str, b: str) -> float:
    """0 to 1: shared pairs of characters over those of the shorter text."""
    one, two = pairs(a), pairs(b)
    return len(one & two) / min(len(one), len(two)) if one and two else 0.0


@dataclass(frozen=True, slots=True)
class Similar:
    """Another complaint, how alike, and the reasons in words."""

    id: int
    score: float
    reasons: tuple[str, ...]


def similar(it: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[Similar]:
    """The most alike of ``others``; each mapping has id, account, body, officer, happened_on."""
    found = []
    for other in others:
        if other["id"] == it["id"]:
            continue
        reasons, score = [], 0.0
        if it["officer"] and it["officer"] == other["officer"]:
            reasons.append("同一名执法人员")
            score += 0.3
        elif it["body"] and it["body"] == other["body"]:
            reasons.append("同一个单位")
            score += 0.15
        if _days(it["happened_on"], other["happened_on"]) <= NEAR_DAYS:
            reasons.append("日期相近")
            score += 0.1
        alike = likeness(it["account"], other["account"])
        if alike >= 0.2:
            reasons.append(f"内容相似 {alike:.0%}")
        score += 0.6 * alike
        if score >= LIKE:
            found.append(Similar(other["id"], round(score, 3), tuple(reasons)))
    return sorted(found, key=lambda each: (-each.score, each.id))[:SHOWN]


def _days(a: date, b: date) -> int:
    return abs((a - b).days)
