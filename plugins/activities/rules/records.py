# SPDX-License-Identifier: Apache-2.0
"""The register of what supervisors took part in (登记, S0-20). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

SUBMITTED, RETURNED, NOTED = "submitted", "returned", "noted"
STATES: dict[str, tuple[str, str]] = {
    SUBMITTED: ("new", "待阅"),
    RETURNED: ("doing", "待补充"),
    NOTED: ("done", "已阅"),
}
"""State → chip and words."""

ACTS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "note": ((SUBMITTED,), NOTED),
    "return": ((SUBMITTED,), RETURNED),
    "complete": ((RETURNED,), SUBMITTED),
}
"""Act → from which states, to which."""

COUNTY = 3
"""The level of 旗县区: the address is chosen down to here."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit somebody may mean."""

    id: int
    name: str
    lo: int
    place: str = ""


def after(act: str, state: str) -> str:
    """The state an act leads to; empty when it is not possible from here."""
    sources, target = ACTS[act]
    return target if state in sources else ""


def why_not(act: str, state: str) -> str:
    """Why an act is not possible now, in words; empty when it is."""
    if after(act, state):
        return ""
    if act == "complete":
        return "这份登记没有退回，不能再改。"
    return {
        RETURNED: "已经退回，等监督员补充。",
        NOTED: "这份登记已经阅过。",
    }.get(state, "现在不能这样办。")


def date_fault(day: date, today: date) -> str:
    """登记日期 may be any day up to today: what has not happened cannot be registered."""
    if day <= today:
        return ""
    return f"登记日期不能晚于今天。今天是{today.month}月{today.day}日，手机的日期可能不对。"


def place_fault(level: int | None, has_below: bool) -> str:
    """地址 is chosen down to the 旗县区; where a prefecture has none below, it is the last level."""
    if level is None:
        return "请选择地址：省（自治区）、盟市、旗县区。"
    if level < COUNTY and has_below:
        return "地址请选到旗县区。"
    return ""


def match(typed: str, chosen: int | None, found: Sequence[Unit]) -> Unit | str:
    """Which unit is meant by what was typed and chosen, or a sentence.

    A chosen one counts only while its name still stands in the field: who types on means another.
    """
    name = " ".join(typed.split())
    if not name:
        return "请查找并选择执法部门。"
    for each in found:
        if chosen and each.id == chosen and each.name == name:
            return each
    same = [each for each in found if each.name == name]
    if len(same) == 1:
        return same[0]
    if same:
        return f"叫“{name}”的单位有 {len(same)} 个，请在查找结果里选一个。"
    return f"没有找到“{name}”，请输入单位名称里的几个字，查找后选择。"
