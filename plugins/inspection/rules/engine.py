# SPDX-License-Identifier: Apache-2.0
"""`judge()`: the one engine. Live facts, drafts, history, logs and stored proofs all go through it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from plugins.inspection.rules.kinds import SEVEN
from plugins.inspection.rules.kinds.base import Kind, Runner, Sparing, in_force, verdict
from plugins.inspection.rules.model import Check, Event, Part, Point, Result, Verdict
from plugins.inspection.rules.view import Calendar, CaseView

NOTHING: Mapping[str, Any] = MappingProxyType({})

MappingJudge = Callable[
    [Sequence[Mapping[str, Any]], Mapping[str, Any]], Sequence[Mapping[str, Any]]
]
"""A kind brought by another plugin: case events and the point as plain mappings in, findings out."""


@dataclass(frozen=True)
class Kinds:
    """The kinds known to a process: the seven, the kinds for logs, and contributed ones."""

    by_key: Mapping[str, Kind]

    def get(self, key: str) -> Kind | None:
        return self.by_key.get(key)

    def with_kinds(self, *more: Kind) -> "Kinds":
        joined = dict(self.by_key)
        for kind in more:
            if kind.key in joined:
                raise ValueError(f"监察点类型 {kind.key} 已经存在")
            joined[kind.key] = kind
        return Kinds(MappingProxyType(joined))

    def title(self, key: str) -> str:
        kind = self.by_key.get(key)
        return kind.title if kind else key


STANDARD_KINDS = Kinds(MappingProxyType({kind.key: kind for kind in SEVEN}))


@dataclass(frozen=True)
class Compiled:
    """Points turned into functions once, to judge many cases."""

    points: tuple[Point, ...]
    runners: tuple[Runner, ...]
    idles: tuple[Callable[[CaseView], bool] | None, ...] = ()
    """Beside each runner, when it cannot fire; empty when none of them says so."""
    awake: dict[tuple[str, ...], tuple[Runner, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def that_may_fire(self, view: CaseView) -> tuple[Runner, ...]:
        """The runners worth asking about a case when only alarms are wanted.

        Cases of one office run through few sequences of activities, so the answer is remembered
        by sequence; most points then are not even asked.
        """
        if not self.idles or len(view.events) > _LONGEST:
            return self.runners
        sequence = tuple([event.step for event in view.events])
        found = self.awake.get(sequence)
        if found is None:
            found = tuple(
                run
                for run, idle in zip(self.runners, self.idles, strict=True)
                if idle is None or not idle(view)
            )
            if len(self.awake) >= _REMEMBERED:
                self.awake.clear()
            self.awake[sequence] = found
        return found


_REMEMBERED = 10_000
_LONGEST = 64
"""Longer cases seldom repeat one another; remembering them would only cost memory."""


def compile_points(
    points: Sequence[Point], calendar: Calendar | None = None, kinds: Kinds = STANDARD_KINDS
) -> Compiled:
    """Prepare points for judging; a point of a kind nobody brings says so in every verdict."""
    runners: list[Runner] = []
    idles: list[Callable[[CaseView], bool] | None] = []
    for point in points:
        kind = kinds.get(point.kind)
        made = kind.compile(point, calendar) if kind else _unknown(point)
        runners.append(made.run if isinstance(made, Sparing) else made)
        idles.append(made.idle if isinstance(made, Sparing) else None)
    return Compiled(tuple(points), tuple(runners), tuple(idles) if any(idles) else ())


def judge(
    events: Sequence[Event],
    points: Sequence[Point] | Compiled,
    calendar: Calendar | None = None,
    until: datetime | None = None,
    *,
    attributes: Mapping[str, Any] = NOTHING,
    explain: bool = True,
    kinds: Kinds = STANDARD_KINDS,
) -> list[Verdict]:
    """Judge one case: what every point says of every occasion it looks at.

    `until` is the time of judging; without it a history counts as finished at its last event.
    With `explain` also what passed, did not apply or could not be decided, each with its reason;
    without it only what fired. The order and the repetition of `events` do not matter.
    """
    compiled = points if isinstance(points, Compiled) else compile_points(points, calendar, kinds)
    view = CaseView(events, until, attributes)
    found: list[Verdict] = []
    for run in compiled.runners if explain else compiled.that_may_fire(view):
        run(view, found, explain)
    return found


def fired(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.result == "fired"]


def worst(colours: Sequence[str]) -> str:
    """The lamp of a case or a list: red before yellow before none."""
    return "red" if "red" in colours else "yellow" if "yellow" in colours else ""


def _unknown(point: Point) -> Runner:
    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if explain and view.events:
            out.append(
                verdict(
                    point,
                    point.kind,
                    "undecided",
                    mark=point.kind,
                    reason=f"没有安装监察点类型 {point.kind}，无法判断。",
                )
            )

    return run


class Finding(msgspec.Struct, frozen=True):
    """What a contributed kind answers about one occasion; checked when it comes in."""

    result: Result
    seq: int
    sentence: str = ""
    headline: str = ""
    reason: str = ""
    colour: str = ""
    occurrence: str = ""
    cure: str = ""
    checks: tuple[Check, ...] = ()
    equation: tuple[Part, ...] = ()
    evidence: tuple[str, ...] = ()
    events: tuple[int, ...] = ()
    detail: dict[str, Any] = {}


def contributed_kind(
    key: str, title: str, mark: str, colour: str, judge_case: MappingJudge, remedy: str = ""
) -> Kind:
    """Wrap a kind that knows only plain mappings, so that its plugin imports nothing of ours."""

    def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
        plain_point = msgspec.to_builtins(point)

        def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
            by_seq = {event.seq: event for event in view.events}
            try:
                answers = judge_case([msgspec.to_builtins(e) for e in view.events], plain_point)
                findings = [msgspec.convert(answer, Finding) for answer in answers]
            except Exception as error:  # noqa: BLE001 - a kind of others must not silence our own
                if explain:
                    why = f"监察点类型 {key} 出错，没有判断（{type(error).__name__}）。"
                    out.append(verdict(point, key, "undecided", mark=mark, reason=why))
                return
            for finding in findings:
                event = by_seq.get(finding.seq)
                if event is None or not in_force(point, event.at):
                    continue
                if not explain and finding.result != "fired":
                    continue
                out.append(
                    verdict(
                        point,
                        key,
                        finding.result,
                        mark=mark,
                        colour=finding.colour or colour,
                        event=event,
                        step=point.step or event.step,
                        occurrence=finding.occurrence,
                        headline=finding.headline,
                        sentence=finding.sentence,
                        reason=finding.reason,
                        cure=finding.cure or remedy,
                        checks=finding.checks,
                        equation=finding.equation,
                        events=finding.events,
                        evidence=finding.evidence,
                        detail=finding.detail,
                    )
                )

        return run

    return Kind(
        key=key, title=title, mark=mark, colour=colour, compile=compile_point, remedy=remedy
    )
