# SPDX-License-Identifier: Apache-2.0
"""Papers: quotas, whether the bank can fill them, the draw, the order each candidate sees."""

import hashlib
from collections.abc import Mapping, Sequence
from random import Random

import msgspec

from plugins.exams.rules.questions import DIFFICULTIES, KINDS

MOST_QUESTIONS = 200


class Quota(msgspec.Struct, frozen=True):
    """So many questions of a subject, a difficulty and a kind; difficulty 0 = any."""

    subject: str
    difficulty: int
    kind: str
    count: int
    tenths: int
    """What each is worth, in tenths of a point."""

    @property
    def words(self) -> str:
        level = DIFFICULTIES.get(self.difficulty, "不限难度")
        return f"{self.subject or '不限科目'}·{level}·{KINDS.get(self.kind, self.kind)}"


class Known(msgspec.Struct, frozen=True):
    """A question of the bank as the draw sees it."""

    id: int
    subject: str
    difficulty: int
    kind: str


class Drawn(msgspec.Struct, frozen=True):
    """A question of a paper and its worth."""

    q: int
    tenths: int


def fits(quota: Quota, known: Known) -> bool:
    """Whether a question may fill a quota."""
    return (
        quota.kind == known.kind
        and quota.subject in ("", known.subject)
        and quota.difficulty in (0, known.difficulty)
    )


def faults_of(quotas: Sequence[Quota]) -> list[str]:
    """Why quotas make no paper, whatever the bank holds."""
    found = []
    if not quotas:
        return ["至少要有一行抽题要求。"]
    for number, each in enumerate(quotas, 1):
        if each.kind not in KINDS:
            found.append(f"第 {number} 行：请选择题型。")
        if each.difficulty not in (0, *DIFFICULTIES):
            found.append(f"第 {number} 行：难度不认识。")
        if each.count < 1:
            found.append(f"第 {number} 行：题数至少是 1。")
        if each.tenths < 1:
            found.append(f"第 {number} 行：每题分值要大于 0。")
    if sum(each.count for each in quotas) > MOST_QUESTIONS:
        found.append(f"一份试卷最多 {MOST_QUESTIONS} 题。")
    return found


def shortages(quotas: Sequence[Quota], bank: Sequence[Known]) -> list[str]:
    """Which rows the bank cannot fill when every question is used at most once.

    Rows that overlap (one with any difficulty, one with 难) share questions, so they are filled
    together: a question moves to another row when that frees one (augmenting paths).
    """
    filled = _fill(quotas, bank, _chance("feasible"))
    return [
        f"第 {number + 1} 行（{quota.words}）要 {quota.count} 题，题库里能用的只有 {len(filled[number])} 题。"
        for number, quota in enumerate(quotas)
        if len(filled[number]) < quota.count
    ]


def _fill(quotas: Sequence[Quota], bank: Sequence[Known], random: Random) -> list[list[int]]:
    """Row → chosen question ids, as many as can be placed."""
    order = list(bank)
    random.shuffle(order)
    rows: list[list[int]] = [[] for _ in quotas]
    by_id = {each.id: each for each in order}
    # The choosiest rows first; then nearly nothing ever has to move.
    supply = [sum(fits(quota, each) for each in order) for quota in quotas]
    placed: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for each in order:
            if each.id not in placed and fits(quotas[row], each):
                placed[each.id] = row
                rows[row].append(each.id)
                return True
        for other in range(len(quotas)):
            if other in seen or other == row:
                continue
            for taken in list(rows[other]):
                if not fits(quotas[row], by_id[taken]):
                    continue
                if place(other, {*seen, other, row}):
                    rows[other].remove(taken)
                    rows[row].append(taken)
                    placed[taken] = row
                    return True
                break
        return False

    for row in sorted(range(len(quotas)), key=lambda each: supply[each] - quotas[each].count):
        for _ in range(quotas[row].count):
            if not place(row, {row}):
                break
    return rows


def draw(quotas: Sequence[Quota], bank: Sequence[Known], seed: str) -> list[Drawn]:
    """The questions of a session. The same seed and bank give the same paper."""
    filled = _fill(quotas, sorted(bank, key=lambda each: each.id), _chance(seed, "draw"))
    return [
        Drawn(one, quota.tenths)
        for quota, ids in zip(quotas, filled, strict=True)
        for one in ids[: quota.count]
    ]


def _chance(*parts: str) -> Random:
    return Random(hashlib.sha256("\x1f".join(parts).encode()).digest())  # noqa: S311 - repeatable is the point; the seed itself is secret and random


def order_of(count: int, seed: str, ticket: str, kinds: Sequence[str] = ()) -> list[int]:
    """The order in which a candidate sees the questions: shuffled, kinds stay together."""
    positions = list(range(count))
    _chance(seed, ticket, "order").shuffle(positions)
    if kinds:
        rank = {kind: number for number, kind in enumerate(KINDS)}
        positions.sort(key=lambda each: rank[kinds[each]])
    return positions


def option_order(keys: Sequence[str], seed: str, ticket: str, question: int) -> list[str]:
    """The order of a question's options for a candidate."""
    shuffled = list(keys)
    _chance(seed, ticket, f"options {question}").shuffle(shuffled)
    return shuffled


def total_of(quotas: Sequence[Quota]) -> int:
    """What the paper is worth, in tenths."""
    return sum(each.count * each.tenths for each in quotas)


def points_words(tenths: int) -> str:
    """``2``, ``1.5``."""
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths / 10:.1f}"


def read_points(text: str) -> int:
    """Tenths of a typed number of points; 0 when it is none."""
    try:
        number = float(text.strip())
    except ValueError:
        return 0
    return round(number * 10) if 0 < number <= 1000 else 0


def quotas_of(raw: Sequence[Mapping[str, object]]) -> list[Quota]:
    """Quotas as the table keeps them."""
    return msgspec.convert(list(raw), list[Quota])
