# SPDX-License-Identifier: Apache-2.0
"""The entries of an item as lines of tables, in words."""

from collections.abc import Callable
from typing import Any

from plugins.powers.forms import fields as words
from plugins.powers.rules import STEP_KINDS, Definition, Point, Standard
from plugins.powers.rules.linting.discretion import DAYS
from plugins.powers.rules.telling import condition_text, kind_title, settings_words, when_text
from plugins.powers.services.offers import offered_kinds

SHORT = 60

HEADS: dict[str, tuple[str, ...]] = {
    "basis": ("依据", "原文"),
    "stages": ("阶段", "期限", "环节"),
    "steps": ("环节", "期限", "表单", "要求"),
    "transitions": ("从", "到", "种类", "条件"),
    "forms": ("表单", "控件", "用在哪个环节"),
    "controls": ("控件", "代号", "类型", "要求"),
    "standards": ("裁量标准", "违法行为", "阶次"),
    "tiers": ("阶次", "适用条件", "幅度", "种类"),
    "points": ("监察点", "类型", "设在", "设置"),
    "risks": ("环节", "等级", "可能出现的问题", "防控措施"),
    "documents": ("文书", "环节", "种类", "文号字"),
    "remedies": ("救济途径",),
}


def short(text: str) -> str:
    """The beginning of a long text, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _step(item: Definition, key: str, none: str = "") -> str:
    if not key:
        return none
    found = item.step(key)
    return found.title if found else f"{key}（不存在）"


def cells_of(section: str, entry: Any, item: Definition) -> tuple[str, ...]:
    """The cells of an entry, one for each of the section's HEADS."""
    return _CELLS[section](entry, item)


def _step_cells(step: Any, item: Definition) -> tuple[str, ...]:
    form = item.form_of(step)
    wants = [
        STEP_KINDS.get(step.kind, step.kind) if step.kind != "ordinary" else "",
        f"{step.min_officers} 人执法{'，不够不能提交' if step.strict_officers else ''}"
        if step.min_officers
        else "",
        step.joint.words if step.joint else "",
        "行政强制措施" if step.coercive else "",
    ]
    return (
        f"{step.position}　{step.title}",
        step.limit.words if step.limit else "不限期",
        form.title if form else (f"{step.form}（不存在）" if step.form else "没有表单"),
        "；".join(one for one in wants if one),
    )


def _control_cells(control: Any, _item: Definition) -> tuple[str, ...]:
    if control.type == "evidence":
        kind = words.EVIDENCE_WORDS[control.evidence_kind]
        wants = f"{kind}，{f'不少于 {control.min_count} 份' if control.min_count else '选填'}"
    else:
        options = "、".join(option.title for option in control.options)
        past = "不晚于今天" if control.type in DAYS and control.max == 0 else ""
        wants = "；".join(
            one for one in ("必填" if control.required else "选填", past, options) if one
        )
    return control.title, control.key, words.CONTROL_WORDS[control.type], short(wants)


def _tier_cells(tier: Any, item: Definition) -> tuple[str, ...]:
    standard = next((one for one in item.standards if tier in one.tiers), None)
    conditions = "，".join(condition_text(one, item) for one in tier.conditions)
    return (
        tier.title,
        conditions or "按情节认定",
        range_words(tier, standard),
        "、".join(tier.kinds),
    )


def range_words(tier: Any, standard: Standard | None) -> str:
    """What a tier permits: 「5,000.00 元至 18,500.00 元」, or in multiples."""
    if standard is not None and standard.base is not None:
        return f"{tier.min} 倍至 {tier.max} 倍"
    return f"{tier.min / 100:,.2f} 元至 {tier.max / 100:,.2f} 元"


def _point_cells(point: Point, item: Definition) -> tuple[str, ...]:
    stage = next((one.title for one in item.stages if one.key == point.stage), point.stage)
    at = _step(item, point.step) or (f"{stage}阶段" if stage else "任何环节")
    offered = offered_kinds()
    return (
        point.title,
        kind_title(point.kind, offered),
        at,
        settings_words(point, item, offered),
    )


def _way_cells(way: Any, item: Definition) -> tuple[str, ...]:
    when = when_text(way.when, item) if way.when else ""
    return (
        _step(item, way.origin),
        _step(item, way.target, "结束"),
        words.WAY_WORDS[way.kind],
        when,
    )


_CELLS: dict[str, Callable[[Any, Definition], tuple[str, ...]]] = {
    "basis": lambda one, _: (f"《{one.law}》{one.article}", short(one.text)),
    "stages": lambda one, item: (
        one.title,
        one.limit.words if one.limit else "不限期",
        "、".join(step.title for step in item.steps if step.stage == one.key),
    ),
    "steps": _step_cells,
    "transitions": _way_cells,
    "forms": lambda one, item: (
        one.title,
        f"{len(one.controls)} 项",
        "、".join(step.title for step in item.steps if step.form == one.key) or "没有用到",
    ),
    "controls": _control_cells,
    "standards": lambda one, _: (one.title, short(one.act), f"{len(one.tiers)} 档"),
    "tiers": _tier_cells,
    "points": _point_cells,
    "risks": lambda one, item: (
        _step(item, one.step),
        one.level,
        short(one.description),
        short(one.prevention),
    ),
    "documents": lambda one, item: (
        one.title,
        _step(item, one.step),
        words.DOCUMENT_KINDS[one.kind],
        one.word or "不编号",
    ),
    "remedies": lambda one, _: (one,),
}
