# SPDX-License-Identifier: Apache-2.0
"""The forms of monitoring points: for each kind only the settings that kind has.

The settings are those the inspection reads (``time_limit`` of a step or a stage,
``qualification`` of the next or this step, …). A kind another plugin brings keeps its settings
as they are; only where it watches and what it is called can be changed here.
"""

from functools import cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from plugins.powers.forms.entries import Entry, Unreadable, key_of
from plugins.powers.forms.fields import Key, Title
from plugins.powers.rules.definition import Definition, Point
from plugins.powers.rules.kinds import KindSetting, OfferedKind
from plugins.powers.rules.words import DEFAULT_NEGATIVE_OUTCOMES

Colour = Annotated[
    Literal["", "red", "yellow"],
    Meta(title="灯色", extra={"options": {"": "按类型", "red": "红灯", "yellow": "黄灯"}}),
]
Clause = Annotated[str, Meta(title="依据", max_length=200)]
AtStep = Annotated[str, Meta(title="设在哪个环节", min_length=1, extra={"from": "steps"})]
AnyStep = Annotated[str, Meta(title="设在哪个环节", extra={"from": "any_step"})]


class TimeLimitForm(msgspec.Struct):
    title: Title
    at: Annotated[str, Meta(title="监察哪一段期限", min_length=1, extra={"from": "limits"})]
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class QualificationForm(msgspec.Struct):
    title: Title
    step: AtStep
    minimum: Annotated[int, Meta(title="最少合格人数", ge=1, le=99)] = 2
    judges: Annotated[
        Literal["next_step", "this_step"],
        Meta(
            title="核对谁的授权",
            description="人员在离开本环节时授权，所以一般设在前一个环节，核对下一个环节。",
            extra={"options": {"next_step": "下一个环节的人员", "this_step": "本环节的人员"}},
        ),
    ] = "next_step"
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class RollbackForm(msgspec.Struct):
    title: Title
    step: AnyStep = ""
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class EvidenceRow(msgspec.Struct):
    control: Annotated[str, Meta(title="证据控件", extra={"choose": True})]
    count: Annotated[int, Meta(title="最少份数", ge=1, le=999)] = 1


class EvidenceForm(msgspec.Struct):
    title: Title
    step: AtStep
    controls: Annotated[
        list[EvidenceRow],
        Meta(title="要求的证据", description="都空着时，按表单里每个证据控件的最少份数。"),
    ] = []
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class DecisionBasisForm(msgspec.Struct):
    title: Title
    step: AtStep
    basis_control: Annotated[str, Meta(title="填依据的控件", extra={"from": "controls"})] = ""
    outcome_control: Annotated[str, Meta(title="处理结果的控件", extra={"from": "controls"})] = ""
    negative: Annotated[
        list[str],
        Meta(title="否定性决定", description="作出勾选的决定报黄灯。", extra={"from": "outcomes"}),
    ] = []
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class DiscretionForm(msgspec.Struct):
    title: Title
    step: AtStep
    standard: Annotated[str, Meta(title="裁量标准", min_length=1, extra={"from": "standards"})]
    amount_control: Annotated[str, Meta(title="金额的控件", extra={"from": "controls"})] = "amount"
    tier_control: Annotated[str, Meta(title="阶次的控件", extra={"from": "controls"})] = "tier"
    act_control: Annotated[
        str,
        Meta(
            title="违法行为日期的控件",
            description="选了的，行为以后标准修订过，从旧兼从轻；连续的行为填终了的日期。",
            extra={"from": "dates"},
        ),
    ] = ""
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class ExecutionForm(msgspec.Struct):
    title: Title
    step: AtStep
    decision_step: Annotated[
        str, Meta(title="决定在哪个环节作出", min_length=1, extra={"from": "steps"})
    ]
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


class OtherForm(msgspec.Struct):
    """A kind whose plugin is not here: its settings stay as they are."""

    title: Title
    step: AnyStep = ""
    key: Key = ""
    colour: Colour = ""
    clause: Clause = ""


POINT_FORMS: Final[dict[str, type[msgspec.Struct]]] = {
    "time_limit": TimeLimitForm,
    "qualification": QualificationForm,
    "rollback": RollbackForm,
    "evidence": EvidenceForm,
    "decision_basis": DecisionBasisForm,
    "discretion": DiscretionForm,
    "execution": ExecutionForm,
}
_SAME: Final = ("title", "step", "key", "colour", "clause")
STAGE = "stage:"
"""In front of a stage's key where a limit is chosen."""


SETTING = "p_"
"""In front of a setting of an offered kind, so that it never meets a field of all points."""


@cache
def offered_form(kind: OfferedKind) -> type[msgspec.Struct]:
    """The form of points of a kind another plugin offers, made from its settings."""
    step: Any = AtStep if kind.needs == "step" else AnyStep
    fields: list[Any] = [("title", Title), ("step", step, ...)]
    if kind.needs == "any":
        fields[1] = ("step", step, "")
    fields += [_setting_field(one) for one in kind.settings]
    fields += [("key", Key, ""), ("colour", Colour, ""), ("clause", Clause, "")]
    # Keyword only: a required setting may follow one with a default.
    return msgspec.defstruct("OfferedForm", [_plain(one) for one in fields], kw_only=True)


def _plain(field: tuple[Any, ...]) -> tuple[Any, ...]:
    return field[:2] if len(field) == 3 and field[2] is ... else field


def _setting_field(one: KindSetting) -> tuple[Any, ...]:
    words: dict[str, Any] = {"title": one.title, "description": one.help or None}
    kind: Any
    match one.type:
        case "number":
            kind = Annotated[int, Meta(**words, ge=one.minimum, le=one.maximum)]
        case "flag":
            return (SETTING + one.key, Annotated[bool, Meta(**words)], bool(one.default))
        case "choice":
            values = tuple(each.value for each in one.options)
            titles = {each.value: each.title for each in one.options}
            kind = Annotated[Literal[values], Meta(**words, extra={"options": titles})]
        case "control" | "step":
            source = "controls" if one.type == "control" else "steps"
            least = 1 if one.required else None
            kind = Annotated[str, Meta(**words, min_length=least, extra={"from": source})]
        case _:
            least = 1 if one.required else None
            kind = Annotated[str, Meta(**words, min_length=least, max_length=200)]
    if one.required and one.default is None:
        return (SETTING + one.key, kind)
    if one.type in ("number", "choice"):
        return (SETTING + one.key, kind | None, one.default)
    return (SETTING + one.key, kind, one.default or "")


def point_entry(kind: str, offered: OfferedKind | None = None) -> Entry:
    """How points of ``kind`` are edited."""
    own = kind in POINT_FORMS or offered is None
    form_of = POINT_FORMS.get(kind, OtherForm) if own or offered is None else offered_form(offered)

    def read(form: Any, old: Point | None, fresh: str, _item: Definition) -> Point:
        return _point(kind, form, old, fresh)

    return Entry("监察点", form_of, read, _start, "point")


def _set_by(form: Any) -> dict[str, Any]:
    """The settings of an offered kind; one left empty takes the judging plugin's own default."""
    return {
        one.name.removeprefix(SETTING): value
        for one in msgspec.structs.fields(type(form))
        if one.name.startswith(SETTING) and (value := getattr(form, one.name)) not in (None, "")
    }


def _point(kind: str, form: Any, old: Point | None, fresh: str) -> Point:
    params, step, stage = dict(old.params) if old else {}, getattr(form, "step", ""), ""
    match kind:
        case "time_limit":
            if form.at.startswith(STAGE):
                step, stage = "", form.at.removeprefix(STAGE)
            else:
                step = form.at
            params["of"] = "stage" if stage else "step"
        case "evidence":
            names = [row.control for row in form.controls]
            if len(set(names)) != len(names):
                raise Unreadable(controls="同一个证据控件写了两次。")
            params["controls"] = {row.control: row.count for row in form.controls}
            if not params["controls"]:
                del params["controls"]
        case _ if kind in POINT_FORMS:
            params |= {
                one.name: getattr(form, one.name)
                for one in msgspec.structs.fields(type(form))
                if one.name not in _SAME
            }
            if not params.get("act_control"):
                params.pop("act_control", None)
        case _ if not isinstance(form, OtherForm):
            offered = {one.name for one in msgspec.structs.fields(type(form))}
            kept = {key: value for key, value in params.items() if SETTING + key not in offered}
            params = kept | _set_by(form)
    return Point(
        key=key_of(form, old, fresh),
        kind=kind,
        title=form.title,
        step=step,
        stage=stage,
        colour=form.colour or None,
        params=params,
        clause=form.clause,
    )


def _start(point: Point) -> dict[str, Any]:
    """A point as its form shows it; settings somebody mistyped in a file are left empty."""
    values: dict[str, Any] = {
        "title": point.title,
        "key": point.key,
        "step": point.step,
        "at": f"{STAGE}{point.stage}" if point.stage else point.step,
        "colour": point.colour or "",
        "clause": point.clause,
    }
    for name, value in point.params.items():
        if name == "controls":
            wanted = value if isinstance(value, dict) else {}
            values[name] = [{"control": key, "count": count} for key, count in wanted.items()]
        elif name == "negative":
            values[name] = [str(each) for each in value] if isinstance(value, list) else []
        else:
            values.setdefault(name, value)
            values[SETTING + name] = value
    return values


def negative_choices(point: Point | None, item: Definition) -> list[str]:
    """What may be ticked as negative: the field's usual words and every outcome of the item."""
    outcomes = [
        option.value
        for form in item.forms
        for control in form.controls
        if control.type == "outcome"
        for option in control.options
    ]
    own = point.params.get("negative") if point else None
    listed = [str(each) for each in own] if isinstance(own, list) else []
    return list(dict.fromkeys([*DEFAULT_NEGATIVE_OUTCOMES, *outcomes, *listed]))
