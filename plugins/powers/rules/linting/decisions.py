# SPDX-License-Identifier: Apache-2.0
"""JD5xx 决定依据 (M5): no field for the basis, negative decisions that are no options (S1-21)."""

from collections.abc import Iterator

from plugins.powers.rules.definition import Control, Definition, Point
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import (
    add_control,
    add_point,
    change,
    free_key,
    set_params,
)
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View
from plugins.powers.rules.words import DEFAULT_NEGATIVE_OUTCOMES

KIND = "decision_basis"
WORDS = frozenset({"basis", "text", "longtext"})
"""Controls a basis can be written into."""
OUTCOMES = frozenset({"outcome", "choice", "choices"})
"""Controls an outcome can be chosen in."""


def check_decisions(view: View) -> Iterator[Finding]:
    """Every finding about decisions and their basis."""
    for point in view.item.points:
        if point.kind == KIND and point.step in view.steps:
            yield from _check_basis(view, point)
            yield from _check_outcome(view, point)
    yield from _unwatched(view)


def _check_basis(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    step = view.steps[point.step]
    controls = view.controls(point.step)
    own = view.of_type(point.step, "basis")
    named = str(point.params.get("basis_control", ""))
    if (named in controls) if named else own or "basis" in controls:
        control = controls.get(named or (own[0].key if own else "basis"))
        if control is not None and control.type not in WORDS:
            yield say(
                "JD505",
                where,
                name,
                f"监察点“{point.title}”把“{control.title}”当作决定依据，那里填不了文字：一定报红灯。",
                fix=f"改为看“{own[0].title}”" if own else "",
                point=point.key,
                control=own[0].key if own else "",
            )
        return
    missing = f"要看的依据控件“{named}”" if named else "要看的决定依据"
    yield say(
        "JD501",
        where,
        name,
        f"监察点“{point.title}”{missing}不在环节“{step.title}”的表单里：依据无处填写，一定报红灯。",
        fix=(
            f"改为看“{own[0].title}”"
            if own
            else "在表单里加一个“决定依据”"
            if step.form in view.forms
            else ""
        ),
        point=point.key,
        form=step.form,
        control=own[0].key if own else "",
    )


def fix_basis(item: Definition, finding: Finding) -> Definition:
    """The basis control of the form, added where there is none."""
    detail = finding.detail
    key = detail["control"]
    if not key:
        form = next((one for one in item.forms if one.key == detail["form"]), None)
        if form is None:
            return item
        key = free_key("basis", {one.key for one in form.controls})
        item = add_control(
            item,
            form.key,
            Control(key, "决定依据", "basis", help="写明法律名称和条款。没有依据会报红灯。"),
        )
    return set_params(item, detail["point"], basis_control=key)


def _outcome(view: View, point: Point) -> Control | None:
    """The control in which the point finds the outcome."""
    named = str(point.params.get("outcome_control", ""))
    found = view.controls(point.step).get(named)
    if found is not None and found.type in OUTCOMES:
        return found
    own = view.of_type(point.step, "outcome")
    return own[0] if own and not named else None


def _check_outcome(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    control = _outcome(view, point)
    if control is None:
        yield _no_outcome(view, point)
        return
    options = [option.value for option in control.options]
    listed = point.params.get("negative")
    if listed is not None and not isinstance(listed, list | tuple):
        listed = []
    ticked = [str(value) for value in listed] if listed is not None else None
    if ticked is None:
        # Without a list of its own the point takes the usual ones and those of the control.
        ticked = [v for v in options if v in {*DEFAULT_NEGATIVE_OUTCOMES, *control.negative}]
    unknown = [value for value in ticked if value not in options]
    if unknown:
        known = [value for value in ticked if value in options]
        yield say(
            "JD503",
            where,
            name,
            f"监察点“{point.title}”勾选的否定性决定{_quoted(unknown)}不是“{control.title}”的选项，"
            f"{'这几项' if known else '永远'}不会报黄灯。",
            point=point.key,
            negative=known or [value for value in control.negative if value in options],
        )
    elif options and set(options) <= set(ticked):
        fewer = [value for value in control.negative if value in options]
        yield say(
            "JD504",
            where,
            name,
            f"监察点“{point.title}”把“{control.title}”的所有选项都勾成否定性决定，每次决定都报黄灯。",
            fix="只勾选表单标明的否定性决定" if 0 < len(fewer) < len(options) else "",
            point=point.key,
            negative=fewer,
        )
    elif left := [v for v in control.negative if v in options and v not in ticked]:
        yield say(
            "JD506",
            where,
            name,
            f"“{control.title}”的否定性决定{_quoted(left)}没有在监察点“{point.title}”里勾选，"
            f"作出时不报黄灯。",
            point=point.key,
            negative=[value for value in options if value in {*ticked, *left}],
        )


def _no_outcome(view: View, point: Point) -> Finding:
    step = view.steps[point.step]
    own = view.of_type(point.step, "outcome")
    busy = {one.step for one in view.item.points if one.kind == KIND}
    elsewhere = [key for key in view.steps_with("outcome") if key not in busy]
    named = point.params.get("outcome_control")
    if own:
        fix = f"改为看“{own[0].title}”"
    elif len(elsewhere) == 1:
        fix = f"移到环节“{view.title(elsewhere[0])}”"
    else:
        fix = ""
    to = "" if own or len(elsewhere) != 1 else elsewhere[0]
    basis = view.of_type(to, "basis") if to else []
    what = f"要看的决定控件“{named}”" if named else "要看的决定"
    return say(
        "JD502",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"监察点“{point.title}”{what}不在环节“{step.title}”的表单里，看不到作出了什么决定。",
        fix=fix,
        point=point.key,
        control=own[0].key if own else view.of_type(to, "outcome")[0].key if to else "",
        to=to,
        basis=basis[0].key if basis else "",
    )


def fix_outcome(item: Definition, finding: Finding) -> Definition:
    """The outcome control of the form, or the point where a decision is made."""
    detail = finding.detail
    if detail["to"]:
        item = change(item, "points", detail["point"], step=detail["to"])
        if detail["basis"]:
            item = set_params(item, detail["point"], basis_control=detail["basis"])
    return set_params(item, detail["point"], outcome_control=detail["control"])


def fix_negative(item: Definition, finding: Finding) -> Definition:
    """The ticks the finding names."""
    return set_params(item, finding.detail["point"], negative=list(finding.detail["negative"]))


def _unwatched(view: View) -> Iterator[Finding]:
    watched = {point.step for point in view.item.points if point.kind == KIND}
    for step in view.item.steps:
        outcomes = view.of_type(step.key, "outcome")
        if not outcomes or step.key in watched or step.key not in view.walked:
            continue
        basis = view.of_type(step.key, "basis")
        yield say(
            "JD507",
            f"steps/{step.key}",
            f"环节“{step.title}”",
            f"环节“{step.title}”作出决定，没有监察点看着它的依据，没填依据和否定性决定都不会报灯。",
            fix=None if basis else "",
            step=step.key,
            outcome=outcomes[0].key,
            basis=basis[0].key if basis else "",
            negative=list(outcomes[0].negative),
        )


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point on the decision nobody watches."""
    detail = finding.detail
    step = item.step(detail["step"])
    if step is None:
        return item
    params = {"basis_control": detail["basis"], "outcome_control": detail["outcome"]}
    return add_point(
        item,
        f"{step.key}_basis",
        kind=KIND,
        title=f"{step.title}依据",
        step=step.key,
        params={**params, "negative": list(detail["negative"])},
    )


def _quoted(values: list[str]) -> str:
    return "、".join(f"“{value}”" for value in values)
