# SPDX-License-Identifier: Apache-2.0
"""What a template is, and from marks to a score that really reaches 0 and 100.

Scores are whole hundredths of a point, so that nothing depends on how a fraction is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

FULL: Final = 100
GRADES: Final = ((90, "优秀"), (80, "良好"), (60, "合格"), (0, "不合格"))
VETOED: Final = "不合格（一票否决）"
DECIDED: Final[tuple[tuple[str, str], ...]] = (
    ("time_limit", "办理时限"),
    ("qualification", "主体资格"),
    ("rollback", "环节回退"),
    ("evidence", "证据固化"),
    ("decision_basis", "决定依据"),
    ("discretion", "自由裁量"),
    ("execution", "处罚执行"),
)
"""Kinds of monitoring points whose alarms decide an item, so that nobody counts dates by hand."""
DECIDED_TITLES: Final = dict(DECIDED)
LINE: Final = re.compile(
    r"^\s*(?P<title>.+?)\s*[|｜]\s*(?P<weight>\d{1,3})\s*(?:[|｜]\s*(?P<rest>.*))?$"
)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a scoring table."""

    key: str
    section: str
    title: str
    weight: int
    """Points of a hundred; 0 for an item that only vetoes."""
    clause: str = ""
    veto: bool = False
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reviewer says of an item he took points off, or of a veto he found."""

    lost: int
    reason: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The result of one sheet."""

    points: int
    """Hundredths."""
    vetoed: tuple[str, ...] = ()

    @property
    def grade(self) -> str:
        return VETOED if self.vetoed else grade_of(self.points)


def grade_of(points: int) -> str:
    """The word for a score in hundredths."""
    return next(title for least, title in GRADES if points >= least * 100)


def points_words(points: int) -> str:
    """92.5."""
    return f"{points / 100:.2f}".rstrip("0").rstrip(".")


def read_items(text: str) -> tuple[list[Item], list[str]]:
    """Items from lines ``title | points | 依据… | 否决 | 自动:证据固化``; ``# …`` is a section."""
    found: list[Item] = []
    problems: list[str] = []
    section = ""
    kinds = {title: key for key, title in DECIDED}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            section = line.strip().lstrip("#").strip()
            continue
        parts = LINE.match(line)
        if parts is None:
            problems.append(f"第 {number} 行看不懂，请写成：项目 | 分值 | 依据")
            continue
        rest = [each.strip() for each in re.split(r"[|｜]", parts["rest"] or "") if each.strip()]
        automatic = next((each for each in rest if each.startswith(("自动:", "自动："))), "")
        kind = kinds.get(automatic[3:].strip(), "")
        if automatic and not kind:
            problems.append(f"第 {number} 行：没有“{automatic[3:].strip()}”这一类监察点")
        clause = "；".join(each for each in rest if each not in ("否决", automatic))
        found.append(
            Item(
                f"i{len(found) + 1}",
                section,
                parts["title"],
                int(parts["weight"]),
                clause,
                "否决" in rest,
                kind,
            )
        )
    return found, [*problems, *weight_problems(found)]


def weight_problems(items: Sequence[Item]) -> list[str]:
    """Why a table cannot be published; empty when it can."""
    found = []
    if not items:
        return ["还没有评查项目。"]
    total = sum(each.weight for each in items)
    if total != FULL:
        found.append(f"分值合计 {total} 分，应当正好 {FULL} 分。")
    titles = [each.title for each in items]
    found += [f"“{each}”写了两遍。" for each in dict.fromkeys(titles) if titles.count(each) > 1]
    found += [
        f"“{each.title}”是 0 分，又不是否决项，没有作用。"
        for each in items
        if each.weight == 0 and not each.veto
    ]
    return found


def items_text(items: Sequence[Item]) -> str:
    """The lines ``read_items`` reads."""
    lines: list[str] = []
    section = ""
    for each in items:
        if each.section != section:
            section = each.section
            lines.append(f"# {section}")
        parts = [each.title, str(each.weight), each.clause]
        parts += ["否决"] if each.veto else []
        parts += [f"自动:{DECIDED_TITLES[each.decided_by]}"] if each.decided_by else []
        lines.append(" | ".join(part for part in parts if part))
    return "\n".join(lines)


def problems_of(items: Sequence[Item], marks: Mapping[str, Mark]) -> dict[str, str]:
    """What is wrong with a sheet, by item: no deduction without a reason and a page."""
    found = {}
    for item in items:
        mark = marks.get(item.key)
        if mark is None:
            continue
        # An item that only vetoes has no points; a single one means that the veto applies.
        most = item.weight or 1
        if not 0 <= mark.lost <= most:
            found[item.key] = f"扣分在 0 到 {most} 之间。"
        elif mark.lost and not mark.reason.strip():
            found[item.key] = "扣分要写明原因。"
        elif mark.lost and not mark.page.strip():
            found[item.key] = "扣分要写明案卷页码。"
    return found


def score_of(items: Sequence[Item], marks: Mapping[str, Mark]) -> Score:
    """100 without marks, 0 when every item has lost all, whatever the weights."""
    total = sum(each.weight for each in items)
    lost = sum(
        min(each.weight, max(0, marks[each.key].lost)) for each in items if each.key in marks
    )
    vetoed = tuple(
        each.title for each in items if each.veto and each.key in marks and marks[each.key].lost > 0
    )
    points = FULL * 100 * (total - lost) // total if total else 0
    return Score(points, vetoed)


def final_of(scores: Sequence[int], gap: int) -> int | None:
    """The result of two scores, or of the two of three that lie closest; None = a third is due.

    Of three at equal distances the middle one counts twice, which is the middle one itself.
    """
    if len(scores) < 2:
        return None
    ordered = sorted(scores)
    if len(ordered) == 2:
        low, high = ordered
        return None if high - low > gap * 100 else (low + high) // 2
    below, above = ordered[1] - ordered[0], ordered[2] - ordered[1]
    if below == above:
        return ordered[1]
    return (ordered[0] + ordered[1]) // 2 if below < above else (ordered[1] + ordered[2]) // 2


def marks_of(kept: Mapping[str, Any]) -> dict[str, Mark]:
    """Marks as the database keeps them."""
    return {
        key: Mark(int(each["lost"]), str(each.get("reason", "")), str(each.get("page", "")))
        for key, each in kept.items()
    }


def items_of(kept: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Items as the database keeps them."""
    return [Item(**each) for each in kept]
