# SPDX-License-Identifier: Apache-2.0
"""A case as the kinds look at it: its events in order, by step, up to a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Protocol

from plugins.inspection.rules.model import Event


class Calendar(Protocol):
    """What the engine asks of the working calendar."""

    def is_workday(self, day: Any, /) -> bool: ...

    def published(self, year: int, /) -> bool: ...


_in_order = attrgetter("at", "seq")


def ordered(events: Sequence[Event]) -> Sequence[Event]:
    """Events by time, each once; an already proper sequence is returned as it is.

    Redelivery repeats events and late entries arrive out of order: neither may change a verdict.
    """
    seq = 0
    at = None
    for event in events:
        if event.seq <= seq or (at is not None and event.at < at):
            break
        seq = event.seq
        at = event.at
    else:
        return events
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
        self.events = events = ordered(events)
        self.until = until
        self.attributes = attributes
        self._by_kind: dict[str, list[Event]] | None = None
        steps: dict[str, list[Event]] = {}
        for event in events:
            step = event.step
            if step in steps:
                steps[step].append(event)
            else:
                steps[step] = [event]
        self.steps = steps

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
