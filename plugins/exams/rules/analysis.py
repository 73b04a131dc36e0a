# SPDX-License-Identifier: Apache-2.0
"""Item analysis: how hard a question was, whether it tells the good from the weak."""

from collections import Counter
from collections.abc import Sequence

import msgspec

FEWEST = 10
"""With fewer attempts the figures say nothing."""


class Item(msgspec.Struct, frozen=True):
    """The figures of one question."""

    answered: int
    difficulty: float
    """Share of the points reached: 1 = everybody was right."""
    discrimination: float
    """Upper 27 % minus lower 27 %."""
    choices: dict[str, int]
    suspicion: str
    """Why the key should be looked at; empty = nothing strange."""


def analyse(
    shares: Sequence[float],
    picks: Sequence[Sequence[str]],
    scores: Sequence[int],
    right: Sequence[str],
) -> Item:
    """``shares`` of the points per attempt, what each picked, each attempt's whole score."""
    count = len(shares)
    if not count:
        return Item(0, 0.0, 0.0, {}, "")
    group = max(1, round(count * 0.27))
    ranked = sorted(range(count), key=lambda each: (-scores[each], each))
    upper, lower = ranked[:group], ranked[-group:]
    difficulty = sum(shares) / count
    gap = (sum(shares[n] for n in upper) - sum(shares[n] for n in lower)) / group
    choices = Counter(key for each in picks for key in each)
    suspicion = ""
    if count >= FEWEST:
        best = Counter(tuple(sorted(picks[n])) for n in upper if picks[n])
        favourite = best.most_common(1)[0][0] if best else ()
        if gap < 0:
            suspicion = "成绩好的反而答错多，答案可能有误。"
        elif (
            favourite
            and favourite != tuple(sorted(right))
            and best[favourite] > group / 2
            and right
        ):
            suspicion = "成绩好的多数选了别的答案，答案可能有误。"
        elif difficulty < 0.1:
            suspicion = "几乎没有人答对，请核对题目。"
    return Item(
        sum(1 for each in picks if each),
        round(difficulty, 3),
        round(gap, 3),
        dict(choices),
        suspicion,
    )


def level_words(difficulty: float) -> str:
    """In words, for people who do not read shares."""
    return "偏易" if difficulty >= 0.85 else "偏难" if difficulty < 0.4 else "适中"


def gap_words(gap: float) -> str:
    """In words: what a discrimination says."""
    return "好" if gap >= 0.3 else "一般" if gap >= 0.15 else "差"
