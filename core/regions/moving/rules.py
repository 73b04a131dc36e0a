# SPDX-License-Identifier: Apache-2.0
"""Which number goes where when regions merge or divide (architecture D12). Pure.

The number of a region (``lo``) says where it stands in the tree, so a region that changes its
place gets another number, and with it every row that carries it. Numbers are never part of a
hash: moving a fact changes nothing of what is sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.intervals import ORGANISATIONS, REGIONS, Interval

ALL_ORGANISATIONS = Interval(0, 2**62)


@dataclass(frozen=True, slots=True)
class Node:
    """A region of the tree as far as its place matters."""

    id: int
    lo: int
    hi: int
    parent: int | None
    open: bool
    successor: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A region that lives on under another number, below ``parent``."""

    id: int
    parent: int
    old: Interval
    new: Interval


@dataclass(frozen=True, slots=True)
class Route:
    """Where rows of one region go, of all organisations or only of some."""

    old: Interval
    new: Interval
    organisations: Interval = ALL_ORGANISATIONS
    whole: bool = True
    lives: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A move: regions that get new numbers, and where rows go."""

    shifts: tuple[Shift, ...]
    routes: tuple[Route, ...]


def merged(source: Node, below: Sequence[Node], target: Node, taken: int) -> Plan:
    """``source`` becomes part of ``target``; what exists below it moves under ``target``.

    ``below`` is everything under ``source``, closed regions too. ``taken`` is how many children
    ``target`` ever had: their numbers are never given out again. The order of the old numbers is
    kept. Rows of a region closed earlier follow to the one that succeeded it. Raises ``NoRoom``.
    """
    new = {source.id: Interval(target.lo, target.hi)}
    used = {target.id: taken}
    home = {source.id: target.id}
    shifts: list[Shift] = []
    ordered = sorted(below, key=lambda each: (each.lo, -each.hi))
    for each in ordered:
        if not each.open or each.parent not in home:
            continue
        parent = home[each.parent]
        interval = REGIONS.child(new[each.parent].lo, used.get(parent, 0))
        used[parent] = used.get(parent, 0) + 1
        new[each.id], home[each.id] = interval, each.id
        shifts.append(Shift(each.id, parent, Interval(each.lo, each.hi), interval))
    known = {each.id: each for each in ordered}
    lives = {each.id for each in shifts}
    routes = [Route(Interval(source.lo, source.hi), new[source.id])]
    for each in ordered:
        goal = new.get(each.id) or new[_heir(each, known, new, source.id)]
        routes.append(Route(Interval(each.lo, each.hi), goal, lives=each.id in lives))
    return Plan(tuple(shifts), tuple(routes))


def _heir(closed: Node, known: Mapping[int, Node], new: Mapping[int, Interval], source: int) -> int:
    """Which region inside the move has taken the place of a closed one, else the whole."""
    seen: set[int] = set()
    at: Node | None = closed
    while at is not None and at.id not in seen:
        if at.id in new:
            return at.id
        seen.add(at.id)
        step = at.successor if at.successor is not None else at.parent
        at = known.get(step) if step is not None else None
    return source


def divided(source: Node, target: Node, organisations: Sequence[Interval]) -> Plan:
    """Rows of the chosen organisations (and of what is below them) go from one region to another.

    Rows of ``source`` without an organisation stay: nobody can tell whose they would be.
    """
    routes = tuple(
        Route(
            Interval(source.lo, source.hi),
            Interval(target.lo, target.hi),
            each,
            whole=False,
        )
        for each in outermost(organisations)
    )
    return Plan((), routes)


def outermost(organisations: Sequence[Interval]) -> list[Interval]:
    """The intervals that lie in no other of them: a department goes with its organ."""
    return [
        each
        for each in sorted(set(organisations), key=lambda one: one.lo)
        if not any(other != each and other.covers(each) for other in organisations)
    ]


def depth_needed(source: Node, below: Sequence[Node]) -> int:
    """How many levels stand below a region that still exist."""
    depths = [REGIONS.depth(each.lo) for each in below if each.open]
    return max(depths, default=REGIONS.depth(source.lo)) - REGIONS.depth(source.lo)


def organisation_interval(lo: int) -> Interval:
    """An organisation and everything below it."""
    return ORGANISATIONS.interval(lo)
