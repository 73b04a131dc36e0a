# SPDX-License-Identifier: Apache-2.0
"""JD3xx 环节回退 (M3): branches drawn as rollbacks, rollbacks drawn as branches (S1-19)."""

from collections.abc import Iterator

from msgspec.structs import replace

from plugins.powers.rules.definition import Definition, Transition
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import add_point, change, drop
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View

KIND = "rollback"


def check_rollbacks(view: View) -> Iterator[Finding]:
    """Every finding about going back."""
    points = [point for point in view.item.points if point.kind == KIND]
    for place, way in enumerate(view.item.transitions):
        if way.origin not in view.steps or (way.target and way.target not in view.steps):
            continue
        if way.kind == "rollback":
            yield from _not_behind(view, place, way, watched=_watched_by(view, way))
        elif way.target and way.target != way.origin:
            yield from _back_as_branch(view, place, way, _watched_by(view, way))
    for point in points:
        if point.step and point.step == view.first and not view.predecessors(point.step):
            others = len(points) > 1
            yield say(
                "JD303",
                f"points/{point.key}",
                f"监察点“{point.title}”",
                f"监察点“{point.title}”设在第一个环节“{view.title(point.step)}”上，"
                f"前面没有环节可以退回，永远不会报灯。",
                fix="取消这个监察点" if others else "改为监察全部环节的回退",
                point=point.key,
                drop=others,
            )
    if not points and len(view.walked) > 1:
        yield say(
            "JD304",
            "points",
            "监察点",
            "没有环节回退监察点，案件退回不会提示。",
        )


def _watched_by(view: View, way: Transition) -> str:
    return next(
        (
            point.title
            for point in view.item.points
            if point.kind == KIND and point.step in ("", way.origin)
        ),
        "",
    )


def _not_behind(view: View, place: int, way: Transition, *, watched: str) -> Iterator[Finding]:
    if way.target and view.lies_before(way.target, way.origin):
        return
    here = view.title(way.origin)
    drawn = f"从“{here}”到“{view.title(way.target)}”的线画成了回退"
    if not way.target or way.target == way.origin:
        said = f"从“{here}”出去的一条线画成了回退，却" + ("通向自己" if way.target else "通向结束")
        yield say(
            "JD301",
            f"transitions/{place}",
            f"从“{here}”出去的回退线",
            f"{said}，案件走不了这条线。",
            cure="删除这条线；要结束案件的，画成分支。",
            fix="删除这条线",
            place=place,
            to="",
        )
        return
    yield say(
        "JD301",
        f"transitions/{place}",
        f"从“{here}”到“{view.title(way.target)}”的线",
        f"{drawn}，“{view.title(way.target)}”却不在“{here}”之前，其实是一条分支："
        + (f"监察点“{watched}”会把正常办理当成回退。" if watched else "案件走不了这条线。"),
        place=place,
        to="branch",
    )


def _back_as_branch(view: View, place: int, way: Transition, name: str) -> Iterator[Finding]:
    if not (
        view.always_before(way.target, way.origin)
        and way.origin in view.drawn
        and way.target in view.drawn
    ):
        return
    others = [one for one in view.live.get(way.origin, []) if one is not way and one.when is None]
    yield say(
        "JD302",
        f"transitions/{place}",
        f"从“{view.title(way.origin)}”到“{view.title(way.target)}”的线",
        f"从“{view.title(way.origin)}”往回到“{view.title(way.target)}”的线画成了"
        f"{'分支' if way.kind == 'branch' else '前进'}：走这条线不算回退，"
        + (f"监察点“{name}”不会提示。" if name else "办过的环节不会被取代。"),
        fix=None if way.when is None and others else "",
        place=place,
    )


def fix_not_behind(item: Definition, finding: Finding) -> Definition:
    """The line drawn as the branch it is, or taken away where it leads nowhere."""
    if not finding.detail["to"]:
        return drop(item, "transitions", finding.detail["place"])
    return _redraw(item, finding.detail["place"], "branch")


def fix_back_as_branch(item: Definition, finding: Finding) -> Definition:
    """The line drawn as the rollback it is."""
    return _redraw(item, finding.detail["place"], "rollback")


def _redraw(item: Definition, place: int, kind: str) -> Definition:
    ways = list(item.transitions)
    ways[place] = replace(ways[place], kind=kind)
    return replace(item, transitions=ways)


def fix_first_step(item: Definition, finding: Finding) -> Definition:
    """The point on every step, or none where others watch already."""
    key = finding.detail["point"]
    if finding.detail["drop"]:
        return replace(item, points=[point for point in item.points if point.key != key])
    return change(item, "points", key, step="")


def fix_unwatched(item: Definition, _finding: Finding) -> Definition:
    """One point for every rollback."""
    return add_point(item, "any_rollback", kind=KIND, title="环节回退")
