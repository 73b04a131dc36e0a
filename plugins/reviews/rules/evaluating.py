# SPDX-License-Identifier: Apache-2.0
"""检查评议: what a standard is, what numbers propose, what is wrong with a mark, what is public.

Five themes, each with indicators, together exactly 100 points. Nothing here ranks units, and no
indicator may count money.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from plugins.reviews.rules.scoring import FULL, LINE, points_words

THEMES: Final = ("制度执行", "队伍管理", "履职尽责", "执法质量", "执法效果")
MONEY: Final = re.compile(
    r"罚没|罚款(?:金额|数额|总额|收入|任务|指标|额)|处罚金额|没收(?:金额|所得额)"
)
"""行政处罚法第七十四条: fines are never tied to an evaluation, directly or in another guise."""
SMALLEST: Final = 5
"""On public pages numbers below are not shown: in a small unit they would point at a person."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of a standard."""

    key: str
    theme: str
    title: str
    weight: int
    clause: str = ""
    metric: str = ""
    """The key of another plugin's metric whose number stands beside the line."""
    each: int = 0
    """Points that are proposed to be lost for each one counted."""


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points lost, and why."""

    lost: int
    reason: str = ""


def _option(rest: Sequence[str], name: str) -> str | None:
    return next(
        (
            each[len(name) + 1 :].strip()
            for each in rest
            if each.startswith((f"{name}:", f"{name}："))
        ),
        None,
    )


def read_indicators(text: str, metrics: Mapping[str, str]) -> tuple[list[Indicator], list[str]]:
    """Indicators from lines ``title | points | 依据 | 数:key | 每个扣:1``; ``# …`` names the theme.

    ``metrics`` are titles by key: whoever writes may give either.
    """
    found: list[Indicator] = []
    problems: list[str] = []
    theme = ""
    keys = {title: key for key, title in metrics.items()}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line.lstrip().startswith("#"):
            theme = line.strip().lstrip("#").strip()
            if theme not in THEMES:
                problems.append(f"第 {number} 行：没有“{theme}”这个方面，只有{'、'.join(THEMES)}。")
            continue
        parts = LINE.match(line)
        if parts is None:
            problems.append(f"第 {number} 行看不懂，请写成：指标 | 分值 | 依据")
            continue
        if not theme:
            problems.append(f"第 {number} 行：先用“# 制度执行”写明属于哪个方面。")
        rest = [each.strip() for each in re.split(r"[|｜]", parts["rest"] or "") if each.strip()]
        asked, each = _option(rest, "数"), _option(rest, "每个扣")
        metric = keys.get(asked or "", asked or "")
        if metric and metric not in metrics:
            problems.append(f"第 {number} 行：没有“{metric}”这个数，见下面的清单。")
        if each is not None and (not each.isdecimal() or not 0 < int(each) <= FULL or not metric):
            problems.append(f"第 {number} 行：“每个扣:”后面写 1 到 {FULL} 的整数，并且要有“数:”。")
            each = None
        if MONEY.search(f"{parts['title']} {parts['rest'] or ''}"):
            problems.append(f"第 {number} 行：罚没款物不得同考核考评挂钩（行政处罚法第七十四条）。")
        clause = "；".join(
            one for one in rest if not one.startswith(("数:", "数：", "每个扣:", "每个扣："))
        )
        found.append(
            Indicator(
                f"e{len(found) + 1}",
                theme,
                parts["title"],
                int(parts["weight"]),
                clause,
                metric,
                int(each or 0),
            )
        )
    return found, [*problems, *standard_problems(found)]


def standard_problems(indicators: Sequence[Indicator]) -> list[str]:
    """Why a standard cannot be published; empty when it can."""
    total = sum(each.weight for each in indicators)
    found = []
    if total != FULL:
        found.append(f"分值合计 {total} 分，应当正好 {FULL} 分。")
    have = {each.theme for each in indicators}
    if missing := [each for each in THEMES if each not in have]:
        found.append(f"还没有{'、'.join(missing)}方面的指标。")
    titles = [each.title for each in indicators]
    found += [f"“{each}”写了两遍。" for each in dict.fromkeys(titles) if titles.count(each) > 1]
    found += [f"“{each.title}”是 0 分，没有作用。" for each in indicators if each.weight == 0]
    return found


def indicators_text(indicators: Sequence[Indicator]) -> str:
    """The lines ``read_indicators`` reads."""
    lines: list[str] = []
    theme = ""
    for each in indicators:
        if each.theme != theme:
            theme = each.theme
            lines.append(f"# {theme}")
        parts = [each.title, str(each.weight), each.clause]
        parts += [f"数:{each.metric}"] if each.metric else []
        parts += [f"每个扣:{each.each}"] if each.each else []
        lines.append(" | ".join(part for part in parts if part))
    return "\n".join(lines)


def without_absent(text: str, metrics: Mapping[str, str]) -> str:
    """The same lines with no number that nobody here gives."""
    kept = []
    for line in text.splitlines():
        rest = [each.strip() for each in line.split("|")]
        asked = _option(rest, "数")
        if asked is not None and asked not in metrics:
            rest = [each for each in rest if not each.startswith(("数:", "每个扣:"))]
            line = " | ".join(rest)  # noqa: PLW2901
        kept.append(line)
    return "\n".join(kept)


def proposed(indicator: Indicator, figure: Mapping[str, Any] | None) -> Deduction:
    """What a frozen number proposes; nothing where there is no number."""
    number = figure["number"] if figure else None
    if not indicator.each or not number or figure is None:
        return Deduction(0)
    lost = min(indicator.weight, int(number) * indicator.each)
    return Deduction(lost, f"{figure['title']} {number}，每个扣 {indicator.each} 分")


def mark_problems(
    indicators: Sequence[Indicator], marks: Mapping[str, Deduction]
) -> dict[str, str]:
    """What is wrong with a score sheet, by indicator: every deduction says why."""
    found = {}
    for each in indicators:
        mark = marks.get(each.key, Deduction(0))
        if not 0 <= mark.lost <= each.weight:
            found[each.key] = f"扣分在 0 到 {each.weight} 之间。"
        elif mark.lost and not mark.reason.strip():
            found[each.key] = "扣分要写明原因。"
    return found


def score_of(indicators: Sequence[Indicator], marks: Mapping[str, Deduction]) -> int:
    """Hundredths: 10000 without a deduction, 0 when everything is lost."""
    return 100 * sum(got for _theme, got, _weight in by_theme(indicators, marks))


def by_theme(
    indicators: Sequence[Indicator], marks: Mapping[str, Deduction]
) -> list[tuple[str, int, int]]:
    """Each theme with the points it got and those it is worth."""
    found = []
    for theme in THEMES:
        mine = [each for each in indicators if each.theme == theme]
        weight = sum(each.weight for each in mine)
        lost = sum(
            min(each.weight, max(0, marks[each.key].lost)) for each in mine if each.key in marks
        )
        found.append((theme, weight - lost, weight))
    return found


def compared(score: int, before: int, *, same_standard: bool) -> str:
    """How a score stands to the one before; two standards are never subtracted."""
    if not same_standard:
        return "标准不同，不相减"
    if score == before:
        return "持平"
    return f"{'高' if score > before else '低'} {points_words(abs(score - before))} 分"


def why_not_score(*, state: str, reported: bool, due: date, today: date) -> str:
    """Why a body cannot be scored yet: its own report comes first, as long as it is not late."""
    if state != "open":
        return "结果已经告知，不能再评分。"
    if not reported and today <= due:
        return f"单位还没有报送自评，{due.month}月{due.day}日截止。"
    return ""


def public_number(number: int | None) -> str:
    """A number as everybody may see it."""
    if number is None:
        return "没有数"
    return f"不足 {SMALLEST}" if 0 < number < SMALLEST else str(number)


def indicators_of(kept: Sequence[Mapping[str, Any]]) -> list[Indicator]:
    """Indicators as the database keeps them."""
    return [Indicator(**each) for each in kept]


def deductions_of(kept: Mapping[str, Any]) -> dict[str, Deduction]:
    """Marks as the database keeps them."""
    return {key: Deduction(int(each["lost"]), str(each["reason"])) for key, each in kept.items()}
