# SPDX-License-Identifier: Apache-2.0
"""A draft tried on past cases: what would have been alarmed more, less, or differently.

Both versions judge the whole history, as if each had always been in force; what differs is then
the rules' doing alone. A point whose step the past does not know cannot be tried and is named
instead, and so is an evidence control or a field that old forms did not have. Pure: the same
draft over the same facts gives the same bytes, whatever the size of the pieces it was read in.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from plugins.inspection.rules.days import due_by
from plugins.inspection.rules.engine import Compiled, Kinds, compile_points
from plugins.inspection.rules.kinds import time_limit
from plugins.inspection.rules.model import (
    EPOCH,
    FOREVER,
    ClockFace,
    Definition,
    Event,
    Limit,
    Point,
    Verdict,
    points_of,
)
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import BEIJING

FORMAT = 1
SAMPLES = 20
"""Kept of every kind of change of every point: the newest cases."""

Change = Literal["new", "lost", "changed"]
CHANGES: tuple[Change, ...] = ("new", "lost", "changed")
CHANGE_TITLES: Mapping[str, str] = {
    "new": "新增",
    "lost": "消失",
    "changed": "变化",
    "same": "不变",
}


class LeftOut(msgspec.Struct, frozen=True):
    """What could not be tried, and why."""

    point: str
    title: str
    reason: str


class TriedPoint(msgspec.Struct, frozen=True):
    point: str
    title: str
    kind: str
    step: str
    step_title: str
    status: Literal["added", "removed", "altered", "kept"]


class Row(msgspec.Struct, frozen=True):
    """Figures of one unit at one point."""

    unit: int
    point: str
    new: int = 0
    lost: int = 0
    changed: int = 0
    same: int = 0


class Sample(msgspec.Struct, frozen=True):
    """One case to open: what the version in force says of it, and what the draft would."""

    change: str
    point: str
    case: int
    number: str
    title: str
    unit: int
    step: str
    step_title: str
    before: str
    before_colour: str
    after: str
    after_colour: str


class Source(msgspec.Struct, frozen=True):
    """What was read: how much, until when, and the hash that stands for exactly that."""

    kind: Literal["facts", "log"]
    cases: int
    events: int
    unreadable: int
    sha256: str
    until: str = ""
    name: str = ""


class Report(msgspec.Struct, frozen=True):
    """What is kept of a finished trial, in canonical bytes."""

    digest: str
    item: int
    code: str
    title: str
    base_version: int
    source: Source
    points: tuple[TriedPoint, ...]
    left_out: tuple[LeftOut, ...]
    rows: tuple[Row, ...]
    samples: tuple[Sample, ...]
    alarmed_cases: dict[str, int]
    """Cases with at least one alarm of the kind of change."""
    format: int = FORMAT


def pack_report(report: Report) -> bytes:
    """Canonical bytes: keys sorted, no spaces, rows in a fixed order."""
    return msgspec.json.encode(report, order="sorted")


def unpack_report(data: bytes | str) -> Report:
    return msgspec.json.decode(data, type=Report)


def seal_of(data: bytes) -> str:
    return sha256(data).hexdigest()


# What can be compared -------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """The points of both versions, apart where they differ and together where they do not."""

    before: tuple[Point, ...]
    after: tuple[Point, ...]
    kept: tuple[Point, ...]
    tried: tuple[TriedPoint, ...]
    left_out: tuple[LeftOut, ...]
    steps: Mapping[str, tuple[Limit | None, Limit | None]] = field(default_factory=dict)
    """Steps whose limit the draft changes: the old one and the new one."""
    stages: Mapping[str, tuple[Limit | None, Limit | None]] = field(default_factory=dict)


def compare(base: Definition | None, draft: Definition) -> Comparison:
    """Which points can be tried on cases handled under ``base``."""
    if base is None:
        return Comparison(
            (),
            (),
            (),
            (),
            tuple(
                LeftOut(p.key, p.title, "事项还没有生效过的版本，没有以往案件可以对照")
                for p in _always(draft)
            ),
        )
    old = {p.key: p for p in _always(base)}
    new = {p.key: p for p in _always(draft)}
    left: list[LeftOut] = []
    usable: dict[str, Point] = {}
    for key, point in new.items():
        fitted, lacking = _fit(point, base)
        left += lacking
        if fitted is not None:
            usable[key] = fitted
    gone = {key for key, p in old.items() if p.step and p.step not in {s.key for s in draft.steps}}
    left += [
        LeftOut(key, old[key].title, f"环节「{_title(base, old[key].step)}」在这一稿里没有了")
        for key in gone
        if key not in usable
    ]
    before, after, kept, tried = [], [], [], []
    for key, point in usable.items():
        earlier = old.get(key) if key not in gone else None
        if earlier is not None and _plain(earlier) == _plain(point):
            kept.append(point)
            tried.append(_named(point, draft, "kept"))
            continue
        after.append(point)
        if earlier is not None:
            before.append(earlier)
        tried.append(_named(point, draft, "added" if earlier is None else "altered"))
    untried = {each.point for each in left}
    for key, point in old.items():
        if key not in usable and key not in gone and key not in untried:
            before.append(point)
            tried.append(_named(point, base, "removed"))
    return Comparison(
        tuple(before),
        tuple(after),
        tuple(kept),
        tuple(tried),
        tuple(sorted(left, key=lambda each: (each.point, each.reason))),
        _changed_limits(base.steps, draft.steps),
        _changed_limits(base.stages, draft.stages),
    )


def _always(definition: Definition) -> list[Point]:
    """The points of a version as if it had always been in force."""
    return [
        replace(p, since=EPOCH, until=FOREVER, new=True)
        for p in points_of([replace(definition, effective_from=EPOCH)])
    ]


def _plain(point: Point) -> Point:
    """What a verdict depends on; titles and numbers of versions are not part of it."""
    required = {key: replace(each, title="") for key, each in point.required.items()}
    return replace(
        point,
        item=0,
        version=0,
        title="",
        clause="",
        steps={},
        stages={},
        required=required,
        limit=point.limit if point.kind == time_limit.KEY else None,
    )


def _fit(point: Point, base: Definition) -> tuple[Point | None, list[LeftOut]]:
    """The point as far as cases handled under ``base`` can be judged by it."""
    steps = {s.key: s for s in base.steps}
    if point.step and point.step not in steps:
        title = point.steps.get(point.step, point.step)
        return None, [LeftOut(point.key, point.title, f"以往案件没有环节「{title}」")]
    if point.stage and not point.step and point.stage not in {s.key for s in base.stages}:
        title = point.stages.get(point.stage, point.stage)
        return None, [LeftOut(point.key, point.title, f"以往案件没有阶段「{title}」")]
    if not point.required:
        return point, []
    form = next((f for f in base.forms if f.key == steps[point.step].form), None)
    known = {c["key"] for c in (form.controls if form else ())}
    lacking = [
        LeftOut(point.key, point.title, f"以往的表单没有证据控件「{each.title}」，这一项不对照")
        for key, each in point.required.items()
        if key not in known
    ]
    rest = {key: each for key, each in point.required.items() if key in known}
    return (replace(point, required=rest) if rest else None), lacking


def _named(point: Point, of: Definition, status: Any) -> TriedPoint:
    return TriedPoint(
        point.key, point.title or point.key, point.kind, point.step, _title(of, point.step), status
    )


def _title(definition: Definition, step: str) -> str:
    return next((s.title for s in definition.steps if s.key == step), step)


def _changed_limits(
    old: Iterable[Any], new: Iterable[Any]
) -> dict[str, tuple[Limit | None, Limit | None]]:
    before = {each.key: each.limit for each in old}
    return {
        each.key: (before[each.key], each.limit)
        for each in new
        if each.key in before and before[each.key] != each.limit
    }


# Clocks under other limits --------------------------------------------------------------------


class Retimed:
    """The clocks of a case as they would have stood under the draft's limits.

    A case event carries the due date the platform computed under the old limit. The new one is
    moved by what lies between both limits counted from the same start, so suspensions and
    extensions keep their effect.
    """

    def __init__(self, comparison: Comparison, calendar: Calendar) -> None:
        self._faces: list[tuple[str, str, dict[str, tuple[Any, Any]]]] = []
        for face, attribute, limits in (
            ("step", "step", comparison.steps),
            ("stage", "stage", comparison.stages),
        ):
            if limits:
                ways = {
                    key: tuple(due_by(each, BEIJING, calendar) if each else None for each in pair)
                    for key, pair in limits.items()
                }
                self._faces.append((face, attribute, ways))  # type: ignore[arg-type]

    def __call__(self, events: Sequence[Event]) -> Sequence[Event]:
        if not self._faces:
            return events
        begun: dict[tuple[str, str, int], datetime] = {}
        found = []
        for event in events:
            clocks = dict(event.clocks)
            for face, attribute, ways in self._faces:
                key = getattr(event, attribute)
                if key not in ways or event.lapse is not None:
                    continue
                entry = begun.setdefault(
                    (face, key, event.visit if face == "step" else 0), event.at
                )
                clocks[face] = _moved(clocks.get(face), entry, *ways[key])
            found.append(replace(event, clocks=clocks) if clocks != event.clocks else event)
        return found


def _moved(
    face: ClockFace | None,
    entry: datetime,
    old: Callable[[datetime], datetime] | None,
    new: Callable[[datetime], datetime] | None,
) -> ClockFace | None:
    if new is None:
        return None
    if face is None or face.due_at is None or old is None:
        start = face.started_at if face is not None and face.started_at is not None else entry
        return ClockFace(start, new(start))
    start = face.started_at or entry
    return replace(face, due_at=face.due_at + (new(start) - old(start)))


# Counting -------------------------------------------------------------------------------------


class Trial:
    """Judges case after case by both versions and counts what differs."""

    def __init__(self, comparison: Comparison, calendar: Calendar, kinds: Kinds) -> None:
        self.comparison = comparison
        self._before = compile_points(comparison.before, calendar, kinds)
        self._after = compile_points(comparison.after, calendar, kinds)
        self._kept = compile_points(comparison.kept, calendar, kinds)
        self._retimed = Retimed(comparison, calendar)
        self.counted = Counted()

    def add(
        self,
        events: Sequence[Event],
        until: datetime | None,
        *,
        number: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """One case."""
        view = CaseView(events, until, attributes or {})
        kept = _fired(self._kept, view)
        before = _fired(self._before, view)
        if self._after.points:
            told = self._retimed(view.events)
            again = view if told is view.events else CaseView(told, until, attributes or {})
            after = _fired(self._after, again)
        else:
            after = {}
        if kept or before or after:
            self.counted.note(events, kept, before, after, number)


def _fired(compiled: Compiled, view: CaseView) -> dict[tuple[Any, ...], Verdict]:
    """What fires, by the occasion it fires on; versions of a point share their occasions."""
    found: list[Verdict] = []
    for run in compiled.runners:
        run(view, found, False)
    return {(v.point, v.mark, v.step, v.visit, v.occurrence): v for v in found}


class Counted:
    """The figures of a trial so far; survives between the pieces of the work as primitives."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, str], list[int]] = {}
        self.samples: dict[tuple[str, str], deque[Sample]] = {}
        self.cases: dict[str, int] = dict.fromkeys(CHANGES, 0)

    def note(
        self,
        events: Sequence[Event],
        kept: Mapping[tuple[Any, ...], Verdict],
        before: Mapping[tuple[Any, ...], Verdict],
        after: Mapping[tuple[Any, ...], Verdict],
        number: str,
    ) -> None:
        last = max(events, key=lambda e: e.seq)
        unit = last.department or last.organisation
        changes: list[tuple[Change, Verdict | None, Verdict | None]] = []
        for key in sorted({*before, *after}):
            was, would = before.get(key), after.get(key)
            if was is None:
                changes.append(("new", None, would))
            elif would is None:
                changes.append(("lost", was, None))
            elif was.digest != would.digest:
                changes.append(("changed", was, would))
            else:
                self._cell(unit, was.point)[3] += 1
        for verdict in kept.values():
            self._cell(unit, verdict.point)[3] += 1
        for change, was, would in changes:
            shown = would or was
            assert shown is not None
            self._cell(unit, shown.point)[CHANGES.index(change)] += 1
            held = self.samples.setdefault((shown.point, change), deque(maxlen=SAMPLES))
            held.append(
                Sample(
                    change=change,
                    point=shown.point,
                    case=last.case,
                    number=last.case_number or number,
                    title=last.title,
                    unit=unit,
                    step=shown.step,
                    step_title=shown.step_title,
                    before=was.sentence if was else "",
                    before_colour=was.colour if was else "",
                    after=would.sentence if would else "",
                    after_colour=would.colour if would else "",
                )
            )
        for change in {each[0] for each in changes}:
            self.cases[change] += 1

    def _cell(self, unit: int, point: str) -> list[int]:
        return self.cells.setdefault((unit, point), [0, 0, 0, 0])

    def store(self) -> dict[str, Any]:
        """As primitives, to be taken up again by ``restore``."""
        return {
            "cells": [[unit, point, *n] for (unit, point), n in self.cells.items()],
            "samples": [msgspec.to_builtins(s) for held in self.samples.values() for s in held],
            "cases": dict(self.cases),
        }

    @classmethod
    def restore(cls, stored: Mapping[str, Any]) -> "Counted":
        found = cls()
        for unit, point, *n in stored.get("cells", ()):
            found.cells[unit, point] = list(n)
        for each in stored.get("samples", ()):
            sample = msgspec.convert(each, Sample)
            held = found.samples.setdefault((sample.point, sample.change), deque(maxlen=SAMPLES))
            held.append(sample)
        found.cases.update(stored.get("cases", {}))
        return found

    def rows(self) -> tuple[Row, ...]:
        return tuple(Row(unit, point, *n) for (unit, point), n in sorted(self.cells.items()))

    def chosen(self) -> tuple[Sample, ...]:
        """The samples in the order of the report: by point, change, then newest case first."""
        return tuple(
            sample
            for key in sorted(self.samples, key=lambda k: (k[0], CHANGES.index(k[1])))
            for sample in reversed(self.samples[key])
        )


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """All alarms by kind of change."""
    found = dict.fromkeys((*CHANGES, "same"), 0)
    for row in rows:
        found["new"] += row.new
        found["lost"] += row.lost
        found["changed"] += row.changed
        found["same"] += row.same
    return found


def chain(state: str, of_case: bytes) -> str:
    """The hash of everything read so far, one case further."""
    return sha256(state.encode() + of_case).hexdigest()
