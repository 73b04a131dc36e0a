# SPDX-License-Identifier: Apache-2.0
"""Naming events and values of a log: activities with wildcards, attributes, conditions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from plugins.inspection.rules.model import Event, Point, Verdict
from plugins.inspection.rules.view import CaseView

Test = Callable[[Mapping[str, Any]], bool | None]


class WrongPoint(ValueError):
    """A point of the points file cannot be understood; the text says which and why."""


def need(point: Point, name: str) -> Any:
    value = point.params.get(name)
    if value in (None, "", [], {}):
        raise WrongPoint(f"监察点 {point.key}：缺少 {name}")
    return value


Finder = Callable[[CaseView], Sequence[Event]]


class Selector:
    """Picks the events of one or several activities, optionally only some of them.

    `all` and `one` are made once, for exactly what the points file asks: they run for every case.
    """

    __slots__ = ("all", "named", "names", "one", "title", "unconditional")

    all: Finder
    named: Finder
    """The same without ``where``: it looks at the names of activities only."""
    unconditional: bool
    one: Callable[[CaseView], Event | None]

    def __init__(self, spec: Any, point: Point, occurrence: str = "first") -> None:
        where = None
        if isinstance(spec, Mapping):
            occurrence = spec.get("occurrence", occurrence)
            where = spec.get("where")
            spec = spec.get("activity", "")
        names = [spec] if isinstance(spec, str) else list(spec)
        if not names or not all(isinstance(n, str) and n for n in names):
            raise WrongPoint(f"监察点 {point.key}：活动名没有写对：{spec!r}")
        if occurrence not in {"first", "last"}:
            raise WrongPoint(f"监察点 {point.key}：occurrence 只能是 first 或 last")
        self.names = tuple(names)
        self.title = "或".join(names)
        index = 0 if occurrence == "first" else -1
        plain = not any(c in name for name in names for c in "*?[")
        self.unconditional = not where
        if plain and len(names) == 1 and not where:
            self.all = self.named = _of_name(names[0])
            self.one = _end_of_name(names[0], index)
            return
        found = _of_listed(self.names) if plain else _of_names(self.names)
        self.named = found
        if where:
            found = _only(found, condition(where, point))
        self.all = found
        self.one = _end_of(found, index)


def _of_name(name: str) -> Finder:
    nothing: tuple[Event, ...] = ()

    def find(view: CaseView) -> Sequence[Event]:
        return view.steps.get(name, nothing)

    return find


def _end_of_name(name: str, index: int) -> Callable[[CaseView], Event | None]:
    def one(view: CaseView) -> Event | None:
        steps = view.steps
        return steps[name][index] if name in steps else None

    return one


def _of_listed(names: tuple[str, ...]) -> Finder:
    def find(view: CaseView) -> Sequence[Event]:
        steps = view.steps
        lists = [steps[name] for name in names if name in steps]
        if not lists:
            return ()
        return lists[0] if len(lists) == 1 else _merge(lists)

    return find


def _of_names(patterns: tuple[str, ...]) -> Finder:
    known: dict[str, bool] = {}

    def matches(name: str) -> bool:
        found = known.get(name)
        if found is None:
            found = known[name] = any(name == p or fnmatchcase(name, p) for p in patterns)
        return found

    def find(view: CaseView) -> Sequence[Event]:
        lists = [events for name, events in view.steps.items() if matches(name)]
        if not lists:
            return ()
        return lists[0] if len(lists) == 1 else _merge(lists)

    return find


def _only(find: Finder, test: Test) -> Finder:
    def found(view: CaseView) -> Sequence[Event]:
        return [e for e in find(view) if test(_values(e, view))]

    return found


def _end_of(find: Finder, index: int) -> Callable[[CaseView], Event | None]:
    def one(view: CaseView) -> Event | None:
        found = find(view)
        return found[index] if found else None

    return one


def _merge(lists: list[list[Event]]) -> list[Event]:
    return sorted((e for events in lists for e in events), key=lambda e: (e.at, e.seq))


def _values(event: Event, view: CaseView) -> Mapping[str, Any]:
    return {**view.attributes, **event.values} if event.values else view.attributes


def read(event: Event | None, view: CaseView, name: str) -> Any:
    """An attribute of the event, else of the case."""
    if event is not None:
        value = event.values.get(name)
        if value is not None:
            return value
    return view.attributes.get(name)


def known_before(view: CaseView, event: Event, name: str) -> Any:
    """An attribute of the event, else its latest value before, else of the case."""
    value = event.values.get(name)
    if value is not None:
        return value
    latest = None
    for other in view.events:
        if other is event:
            break
        latest = other.values.get(name, latest)
    return latest if latest is not None else view.attributes.get(name)


def number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        return None


def instant(value: Any) -> datetime | None:
    """A date attribute; without a zone it cannot be compared and counts as absent."""
    if isinstance(value, datetime):
        found = value
    else:
        try:
            found = datetime.fromisoformat(str(value).strip())
        except ValueError:
            return None
    return None if found.tzinfo is None else found.astimezone(UTC)


_OPS: dict[str, Callable[[Any, Any], bool | None]] = {}


def _compare(test: Callable[[float, float], bool]) -> Callable[[Any, Any], bool | None]:
    def run(actual: Any, wanted: Any) -> bool | None:
        left, right = number(actual), number(wanted)
        return None if left is None or right is None else test(left, right)

    return run


def _same(actual: Any, wanted: Any) -> bool:
    if actual == wanted or str(actual) == str(wanted):
        return True
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return str(actual).lower() == str(wanted).lower()
    left, right = number(actual), number(wanted)
    return left is not None and left == right


_OPS.update(
    eq=_same,
    ne=lambda a, w: not _same(a, w),
    lt=_compare(lambda a, w: a < w),
    le=_compare(lambda a, w: a <= w),
    gt=_compare(lambda a, w: a > w),
    ge=_compare(lambda a, w: a >= w),
)
_OPS["in"] = lambda a, w: any(_same(a, each) for each in w)
_OPS["not_in"] = lambda a, w: not any(_same(a, each) for each in w)


def condition(spec: Any, point: Point) -> Test:
    """A list of conditions, all of which must hold; None = an attribute is not known."""
    if isinstance(spec, Mapping):
        spec = (
            [spec]
            if "attribute" in spec
            else [
                {"attribute": k, "op": "in" if isinstance(v, list) else "eq", "value": v}
                for k, v in spec.items()
            ]
        )
    tests: list[tuple[str, str, Any]] = []
    for each in spec:
        name, op, value = each.get("attribute"), each.get("op", "eq"), each.get("value")
        if not name or (op not in _OPS and op not in {"exists", "missing"}):
            raise WrongPoint(f"监察点 {point.key}：条件没有写对：{each!r}")
        tests.append((name, op, value))

    def run(values: Mapping[str, Any]) -> bool | None:
        answer: bool | None = True
        for name, op, wanted in tests:
            actual = values.get(name)
            if op == "exists":
                met: bool | None = actual not in (None, "")
            elif op == "missing":
                met = actual in (None, "")
            elif actual is None:
                met = None
            else:
                met = _OPS[op](actual, wanted)
            if met is False:
                return False
            if met is None:
                answer = None
        return answer

    return run


def attributes_of(spec: Any) -> set[str]:
    """The names a condition reads."""
    if not spec:
        return set()
    if isinstance(spec, Mapping):
        return {spec["attribute"]} if "attribute" in spec else set(spec)
    return {each["attribute"] for each in spec}


def applies(point: Point) -> Test | None:
    """The point's `when`: conditions on the attributes of the case."""
    spec = point.params.get("when")
    return condition(spec, point) if spec else None


def alarm(
    point: Point,
    mark: str,
    colour: str,
    event: Event,
    sentence: str,
    *,
    at: datetime | None = None,
    occurrence: str = "",
    events: tuple[int, ...] = (),
    detail: dict[str, Any] | None = None,
) -> Verdict:
    return Verdict(
        point=point.key,
        kind=point.kind,
        mark=mark,
        result="fired",
        title=point.title,
        colour=colour,
        step=event.step,
        step_title=event.step,
        occurrence=occurrence,
        version=point.version,
        at=at or event.at,
        moment=event.seq,
        clause=point.clause,
        headline=point.title,
        sentence=sentence,
        events=events or (event.seq,),
        detail=detail or {},
    )


def quiet(point: Point, mark: str, result: Any, reason: str, event: Event | None = None) -> Verdict:
    return Verdict(
        point=point.key,
        kind=point.kind,
        mark=mark,
        result=result,
        title=point.title,
        step=event.step if event else "",
        step_title=event.step if event else "",
        version=point.version,
        at=event.at if event else point.since,
        moment=event.seq if event else 0,
        clause=point.clause,
        reason=reason,
        events=(event.seq,) if event else (),
    )
