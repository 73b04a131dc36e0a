# SPDX-License-Identifier: Apache-2.0
"""JD4xx 证据固化 (M4): points without a control to upload to, and numbers that disagree."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.powers.rules.definition import Control, Definition, Point
from plugins.powers.rules.linting.book import say
from plugins.powers.rules.linting.editing import add_point, change, change_control, set_params
from plugins.powers.rules.linting.finding import Finding
from plugins.powers.rules.linting.view import View

KIND = "evidence"


def check_evidence(view: View) -> Iterator[Finding]:
    """Every finding about evidence."""
    for point in view.item.points:
        if point.kind == KIND and point.step in view.steps:
            yield from _check_point(view, point)
    yield from _unwatched(view)


def asked_of(point: Point, held: Mapping[str, Control]) -> dict[str, Any]:
    """What a point asks for, by control: as written there, else the form's own minimum."""
    written = point.params.get("controls") or {}
    if isinstance(written, dict):
        if written:
            return dict(written)
        return {key: one.min_count or 1 for key, one in held.items() if _demanded(one)}
    if isinstance(written, list | tuple):
        keys = [str(key) for key in written]
        return {key: held[key].min_count or 1 if key in held else 1 for key in keys}
    return {}


def evidence_controls(view: View, step: str) -> dict[str, Control]:
    """The controls of a step that take evidence."""
    return {one.key: one for one in view.of_type(step, "evidence")}


def _demanded(control: Control) -> bool:
    return control.min_count > 0 or control.required


def _check_point(view: View, point: Point) -> Iterator[Finding]:
    where, name = f"points/{point.key}", f"监察点“{point.title}”"
    step = view.steps[point.step]
    held = evidence_controls(view, point.step)
    asked = asked_of(point, held)
    unknown = [key for key in asked if key not in held]
    if unknown:
        yield _unknown(view, point, held, asked, unknown)
        return
    if not asked:
        if held:
            titles = "、".join(f"“{one.title}”" for one in held.values())
            yield say(
                "JD403",
                where,
                name,
                f"环节“{step.title}”的证据控件{titles}都没有最少份数，"
                f"监察点“{point.title}”什么也不要求，永远不会报灯。",
                point=point.key,
                counts=dict.fromkeys(held, 1),
            )
        else:
            yield say(
                "JD402",
                where,
                name,
                f"环节“{step.title}”的表单里没有上传证据的控件，监察点“{point.title}”没有东西可看。",
            )
        return
    empty = [key for key, count in asked.items() if not isinstance(count, int) or count <= 0]
    if empty:
        titles = "、".join(f"“{held[key].title}”" for key in empty)
        yield say(
            "JD404",
            where,
            name,
            f"监察点“{point.title}”对{titles}要求 0 份，等于没有要求。",
            point=point.key,
            counts={
                key: count if key not in empty else held[key].min_count or 1
                for key, count in asked.items()
            },
        )
        return
    for key, count in asked.items():
        control = held[key]
        if count != control.min_count:
            yield _disagree(view, point, control, int(count))


def _unknown(
    view: View, point: Point, held: dict[str, Control], asked: dict[str, Any], unknown: list[str]
) -> Finding:
    elsewhere = [
        step.key
        for step in view.item.steps
        if step.key != point.step and set(asked) <= set(evidence_controls(view, step.key))
    ]
    busy = {one.step for one in view.item.points if one.kind == KIND}
    kept = {key: count for key, count in asked.items() if key in held}
    fix = ""
    detail: dict[str, Any] = {}
    if not kept and len(elsewhere) == 1 and elsewhere[0] not in busy:
        fix = f"移到环节“{view.title(elsewhere[0])}”"
        detail = {"to": elsewhere[0]}
    elif kept:
        fix = "只要求表单里有的证据"
        detail = {"counts": kept}
    elif any(_demanded(one) for one in held.values()):
        fix = "按表单的最少份数要求"
        detail = {"counts": {k: one.min_count or 1 for k, one in held.items() if _demanded(one)}}
    there = f"，它在环节“{view.title(elsewhere[0])}”的表单里" if len(elsewhere) == 1 else ""
    return say(
        "JD401",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"监察点“{point.title}”要的证据控件{'、'.join(f'“{key}”' for key in unknown)}不在环节"
        f"“{view.title(point.step)}”的表单里{there}：无处上传，一定报红灯。",
        fix=fix,
        point=point.key,
        **detail,
    )


def _disagree(view: View, point: Point, control: Control, count: int) -> Finding:
    form = view.steps[point.step].form
    more = count > control.min_count
    told = f"至少 {control.min_count} 份" if control.min_count else "选填"
    return say(
        "JD405",
        f"points/{point.key}",
        f"监察点“{point.title}”",
        f"“{control.title}”在表单上写{told}，监察点“{point.title}”要 {count} 份："
        + ("照表单上传也会报红灯。" if more else "不够表单要求的份数也不报灯。"),
        fix=f"表单也要求 {count} 份" if more else f"监察点也要求 {control.min_count} 份",
        point=point.key,
        form=form,
        control=control.key,
        count=count if more else control.min_count,
        more=more,
    )


def _unwatched(view: View) -> Iterator[Finding]:
    for step in view.item.steps:
        if step.key not in view.walked:
            continue
        held = evidence_controls(view, step.key)
        watched = {
            key
            for point in view.item.points
            if point.kind == KIND and point.step == step.key
            for key in asked_of(point, held)
        }
        open_ones = {
            key: one.min_count
            for key, one in held.items()
            if one.min_count > 0 and key not in watched
        }
        if open_ones:
            titles = "、".join(f"“{held[key].title}”" for key in open_ones)
            yield say(
                "JD406",
                f"steps/{step.key}",
                f"环节“{step.title}”",
                f"环节“{step.title}”要求上传{titles}，没有监察点看着，缺了不会报灯。",
                step=step.key,
                counts=open_ones,
            )


def fix_unknown(item: Definition, finding: Finding) -> Definition:
    """The point where its controls are, or asking only for what the form has."""
    if "to" in finding.detail:
        return change(item, "points", finding.detail["point"], step=finding.detail["to"])
    return fix_counts(item, finding)


def fix_counts(item: Definition, finding: Finding) -> Definition:
    """The numbers the finding names."""
    return set_params(item, finding.detail["point"], controls=dict(finding.detail["counts"]))


def fix_demand(item: Definition, finding: Finding) -> Definition:
    """One file of each, asked by the point and told by the form."""
    point = next((one for one in item.points if one.key == finding.detail["point"]), None)
    step = item.step(point.step) if point else None
    if step is not None:
        for key, count in finding.detail["counts"].items():
            item = change_control(item, step.form, key, min_count=count)
    return fix_counts(item, finding)


def fix_disagreement(item: Definition, finding: Finding) -> Definition:
    """The larger of the two numbers in both places."""
    detail = finding.detail
    if detail["more"]:
        return change_control(item, detail["form"], detail["control"], min_count=detail["count"])
    point = next((one for one in item.points if one.key == detail["point"]), None)
    if point is None:
        return item
    form = next((one for one in item.forms if one.key == detail["form"]), None)
    held = {one.key: one for one in form.controls} if form else {}
    counts = {**asked_of(point, held), detail["control"]: detail["count"]}
    return set_params(item, detail["point"], controls=counts)


def fix_unwatched(item: Definition, finding: Finding) -> Definition:
    """A point for the evidence nobody watches."""
    step = item.step(finding.detail["step"])
    if step is None:
        return item
    return add_point(
        item,
        f"{step.key}_evidence",
        kind=KIND,
        title=f"{step.title}证据固化",
        step=step.key,
        params={"controls": dict(finding.detail["counts"])},
    )
