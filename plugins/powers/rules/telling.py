# SPDX-License-Identifier: Apache-2.0
"""Settings and conditions of an item in words people read, with titles instead of keys."""

from plugins.powers.rules.definition import Condition, Definition, Point, When
from plugins.powers.rules.kinds import NONE, Offered, known_kinds, offered_words

OPS: dict[str, str] = {
    "le": "≤",
    "lt": "＜",
    "ge": "≥",
    "gt": "＞",
    "eq": "＝",
    "in": "是其中之一",
}


def control_title(key: str, item: Definition) -> str:
    """What a control is called; one that is not there by its key."""
    found = (c.title for form in item.forms for c in form.controls if c.key == key)
    return next(found, key)


def condition_text(one: Condition, item: Definition) -> str:
    """A condition of a tier: 「涉案货值 ≤ 5,000.00 元」."""
    kinds = {c.key: c.type for form in item.forms for c in form.controls}
    value = "、".join(one.value) if isinstance(one.value, list) else str(one.value)
    if kinds.get(one.control) in ("money", "payment") and isinstance(one.value, int):
        value = f"{one.value / 100:,.2f} 元"
    return f"{control_title(one.control, item)} {OPS[one.op]} {value}"


def when_text(when: When, item: Definition) -> str:
    """The condition of a branch: 「处理结果是不予立案」."""
    return f"{control_title(when.control, item)}是{'或'.join(when.one_of)}"


def kind_title(kind: str, offered: Offered = NONE) -> str:
    """What a kind of point is called; one nobody offers by its key."""
    found = known_kinds(offered).get(kind)
    return found.title if found else kind


def settings_words(point: Point, item: Definition, offered: Offered = NONE) -> str:
    """The settings of a point in one line, for the table."""
    match point.kind:
        case "time_limit":
            return f"按{'阶段' if point.params.get('of') == 'stage' else '环节'}的期限"
        case "qualification":
            who = "本环节" if point.params.get("judges") == "this_step" else "下一个环节"
            return f"{who}不少于 {point.params.get('minimum', 2)} 名合格人员"
        case "evidence":
            wanted = point.params.get("controls")
            if not isinstance(wanted, dict) or not wanted:
                return "按表单要求的份数"
            return "、".join(f"{control_title(key, item)} {n} 份" for key, n in wanted.items())
        case "decision_basis":
            negative = point.params.get("negative")
            return "、".join(map(str, negative)) if isinstance(negative, list) else ""
        case "discretion":
            key = point.params.get("standard")
            return next((one.title for one in item.standards if one.key == key), str(key or ""))
        case "execution":
            step = item.step(str(point.params.get("decision_step", "")))
            return f"对照“{step.title}”的决定" if step else ""
        case kind if kind in offered:
            return offered_words(offered[kind], point.params)
        case _:
            return ""
