# SPDX-License-Identifier: Apache-2.0
"""What was typed into a step's form, checked against the form's controls.

A draft keeps the raw text, also the wrong one: nothing typed is ever lost. Submitting parses it
into primitives. A missing basis or piece of evidence does not stop a submission: the law's answer
to that is the red lamp, not a locked button (domain handbook B19, S1-23).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from plugins.cases.rules.definition import Control, Definition, Form, Step
from plugins.cases.rules.money import parse_money, show_money

Raw = Mapping[str, str | list[str]]

TEXT_LIMIT = 500
LONGTEXT_LIMIT = 20_000
FURTHEST = 40_000
"""Days: no bound of a date that a definition sets leads out of the calendar."""
NEVER_BLOCKS = ("evidence", "basis", "officers", "payment", "standard")
"""Control types whose absence is an alarm (M4, M5a, M2, M7, M6), not a refusal."""

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_CONTROL_CHARACTERS = {c: None for c in range(32) if c not in (9, 10)} | {0x7F: None}


@dataclass(frozen=True, slots=True)
class Entry:
    """The parsed values and, by control, what is wrong with what was typed."""

    values: dict[str, Any]
    errors: dict[str, str]


def clean_text(text: str) -> str:
    """Text as it may be stored: no NUL and other control characters, one kind of line end.

    Lone surrogates (a cut emoji) cannot be encoded; they are dropped rather than crash a form.
    """
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    encodable = unix.encode("utf-8", "ignore").decode("utf-8")
    return encodable.translate(_CONTROL_CHARACTERS).strip()


def keep_draft(form: Form, raw: Raw) -> dict[str, str | list[str]]:
    """The draft: what was typed for the form's own controls, unjudged."""
    kept: dict[str, str | list[str]] = {}
    for control in form.controls:
        if control.type == "evidence" or control.key not in raw:
            continue
        typed = raw[control.key]
        if isinstance(typed, list):
            kept[control.key] = [clean_text(t)[:LONGTEXT_LIMIT] for t in typed]
        else:
            kept[control.key] = clean_text(typed)[: 2 * LONGTEXT_LIMIT]
    return kept


def parse_entry(definition: Definition, step: Step, raw: Raw, today: date) -> Entry:
    """All values of the step's form, and all mistakes at once."""
    form = definition.form_of(step)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for control in form.controls:
        if control.type in ("evidence", "officers", "payment"):
            continue
        options = options_of(definition, control)
        value, error = parse_control(control, raw.get(control.key), options, today=today)
        if error:
            errors[control.key] = error
        else:
            values[control.key] = value
    return Entry(values, errors)


def options_of(definition: Definition, control: Control) -> tuple[tuple[str, str], ...]:
    """What may be chosen: the control's own options, the item's clauses, or the tiers."""
    if control.options:
        return tuple((o.value, o.title or o.value) for o in control.options)
    if control.type == "standard":
        standard = definition.standard_for(control.key)
        if standard is not None:
            return tuple((t.key, t.title) for t in standard.tiers)
    return ()


def parse_control(
    control: Control,
    typed: str | Sequence[str] | None,
    options: Sequence[tuple[str, str]] = (),
    *,
    today: date,
) -> tuple[Any, str]:
    """One control: the primitive and ``""``, or ``None`` and the sentence to show under it."""
    several = [clean_text(t) for t in ([typed] if isinstance(typed, str) else typed or ())]
    filled = [t for t in several if t]
    if control.type == "boolean":
        return bool(filled) and filled[-1].lower() not in ("0", "false", "off", "否"), ""
    if not filled:
        if control.required and control.type not in NEVER_BLOCKS:
            act = "请选择" if control.type in ("choice", "choices", "outcome") else "请填写"
            return None, f"{act}{control.title}。"
        return ([] if control.type == "choices" else None), ""
    if control.type == "choices":
        allowed = {value for value, _ in options}
        if allowed and not set(filled) <= allowed:
            return None, f"{control.title}里有不在选项中的内容，请重新选择。"
        return list(dict.fromkeys(filled)), ""
    text = filled[-1]
    if control.type in ("choice", "outcome", "standard"):
        if options and text not in {value for value, _ in options}:
            return None, f"{control.title}不在可选范围内，请重新选择。"
        return text, ""
    if control.type == "money":
        return _money(control, text)
    if control.type == "number":
        return _number(control, text)
    if control.type in ("date", "datetime"):
        return _moment(control, text, today)
    limit = control.max_length or (TEXT_LIMIT if control.type == "text" else LONGTEXT_LIMIT)
    if len(text) > limit:
        return None, f"{control.title}最多 {limit:,} 个字，现在是 {len(text):,} 个字。"
    return text, ""


def _money(control: Control, text: str) -> tuple[int | None, str]:
    fen = parse_money(text)
    if isinstance(fen, str):
        return None, f"{control.title}：{fen}"
    if control.min is not None and fen < control.min:
        return None, f"{control.title}不能少于 {show_money(int(control.min))} 元。"
    if control.max is not None and fen > control.max:
        return None, f"{control.title}不能多于 {show_money(int(control.max))} 元，请核对小数点。"
    return fen, ""


def _number(control: Control, text: str) -> tuple[int | float | None, str]:
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace(" ", "")
    if control.unit:
        plain = plain.removesuffix(control.unit)
    try:
        number = float(plain)
    except ValueError:
        return None, f"{control.title}应当是数字。"
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN test
        return None, f"{control.title}应当是数字。"
    if control.min is not None and number < control.min:
        return None, f"{control.title}不能小于 {control.min:g}{control.unit}。"
    if control.max is not None and number > control.max:
        return None, f"{control.title}不能大于 {control.max:g}{control.unit}。"
    whole = number.is_integer() and "." not in plain and abs(number) < 2**53
    return (int(number) if whole else number), ""


def parse_date(text: str) -> date | None:
    """A date as typed: ``2026-05-12``, ``2026/5/12`` or ``2026年5月12日``."""
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        return date(*(int(g) for g in found.groups()))
    except ValueError:
        return None


def _moment(control: Control, text: str, today: date) -> tuple[str | None, str]:
    plain = unicodedata.normalize("NFKC", text).strip()
    day_text, clock_text = plain, ""
    if control.type == "datetime":
        head, sep, tail = plain.replace("T", " ").partition(" ")
        day_text, clock_text = (head, tail.strip()) if sep else (plain, "")
    day = parse_date(day_text)
    if day is None:
        return None, f"{control.title}不是一个日期，请按 2026-05-12 的样子填写。"
    if not 1949 <= day.year <= 2100:
        return None, f"{control.title}的年份不对，请核对。"
    if refusal := _too_far(control, day, today):
        return None, refusal
    if control.type == "date":
        return day.isoformat(), ""
    found = _TIME.fullmatch(clock_text)
    if found is None:
        return None, f"{control.title}还缺时间，请按 10:30 的样子填写。"
    try:
        moment = datetime(day.year, day.month, day.day, int(found[1]), int(found[2]))  # noqa: DTZ001 - wall clock as written in a record, Beijing time by definition
    except ValueError:
        return None, f"{control.title}的时间不对，请核对。"
    return moment.isoformat(timespec="minutes"), ""


def _too_far(control: Control, day: date, today: date) -> str:
    """Of a day the bounds count days from today: ``max = 0`` is for what has happened."""
    away = (day - today).days
    if control.max is not None and away > control.max:
        if control.max == 0:
            return f"{control.title}不能晚于今天，请核对。"
        return f"{control.title}不能晚于 {_away(today, control.max)}，请核对。"
    if control.min is not None and away < control.min:
        if control.min == 0:
            return f"{control.title}不能早于今天，请核对。"
        return f"{control.title}不能早于 {_away(today, control.min)}，请核对。"
    return ""


def _away(today: date, days: float) -> str:
    return (today + timedelta(days=max(-FURTHEST, min(FURTHEST, int(days))))).isoformat()


def show_value(definition: Definition, control: Control, value: Any) -> str:
    """A stored value the way a page or a printed form shows it."""
    if value is None or value in ("", []):
        return ""
    if control.type == "boolean":
        return "是" if value else "否"
    if control.type == "money":
        return f"{show_money(int(value))} 元"
    if control.type in ("choice", "choices", "outcome", "standard"):
        titles = dict(options_of(definition, control))
        chosen = value if isinstance(value, list | tuple) else [value]
        return "、".join(titles.get(str(v), str(v)) for v in chosen)
    if control.type == "date":
        day = parse_date(str(value))
        return f"{day.year}年{day.month}月{day.day}日" if day else str(value)
    if control.type == "datetime":
        return str(value).replace("T", " ")
    return f"{value} {control.unit}".strip() if control.unit else str(value)


def raw_of(control: Control, value: Any) -> str | list[str]:
    """A stored value back as it stands in an input."""
    if value is None:
        return ""
    if control.type == "money":
        return show_money(int(value))
    if control.type == "boolean":
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [str(v) for v in value]
    return str(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed, in words."""

    control: str
    title: str
    old: str
    new: str


def changes_between(
    definition: Definition, form: Form, old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[Change, ...]:
    """The fields that differ, for the conflict page and the visible correction."""
    return tuple(
        Change(
            c.key,
            c.title,
            show_value(definition, c, old.get(c.key)),
            show_value(definition, c, new.get(c.key)),
        )
        for c in form.controls
        if c.type not in ("evidence", "officers", "payment") and old.get(c.key) != new.get(c.key)
    )
