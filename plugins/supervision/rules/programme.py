# SPDX-License-Identifier: Apache-2.0
"""Work programmes: stages, deliverables and their dates (S4-6, S4-7, S4-9)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_NUMBER = re.compile(r"^\S{1,20}〔(?:19|20)\d\d〕[1-9]\d{0,4}号$")

REPORTS: dict[str, str] = {
    "progress": "工作进展",
    "innovation": "创新做法和成效",
    "summary": "工作总结",
    "other": "其他材料",
}
SUMMARY_PARTS = ("开展情况", "取得的成效", "先进经验", "存在的困难")


@dataclass(frozen=True, slots=True)
class Stage:
    title: str
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Deliverable:
    title: str
    due: date
    stage: int


def number_problem(text: str) -> str:
    """文号 as ``乌司发〔2023〕47号``: hexagonal brackets, no leading zero."""
    if _NUMBER.match(text.strip()):
        return ""
    if re.search(r"[\[\(（［【]", text):
        return "文号的年份用六角括号〔〕，例如 乌司发〔2023〕47号。"
    if re.search(r"〕0", text):
        return "文号的序号前面不加零，例如 乌司发〔2023〕47号。"
    return "文号写作 机关代字〔年份〕序号，例如 乌司发〔2023〕47号。"


def stage_faults(begins: date, ends: date, stages: Sequence[Stage]) -> list[str]:
    """Stages lie inside the programme, in order, without overlapping."""
    found = []
    if ends < begins:
        found.append("方案的结束日期早于开始日期。")
    previous: Stage | None = None
    for each in stages:
        if each.ends < each.begins:
            found.append(f"“{each.title}”的结束日期早于开始日期。")
        if each.begins < begins or each.ends > ends:
            found.append(f"“{each.title}”超出方案的起止日期。")
        if previous and each.begins <= previous.ends:
            found.append(f"“{each.title}”与“{previous.title}”的日期重叠。")
        previous = each
    return found


def deliverable_faults(item: Deliverable, stages: Sequence[Stage]) -> dict[str, str]:
    """A result may be due before its stage ends, never before it begins or after the end."""
    if not 0 <= item.stage < len(stages):
        return {"stage": "选择成果所属的阶段。"}
    stage = stages[item.stage]
    if not stage.begins <= item.due <= stage.ends:
        return {"due": f"成果期限应当在“{stage.title}”的起止日期之间（可以早于阶段结束）。"}
    return {}


def summary_faults(kind: str, text: str) -> dict[str, str]:
    """The final summary says all four things the notice asks for."""
    if kind == "summary":
        absent = [part for part in SUMMARY_PARTS if part not in text]
        if absent:
            return {
                "text": f"工作总结应当写明{'、'.join(SUMMARY_PARTS)}；还缺{'、'.join(absent)}。"
            }
    return {}


def standing(due: date, submitted: date | None, today: date) -> tuple[str, str]:
    """Chip and words of a deliverable of one office."""
    if submitted is not None:
        return ("done", "已报送") if submitted <= due else ("late", "逾期报送")
    if today > due:
        return ("late", f"逾期 {(today - due).days} 天")
    if (due - today).days <= 7:
        return ("new", f"还剩 {(due - today).days} 天")
    return ("paused", "未到期")
