# SPDX-License-Identifier: Apache-2.0
"""JD7xx 处罚执行 (M7): no decision to compare with, no place for payments and vouchers."""

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

KIND = "execution"


def check_execution(view: View) -> Iterator[Finding]:
    """Every finding about carrying out decisions."""
    for point in view.item.points:
        if point.kind == KIND and point.step in view.steps:
            yield from _check_decision(view, point)
            yield from _check_payment(view, point)
    watched = {point.step for point in view.item.points if point.kind == KIND}
    for key in view.steps_with("payment"):
        decided = _decisions_before(view, key)
        if key not in watched and key in view.walked:
            yield say(
                "JD705",
                f"steps/{key}",
                f"环节“{view.title(key)}”",
                f"环节“{view.title(key)}”登记缴款，没有监察点把它同决定核对。",
                fix=None if len(decided) == 1 else "",
                step=key,
                decision=decided[0] if len(decided) == 1 else "",
            )


def _decisions_before(view: View, step: str) -> list[str]:
    """The steps before this one that decide an amount."""
    return [
        one.key
        for one in view.item.steps
        if view.lies_before(one.key, step)
        and view.of_type(one.key, "outcome")
        and view.of_type(one.key, "money")
    ]


def _check_decision(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    named = str(point.params.get("decision_step", ""))
    candidates = _decisions_before(view, point.step)
    only = candidates[0] if len(candidates) == 1 else ""
    fix = f"决定环节设为“{view.title(only)}”" if only else ""
    if named not in view.steps:
        said = f"写的决定环节“{named}”不存在" if named else "没有写明决定在哪个环节作出"
        yield say(
            "JD701",
            where,
            name,
            f"监察点“{point.title}”{said}，执行得对不对无从比较，永远不会报灯。",
            fix=fix,
            point=point.key,
            decision=only,
        )
    elif not view.lies_before(named, point.step):
        yield say(
            "JD702",
            where,
            name,
            f"监察点“{point.title}”把执行同“{view.title(named)}”的决定比较，这个环节却不在"
            f"“{view.title(point.step)}”之前，比较时还没有决定。",
            fix=fix,
            point=point.key,
            decision=only,
        )
    else:
        lacks = [
            word
            for word, type_ in (("决定", "outcome"), ("金额", "money"))
            if not view.of_type(named, type_)
        ]
        if lacks:
            yield say(
                "JD703",
                where,
                name,
                f"决定环节“{view.title(named)}”的表单里没有{'和'.join(lacks)}控件，"
                f"监察点“{point.title}”没有可比的数，永远不会报灯。",
                fix=fix if only != named else "",
                point=point.key,
                decision=only,
            )


def fix_decision(item: Definition, finding: Finding) -> Definition:
    """The one step before that decides an amount."""
    return set_params(item, finding.detail["point"], decision_step=finding.detail["decision"])


def _check_payment(view: View, point: Point) -> Iterator[Finding]:
    if view.of_type(point.step, "payment"):
        return
    step = view.steps[point.step]
    busy = {one.step for one in view.item.points if one.kind == KIND}
    elsewhere = [key for key in view.steps_with("payment") if key not in busy]
    decision = str(point.params.get("decision_step", ""))
    elsewhere = [k for k in elsewhere if not decision or view.lies_before(decision, k)]
    if len(elsewhere) == 1:
        fix, to = f"移到环节“{view.title(elsewhere[0])}”", elsewhere[0]
    else:
        fix, to = ("在表单里加“缴款记录”" if step.form in view.forms else ""), ""
    yield say(
        "JD704",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"环节“{step.title}”的表单里没有缴款控件，缴款和凭据无处登记："
        f"有金额的决定到监察点“{point.title}”一定报红灯。",
        fix=fix,
        point=point.key,
        to=to,
        form=step.form,
    )


def fix_payment(item: Definition, finding: Finding) -> Definition:
    """The point where payments are entered, or a control to enter them."""
    detail = finding.detail
    if detail["to"]:
        return change(item, "points", detail["point"], step=detail["to"])
    form = next((one for one in item.forms if one.key == detail["form"]), None)
    if form is None:
        return item
    key = free_key("payments", {one.key for one in form.controls})
    return add_control(
        item, form.key, Control(key, "缴款记录", "payment", help="每笔都要上传凭据。")
    )


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point on the payments nobody compares."""
    step = item.step(finding.detail["step"])
    if step is None:
        return item
    return add_point(
        item,
        f"{step.key}_execution",
        kind=KIND,
        title=f"{step.title}与决定一致",
        step=step.key,
        params={"decision_step": finding.detail["decision"]},
    )
