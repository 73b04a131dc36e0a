# SPDX-License-Identifier: Apache-2.0
"""What the engine reads and says: case events, monitoring points, verdicts.

`Event` is this plugin's own reading of the case event that the case plugin publishes; unknown
keys are ignored, so the publisher may add to it. The same struct carries an event of a foreign
log, where only `step`, `at`, `actor` and `values` are known.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from msgspec import Struct

Colour = Literal["red", "yellow"]
Result = Literal["fired", "passed", "not_applicable", "undecided"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

COLOUR_TITLES = {"red": "红灯", "yellow": "黄灯"}
RESULT_TITLES = {
    "fired": "报灯",
    "passed": "通过",
    "not_applicable": "不适用",
    "undecided": "暂不能判断",
}
DEFAULT_NEGATIVE = ("不予立案", "不予处罚", "撤案", "不予许可", "不予受理")
"""Outcomes that count as negative when a point does not list its own (S1-21)."""


class Officer(Struct, frozen=True, gc=False):
    """A person authorised for a step, with the qualification answer given at that moment."""

    person: int = 0
    name: str = ""
    qualified: bool = False
    reason: str = ""
    number: str = ""


class EvidenceFile(Struct, frozen=True, gc=False):
    id: int = 0
    sha256: str = ""
    name: str = ""


class Evidence(Struct, frozen=True, gc=False):
    """What lies under one evidence control; voided files are no longer in it."""

    kind: str = ""
    required: int = 0
    files: tuple[EvidenceFile, ...] = ()


class Decision(Struct, frozen=True, gc=False):
    outcome: str = ""
    negative: bool = False
    basis: str = ""
    amount: int | None = None
    """In fen."""
    kinds: tuple[str, ...] = ()
    standard: str = ""
    tier: str = ""
    facts: dict[str, Any] = {}


class Payment(Struct, frozen=True, gc=False):
    """Money received; ``surcharge`` is on top of the decided amount, the rest counts towards it."""

    id: int = 0
    amount: int = 0
    at: datetime | None = None
    vouchers: tuple[str, ...] = ()
    kind: str = "payment"


class Instalment(Struct, frozen=True, gc=False):
    amount: int = 0
    due: date | None = None


class ClockFace(Struct, frozen=True, gc=False):
    """A clock as it stood at an event; the case plugin lets core compute `due_at`."""

    started_at: datetime | None = None
    due_at: datetime | None = None
    provisional: bool = False


class Lapse(Struct, frozen=True, gc=False):
    """The payload of ``core.clock.lapsed``."""

    clock: int = 0
    key: str = ""
    title: str = ""
    due_at: datetime | None = None
    started_at: datetime | None = None
    provisional: bool = False


class Event(Struct, frozen=True, gc=False):
    """One event of a case. `at` is when it happened, in UTC."""

    seq: int = 0
    kind: str = "step_submitted"
    at: datetime = EPOCH
    step: str = ""
    actor: str = ""
    values: dict[str, Any] = {}
    step_title: str = ""
    visit: int = 1
    stage: str = ""
    to_step: str = ""
    to_title: str = ""
    crossed: tuple[str, ...] = ()
    reason: str = ""
    officers: tuple[Officer, ...] = ()
    next_officers: tuple[Officer, ...] = ()
    evidence: dict[str, Evidence] = {}
    decision: Decision | None = None
    payments: tuple[Payment, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    clocks: dict[str, ClockFace | None] = {}
    lapse: Lapse | None = None
    case: int = 0
    item: int = 0
    version: int = 0
    case_number: str = ""
    title: str = ""
    party: str = ""
    organisation: int = 0
    department: int = 0
    handlers: tuple[int, ...] = ()
    by: str = ""
    """Who acted, as the case names him."""
    gate: dict[str, Any] = {}
    """What the gates said to this act, as the case recorded it."""


class Condition(Struct, frozen=True):
    control: str
    op: Literal["le", "lt", "ge", "gt", "eq", "ne", "in"]
    value: Any


class Tier(Struct, frozen=True):
    """A band of a discretion standard: when it applies, what it permits (fen, or multiples)."""

    key: str
    title: str = ""
    conditions: tuple[Condition, ...] = ()
    min: float | int | None = None
    max: float | int | None = None
    kinds: tuple[str, ...] = ()
    note: str = ""


class Standard(Struct, frozen=True):
    key: str
    title: str = ""
    act: str = ""
    applies_to: str = "amount"
    base: str | None = None
    tiers: tuple[Tier, ...] = ()

    @property
    def says(self) -> tuple[Any, ...]:
        """What it permits, without its wording: two editions that say the same are one."""
        bands = tuple((t.key, t.conditions, t.min, t.max, frozenset(t.kinds)) for t in self.tiers)
        return self.applies_to, self.base, bands


class Edition(Struct, frozen=True):
    """A standard as an earlier version of its item held it, and how long."""

    version: int
    since: datetime
    until: datetime
    standard: Standard


class Control(Struct, frozen=True):
    """What a control is called and what it holds."""

    title: str = ""
    type: str = "text"


class Limit(Struct, frozen=True):
    amount: int
    unit: str = "working"


class Required(Struct, frozen=True):
    """An evidence control a point asks for."""

    title: str
    kind: str = "any"
    count: int = 1


class Point(Struct, frozen=True):
    """A monitoring point with all it needs to be judged alone, also years later."""

    key: str
    kind: str
    title: str = ""
    step: str = ""
    stage: str = ""
    colour: Colour | None = None
    params: dict[str, Any] = {}
    clause: str = ""
    item: int = 0
    version: int = 0
    since: datetime = EPOCH
    """Acts finished before are not judged (S1-14)."""
    until: datetime = FOREVER
    """From here on a later version of the rules judges."""
    new: bool = True
    """No earlier version held this point."""
    limit: Limit | None = None
    required: dict[str, Required] = {}
    standard: Standard | None = None
    editions: tuple[Edition, ...] = ()
    """Earlier editions of the standard, oldest first; none when it always said the same."""
    controls: dict[str, Control] = {}
    """The controls the standard asks about."""
    steps: dict[str, str] = {}
    """Keys and titles of the item's steps, in their order."""
    stages: dict[str, str] = {}


class Check(Struct, frozen=True, gc=False):
    """One condition of a verdict: what was asked, what was found; ok None = not decided."""

    title: str
    need: str = ""
    have: str = ""
    ok: bool | None = True


class Part(Struct, frozen=True, gc=False):
    """A term of the sum shown with an alarm: decided − paid = difference."""

    title: str
    value: str
    note: str = ""
    sign: str = ""
    bad: bool = False


class Verdict(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one point says about one occurrence."""

    point: str
    kind: str
    mark: str
    result: Result
    title: str = ""
    colour: str = ""
    step: str = ""
    step_title: str = ""
    visit: int = 0
    occurrence: str = ""
    version: int = 0
    item: int = 0
    at: datetime = EPOCH
    moment: int = 0
    """`seq` of the event the verdict rests on; 0 = the passing of time."""
    clause: str = ""
    headline: str = ""
    sentence: str = ""
    cure: str = ""
    reason: str = ""
    checks: tuple[Check, ...] = ()
    equation: tuple[Part, ...] = ()
    events: tuple[int, ...] = ()
    evidence: tuple[str, ...] = ()
    detail: dict[str, Any] = {}

    @property
    def key(self) -> str:
        """The de-duplication key within a case: point, visit of the step, rule version."""
        return f"{self.point}|{self.mark}|{self.step}|{self.visit}|{self.occurrence}|{self.version}"

    @property
    def digest(self) -> str:
        """Changes exactly when the verdict changes: its result, lamp or figures, not its wording.

        So a sentence written better in a later version is no change of what was judged.
        """
        figures = {key: value for key, value in self.detail.items() if key != "control"}
        said = msgspec.json.encode((self.result, self.colour, figures), order="deterministic")
        return blake2b(said, digest_size=8).hexdigest()

    def agrees_with(self, sealed: "Verdict") -> bool:
        """Whether this is the verdict that was sealed; what it says more than then may differ."""
        return (
            (self.key, self.result, self.colour, self.at)
            == (sealed.key, sealed.result, sealed.colour, sealed.at)
        ) and all(self.detail.get(key) == value for key, value in sealed.detail.items())


def decode_event(payload: Mapping[str, Any]) -> Event:
    """Read a published case event (the payload of any ``cases.*`` fact)."""
    event = msgspec.convert(payload, Event)
    if event.at.tzinfo is None:
        raise msgspec.ValidationError("案件事件的时间没有时区")
    return event


def decode_lapse(payload: Mapping[str, Any], at: datetime) -> Event:
    """Read ``core.clock.lapsed`` as an event of the case the clock belongs to."""
    lapse = msgspec.convert(payload, Lapse)
    kind, _, rest = lapse.key.partition(":")
    step, _, visit = rest.partition(":")
    return Event(
        kind="clock_lapsed",
        at=at,
        step=step if kind == "step" else "",
        stage=step if kind == "stage" else "",
        visit=int(visit) if visit.isdigit() else 0,
        lapse=lapse,
    )


class Form(Struct, frozen=True):
    key: str
    controls: tuple[dict[str, Any], ...] = ()


class Step(Struct, frozen=True):
    key: str
    title: str = ""
    stage: str = ""
    limit: Limit | None = None
    form: str = ""


class Stage(Struct, frozen=True):
    key: str
    title: str = ""
    limit: Limit | None = None


class Risk(Struct, frozen=True):
    """A risk point (风险点): where power may be abused, how badly, and what prevents it."""

    step: str = ""
    level: str = ""
    description: str = ""
    prevention: str = ""


class Definition(Struct, frozen=True):
    """What the engine reads of a published power item version."""

    item: int
    version: int
    effective_from: datetime
    title: str = ""
    code: str = ""
    stages: tuple[Stage, ...] = ()
    steps: tuple[Step, ...] = ()
    forms: tuple[Form, ...] = ()
    standards: tuple[Standard, ...] = ()
    points: tuple[dict[str, Any], ...] = ()
    risks: tuple[Risk, ...] = ()
    power_class: str = ""


def points_of(definitions: list[Definition]) -> list[Point]:
    """All points of all versions of one item, each with the time it is in force."""
    ordered = sorted(definitions, key=lambda d: (d.effective_from, d.version))
    found: list[Point] = []
    known: set[tuple[str, str]] = set()
    for index, definition in enumerate(ordered):
        ends = ordered[index + 1].effective_from if index + 1 < len(ordered) else FOREVER
        here = [
            _with_editions(_resolve(raw, definition, ends, known), definition, ordered[:index])
            for raw in definition.points
        ]
        found += here
        known = {(p.key, p.kind) for p in here}
    return found


def _resolve(
    raw: dict[str, Any], definition: Definition, ends: datetime, known: set[tuple[str, str]]
) -> Point:
    point = msgspec.convert(raw, Point)
    step = next((s for s in definition.steps if s.key == point.step), None)
    stage_key = point.stage or (step.stage if step else "")
    stage = next((s for s in definition.stages if s.key == stage_key), None)
    of_stage = point.params.get("of") == "stage" or (point.stage and not point.step)
    limited = stage if of_stage else step
    return msgspec.structs.replace(
        point,
        item=definition.item,
        version=definition.version,
        since=definition.effective_from,
        until=ends,
        new=(point.key, point.kind) not in known,
        stage=stage_key,
        limit=limited.limit if limited else None,
        required=_required(point, step, definition),
        standard=next(
            (s for s in definition.standards if s.key == point.params.get("standard")),
            definition.standards[0]
            if point.kind == "discretion"
            and not point.params.get("standard")
            and len(definition.standards) == 1
            else None,
        ),
        steps={s.key: s.title for s in definition.steps},
        stages={s.key: s.title for s in definition.stages},
    )


def _with_editions(point: Point, definition: Definition, earlier: list[Definition]) -> Point:
    """A point on discretion with what its standard said before, and its controls by name."""
    standard = point.standard
    if standard is None or point.kind != "discretion":
        return point
    found: list[Edition] = []
    for index, each in enumerate(earlier):
        then = next((s for s in each.standards if s.key == standard.key), None)
        nexts = earlier[index + 1] if index + 1 < len(earlier) else definition
        until = nexts.effective_from
        if then is None or until <= each.effective_from:
            continue
        before = found[-1] if found else None
        if before and before.until == each.effective_from and before.standard.says == then.says:
            found[-1] = msgspec.structs.replace(before, until=until)
        else:
            found.append(Edition(each.version, each.effective_from, until, then))
    if all(each.standard.says == standard.says for each in found):
        found = []
    asked = {standard.base} | {
        condition.control
        for one in (standard, *(each.standard for each in found))
        for tier in one.tiers
        for condition in tier.conditions
    }
    controls = {
        c["key"]: Control(str(c.get("title") or c["key"]), str(c.get("type") or "text"))
        for form in definition.forms
        for c in form.controls
        if c.get("key") in asked
    }
    return msgspec.structs.replace(point, editions=tuple(found), controls=controls)


def _required(point: Point, step: Step | None, definition: Definition) -> dict[str, Required]:
    """Controls the point lists, else every evidence control of the form with a minimum (S1-20)."""
    if point.kind != "evidence":
        return {}
    form = next((f for f in definition.forms if step and f.key == step.form), None)
    controls = {c["key"]: c for c in (form.controls if form else ()) if c.get("type") == "evidence"}
    asked = point.params.get("controls") or {
        key: c.get("min_count") or (1 if c.get("required") else 0) for key, c in controls.items()
    }
    if isinstance(asked, list):
        asked = {key: controls.get(key, {}).get("min_count") or 1 for key in asked}
    return {
        key: Required(
            title=controls.get(key, {}).get("title", key),
            kind=controls.get(key, {}).get("evidence_kind") or "any",
            count=int(count),
        )
        for key, count in asked.items()
        if int(count) > 0
    }
