# SPDX-License-Identifier: Apache-2.0
"""What the report of a 检查评议 says: how it went, the themes, every body by name, objections."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from plugins.reviews.rules.evaluating import (
    THEMES,
    Indicator,
    by_theme,
    compared,
    deductions_of,
)
from plugins.reviews.rules.scoring import GRADES, grade_of, points_words

COMMON: Final = 5
SAID: Final = {
    "open": "结果还没有告知各单位，分数可能改动",
    "told": "结果已经告知各单位，还没有公布",
    "published": "结果已经公布",
}
METHOD: Final = (
    "各单位按名称排列，不排名次。指标的数在评议开始时取定，以后不变；扣分都写明原因。"
    "与上一次相比，只在两次用同一版标准时相减。罚没款物不作为评议指标。"
)


def _day(it: Any) -> str:
    return f"{it.year}年{it.month}月{it.day}日"


def _overview(it: Mapping[str, Any], units: Sequence[Mapping[str, Any]]) -> list[str]:
    scored = [each for each in units if each["score"] is not None]
    late = sum(1 for each in units if each["late"])
    silent = sum(1 for each in units if each["reported_at"] is None)
    said = [
        (
            f"评议期间为{_day(it['since'])}至{_day(it['until'])}，按“{it['scheme_name']}”"
            f"（第 {it['version']} 版）评分，满分 100 分。共评议 {len(units)} 个单位，"
            f"已评分 {len(scored)} 个；{SAID[it['state']]}。"
        ),
        f"逾期报送自评的 {late} 个，没有报送的 {silent} 个。",
    ]
    if scored:
        grades = Counter(grade_of(each["score"]) for each in scored)
        parts = [f"{word} {grades[word]} 个" for _least, word in GRADES if grades[word]]
        said.append(f"按等次：{'，'.join(parts)}。")
    return said


def _by_themes(indicators: Sequence[Indicator], units: Sequence[Mapping[str, Any]]) -> list[str]:
    scored = [deductions_of(each["marks"]) for each in units if each["score"] is not None]
    if not scored:
        return ["还没有评分。"]
    got = dict.fromkeys(THEMES, 0)
    full = dict.fromkeys(THEMES, 0)
    for marks in scored:
        for theme, points, weight in by_theme(indicators, marks):
            got[theme] += points
            full[theme] += weight
    # Weights are whole, so the mean of a theme in hundredths is exact to the hundredth.
    lines = [
        f"{theme}：平均 {points_words(round(100 * got[theme] / len(scored)))} 分，"
        f"满分 {full[theme] // len(scored)} 分。"
        for theme in THEMES
    ]
    lost = Counter(key for marks in scored for key, each in marks.items() if each.lost)
    titles = {each.key: each.title for each in indicators}
    order = sorted(lost.items(), key=lambda each: (-each[1], list(titles).index(each[0])))
    if order:
        parts = [f"{titles[key]}（{n} 个单位）" for key, n in order[:COMMON]]
        lines.append(f"扣分最集中的指标：{'；'.join(parts)}。")
    return lines


def _unit(
    it: Mapping[str, Any],
    indicators: Sequence[Indicator],
    unit: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> str:
    if unit["score"] is None:
        return f"{unit['unit']}：还没有评分。"
    marks = deductions_of(unit["marks"])
    themes = "，".join(
        f"{theme} {got}/{weight}" for theme, got, weight in by_theme(indicators, marks)
    )
    said = (
        f"{unit['unit']}：{points_words(unit['score'])} 分，{grade_of(unit['score'])}。{themes}。"
    )
    if before is not None:
        words = compared(
            unit["score"], before["score"], same_standard=before["scheme"] == it["scheme"]
        )
        said += f"上一次“{before['title']}”{points_words(before['score'])} 分，{words}。"
    lost = [
        f"{each.title}扣 {marks[each.key].lost} 分，{marks[each.key].reason.rstrip('。')}"
        for each in indicators
        if each.key in marks and marks[each.key].lost
    ]
    said += f"扣分：{'；'.join(lost)}。" if lost else "没有扣分。"
    return said + (f"总体意见：{unit['remark']}" if unit["remark"] else "")


def _objections(units: Sequence[Mapping[str, Any]]) -> str:
    asked = [each for each in units if each["objected_at"] is not None]
    if not asked:
        return "没有单位提出异议。"
    changed = sum(1 for each in asked if each["accepted"])
    waiting = sum(1 for each in asked if each["accepted"] is None)
    return (
        f"提出异议 {len(asked)} 件：改分 {changed} 件，维持 {len(asked) - changed - waiting} 件，"
        f"等待处理 {waiting} 件。"
    )


def sections(
    it: Mapping[str, Any],
    indicators: Sequence[Indicator],
    units: Sequence[Mapping[str, Any]],
    before: Mapping[int, Mapping[str, Any]],
) -> list[tuple[str, list[str]]]:
    """The report as headings with their paragraphs."""
    return [
        ("基本情况", _overview(it, units)),
        ("五个方面", _by_themes(indicators, units)),
        (
            "各单位",
            [_unit(it, indicators, each, before.get(each["organisation"])) for each in units],
        ),
        ("异议", [_objections(units)]),
        ("说明", [METHOD]),
    ]
