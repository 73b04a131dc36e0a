# SPDX-License-Identifier: Apache-2.0
"""JD2xx 执法主体资格确认 (M2): points on the wrong step (S1-18), and numbers that disagree.

Handlers of a step are authorised while leaving the step before it, so a point that judges
``next_step`` belongs one step before the step that needs two officers.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from plugins.powers.rules.definition import Definition, Point, Step
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import add_point, change, set_params
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View

KIND = "qualification"


def check_officers(view: View) -> Iterator[Finding]:
    """Every finding about points on officers, and about steps that need them."""
    for point in view.item.points:
        if point.kind == KIND and point.step in view.steps:
            yield from _check_point(view, point)
    yield from _check_steps(view)


def judged_steps(view: View, point: Point) -> list[str]:
    """The steps whose officers a point looks at."""
    if point.params.get("judges", "next_step") != "next_step":
        return [point.step]
    only = to_steps(point)
    return [step for step in view.successors(point.step) if not only or step in only]


def to_steps(point: Point) -> list[str]:
    """The ways a point is bound to; empty = every way."""
    written = point.params.get("to_steps")
    return [str(step) for step in written] if isinstance(written, list | tuple) else []


def minimum_of(point: Point) -> int:
    """How many qualified officers the point asks for; unreadable counts as none."""
    try:
        return int(point.params.get("minimum", 2))
    except (TypeError, ValueError, OverflowError):
        return 0


def wrong_step(view: View, point: Point) -> bool:
    """Whether a point on two officers stands on the step that needs them and looks past it."""
    return (
        point.params.get("judges", "next_step") == "next_step"
        and minimum_of(point) > 1
        and view.steps[point.step].min_officers > 0
        and not _needing(view, judged_steps(view, point))
    )


def _check_point(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    own = view.steps[point.step]
    after = view.successors(point.step)
    minimum = minimum_of(point)
    next_step = point.params.get("judges", "next_step") == "next_step"
    only = to_steps(point)
    if next_step and not after:
        this = own.min_officers > 0 and not _judged_by_others(view, point, own.key)
        yield say(
            "JD202",
            where,
            name,
            f"监察点“{point.title}”看的是下一环节授权的人员，“{own.title}”之后没有环节，永远不会判断。",
            fix="改为监察本环节的人员" if this else "取消这个监察点",
            point=point.key,
            this=this,
            minimum=own.min_officers,
        )
        return
    if next_step and (wrong := [step for step in only if step not in after]):
        yield say(
            "JD207",
            where,
            name,
            f"监察点“{point.title}”只在进入{_names(view, wrong)}时判断，"
            f"从“{own.title}”却去不了那里。",
            point=point.key,
            keep=_needing(view, [s for s in after if s in only] or after),
        )
        return
    judged = judged_steps(view, point)
    needing = _needing(view, judged)
    if wrong_step(view, point):
        yield _wrong_step(view, point, own, judged)
        return
    if minimum < 1:
        yield say(
            "JD206",
            where,
            name,
            f"监察点“{point.title}”要求的人数是 {point.params.get('minimum')}，一个人都没有也不报灯。",
            point=point.key,
            minimum=max((view.steps[s].min_officers for s in needing), default=2),
        )
        return
    if minimum > 1 and len(needing) < len(judged):
        others = [step for step in judged if step not in needing]
        yield say(
            "JD203",
            where,
            name,
            f"监察点“{point.title}”要求 {minimum} 名合格人员，{_names(view, others)}本身不要求双人："
            f"按规定授权一个人也会报红灯。",
            fix=f"只在进入{_names(view, needing)}时判断" if needing and next_step else "",
            point=point.key,
            keep=needing,
        )
        return
    yield from _compare(view, point, minimum, needing)


def _compare(view: View, point: Point, minimum: int, needing: list[str]) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    asked = [view.steps[step].min_officers for step in needing]
    if not asked:
        return
    if minimum > min(asked):
        step = view.steps[needing[asked.index(min(asked))]]
        yield say(
            "JD204",
            where,
            name,
            f"监察点“{point.title}”要求 {minimum} 名合格人员，环节“{step.title}”只要求 "
            f"{step.min_officers} 名：按环节要求授权也会报红灯。",
            fix=None if min(asked) == max(asked) else "",
            point=point.key,
            minimum=min(asked),
        )
    elif minimum < max(asked):
        step = view.steps[needing[asked.index(max(asked))]]
        yield say(
            "JD205",
            where,
            name,
            f"监察点“{point.title}”只要求 {minimum} 名合格人员，环节“{step.title}”要求 "
            f"{step.min_officers} 名：人不够也不报灯。",
            fix=None if min(asked) == max(asked) else "",
            point=point.key,
            minimum=max(asked),
        )


def _wrong_step(view: View, point: Point, own: Step, judged: list[str]) -> Finding:
    before = [step for step in view.predecessors(own.key) if step != own.key]
    if _judged_by_others(view, point, own.key):
        fix, act = "取消这个多余的监察点", "drop"
    elif len(before) == 1:
        fix, act = f"移到前一个环节“{view.title(before[0])}”", "move"
    else:
        fix, act = "改为监察本环节的人员", "this"
    cure = (
        f"把监察点设到前一个环节“{view.title(before[0])}”上。"
        if len(before) == 1
        else "改为判断本环节授权的人员。"
    )
    return say(
        "JD201",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"需要双人的是“{own.title}”，监察点“{point.title}”也设在“{own.title}”上，看的却是下一环节"
        f"{_names(view, judged)}授权的人员：人员合格也会误报。",
        cure=cure,
        fix=fix,
        point=point.key,
        act=act,
        to=before[0] if before else "",
        step=own.key,
        minimum=own.min_officers,
        several=len(view.successors(before[0])) > 1 if before else False,
    )


def _check_steps(view: View) -> Iterator[Finding]:
    judged = {
        step
        for point in view.item.points
        if point.kind == KIND and point.step in view.steps
        for step in judged_steps(view, point)
    }
    # A point on the wrong step has its own finding (JD201, JD202); one fault is told once.
    misplaced = {
        point.step
        for point in view.item.points
        if point.kind == KIND
        and point.step in view.steps
        and (wrong_step(view, point) or not view.successors(point.step))
    }
    for step in view.item.steps:
        where, name = f"steps/{step.key}", f"环节“{step.title}”"
        if step.strict_officers and step.min_officers <= 0:
            yield say(
                "JD209",
                where,
                name,
                f"环节“{step.title}”设了“人员不够不得提交”，却没有写要几名人员，这个设置不起作用。",
                step=step.key,
            )
        unwatched = step.key not in judged and step.key not in misplaced
        if step.min_officers >= 2 and step.key in view.walked and unwatched:
            yield say(
                "JD208",
                where,
                name,
                f"环节“{step.title}”要求 {step.min_officers} 名执法人员，没有监察点核对他们的资格。",
                step=step.key,
                minimum=step.min_officers,
            )


def _judged_by_others(view: View, point: Point, step: str) -> bool:
    return any(
        step in judged_steps(view, other)
        for other in view.item.points
        if other is not point and other.kind == KIND and other.step in view.steps
    )


def _needing(view: View, steps: list[str]) -> list[str]:
    return [step for step in steps if view.steps[step].min_officers > 0]


def _names(view: View, steps: list[str]) -> str:
    return "、".join(f"“{view.title(step)}”" for step in steps)


def fix_wrong_step(item: Definition, finding: Finding) -> Definition:
    """One step earlier; where several ways lead to the step, the step's own officers."""
    detail = finding.detail
    if detail["act"] == "drop":
        return drop_point(item, finding)
    if detail["act"] == "this":
        return set_params(
            item, detail["point"], judges="this_step", minimum=detail["minimum"], to_steps=None
        )
    item = change(item, "points", detail["point"], step=detail["to"])
    return set_params(
        item,
        detail["point"],
        judges="next_step",
        minimum=detail["minimum"],
        to_steps=[detail["step"]] if detail["several"] else None,
    )


def fix_last_step(item: Definition, finding: Finding) -> Definition:
    """The step's own officers where it needs some, else no point."""
    if not finding.detail["this"]:
        return drop_point(item, finding)
    return set_params(
        item,
        finding.detail["point"],
        judges="this_step",
        minimum=finding.detail["minimum"],
        to_steps=None,
    )


def fix_only_to(item: Definition, finding: Finding) -> Definition:
    """The point judges only on the way to the steps that need officers."""
    return set_params(item, finding.detail["point"], to_steps=finding.detail["keep"] or None)


def fix_minimum(item: Definition, finding: Finding) -> Definition:
    """The number of the step."""
    return set_params(item, finding.detail["point"], minimum=finding.detail["minimum"])


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point that judges the step's own officers."""
    step = item.step(finding.detail["step"])
    if step is None:
        return item
    return add_point(
        item,
        f"{step.key}_officers",
        kind=KIND,
        title=f"{step.title}执法主体资格",
        step=step.key,
        params={"minimum": finding.detail["minimum"], "judges": "this_step"},
    )


def fix_strict(item: Definition, finding: Finding) -> Definition:
    """The stop that stops nobody taken away."""
    return change(item, "steps", finding.detail["step"], strict_officers=False)


def drop_point(item: Definition, finding: Finding) -> Definition:
    """The item without the point the finding is about."""
    key = finding.detail["point"]
    return replace(item, points=[point for point in item.points if point.key != key])
