# SPDX-License-Identifier: Apache-2.0
"""Marking: any state of the answers gives a score, also an empty or a broken one (C7-11)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from plugins.exams.rules.questions import Option, normal


class Key(msgspec.Struct, frozen=True):
    """How a question is marked."""

    kind: str
    right: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


class Ruling(msgspec.Struct, frozen=True):
    """What an upheld appeal decided about a question: another key, or full marks for all."""

    kind: Literal["all", "key"]
    right: tuple[tuple[str, ...], ...] = ()
    """Sets of options that count as right; several may."""
    accepted: tuple[str, ...] = ()


class Mark(msgspec.Struct, frozen=True):
    """What one answer is worth."""

    tenths: int
    right: bool


def key_of(kind: str, options: Sequence[Option], accepted: Sequence[str]) -> Key:
    """The key of a stored question."""
    return Key(kind, tuple(each.key for each in options if each.correct), tuple(accepted))


def chosen(answer: Any) -> tuple[str, ...]:
    """What was answered, whatever stands there: anything that is no list of words is nothing."""
    if not isinstance(answer, list | tuple):
        return ()
    return tuple(dict.fromkeys(each for each in answer if isinstance(each, str) and each.strip()))


def mark(
    key: Key, answer: Any, tenths: int, ruling: Ruling | None = None, *, half: bool = False
) -> Mark:
    """The worth of one answer.

    A multiple choice is right when exactly the right ones are chosen; with ``half``, some right
    ones and no wrong one give half.
    """
    if ruling is not None and ruling.kind == "all":
        return Mark(tenths, right=True)
    given = chosen(answer)
    if not given:
        return Mark(0, right=False)
    if key.kind == "fill":
        wanted = {normal(each) for each in (*key.accepted, *(ruling.accepted if ruling else ()))}
        right = normal(given[0]) in wanted - {""}
        return Mark(tenths if right else 0, right=right)
    sets = [set(key.right), *(set(each) for each in (ruling.right if ruling else ()))]
    if ruling is not None and ruling.kind == "key" and ruling.right:
        sets = [set(each) for each in ruling.right]
    picked = set(given)
    if picked in sets and picked:
        return Mark(tenths, right=True)
    if half and key.kind == "multiple" and any(picked < each for each in sets):
        return Mark(tenths // 2, right=False)
    return Mark(0, right=False)


def score(
    sheet: Sequence[tuple[Key, int]],
    answers: Mapping[int, Any],
    rulings: Mapping[int, Ruling] | None = None,
    *,
    half: bool = False,
) -> tuple[int, list[Mark]]:
    """The whole paper in tenths, and each question's mark; ``answers`` by position."""
    marks = [
        mark(key, answers.get(position), tenths, (rulings or {}).get(position), half=half)
        for position, (key, tenths) in enumerate(sheet)
    ]
    return sum(each.tenths for each in marks), marks
