# SPDX-License-Identifier: Apache-2.0
"""JD1xx 办理时限 (M1): periods without a point, points without a period, periods that collide."""

from collections.abc import Iterator

from plugins.powers.rules.definition import Definition, Limit, Point, Stage, Step
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import add_point, change, drop, set_params
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View, hours, longer


def check_limits(view: View) -> Iterator[Finding]:
    """Every finding about periods."""
    yield from _points_without_limit(view)
    yield from _stages(view)
    yield from _impossible(view)
    yield from _unwatched(view)


def of_stage(point: Point) -> bool:
    """Whether a point watches the stage's clock rather than the step's."""
    return point.params.get("of") == "stage" or bool(point.stage and not point.step)


def stage_of(view: View, point: Point) -> Stage | None:
    """The stage a point watches, if there is one."""
    step = view.steps.get(point.step)
    key = point.stage or (step.stage if step else "")
    return next((stage for stage in view.item.stages if stage.key == key), None) if key else None


def _points_without_limit(view: View) -> Iterator[Finding]:
    watched = _watched(view)
    for point in view.item.points:
        if point.kind != "time_limit":
            continue
        step, stage = view.steps.get(point.step), stage_of(view, point)
        if of_stage(point):
            if stage is not None and stage.limit is not None:
                continue
            what = (
                f"阶段“{stage.title}”"
                if stage
                else f"环节“{view.title(point.step)}”不属于任何阶段，"
            )
            if stage is None and step is None:
                continue  # The point stands nowhere: JD908.
            other = (
                step is not None and step.limit is not None and ("step", step.key) not in watched
            )
            fix = "改为监察环节期限" if other else ""
            towards = "step"
        else:
            if step is None or step.limit is not None:
                continue
            what = f"环节“{step.title}”"
            other = bool(stage and stage.limit and ("stage", stage.key) not in watched)
            fix = f"改为监察阶段“{stage.title}”的期限" if other and stage else ""
            towards = "stage"
        yield say(
            "JD101",
            f"points/{point.key}",
            f"监察点“{point.title}”",
            f"监察点“{point.title}”看的是期限，{what}却没有设期限，永远不会报灯。",
            fix=fix,
            point=point.key,
            towards=towards,
            stage=stage.key if stage else "",
        )


def fix_point_without_limit(item: Definition, finding: Finding) -> Definition:
    """Let the point watch the period that exists."""
    key, towards = finding.detail["point"], finding.detail["towards"]
    item = set_params(item, key, of=towards)
    if towards == "stage":
        return change(item, "points", key, step="", stage=finding.detail["stage"])
    return change(item, "points", key, stage="")


def _stages(view: View) -> Iterator[Finding]:
    for place, stage in enumerate(view.item.stages):
        steps = [step for step in view.item.steps if step.stage == stage.key]
        where, name = f"stages/{stage.key}", f"阶段“{stage.title}”"
        if not steps:
            used = any(point.stage == stage.key for point in view.item.points)
            yield say(
                "JD106",
                where,
                name,
                f"阶段“{stage.title}”里没有环节，它的期限永远不会开始计算。",
                fix="" if used else None,
                place=place,
            )
            continue
        yield from _interrupted(view, stage, steps)
        if stage.limit is None:
            continue
        for step in steps:
            if step.limit is None or not longer(step.limit, stage.limit):
                continue
            yield say(
                "JD103",
                f"steps/{step.key}",
                f"环节“{step.title}”",
                f"环节“{step.title}”限 {step.limit.words}，比所在阶段“{stage.title}”的 "
                f"{stage.limit.words}还长：阶段先到期，环节的期限永远等不到。",
                step=step.key,
                amount=stage.limit.amount,
                unit=stage.limit.unit,
            )
        yield from _sum(view, stage, stage.limit, steps)


def fix_step_limit(item: Definition, finding: Finding) -> Definition:
    """The step's period cut to the stage's."""
    limit = Limit(finding.detail["amount"], finding.detail["unit"])
    return change(item, "steps", finding.detail["step"], limit=limit)


def fix_empty_stage(item: Definition, finding: Finding) -> Definition:
    """The stage taken out."""
    return drop(item, "stages", finding.detail["place"])


def _interrupted(view: View, stage: Stage, steps: list[Step]) -> Iterator[Finding]:
    inside = {step.key for step in steps}
    for step in view.item.steps:
        if step.key in inside or step.key not in view.drawn:
            continue
        before = [key for key in inside if view.lies_before(key, step.key)]
        after = [key for key in inside if view.lies_before(step.key, key)]
        if before and after:
            yield say(
                "JD105",
                f"stages/{stage.key}",
                f"阶段“{stage.title}”",
                f"阶段“{stage.title}”被环节“{step.title}”打断：案件离开这个阶段又回来，"
                f"回来时期限重新开始计算，前面用掉的时间不算了。",
            )
            return


def _sum(view: View, stage: Stage, limit: Limit, steps: list[Step]) -> Iterator[Finding]:
    longest = _longest(view, {step.key: step for step in steps})
    limited = [step.limit for step in longest if step.limit is not None]
    if len(limited) < 2:
        return
    units = {limit.unit, *(one.unit for one in limited)}
    if len(units) == 1:
        total = Limit(sum(one.amount for one in limited), limit.unit)
        over, told = total.amount > limit.amount, f"合计 {total.words}"
    else:
        spent = sum(hours(one) for one in limited)
        over, told = spent > hours(limit) + 1e-6, f"合计约 {round(spent / 24, 1):g} 日"
    if over:
        terms = "＋".join(f"{s.title} {s.limit.words}" for s in longest if s.limit is not None)
        yield say(
            "JD104",
            f"stages/{stage.key}",
            f"阶段“{stage.title}”",
            f"阶段“{stage.title}”限 {limit.words}，里面的环节一路用满{told}（{terms}）："
            f"每个环节都不超期，阶段也会超期报红灯。",
        )


def _longest(view: View, steps: dict[str, Step]) -> list[Step]:
    """The road through the stage that takes longest; a loop is walked once."""
    best: dict[str, list[Step]] = {}
    entered: set[str] = set()

    def road(key: str) -> list[Step]:
        if key in best:
            return best[key]
        if key in entered:
            return []
        entered.add(key)
        onwards = [road(target) for target in view.successors(key) if target in steps]
        best[key] = [steps[key], *max(onwards, key=_length, default=[])]
        return best[key]

    return max((road(key) for key in steps), key=_length, default=[])


def _length(steps: list[Step]) -> float:
    return sum(hours(step.limit) for step in steps if step.limit is not None)


def _impossible(view: View) -> Iterator[Finding]:
    entries: list[tuple[str, str, Step | Stage]] = [
        *(("steps", "环节", step) for step in view.item.steps),
        *(("stages", "阶段", stage) for stage in view.item.stages),
    ]
    for entries_name, word, entry in entries:
        if entry.limit is not None and entry.limit.amount <= 0:
            yield say(
                "JD102",
                f"{entries_name}/{entry.key}",
                f"{word}“{entry.title}”",
                f"{word}“{entry.title}”的期限是 {entry.limit.words}，一进入就超期。",
            )


def _watched(view: View) -> set[tuple[str, str]]:
    watched = set()
    for point in view.item.points:
        if point.kind == "time_limit":
            stage = stage_of(view, point)
            if not of_stage(point):
                watched.add(("step", point.step))
            elif stage is not None:
                watched.add(("stage", stage.key))
    return watched


def _unwatched(view: View) -> Iterator[Finding]:
    watched = _watched(view)
    open_steps = [
        step
        for step in view.item.steps
        if step.limit is not None
        and step.limit.amount > 0
        and step.key in view.walked
        and ("step", step.key) not in watched
        and ("stage", step.stage) not in watched
    ]
    if open_steps:
        names = "、".join(f"“{step.title}”" for step in open_steps)
        yield say(
            "JD107",
            "points",
            "监察点",
            f"环节{names}设了期限，没有时限监察点看着，超期不会报灯。",
            steps=[step.key for step in open_steps],
        )


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point for every period nobody watches."""
    for key in finding.detail["steps"]:
        step = item.step(key)
        if step is not None:
            item = add_point(
                item,
                f"{key}_limit",
                kind="time_limit",
                title=f"{step.title}时限",
                step=key,
                params={"of": "step"},
            )
    return item
