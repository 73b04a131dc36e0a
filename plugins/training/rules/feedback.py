# SPDX-License-Identifier: Apache-2.0
"""What attendees think of a training, shown so that nobody is recognised (C8-06)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

QUESTIONS: Mapping[str, str] = {
    "content": "内容对工作有没有用",
    "teaching": "讲得清楚不清楚",
    "useful": "时间地点安排合不合适",
}
MARKS: Mapping[int, str] = {5: "很好", 4: "好", 3: "一般", 2: "不好", 1: "很不好"}


def why_not_said(attendance: str, given: bool, over: bool, today: date, until: date) -> str:
    """Why somebody cannot give feedback; empty when he can."""
    if attendance != "present":
        return "到场参加的人才能评价。"
    if not over:
        return "培训结束以后可以评价。"
    if given:
        return "你已经评价过，每人一次。"
    if today > until:
        return "评价已经截止。"
    return ""


def why_not_shown(count: int, least: int, today: date, until: date) -> str:
    """Why the office does not see the feedback yet; empty when it does.

    Everything is shown at once after the last day: one by one, the order would tell who wrote
    what. Too few are not shown at all.
    """
    if today <= until:
        return "评价截止以后一次显示，免得按先后认出是谁写的。"
    if count < least:
        return f"只收到 {count} 份，不足 {least} 份不显示，免得认出是谁写的。"
    return ""


def without_few(
    answers: Sequence[Mapping[str, Any]], least: int
) -> tuple[list[Mapping[str, Any]], int]:
    """What is shown, and how many anonymous ones are held back.

    Among answers with names a few anonymous ones point to those who have not given theirs.
    """
    unnamed = sum(not each["name"] for each in answers)
    if not 0 < unnamed < least:
        return list(answers), 0
    return [each for each in answers if each["name"]], unnamed


@dataclass(frozen=True, slots=True)
class Score:
    """The answers to one question."""

    title: str
    mean: str
    share: int
    """The mean as part of the best possible mark, in percent."""


def scores(answers: Sequence[Mapping[str, Any]]) -> list[Score]:
    """The mean of each question with one decimal; empty without answers."""
    if not answers:
        return []
    found = []
    for key, title in QUESTIONS.items():
        total = sum(each[key] for each in answers)
        mean = (total * 20 // len(answers) + 1) // 2
        found.append(Score(title, f"{mean // 10}.{mean % 10}", round(total * 20 / len(answers))))
    return found
