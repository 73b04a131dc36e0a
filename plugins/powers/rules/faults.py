# SPDX-License-Identifier: Apache-2.0
"""What makes a power item unusable: broken references, dead ends, impossible settings.

These are faults that would break a running case, so an item that has one is not put in force. The
advice about doubtful but possible settings is another matter and stands in ``linting``.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from plugins.powers.rules.definition import (
    DOCUMENT_WORDS,
    Control,
    Definition,
    Limit,
    Point,
    Standard,
    Tier,
)
from plugins.powers.rules.words import POINT_KINDS, POWER_CLASSES, STEP_KINDS

KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}")
"""Keys stand in addresses and as placeholders in documents."""
TEN_YEARS = 3660
"""In days."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and where it stands: ``steps/decide``, ``forms/inquiry/photos``, ``basis``.

    Entries without a key are named by their place in the list, counted from 0.
    """

    where: str
    sentence: str


def find_faults(item: Definition) -> list[str]:
    """Every fault as one Chinese sentence; empty when the item can be used."""
    return [fault.sentence for fault in locate_faults(item)]


def locate_faults(item: Definition) -> list[Fault]:
    """Every fault with the entry it stands at, in the order of the item."""
    return [
        Fault(where, sentence)
        for where, sentence in (
            *_faulty_words(item),
            *_repeated_keys(item),
            *_faulty_steps(item),
            *_faulty_forms(item),
            *_faulty_flow(item),
            *_faulty_points(item),
            *_faulty_documents(item),
            *(fault for standard in item.standards for fault in _faulty_standard(standard, item)),
            *_faulty_risks(item),
        )
    ]


_Said = Iterator[tuple[str, str]]


def _faulty_words(item: Definition) -> _Said:
    if not item.title.strip():
        yield "basics", "没有事项名称。"
    if not item.code.strip():
        yield "basics", "没有事项编码。"
    if item.power_class not in {one.key for one in POWER_CLASSES}:
        yield "basics", f"权力类别“{item.power_class}”不在八类之内。"
    if not item.basis:
        yield "basis", "没有法律依据，法无授权不可为。"
    if not item.steps:
        yield "steps", "没有环节。"


def _repeated_keys(item: Definition) -> _Said:
    lists: dict[str, tuple[str, Iterable[Any]]] = {
        "stages": ("阶段", item.stages),
        "steps": ("环节", item.steps),
        "forms": ("表单", item.forms),
        "points": ("监察点", item.points),
        "standards": ("裁量标准", item.standards),
        "documents": ("文书", item.documents),
    }
    for section, (name, entries) in lists.items():
        seen: set[str] = set()
        for entry in entries:
            if not entry.key:
                yield section, f"{name}“{entry.title}”没有代号。"
            elif not KEY.fullmatch(entry.key):
                yield f"{section}/{entry.key}", _strange_key(name, entry.title, entry.key)
            elif entry.key in seen:
                yield f"{section}/{entry.key}", f"{name}“{entry.key}”出现了两次。"
            seen.add(entry.key)
    for form in item.forms:
        keys = [control.key for control in form.controls]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"forms/{form.key}/{key}", f"表单“{form.title}”里有两个控件都叫“{key}”。"
        for control in form.controls:
            if not KEY.fullmatch(control.key):
                where = f"forms/{form.key}/{control.key}"
                yield where, _strange_key("控件", control.title, control.key)


def _strange_key(name: str, title: str, key: str) -> str:
    return (
        f"{name}“{title}”的代号“{key}”不能用：只能是字母、数字、点、短横和下划线，字母或数字开头。"
    )


def _faulty_limit(limit: Limit | None) -> str:
    if limit is None:
        return ""
    if limit.amount <= 0:
        return "必须大于 0"
    # No law sets such a period, and the calendar ends before some that can be typed.
    longest = TEN_YEARS * 24 if limit.unit == "hours" else TEN_YEARS
    return "不能超过十年" if limit.amount > longest else ""


def _faulty_steps(item: Definition) -> _Said:
    stages = {stage.key for stage in item.stages}
    forms = {form.key for form in item.forms}
    for stage in item.stages:
        if said := _faulty_limit(stage.limit):
            yield f"stages/{stage.key}", f"阶段“{stage.title}”的期限{said}。"
    for step in item.steps:
        where = f"steps/{step.key}"
        if step.stage and step.stage not in stages:
            yield where, f"环节“{step.title}”所属的阶段“{step.stage}”不存在。"
        if step.form and step.form not in forms:
            yield where, f"环节“{step.title}”的表单“{step.form}”不存在。"
        if step.kind not in STEP_KINDS:
            yield where, f"环节“{step.title}”的类型“{step.kind}”不认识。"
        if said := _faulty_limit(step.limit):
            yield where, f"环节“{step.title}”的期限{said}。"
        if step.min_officers < 0:
            yield where, f"环节“{step.title}”的执法人数不能小于 0。"
        if step.joint is not None and step.joint.mode == "quorum" and step.joint.quorum < 1:
            yield where, f"环节“{step.title}”会签要几人同意，没有写。"


def _faulty_forms(item: Definition) -> _Said:
    for form in item.forms:
        for control in form.controls:
            if control.type in {"choice", "choices", "outcome"} and not control.options:
                yield (
                    f"forms/{form.key}/{control.key}",
                    f"表单“{form.title}”的“{control.title}”没有可选项。",
                )


def _faulty_flow(item: Definition) -> _Said:
    steps = {step.key: step for step in item.steps}
    for number, way in enumerate(item.transitions):
        where = f"transitions/{number}"
        if way.origin not in steps:
            yield where, f"流转的起点“{way.origin}”不存在。"
        if way.target and way.target not in steps:
            yield where, f"流转的终点“{way.target}”不存在。"
        if way.when is not None and way.origin in steps:
            form = item.form_of(steps[way.origin])
            if form is None or way.when.control not in {c.key for c in form.controls}:
                said = f"从“{steps[way.origin].title}”出去的分支条件用到控件“{way.when.control}”，"
                yield where, f"{said}这个环节的表单里没有它。"
    if not item.steps:
        return
    forward = [way for way in item.transitions if way.kind != "rollback"]
    reached, frontier = set(), [item.steps[0].key]
    while frontier:
        here = frontier.pop()
        if here in reached or here not in steps:
            continue
        reached.add(here)
        frontier += [way.target for way in forward if way.origin == here and way.target]
    for step in item.steps:
        if step.key not in reached:
            yield f"steps/{step.key}", f"环节“{step.title}”走不到。"
        if not any(way.origin == step.key for way in forward):
            yield f"steps/{step.key}", f"环节“{step.title}”没有出路，案件到这里就停住了。"
    if not any(not way.target for way in forward):
        yield "transitions", "没有一条流转通向结束。"


def _faulty_points(item: Definition) -> _Said:
    kinds = {kind.key: kind for kind in POINT_KINDS}
    steps = {step.key: step for step in item.steps}
    stages = {stage.key: stage for stage in item.stages}
    for point in item.points:
        kind = kinds.get(point.kind)
        if kind is None:
            # Other kinds are contributed by plugins; whoever brings the kind checks its settings.
            continue
        where = f"points/{point.key}"
        if point.step and point.step not in steps:
            yield where, f"监察点“{point.title}”设在不存在的环节“{point.step}”上。"
        elif point.stage and point.stage not in stages:
            yield where, f"监察点“{point.title}”设在不存在的阶段“{point.stage}”上。"
        elif kind.needs == "step" and not point.step:
            yield where, f"监察点“{point.title}”没有设在任何环节上。"
        elif kind.needs == "stage_or_step" and not (point.step or point.stage):
            yield where, f"监察点“{point.title}”既没有环节也没有阶段。"
        else:
            yield from ((where, sentence) for sentence in _faulty_settings(point, item))


def _faulty_settings(point: Point, item: Definition) -> Iterator[str]:
    controls = _controls_of(item, point.step)
    match point.kind:
        case "time_limit":
            step = item.step(point.step) if point.step else None
            stage = next((one for one in item.stages if one.key == point.stage), None)
            if (step or stage) and not ((step and step.limit) or (stage and stage.limit)):
                yield f"监察点“{point.title}”监察期限，所设的环节或阶段却没有期限。"
        case "evidence":
            wanted = point.params.get("controls", {})
            if not isinstance(wanted, dict):
                yield f"监察点“{point.title}”的证据控件写法不对，应为控件和份数的对照。"
                return
            for key in wanted:
                if key not in controls or controls[key].type != "evidence":
                    yield f"监察点“{point.title}”要的证据控件“{key}”不在这个环节的表单里。"
        case "decision_basis":
            for name in ("basis_control", "outcome_control"):
                key = point.params.get(name, "")
                # A file may hold a list or a table where a name belongs.
                if key and (not isinstance(key, str) or key not in controls):
                    yield f"监察点“{point.title}”用到的控件“{key}”不在这个环节的表单里。"
        case "discretion":
            named = point.params.get("standard")
            if all(named != one.key for one in item.standards):
                yield f"监察点“{point.title}”用到的裁量标准“{named or ''}”不存在。"
        case "execution":
            if item.step(str(point.params.get("decision_step", ""))) is None:
                yield f"监察点“{point.title}”没有说明决定在哪个环节作出。"


def _faulty_documents(item: Definition) -> _Said:
    known = {control.key for form in item.forms for control in form.controls} | {*DOCUMENT_WORDS}
    for one in item.documents:
        where = f"documents/{one.key}"
        if item.step(one.step) is None:
            yield where, f"文书“{one.title}”所在的环节“{one.step}”不存在。"
        for key in one.placeholders:
            if key not in known:
                yield where, f"文书“{one.title}”的正文用到“{{{{{key}}}}}”，表单里没有这个控件。"


def _controls_of(item: Definition, step_key: str) -> dict[str, Control]:
    step = item.step(step_key)
    form = item.form_of(step) if step else None
    return {control.key: control for control in form.controls} if form else {}


def _faulty_standard(standard: Standard, item: Definition) -> _Said:
    controls = {control.key for form in item.forms for control in form.controls}
    here = f"standards/{standard.key}"
    if not standard.tiers:
        yield here, f"裁量标准“{standard.title}”没有阶次。"
    for tier in standard.tiers:
        yield from (
            (f"{here}/{tier.key}", sentence) for sentence in _faulty_tier(standard, tier, controls)
        )
    for lower, upper in pairwise(standard.tiers):
        if upper.min < lower.min:
            yield here, f"裁量标准“{standard.title}”的阶次没有从轻到重排列。"


def _faulty_tier(standard: Standard, tier: Tier, controls: set[str]) -> Iterator[str]:
    if tier.min > tier.max:
        yield f"裁量标准“{standard.title}”的“{tier.title}”下限大于上限。"
    for condition in tier.conditions:
        if condition.control not in controls:
            yield (
                f"裁量标准“{standard.title}”的“{tier.title}”用到控件“{condition.control}”，"
                "表单里没有它。"
            )


def _faulty_risks(item: Definition) -> _Said:
    for number, risk in enumerate(item.risks):
        if risk.step and item.step(risk.step) is None:
            yield f"risks/{number}", f"风险点设在不存在的环节“{risk.step}”上。"
