# SPDX-License-Identifier: Apache-2.0
"""What must be there, in logs: required attributes and activities, decisions with their basis."""

from typing import Any

from plugins.inspection.rules.kinds.base import Kind, Runner, Sparing, ending, silent
from plugins.inspection.rules.logs.select import (
    Selector,
    WrongPoint,
    alarm,
    applies,
    need,
    number,
    quiet,
    read,
)
from plugins.inspection.rules.model import DEFAULT_NEGATIVE, Event, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView

EVIDENCE = "M4"
NO_BASIS = "M5a"
NEGATIVE = "M5b"


def count_of(value: Any, empty: frozenset[str]) -> float:
    """How many there are: the length of a list, a number as it is, else whether there is text."""
    if value is None:
        return 0
    if type(value) is str and value not in empty and not value.isspace() and value:
        return 1 if value[0].isalpha() and value not in _NO else _figure(value)
    if isinstance(value, list | tuple | dict):
        return len(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    return 0


_NO = frozenset(("false", "False", "FALSE", "no", "No"))


def _figure(text: str) -> float:
    """A number counts as it is, a no as nothing, any other text as one."""
    if text in _NO:
        return 0
    parsed = number(text)
    return parsed if parsed is not None else 1


def compile_required(point: Point, _calendar: Calendar | None) -> Runner | Sparing:
    on_case = point.params.get("on", "case") == "case"
    on = None if on_case else Selector(point.params["on"], point)
    attribute = point.params.get("attribute")
    requires = Selector(point.params["activity"], point) if point.params.get("activity") else None
    if attribute is None and requires is None:
        raise WrongPoint(f"监察点 {point.key}：要写 attribute 或 activity")
    before = bool(point.params.get("before", not on_case))
    minimum = float(point.params.get("minimum", 1))
    empty = frozenset(point.params.get("empty", ("EMPTY", "UNKNOWN", "NULL", "null", "-")))
    when = applies(point)
    colour = point.colour or "red"
    tail = ending(colour)

    one_before = requires is not None and attribute is None and before and minimum == 1

    def lacks(view: CaseView, event: Event | None) -> str:
        if one_before and event is not None and requires is not None:
            # The usual question, did it happen before at all, needs no counting.
            first = requires.all(view)
            if first and (first[0].at, first[0].seq) < (event.at, event.seq):
                return ""
        if attribute is not None:
            held = count_of(
                event.values.get(attribute) if event else read(None, view, attribute), empty
            )
            if event is not None and not held:
                held = count_of(view.attributes.get(attribute), empty)
            if held < minimum:
                return f"证据「{attribute}」{held:g}/{minimum:g}"
        if requires is not None:
            found = requires.all(view)
            if event is not None and before:
                order = (event.at, event.seq)
                number_found = sum(1 for e in found if (e.at, e.seq) < order)
            else:
                number_found = len(found)
            if number_found < minimum:
                return f"「{requires.title}」{number_found}/{minimum:g} 次"
        return ""

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, EVIDENCE, "not_applicable", "案件不符合监察点的条件。"))
            return
        if on is None:
            if not view.events:
                return
            lack = lacks(view, None)
            last = view.events[-1]
            if lack:
                out.append(alarm(point, EVIDENCE, colour, last, f"全案缺{lack}{tail}"))
            elif explain:
                out.append(quiet(point, EVIDENCE, "passed", "都有。", last))
            return
        events = on.all(view)
        for event in events:
            lack = lacks(view, event)
            if lack:
                sentence = f"办「{event.step}」时缺{lack}{tail}"
                nth = f"e{event.seq}" if len(events) > 1 else ""
                out.append(alarm(point, EVIDENCE, colour, event, sentence, occurrence=nth))
            elif explain:
                out.append(quiet(point, EVIDENCE, "passed", "都有。", event))
        if explain and not events:
            out.append(quiet(point, EVIDENCE, "not_applicable", f"没有「{on.title}」。"))

    if on is None:
        return run
    named = on.named
    if (
        attribute is None
        and when is None
        and on.unconditional
        and requires is not None
        and requires.unconditional
    ):
        return Sparing(run, silent(run))
    return Sparing(run, lambda view: not named(view))


def compile_decision(point: Point, _calendar: Calendar | None) -> Runner | Sparing:
    on = Selector(need(point, "on"), point)
    outcome_name = point.params.get("outcome")
    basis_name = point.params.get("basis")
    listed = frozenset(map(str, point.params.get("negative", DEFAULT_NEGATIVE)))
    by_activity = frozenset(point.params.get("negative_activities", ()))
    checks = frozenset(point.params.get("checks", ("basis", "negative")))
    if not checks or not checks <= {"basis", "negative"}:
        raise WrongPoint(f"监察点 {point.key}：checks 只能有 basis 和 negative")
    if "basis" in checks and basis_name is None:
        if "checks" in point.params:
            raise WrongPoint(f"监察点 {point.key}：缺少 basis")
        checks -= {"basis"}
    empty = frozenset(point.params.get("empty", ("EMPTY", "UNKNOWN", "NULL", "null", "-")))
    when = applies(point)
    red = point.colour or "red"

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, NO_BASIS, "not_applicable", "案件不符合监察点的条件。"))
            return
        events = on.all(view)
        for event in events:
            outcome = ""
            if outcome_name is not None:
                raw = read(event, view, outcome_name)
                outcome = "" if raw is None or str(raw) in empty else str(raw).strip()
                if not outcome:
                    if explain:
                        out.append(
                            quiet(point, NO_BASIS, "not_applicable", "没有作出决定。", event)
                        )
                    continue
            said = f"「{event.step}」作出“{outcome}”" if outcome else f"作出「{event.step}」"
            nth = f"e{event.seq}" if len(events) > 1 else ""
            if "basis" in checks and basis_name is not None:
                raw = read(event, view, basis_name)
                if raw is None or not str(raw).strip() or str(raw) in empty:
                    sentence = f"{said}，没有填写依据{ending(red)}"
                    out.append(alarm(point, NO_BASIS, red, event, sentence, occurrence=nth))
                elif explain:
                    out.append(quiet(point, NO_BASIS, "passed", f"依据：{raw}", event))
            if "negative" in checks:
                if outcome in listed or event.step in by_activity:
                    sentence = f"{said}，属于否定性决定，是正常的预警{ending('yellow')}"
                    out.append(alarm(point, NEGATIVE, "yellow", event, sentence, occurrence=nth))
                elif explain:
                    out.append(quiet(point, NEGATIVE, "passed", "不是否定性决定。", event))
        if explain and not events:
            out.append(quiet(point, NO_BASIS, "not_applicable", f"没有「{on.title}」。"))

    if when is None and on.unconditional and outcome_name is None and "basis" not in checks:
        return Sparing(run, silent(run))
    return Sparing(run, lambda view: not on.named(view))


REQUIRED = Kind(
    "required",
    "应有的证据（日志）",
    EVIDENCE,
    "red",
    compile_required,
    params={
        "on": "活动，或 case",
        "attribute": "应有的属性",
        "activity": "应有的活动",
        "before": "应在此之前",
        "minimum": "最少数量",
        "empty": "视为空的值",
        "when": "条件",
    },
)
DECISION = Kind(
    "decision",
    "决定依据（日志）",
    "M5",
    "red",
    compile_decision,
    params={
        "on": "作出决定的活动",
        "outcome": "决定的属性",
        "basis": "依据的属性",
        "negative": "否定性决定",
        "negative_activities": "本身就是否定性决定的活动",
        "checks": "basis、negative",
        "empty": "视为空的值",
        "when": "条件",
    },
)
