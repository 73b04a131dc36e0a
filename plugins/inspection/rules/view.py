# SPDX-License-Identifier: Apache-2.0
"""A case as the kinds look at it: its events in order, by step, up to a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Protocol

from plugins.inspection.rules.model import EPOCH, Event


class Calendar(Protocol):
    """What the engine asks of the working calendar."""

    def is_workday(self, day: Any, /) -> bool: ...

    def published(self, year: int, /) -> bool: ...


_in_order = attrgetter("at", "seq")


def ordered(events: Sequence[Event]) -> list[Event]:
    """Events by time, each once.

    Redelivery repeats events and late entries arrive out of order: neither may change a verdict.
    """
    seen: set[object] = set()
    unique: list[Event] = []
    for event in events:
        mark: object = event.seq or (event.kind, event.at, event.lapse and event.lapse.clock)
        if mark not in seen:
            seen.add(mark)
            unique.append(event)
    unique.sort(key=_in_order)
    return unique


class CaseView:
    """One case under judgement. Built once per case and shared by all points."""

    __slots__ = ("_by_kind", "attributes", "events", "steps", "until")

    def __init__(
        self, events: Sequence[Event], until: datetime | None, attributes: Mapping[str, Any]
    ) -> None:
        steps, proper = _by_step(events)
        if not proper:
            events = ordered(events)
            steps, _ = _by_step(events)
        self.events = events
        self.steps = steps
        self.until = until
        self.attributes = attributes
        self._by_kind: dict[str, list[Event]] | None = None

    @property
    def by_kind(self) -> dict[str, list[Event]]:
        if self._by_kind is None:
            found: dict[str, list[Event]] = {}
            for event in self.events:
                found.setdefault(event.kind, []).append(event)
            self._by_kind = found
        return self._by_kind

    def submits(self, step: str) -> list[Event]:
        return [e for e in self.steps.get(step, ()) if e.kind == "step_submitted"]

    @property
    def now(self) -> datetime | None:
        """The time of judging; a finished history is judged at its last event."""
        if self.until is not None:
            return self.until
        return self.events[-1].at if self.events else None


def _by_step(events: Sequence[Event]) -> tuple[dict[str, list[Event]], bool]:
    """The events of each step, and whether they came in order and each once."""
    steps: dict[str, list[Event]] = {}
    proper = True
    seq = 0
    before = EPOCH
    for event in events:
        at = event.at
        number = event.seq
        if number <= seq or at < before:
            proper = False
        seq = number
        before = at
        step = event.step
        if step in steps:
            steps[step].append(event)
        else:
            steps[step] = [event]
    return steps, proper
