# SPDX-License-Identifier: Apache-2.0
"""What a reader hands to the engine: one case with its events; and how names are mapped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from plugins.inspection.replay.faults import LogFault, PointsFault
from plugins.inspection.rules.model import (
    Decision,
    Event,
    Evidence,
    EvidenceFile,
    Officer,
    Payment,
)

EVENT_ATTRIBUTE = "jiandu:event"
POINTS_ATTRIBUTE = "jiandu:points"
UNTIL_ATTRIBUTE = "jiandu:until"


class LogCase(msgspec.Struct, gc=False):
    """One case of a log."""

    id: str
    events: list[Event]
    attributes: dict[str, Any]
    until: datetime | None = None


@dataclass(frozen=True)
class EvidenceMap:
    attribute: str
    required: int = 0
    kind: str = "any"


@dataclass(frozen=True)
class DecisionMap:
    activity: frozenset[str]
    outcome: str = ""
    basis: str = ""
    amount: str = ""
    unit: str = "yuan"
    tier: str = ""
    kinds: str = ""
    separator: str = ";"


@dataclass(frozen=True)
class PaymentMap:
    activity: frozenset[str]
    amount: str
    unit: str = "yuan"
    voucher: str = ""
    kind: str = "payment"


@dataclass(frozen=True)
class LogMapping:
    """Which names of the log stand for case, step, time, officer and the rest."""

    case: str = "concept:name"
    activity: tuple[str, ...] = ("concept:name",)
    time: str = "time:timestamp"
    officer: str = "org:resource"
    lifecycle: frozenset[str] = frozenset()
    zone: ZoneInfo | None = None
    """For times without an offset; None = they are a fault."""
    steps: Mapping[str, str] = field(default_factory=dict)
    officers: str = ""
    qualified: str = ""
    separator: str = ";"
    evidence: Mapping[str, EvidenceMap] = field(default_factory=dict)
    decisions: tuple[DecisionMap, ...] = ()
    payments: tuple[PaymentMap, ...] = ()
    case_columns: tuple[str, ...] = ()

    @property
    def enriches(self) -> bool:
        return bool(self.evidence or self.decisions or self.payments or self.officers)


_BAD = "监察点文件 [mapping]："


def mapping_of(spec: Mapping[str, Any], zone: ZoneInfo) -> LogMapping:
    """Read ``[mapping]`` of a points file."""
    known = {
        "case",
        "activity",
        "time",
        "officer",
        "lifecycle",
        "naive_times",
        "steps",
        "officers",
        "qualified",
        "separator",
        "evidence",
        "decision",
        "payment",
        "case_columns",
    }
    strange = sorted(set(spec) - known)
    if strange:
        raise PointsFault(f"{_BAD}不认识 {'、'.join(strange)}")
    activity = spec.get("activity", "concept:name")
    if spec.get("naive_times", "local") not in {"local", "refuse"}:
        raise PointsFault(f"{_BAD}naive_times 只能是 local 或 refuse")
    try:
        return LogMapping(
            case=spec.get("case", "concept:name"),
            activity=(activity,) if isinstance(activity, str) else tuple(activity),
            time=spec.get("time", "time:timestamp"),
            officer=spec.get("officer", "org:resource"),
            lifecycle=frozenset(map(str.lower, spec.get("lifecycle", ()))),
            zone=zone if spec.get("naive_times", "local") == "local" else None,
            steps=dict(spec.get("steps", {})),
            officers=spec.get("officers", ""),
            qualified=spec.get("qualified", ""),
            separator=spec.get("separator", ";"),
            evidence={
                control: EvidenceMap(
                    attribute=each["attribute"],
                    required=int(each.get("required", 0)),
                    kind=each.get("kind", "any"),
                )
                for control, each in spec.get("evidence", {}).items()
            },
            decisions=tuple(
                DecisionMap(**{**each, "activity": _names(each)})
                for each in _list(spec.get("decision", []))
            ),
            payments=tuple(
                PaymentMap(**{**each, "activity": _names(each)})
                for each in _list(spec.get("payment", []))
            ),
            case_columns=tuple(spec.get("case_columns", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PointsFault(f"{_BAD}{error}") from error


def _list(spec: Any) -> list[Any]:
    return spec if isinstance(spec, list) else [spec]


def _names(spec: Mapping[str, Any]) -> frozenset[str]:
    names = spec["activity"]
    return frozenset([names] if isinstance(names, str) else names)


def event_maker(
    mapping: LogMapping,
) -> Callable[[int, dict[str, Any], Callable[[str], str]], Event | None]:
    """A function from one event's attributes to an `Event`; None = not a completed activity.

    Compiled once per log: what a mapping does not use costs nothing per event.
    """
    activity_keys = mapping.activity
    single = activity_keys[0] if len(activity_keys) == 1 else None
    time_key = mapping.time
    officer_key = mapping.officer
    lifecycle = mapping.lifecycle
    steps = mapping.steps
    zone = mapping.zone
    enrich = _enricher(mapping) if mapping.enriches else None
    parse = datetime.fromisoformat
    utc = UTC
    known_phases: set[Any] = set()

    def make(seq: int, values: dict[str, Any], place: Callable[[str], str]) -> Event | None:
        if lifecycle:
            phase = values.get("lifecycle:transition")
            if phase is not None and phase not in known_phases:
                if str(phase).lower() not in lifecycle:
                    return None
                known_phases.add(phase)
        try:
            name = (
                values[single]
                if single is not None
                else "+".join(str(values[key]) for key in activity_keys)
            )
            when = values[time_key]
        except KeyError as error:
            raise LogFault(place(f"缺少 {error.args[0]}")) from None
        try:
            at = when if type(when) is datetime else parse(when)
        except (ValueError, TypeError):
            at = _odd_time(when, place)
        if at.tzinfo is None:
            if zone is None:
                raise LogFault(place(f"时间 {when} 没有时区"))
            at = at.replace(tzinfo=zone)
        at = at.astimezone(utc)
        step = steps.get(name, name) if steps else name
        actor = values.get(officer_key, "")
        event = Event(seq, "step_submitted", at, step, actor, values)
        return event if enrich is None else enrich(event)

    return make


def _odd_time(when: Any, place: Callable[[str], str]) -> datetime:
    """Time formats beyond ISO 8601 that logs are found with."""
    text = str(when).strip()
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is added by the caller
        except ValueError:
            continue
    raise LogFault(place(f"看不懂的时间：{text!r}"))


_PATTERNS = (
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y-%m-%d %H:%M:%S %z",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
)


def _money(value: Any, unit: str) -> int | None:
    try:
        return round(float(str(value).replace(",", "")) * (100 if unit == "yuan" else 1))
    except (TypeError, ValueError):
        return None


def _enricher(mapping: LogMapping) -> Callable[[Event], Event]:
    """Adds officers, evidence, decisions and payments to the events that carry them."""

    def enrich(event: Event) -> Event:
        values = event.values
        more: dict[str, Any] = {}
        if mapping.officers and mapping.officers in values:
            names = [n.strip() for n in str(values[mapping.officers]).split(mapping.separator)]
            good = (
                {n.strip() for n in str(values.get(mapping.qualified, "")).split(mapping.separator)}
                if mapping.qualified
                else set(names)
            )
            people = tuple(
                Officer(name=n, qualified=n in good, number="" if n not in good else n)
                for n in names
                if n
            )
            more["officers"] = people
        if mapping.evidence:
            more["evidence"] = {
                control: Evidence(
                    kind=each.kind,
                    required=each.required,
                    files=_files(values.get(each.attribute), mapping.separator),
                )
                for control, each in mapping.evidence.items()
            }
        for decided in mapping.decisions:
            if event.step in decided.activity:
                kinds = str(values.get(decided.kinds, "")) if decided.kinds else ""
                more["decision"] = Decision(
                    outcome=str(values.get(decided.outcome, "") or ""),
                    basis=str(values.get(decided.basis, "") or ""),
                    amount=_money(values.get(decided.amount), decided.unit),
                    tier=str(values.get(decided.tier, "") or ""),
                    kinds=tuple(k for k in kinds.split(decided.separator) if k),
                    facts=values,
                )
        for paid in mapping.payments:
            if event.step in paid.activity:
                amount = _money(values.get(paid.amount), paid.unit)
                if amount is not None:
                    voucher = str(values.get(paid.voucher, "") or "") if paid.voucher else "-"
                    more["payments"] = (
                        Payment(
                            id=event.seq,
                            amount=amount,
                            at=event.at,
                            vouchers=(voucher,) if voucher else (),
                            kind=paid.kind,
                        ),
                    )
        return msgspec.structs.replace(event, **more) if more else event

    return enrich


def _files(value: Any, separator: str) -> tuple[EvidenceFile, ...]:
    """A count, a list, or names with separators: one file each."""
    if value is None or value == "":
        return ()
    if isinstance(value, bool):
        return (EvidenceFile(name="1"),) if value else ()
    if isinstance(value, int | float):
        return tuple(EvidenceFile(name=str(n + 1)) for n in range(int(value)))
    if isinstance(value, list):
        return tuple(EvidenceFile(name=str(v)) for v in value)
    if isinstance(value, dict):
        return tuple(EvidenceFile(name=str(k), sha256=str(v)) for k, v in value.items())
    text = str(value)
    if text.isdigit():
        return tuple(EvidenceFile(name=str(n + 1)) for n in range(int(text)))
    return tuple(EvidenceFile(name=n.strip()) for n in text.split(separator) if n.strip())


def with_payments_so_far(events: list[Event]) -> list[Event]:
    """A case event carries all payments so far; a log has each with its own event."""
    so_far: tuple[Payment, ...] = ()
    officers: tuple[Officer, ...] = ()
    result: list[Event] = []
    events = sorted(events, key=lambda e: (e.at, e.seq))
    for index, event in enumerate(events):
        so_far += event.payments
        following = events[index + 1] if index + 1 < len(events) else None
        officers = following.officers if following else ()
        result.append(
            msgspec.structs.replace(
                event,
                payments=so_far,
                next_officers=officers,
                to_step=following.step if following else "",
                to_title=following.step if following else "",
            )
        )
    return result
