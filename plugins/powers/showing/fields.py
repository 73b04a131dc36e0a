# SPDX-License-Identifier: Apache-2.0
"""The fields of an entry's form, with the choices the item offers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from core.api.web import FieldSpec, unbound
from plugins.powers.forms.points import STAGE, negative_choices
from plugins.powers.rules import Definition, Point
from plugins.powers.rules.kinds import known_kinds
from plugins.powers.rules.linting.discretion import DAYS
from plugins.powers.services.offers import offered_kinds

Options = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Input:
    """One field of an entry's form, as the template draws it."""

    name: str
    title: str
    widget: str
    options: Options = ()
    help: str = ""
    required: bool = True
    lines: int = 0
    empty: str = "请选择"
    fixed: bool = False


_EMPTY = {
    "stages": "不属于阶段",
    "forms": "没有表单",
    "targets": "结束（案件办结）",
    "any_step": "任何环节",
    "controls": "不设",
    "dates": "不设",
}


def inputs_of(
    form: type[msgspec.Struct], item: Definition, old: Any, raw: dict[str, Any]
) -> list[Input]:
    """The fields of a form, with the choices this item offers."""
    shape = unbound(form)
    found = []
    for one in msgspec.structs.fields(form):
        spec = shape.spec(one.encode_name)
        if spec is not None:
            found.append(_input(spec, item, old, raw))
    return found


def _input(spec: FieldSpec, item: Definition, old: Any, raw: dict[str, Any]) -> Input:
    source = str(spec.extra.get("from", ""))
    options: Options = spec.options or (_choices(source, item, old) if source else ())
    widget = _widget(spec, source)
    typed = raw.get(spec.name)
    if widget == "select" and source and typed and str(typed) not in _values(options):
        # What a file or an earlier edit left dangling stays visible until somebody changes it.
        exists = str(typed) in _values(control_choices(item)) if source == "dates" else False
        options = [*options, (str(typed), f"{typed}（{'不是日期' if exists else '不存在'}）")]
    return Input(
        spec.name,
        spec.title,
        widget,
        options,
        spec.description,
        spec.required or widget in ("check", "rows"),
        int(spec.extra.get("lines", 0)),
        _EMPTY.get(source, "" if spec.options else "请选择"),
        fixed=spec.name == "key" and old is not None,
    )


def _widget(spec: FieldSpec, source: str) -> str:
    if source == "outcomes":
        return "checks"
    if spec.multiple:
        return "rows"
    if spec.input == "checkbox":
        return "check"
    if spec.options or source:
        return "select"
    return "area" if spec.extra.get("lines") else "text"


def _values(options: Options) -> set[str]:
    found: set[str] = set()
    for value, title in options:
        if isinstance(title, str):
            found.add(str(value))
        else:
            found |= {str(below) for below, _ in title}
    return found


def _choices(source: str, item: Definition, old: Any) -> Options:
    steps = [(one.key, f"{one.position} {one.title}") for one in item.steps]
    match source:
        case "steps" | "targets" | "any_step":
            return steps
        case "stages":
            return [(one.key, one.title) for one in item.stages]
        case "forms":
            return [(one.key, one.title) for one in item.forms]
        case "standards":
            return [(one.key, one.title) for one in item.standards]
        case "controls":
            return control_choices(item)
        case "dates":
            return control_choices(item, only=DAYS)
        case "outcomes":
            known = negative_choices(old if isinstance(old, Point) else None, item)
            return [(one, one) for one in known]
        case "limits":
            limited = [
                (one.key, f"环节“{one.title}”，{one.limit.words}")
                for one in item.steps
                if one.limit
            ]
            stages = [
                (f"{STAGE}{one.key}", f"阶段“{one.title}”，{one.limit.words}")
                for one in item.stages
                if one.limit
            ]
            return [*limited, *stages]
        case _:
            return ()


def control_choices(
    item: Definition, *, evidence: bool = False, only: Collection[str] = ()
) -> Options:
    """The controls of all forms, grouped by form; ``only`` those of some types."""
    fitting = [
        (
            form.title,
            [
                (c.key, f"{c.title}（{c.key}）")
                for c in form.controls
                if (c.type == "evidence") == evidence and (not only or c.type in only)
            ],
        )
        for form in item.forms
    ]
    return [(title, controls) for title, controls in fitting if controls]


def point_kinds() -> list[tuple[str, str, str]]:
    """Key, title and meaning of the kinds a point can have."""
    kinds = known_kinds(offered_kinds())
    # The seven of the source first, in its order; then those of plugins.
    ordered = sorted(kinds.values(), key=lambda one: (one.code or "~", one.title))
    return [(one.key, one.title, one.explains) for one in ordered]
