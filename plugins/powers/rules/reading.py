# SPDX-License-Identifier: Apache-2.0
"""Reads a power item from TOML: an item names a procedure and says only what is its own.

A procedure file holds what many items share (steps, forms, transitions, points); the item file
adds its basis, standards and risks and may replace any entry of the same key. Periods are
written as in an office: ``"5 工作日"``, ``"90 日"``, ``"24 小时"``.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from plugins.powers.rules.definition import Definition

_UNITS = {
    "工作日": "working",
    "个工作日": "working",
    "日": "calendar",
    "天": "calendar",
    "自然日": "calendar",
    "小时": "hours",
}
_LIMIT = re.compile(r"^\s*(\d+)\s*(个工作日|工作日|自然日|日|天|小时)\s*$")
_LISTS = (
    "basis",
    "stages",
    "steps",
    "transitions",
    "forms",
    "standards",
    "points",
    "risks",
    "documents",
)
_ITEM_ONLY = {"procedure", "drop_points", "controls", "limits"}


class ReadingError(ValueError):
    """The text is not a power item; ``reasons`` are Chinese sentences for the person who wrote it."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("；".join(reasons))
        self.reasons = reasons


def read_limit(text: str) -> dict[str, Any]:
    """``"5 工作日"`` as ``{"amount": 5, "unit": "working"}``."""
    match = _LIMIT.match(text)
    if match is None:
        raise ReadingError([f"期限“{text}”读不懂，请写成“5 工作日”“90 日”或“24 小时”。"])
    return {"amount": int(match[1]), "unit": _UNITS[match[2]]}


def read_item(text: str, procedures: Mapping[str, str], *, where: str = "") -> Definition:
    """The power item written in ``text``; ``procedures`` maps names to procedure texts.

    ``item`` and ``version`` are 0: they are given when the item is entered. Raises ReadingError.
    """
    try:
        return _read(_parse(text, where), procedures, where)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # A number where a list belongs, an entry without its key, brackets by the thousand.
        if isinstance(error, ReadingError):
            raise
        said = f"，缺少 {error.args[0]}" if isinstance(error, KeyError) else ""
        raise ReadingError([f"{where or '文件'}的结构不是权力事项的样子{said}。"]) from error


def _read(item: dict[str, Any], procedures: Mapping[str, str], where: str) -> Definition:
    name = item.get("procedure", "")
    if name:
        if name not in procedures:
            raise ReadingError(
                [f"没有名为“{name}”的程序，可用的有：{'、'.join(sorted(procedures))}。"]
            )
        merged = _merge(_parse(procedures[name], name), item)
    else:
        merged = {key: value for key, value in item.items() if key not in _ITEM_ONLY}
    for position, step in enumerate(merged.get("steps", []), start=1):
        step["position"] = position
    _write_limits(merged, item.get("limits", {}))
    try:
        return msgspec.convert({"item": 0, "version": 0, **merged}, Definition)
    except msgspec.ValidationError as error:
        raise ReadingError([f"{where or '事项'}：{_in_chinese(str(error))}"]) from error


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ReadingError([f"{where or '文件'}不是有效的 TOML：{error}"]) from error


def _merge(procedure: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """The procedure with the item's own entries put over it, list by list, key by key."""
    merged = {**procedure, **{k: v for k, v in item.items() if k not in {*_LISTS, *_ITEM_ONLY}}}
    for name in _LISTS:
        merged[name] = _overlay(procedure.get(name, []), item.get(name, []))
    dropped = set(item.get("drop_points", []))
    merged["points"] = [point for point in merged["points"] if point["key"] not in dropped]
    for control in item.get("controls", []):
        _place_control(merged["forms"], dict(control))
    return merged


def _overlay(base: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries of the same key are replaced field by field; others are appended."""
    result = [dict(entry) for entry in base]
    places = {entry["key"]: number for number, entry in enumerate(result) if "key" in entry}
    for entry in own:
        if entry.get("key") in places:
            result[places[entry["key"]]] |= entry
        else:
            result.append(dict(entry))
    return result


def _place_control(forms: list[dict[str, Any]], control: dict[str, Any]) -> None:
    """Put an item's own control into its form: ``after`` another, or at the end."""
    form_key, after = control.pop("form", ""), control.pop("after", None)
    form = next((form for form in forms if form["key"] == form_key), None)
    if form is None:
        raise ReadingError([f"控件“{control.get('title')}”要放进的表单“{form_key}”不存在。"])
    controls = [dict(c) for c in form.get("controls", [])]
    existing = next((i for i, c in enumerate(controls) if c["key"] == control.get("key")), None)
    if existing is not None:
        controls[existing] |= control
    else:
        place = next((i + 1 for i, c in enumerate(controls) if c["key"] == after), len(controls))
        controls.insert(place, control)
    form["controls"] = controls


def _write_limits(merged: dict[str, Any], own: Mapping[str, str]) -> None:
    for entry in [*merged.get("steps", []), *merged.get("stages", [])]:
        written = own.get(entry["key"], entry.get("limit"))
        if isinstance(written, str):
            entry["limit"] = read_limit(written) if written else None


_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")
_UNKNOWN = re.compile(r"Expected `(.+)`, got `(.+)`(?: - at `\$\.?(.*)`)?")
_VALUE = re.compile(r"Invalid enum value '?(.+?)'?(?: - at `\$\.?(.*)`)?$")


def _in_chinese(message: str) -> str:
    if match := _MISSING.match(message):
        return f"{match[2] or '事项'} 缺少 {match[1]}。"
    if match := _VALUE.match(message):
        return f"{match[2] or '某处'} 的值“{match[1]}”不在允许的范围内。"
    if match := _UNKNOWN.match(message):
        return f"{match[3] or '某处'} 的类型不对，应为 {match[1]}，写的是 {match[2]}。"
    return f"内容不合格式（{message}）。"
