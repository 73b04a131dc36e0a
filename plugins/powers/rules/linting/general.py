# SPDX-License-Identifier: Apache-2.0
"""JD9xx 监察点之间、风险点和文书: points nobody reaches, points that say the same twice."""

from collections.abc import Hashable, Iterator, Mapping

from msgspec.structs import replace

from plugins.powers.rules.definition import DOCUMENT_WORDS, Definition, Point
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import change, drop
from plugins.powers.rules.linting.evidence import asked_of, evidence_controls
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.limits import of_stage, stage_of
from plugins.powers.rules.linting.officers import judged_steps, minimum_of
from plugins.powers.rules.linting.view import View
from plugins.powers.rules.words import POINT_KINDS, PointKind

KINDS: Mapping[str, PointKind] = {kind.key: kind for kind in POINT_KINDS}


def check_general(view: View) -> Iterator[Finding]:
    """Every finding that is not about one kind of point alone."""
    yield from _places(view)
    yield from _twice(view)
    yield from _colours(view)
    yield from _risks(view)
    yield from _documents(view)


def _places(view: View) -> Iterator[Finding]:
    stages = {stage.key: stage for stage in view.item.stages}
    for point in view.item.points:
        where, name = f"points/{point.key}", f"监察点“{point.title}”"
        kind = view.kinds.get(point.kind)
        if kind is None:
            yield say(
                "JD903",
                where,
                name,
                f"监察点“{point.title}”的类型“{point.kind}”不是七类之一，要由插件提供；"
                f"没有装那个插件时它不判断。",
            )
        lost = ""
        if point.step and point.step not in view.steps:
            lost = f"设在不存在的环节“{point.step}”上"
        elif point.stage and point.stage not in stages:
            lost = f"设在不存在的阶段“{point.stage}”上"
        elif kind is not None and kind.needs == "step" and not point.step:
            lost = "没有设在任何环节上"
        elif kind is not None and kind.needs == "stage_or_step" and not (point.step or point.stage):
            lost = "既没有设在环节上，也没有设在阶段上"
        if lost:
            yield say("JD908", where, name, f"监察点“{point.title}”{lost}，永远不会报灯。")
        elif point.step and point.step not in view.walked:
            yield say(
                "JD901",
                where,
                name,
                f"监察点“{point.title}”设在“{view.title(point.step)}”上，"
                f"案件走不到这个环节，永远不会报灯。",
                point=point.key,
            )


def drop_point(item: Definition, finding: Finding) -> Definition:
    """The item without the point."""
    key = finding.detail["point"]
    return replace(item, points=[one for one in item.points if one.key != key])


def _twice(view: View) -> Iterator[Finding]:
    marked = [(place, point, _marks(view, point)) for place, point in enumerate(view.item.points)]
    gone: set[int] = set()
    for place, point, marks in marked:
        for earlier, other, others in marked[:place]:
            if not marks or not others or place in gone or earlier in gone:
                continue
            if marks <= others:
                less, less_place, more = point, place, other
            elif others < marks:
                less, less_place, more = other, earlier, point
            else:
                continue
            gone.add(less_place)
            yield say(
                "JD902",
                f"points/{less.key}",
                f"监察点“{less.title}”",
                f"监察点“{less.title}”和“{more.title}”看的是同一件事：前者报灯时后者一定也报，"
                f"一个错报两次。",
                fix=f"取消“{less.title}”",
                place=less_place,
            )


def drop_second(item: Definition, finding: Finding) -> Definition:
    """The item without the later of the two."""
    return drop(item, "points", finding.detail["place"])


def _marks(view: View, point: Point) -> frozenset[Hashable]:
    """What a point fires on: whoever fires on less fires only together with who fires on more."""
    return frozenset(_occasions(view, point)) if point.kind in KINDS else frozenset()


def _occasions(view: View, point: Point) -> Iterator[Hashable]:
    kind, step = point.kind, point.step
    if step and step not in view.steps:
        return
    if kind == "time_limit":
        stage = stage_of(view, point) if of_stage(point) else None
        if stage is not None:
            yield "stage", stage.key
            inside = [one for one in view.item.steps if one.stage == stage.key]
            if len(inside) == 1 and inside[0].limit == stage.limit:
                # A stage of one step with the same period is the same clock under two names.
                yield "step", inside[0].key
        elif step and not of_stage(point):
            yield "step", step
    elif kind == "rollback":
        for key in [step] if step else view.steps:
            yield kind, key
    elif not step:
        return
    elif kind == "qualification":
        judges = str(point.params.get("judges", "next_step"))
        for judged in judged_steps(view, point):
            yield kind, step, judges, judged, minimum_of(point)
    elif kind == "evidence":
        for key, count in asked_of(point, evidence_controls(view, step)).items():
            yield kind, step, key, str(count)
    elif kind == "decision_basis":
        yield kind, step
    elif kind == "discretion":
        standards = view.item.standards
        only = standards[0].key if len(standards) == 1 else ""
        yield kind, step, str(point.params.get("standard") or only)
    else:
        yield kind, step, str(point.params.get("decision_step", ""))


def _colours(view: View) -> Iterator[Finding]:
    for point in view.item.points:
        kind = view.kinds.get(point.kind)
        if kind is not None and kind.colours[0] == "red" and point.colour == "yellow":
            yield say(
                "JD904",
                f"points/{point.key}",
                f"监察点“{point.title}”",
                f"监察点“{point.title}”改成了黄灯，{kind.title}按规定是红灯。",
                point=point.key,
            )


def fix_colour(item: Definition, finding: Finding) -> Definition:
    """The colour of the kind."""
    return change(item, "points", finding.detail["point"], colour=None)


def _risks(view: View) -> Iterator[Finding]:
    for place, risk in enumerate(view.item.risks):
        if risk.step and risk.step not in view.steps:
            yield say(
                "JD905",
                f"risks/{place}",
                f"风险点“{risk.description}”",
                f"风险点“{risk.description}”设在不存在的环节“{risk.step}”上。",
            )


def _documents(view: View) -> Iterator[Finding]:
    controls = {control.key for form in view.item.forms for control in form.controls}
    for document in view.item.documents:
        where, name = f"documents/{document.key}", f"文书“{document.title}”"
        if document.step not in view.steps:
            yield say(
                "JD906",
                where,
                name,
                f"文书“{document.title}”设在不存在的环节“{document.step}”上，办案时看不到它。",
            )
        elif document.step not in view.walked:
            yield say(
                "JD906",
                where,
                name,
                f"文书“{document.title}”设在“{view.title(document.step)}”上，案件走不到这个环节。",
            )
        if unknown := [
            key
            for key in document.placeholders
            if key not in controls and key not in DOCUMENT_WORDS
        ]:
            yield say(
                "JD907",
                where,
                name,
                f"文书“{document.title}”要填{'、'.join(f'“{{{{{key}}}}}”' for key in unknown)}，"
                f"表单里没有这个控件，打印出来是空的。",
            )
        elif late := [
            key
            for key in document.placeholders
            if key not in DOCUMENT_WORDS and not _known_at(view, key, document.step)
        ]:
            titles = "、".join(f"“{{{{{key}}}}}”" for key in late)
            yield say(
                "JD909",
                where,
                name,
                f"文书“{document.title}”在“{view.title(document.step)}”制作，要填的{titles}"
                f"到后面的环节才填写。",
            )


def _known_at(view: View, control: str, step: str) -> bool:
    return any(
        control in view.controls(one.key) and (one.key == step or view.lies_before(one.key, step))
        for one in view.item.steps
    )
