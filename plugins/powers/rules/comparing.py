# SPDX-License-Identifier: Apache-2.0
"""What differs between two versions of an item, in words, and how two changes are put together.

Entries are the same when their keys are; those without a key, when they say the same about the
same thing (a basis: law and article, a way: from and to, a risk: step and description).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from plugins.powers.rules.definition import (
    Basis,
    Condition,
    Definition,
    Form,
    Joint,
    Limit,
    Option,
    Point,
    Risk,
    Stage,
    Transition,
    When,
)
from plugins.powers.rules.telling import condition_text, settings_words, when_text
from plugins.powers.rules.words import POINT_KINDS, POWER_CLASSES, STEP_KINDS
from plugins.powers.rules.writing import bare

E = TypeVar("E")

SECTIONS: Final[dict[str, str]] = {
    "basics": "基本情况",
    "basis": "法律依据",
    "stages": "阶段",
    "steps": "环节",
    "transitions": "流转",
    "forms": "表单",
    "standards": "裁量标准",
    "points": "监察点",
    "risks": "风险点",
    "documents": "文书",
    "remedies": "救济途径",
}
_BELOW: Final = {"controls": "控件", "tiers": "阶次"}
_BASICS: Final = ("code", "title", "power_class", "number_prefix", "subject_label")
_FIELDS: Final[dict[str, str]] = {
    "code": "编码",
    "title": "名称",
    "power_class": "类别",
    "number_prefix": "案号字头",
    "subject_label": "相对人称谓",
    "law": "法律",
    "article": "条款",
    "text": "原文",
    "limit": "期限",
    "stage": "阶段",
    "kind": "类型",
    "min_officers": "执法人数",
    "strict_officers": "人数不够不能提交",
    "form": "表单",
    "coercive": "行政强制措施",
    "guidance": "办理提示",
    "joint": "会签",
    "from": "起点",
    "to": "终点",
    "when": "条件",
    "version": "版次",
    "type": "类型",
    "required": "必填",
    "help": "说明",
    "options": "选项",
    "unit": "单位",
    "min": "下限",
    "max": "上限",
    "max_length": "字数上限",
    "evidence_kind": "证据种类",
    "min_count": "最少份数",
    "max_mb": "每份大小",
    "negative": "否定性决定",
    "act": "违法行为",
    "articles": "细化的条文",
    "applies_to": "裁量的控件",
    "base": "倍数的基数",
    "conditions": "适用条件",
    "kinds": "种类",
    "note": "说明",
    "step": "环节",
    "colour": "灯色",
    "params": "设置",
    "clause": "依据",
    "level": "等级",
    "description": "风险",
    "prevention": "防控",
    "word": "文号字",
    "served": "要送达回证",
    "published": "要公示",
    "body": "正文",
}
_WORDS: Final[dict[str, str]] = {
    "forward": "前进",
    "branch": "分支",
    "rollback": "回退",
    "red": "红灯",
    "yellow": "黄灯",
    **STEP_KINDS,
    **{one.key: one.title for one in POWER_CLASSES},
    **{one.key: one.title for one in POINT_KINDS},
}


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that was added, removed, changed or moved, with what changed in it."""

    section: str
    act: str
    """``added``, ``removed``, ``changed`` or ``moved``."""
    name: str
    details: tuple[tuple[str, str, str], ...] = ()
    """Field, before, after, in words."""

    @property
    def section_title(self) -> str:
        return SECTIONS[self.section]

    @property
    def sentence(self) -> str:
        """The change as one sentence: 「环节“决定”改了期限：5 个工作日 → 7 个工作日」."""
        verb = {"added": "新增", "removed": "删去", "changed": "修改", "moved": "调整次序"}[
            self.act
        ]
        said = "；".join(
            f"{field}由“{before or '空'}”改为“{after or '空'}”"
            for field, before, after in self.details
        )
        return f"{verb}{self.section_title}“{self.name}”{f'：{said}' if said else ''}。"


def compare(before: Definition, after: Definition) -> list[Change]:
    """Everything that differs, section by section; empty when both say the same."""
    return [*_basics(before, after), *_sections(before, after)]


def same(before: Definition, after: Definition) -> bool:
    """Whether both say the same, whatever version and place they stand at."""
    return bare(before) == bare(after)


def basics_of(item: Definition) -> tuple[tuple[str, str], ...]:
    """What stands under 基本情况, in words."""
    return tuple((_FIELDS[name], _words(getattr(item, name), item)) for name in _BASICS)


def _basics(before: Definition, after: Definition) -> Iterator[Change]:
    details = tuple(
        (_FIELDS[name], _words(getattr(before, name), before), _words(getattr(after, name), after))
        for name in _BASICS
        if getattr(before, name) != getattr(after, name)
    )
    if details:
        yield Change("basics", "changed", after.title or before.title, details)


def _sections(before: Definition, after: Definition) -> Iterator[Change]:
    for section in SECTIONS:
        if section != "basics":
            old, new = getattr(before, section), getattr(after, section)
            if old != new:
                yield from _entries(section, old, new, (before, after))


def _entries(
    section: str,
    old: list[Any],
    new: list[Any],
    items: tuple[Definition, Definition],
    within: str = "",
) -> Iterator[Change]:
    before, after = _named(old), _named(new)
    for key, entry in before.items():
        if key not in after:
            yield Change(section, "removed", within + title_of(entry, items[0]))
    for key, entry in after.items():
        name = within + title_of(entry, items[1])
        if key not in before:
            yield Change(section, "added", name)
        elif before[key] != entry:
            yield from _changed(section, before[key], entry, items, name)
    kept = [key for key in before if key in after]
    order = [key for key in after if key in before]
    for was, now in zip(kept, order, strict=True):
        if was != now:
            # One sentence is enough: everything behind the first moved entry moves along.
            yield Change(section, "moved", within + title_of(after[now], items[1]))
            break


def _changed(
    section: str, old: Any, new: Any, items: tuple[Definition, Definition], name: str
) -> Iterator[Change]:
    details: list[tuple[str, str, str]] = []
    for one in msgspec.structs.fields(type(new)):
        was, now = getattr(old, one.name), getattr(new, one.name)
        if was == now or one.name in {"key", "position"}:
            continue
        if one.name in _BELOW:
            word = f"{name} · {_BELOW[one.name]} "
            yield from _entries(section, was, now, items, word)
        elif one.name == "params":
            details.append(("设置", _settings(old, items[0]), _settings(new, items[1])))
        else:
            title = _FIELDS.get(one.encode_name, one.encode_name)
            before, after = (
                _title_in(one.name, value, item) or _words(value, item)
                for value, item in ((was, items[0]), (now, items[1]))
            )
            details.append((title, before, after))
    if details:
        yield Change(section, "changed", name, tuple(details))


def _title_in(name: str, value: Any, item: Definition) -> str:
    """What a stage or a form is called, where an entry names it by its key."""
    listed: dict[str, list[Stage] | list[Form]] = {"stage": item.stages, "form": item.forms}
    return next((one.title for one in listed.get(name, ()) if one.key == value), "")


def _settings(point: Point, item: Definition) -> str:
    """A point's settings; those of a kind another plugin brings, as they are written."""
    return settings_words(point, item) or _words(point.params, item)


def title_of(entry: Any, item: Definition) -> str:
    """What an entry of any section is called."""
    match entry:
        case str():
            return entry
        case Basis():
            return f"《{entry.law}》{entry.article}"
        case Transition():
            return f"{_step(entry.origin, item)} → {_step(entry.target, item)}"
        case Risk():
            return f"{_step(entry.step, item)}：{entry.description}"
        case _:
            return str(entry.title or entry.key)


def _step(key: str, item: Definition) -> str:
    if not key:
        return "结束"
    step = item.step(key)
    return step.title if step else key


def _words(value: Any, item: Definition) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case Limit() | Joint():
            return value.words
        case When():
            return when_text(value, item)
        case Option():
            return value.title
        case Condition():
            return condition_text(value, item)
        case dict():
            return "，".join(f"{key} {_words(each, item)}" for key, each in value.items())
        case list():
            return "、".join(_words(each, item) for each in value)
        case str():
            step = item.step(value)
            return step.title if step else _WORDS.get(value, value)
        case _:
            return str(value)


def _named(entries: list[Any]) -> dict[Any, Any]:
    """The entries by what makes them the same; a repeated one is told apart by its number."""
    found: dict[Any, Any] = {}
    for entry in entries:
        key = identity(entry)
        number = 0
        while (key, number) in found:
            number += 1
        found[key, number] = entry
    return found


def identity(entry: Any) -> Any:
    """What stays the same while an entry is edited."""
    match entry:
        case str():
            return entry
        case Basis():
            return (entry.law, entry.article)
        case Transition():
            return (entry.origin, entry.target, entry.kind)
        case Risk():
            return (entry.step, entry.description)
        case _:
            return entry.key


# --- putting two changes together --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Merged:
    """The draft with the other version's changes, and where both had changed the same."""

    definition: Definition
    conflicts: tuple[str, ...]
    """Sentences; in these places the draft's own words were kept."""


def merge(base: Definition, ours: Definition, theirs: Definition) -> Merged:
    """Bring into ``ours`` what ``theirs`` changed since ``base``; ours wins, visibly."""
    conflicts: list[str] = []
    values: dict[str, Any] = {}
    for one in msgspec.structs.fields(Definition):
        name = one.name
        was, mine, other = (getattr(each, name) for each in (bare(base), ours, bare(theirs)))
        if name in SECTIONS:
            values[name] = _merge_lists(was, mine, other, SECTIONS[name], ours, conflicts)
        elif name in _FIELDS:
            values[name] = _merge_value(was, mine, other, f"基本情况的{_FIELDS[name]}", conflicts)
    merged = msgspec.structs.replace(ours, **values)
    return Merged(numbered(merged), tuple(conflicts))


def numbered(item: Definition) -> Definition:
    """The item with its steps numbered in their order."""
    steps = [
        step if step.position == n else msgspec.structs.replace(step, position=n)
        for n, step in enumerate(item.steps, start=1)
    ]
    return msgspec.structs.replace(item, steps=steps)


def _merge_value(was: E, mine: E, other: E, where: str, conflicts: list[str]) -> E:
    if other in (was, mine):
        return mine
    if mine == was:
        return other
    conflicts.append(f"{where}两边都改了，保留草稿的写法。")
    return mine


def _merge_lists(
    was: list[Any],
    mine: list[Any],
    other: list[Any],
    where: str,
    item: Definition,
    conflicts: list[str],
) -> list[Any]:
    base, ours, theirs = _named(was), _named(mine), _named(other)
    result = dict(ours)

    def said(entry: Any) -> str:
        return f"{where}“{title_of(entry, item)}”"

    for key, entry in base.items():
        if key not in theirs and key in result:
            if result[key] == entry:
                del result[key]
            else:
                conflicts.append(f"{said(entry)}在新版里删去了，草稿改过它，保留草稿的写法。")
    before: Any = None
    for key, entry in theirs.items():
        if key in result:
            result[key] = _merge_entry(base.get(key), result[key], entry, said, conflicts, item)
        elif key not in base:
            result = _insert(result, key, entry, before)
        elif entry != base[key]:
            conflicts.append(f"{said(entry)}在新版里改了，草稿删去了它，仍然删去。")
        before = key
    return list(result.values())


def _merge_entry(
    was: Any,
    mine: Any,
    other: Any,
    said: Callable[[Any], str],
    conflicts: list[str],
    item: Definition,
) -> Any:
    if other in (was, mine):
        return mine
    if mine == was:
        return other
    if was is None or isinstance(mine, str):
        conflicts.append(f"{said(mine)}两边都新增了，保留草稿的写法。")
        return mine
    values: dict[str, Any] = {}
    for one in msgspec.structs.fields(type(mine)):
        name = one.name
        then, here, there = (getattr(each, name) for each in (was, mine, other))
        if name in _BELOW:
            word = f"{said(mine)}的{_BELOW[name]}"
            values[name] = _merge_lists(then, here, there, word, item, conflicts)
        elif name != "position":
            field = _FIELDS.get(one.encode_name, one.encode_name)
            values[name] = _merge_value(then, here, there, f"{said(mine)}的{field}", conflicts)
    return msgspec.structs.replace(mine, **values)


def _insert(entries: dict[Any, Any], key: Any, entry: Any, before: Any) -> dict[Any, Any]:
    """``entry`` behind the one it follows in the other version, or at the end."""
    if before not in entries:
        return {**entries, key: entry}
    result: dict[Any, Any] = {}
    for name, each in entries.items():
        result[name] = each
        if name == before:
            result[key] = entry
    return result
