# SPDX-License-Identifier: Apache-2.0
"""From what happened to one thing to the measures it counts for.

``told`` looks at all facts of a subject, not at the newest one. So a fact delivered twice, late or
in another order, or a worker that dies half-way, gives the same entries, and a full recount runs
this very function.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from plugins.dashboards.rules.measures import POINT_KINDS

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NUMBER_MAX = 300


class Place(Protocol):
    """Where a fact stands."""

    @property
    def region_lo(self) -> int: ...
    @property
    def org_lo(self) -> int: ...


class Fact(Protocol):
    """A recorded fact as far as counting reads it."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...
    @property
    def place(self) -> Place: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """The subject counts for a measure, on a day."""

    measure: str
    day: date
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What one subject counts for, where, and what tells its class."""

    marks: tuple[Mark, ...]
    place: Place
    title: str
    item: int = 0
    case: int = 0
    """An alarm's class is that of its case."""


class _Story:
    """The facts of a subject, in the order they happened."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = sorted(facts, key=lambda each: (each.at, each.id))

    def first(self, *kinds: str) -> Fact | None:
        return next((each for each in self.facts if each.kind in kinds), None)

    def last(self, *kinds: str) -> Fact | None:
        return next((each for each in reversed(self.facts) if each.kind in kinds), None)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _days(since: Fact, until: Fact) -> int:
    return max(0, (_day(until.at) - _day(since.at)).days)


def _text(payload: Mapping[str, Any], *keys: str) -> str:
    words = [str(payload.get(key) or "").strip() for key in keys]
    return " ".join(word for word in words if word)[:NUMBER_MAX]


def _case(story: _Story) -> Told | None:
    opened = story.first("cases.opened")
    if opened is None:
        return None
    closed = story.last("cases.closed")
    day = _day(opened.at)
    marks = [Mark("cases.opened", day)]
    if closed is None:
        marks.append(Mark("cases.running", day))
    else:
        # A limit that lapses after the closing belongs to the execution, not to the decision.
        late = any(
            each.kind == "core.clock.lapsed"
            and not each.payload.get("provisional")
            and each.at <= closed.at
            for each in story.facts
        )
        marks.append(Mark("cases.closed", _day(closed.at), _days(opened, closed)))
        marks.append(Mark("cases.late" if late else "cases.in_time", _day(closed.at)))
    payload = (closed or opened).payload
    return Told(
        tuple(marks),
        story.facts[-1].place,
        _text(payload, "case_number", "title"),
        item=int(payload.get("item") or 0),
    )


ALARM_ENDS: Final = {"inspection.alarm_revoked": "revoked", "inspection.alarm_upheld": "upheld"}


def _alarm(story: _Story) -> Told | None:
    raised = story.first("inspection.alarm_raised")
    if raised is None:
        return None
    ended = story.last(*ALARM_ENDS)
    state = ALARM_ENDS[ended.kind] if ended else "open"
    day, payload = _day(raised.at), raised.payload
    keys = [str(payload.get("colour") or "red")]
    if payload.get("kind") in dict(POINT_KINDS):
        keys.append(str(payload["kind"]))
    marks = [Mark(f"alarms.{key}{end}", day) for key in keys for end in ("", f".{state}")]
    return Told(
        tuple(marks),
        story.facts[-1].place,
        _text(payload, "case_number", "headline"),
        case=int(payload.get("case") or 0),
    )


def _order(story: _Story) -> Told | None:
    issued = story.first("orders.issued")
    if issued is None or issued.payload.get("tier") != 1:
        return None
    day = _day(issued.at)
    marks = [Mark("orders.issued", day)]
    done = next(
        (
            each
            for each in story.facts
            if each.kind in ("orders.revoked", "orders.upheld") and not each.payload.get("left")
        ),
        None,
    )
    if done is None:
        marks.append(Mark("orders.open", day))
    else:
        marks.append(Mark("orders.closed", _day(done.at), _days(issued, done)))
    if story.first("orders.escalated"):
        marks.append(Mark("orders.escalated", day))
    return Told(tuple(marks), story.facts[-1].place, _text(issued.payload, "number"))


COMPLAINT_ENDS: Final = (
    "complaints.result_told",
    "complaints.rejected",
    "complaints.transferred",
    "complaints.praised",
    "complaints.merged",
)


def _complaint(story: _Story) -> Told | None:
    filed = story.first("complaints.filed")
    if filed is None:
        return None
    day = _day(filed.at)
    ended = story.first(*COMPLAINT_ENDS)
    marks = [Mark("complaints.filed", day)]
    if ended is None:
        marks.append(Mark("complaints.open", day))
    else:
        marks.append(Mark("complaints.closed", _day(ended.at), _days(filed, ended)))
    # The number only: what is in a complaint, and whom it is about, is the bureau's to open.
    return Told(tuple(marks), filed.place, _text(filed.payload, "number"))


def _supervision(story: _Story) -> Told | None:
    opened = story.first("supervision.opened")
    if opened is None:
        return None
    day = _day(opened.at)
    marks = [Mark("supervision.opened", day)]
    if story.last("supervision.closed") is None:
        marks.append(Mark("supervision.open", day))
    return Told(tuple(marks), story.facts[-1].place, _text(opened.payload, "number", "title"))


def _review(story: _Story) -> Told | None:
    confirmed = story.last("reviews.confirmed")
    if confirmed is None:
        return None
    payload = confirmed.payload
    mark = Mark("reviews.confirmed", _day(confirmed.at), round(float(payload.get("score") or 0)))
    return Told((mark,), confirmed.place, _text(payload, "case_number", "title"))


STORIES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[_Story], Told | None]]]] = {
    "cases": (("cases.opened", "cases.closed", "core.clock.lapsed"), _case),
    "alarms": (("inspection.alarm_raised", *ALARM_ENDS), _alarm),
    "orders": (
        ("orders.issued", "orders.revoked", "orders.upheld", "orders.escalated"),
        _order,
    ),
    "complaints": (("complaints.filed", *COMPLAINT_ENDS), _complaint),
    "supervision": (("supervision.opened", "supervision.closed"), _supervision),
    "reviews": (("reviews.confirmed",), _review),
}
"""By family: the kinds of facts it is told by, and how."""

HEARD: Final = tuple(dict.fromkeys(kind for kinds, _ in STORIES.values() for kind in kinds))
"""Every kind of fact that can change an entry."""
FAMILY: Final = {
    kind: family
    for family, (kinds, _) in STORIES.items()
    for kind in kinds
    if kind != "core.clock.lapsed"
}


def family_of(facts: Sequence[Fact]) -> str:
    """Which family a subject belongs to, by any of its facts; empty when to none."""
    return next((FAMILY[each.kind] for each in facts if each.kind in FAMILY), "")


def told(facts: Sequence[Fact]) -> Told | None:
    """What the subject of these facts counts for; ``None`` when for nothing (yet)."""
    family = family_of(facts)
    if not family:
        return None
    kinds, tell = STORIES[family]
    return tell(_Story([each for each in facts if each.kind in kinds]))
