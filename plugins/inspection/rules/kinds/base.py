# SPDX-License-Identifier: Apache-2.0
"""What a kind of point is, and how it writes its verdicts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugins.inspection.rules.model import (
    COLOUR_TITLES,
    Check,
    Event,
    Part,
    Point,
    Result,
    Verdict,
)
from plugins.inspection.rules.view import Calendar, CaseView

Runner = Callable[[CaseView, list[Verdict], bool], None]
"""Judges one point on one case; appends what it finds, only what fired unless asked for all."""


@dataclass(frozen=True, slots=True)
class Sparing:
    """A runner that knows when it cannot fire.

    ``idle`` looks at nothing but which activities a case has and in which order; where it is
    true, the point fires on no case with that sequence, whatever its times and attributes.
    """

    run: Runner
    idle: Callable[[CaseView], bool]


def silent(run: Runner) -> Callable[[CaseView], bool]:
    """For runners that follow from the sequence of activities alone: whether they stay silent."""

    def idle(view: CaseView) -> bool:
        found: list[Verdict] = []
        run(view, found, False)
        return not found

    return idle


@dataclass(frozen=True)
class Kind:
    """A kind of monitoring point: its name, its lamp, and how a point becomes a function."""

    key: str
    title: str
    mark: str
    colour: str
    compile: Callable[[Point, Calendar | None], Runner | Sparing]
    remedy: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def ending(colour: str) -> str:
    """How every alarm sentence ends."""
    return f"，所以报{COLOUR_TITLES[colour]}。"


def in_force(point: Point, at: datetime) -> bool:
    return point.since <= at < point.until


def occurrence(seen: dict[int, int], event: Event) -> str:
    """Tells a second submit within one visit from the first (taken back and submitted again)."""
    seen[event.visit] = seen.get(event.visit, 0) + 1
    return "" if seen[event.visit] == 1 else f"s{event.seq}"


def verdict(
    point: Point,
    kind: "Kind | str",
    result: Result,
    *,
    mark: str,
    colour: str = "red",
    event: Event | None = None,
    step: str | None = None,
    visit: int | None = None,
    occurrence: str = "",
    at: datetime | None = None,
    headline: str = "",
    sentence: str = "",
    reason: str = "",
    cure: str = "",
    checks: tuple[Check, ...] = (),
    equation: tuple[Part, ...] = (),
    events: tuple[int, ...] = (),
    evidence: tuple[str, ...] = (),
    detail: dict[str, Any] | None = None,
) -> Verdict:
    """Fill in what follows from the point and the event."""
    key = point.step if step is None else step
    return Verdict(
        point=point.key,
        kind=kind if isinstance(kind, str) else kind.key,
        mark=mark,
        result=result,
        title=point.title,
        colour=(point.colour or colour) if result == "fired" else "",
        step=key,
        step_title=point.steps.get(key, "") or (event.step_title if event else "") or key,
        visit=visit if visit is not None else (event.visit if event else 0),
        occurrence=occurrence,
        version=point.version,
        item=point.item,
        at=at or (event.at if event else point.since),
        moment=event.seq if event else 0,
        clause=point.clause,
        headline=headline,
        sentence=sentence,
        reason=reason,
        cure=cure,
        checks=checks,
        equation=equation,
        events=events or ((event.seq,) if event and event.seq else ()),
        evidence=evidence,
        detail=detail or {},
    )


def not_reached(point: Point, kind: str, mark: str) -> Verdict:
    """The step was not submitted yet, so the point had nothing to judge."""
    title = point.steps.get(point.step, point.step) or "该环节"
    return verdict(
        point, kind, "undecided", mark=mark, reason=f"「{title}」还没有提交，监察点在提交时判断。"
    )


def not_in_force(point: Point, kind: str, mark: str, event: Event) -> Verdict:
    return verdict(
        point,
        kind,
        "not_applicable",
        mark=mark,
        event=event,
        reason=f"办理时第 {point.version} 版监察点没有生效，不溯及以前办完的环节。",
    )
