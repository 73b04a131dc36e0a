# SPDX-License-Identifier: Apache-2.0
"""Sums of the kept figures. Every function reads a few hundred rows, however many cases there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.api.db import Scope, rows, scope_conditions
from core.api.people import organisation_names
from core.api.regions import RegionRow
from plugins.dashboards.queries.spots import Spot, wide
from plugins.dashboards.rules.measures import BOARD, BY_CLASS, CLASSES, TREND, share
from plugins.dashboards.rules.periods import Period


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and what their amounts come to."""

    n: int = 0
    amount: int = 0

    @property
    def mean(self) -> float | None:
        return self.amount / self.n if self.n else None


Sums = Mapping[str, Sum]
NONE = Sum()


@dataclass
class Line:
    """A line of a table: a place, a unit or a class, with its sums by measure."""

    title: str
    sums: dict[str, Sum] = field(default_factory=dict)
    path: str = ""
    params: dict[str, str] = field(default_factory=dict)
    """What restricts the rows this line counts."""
    note: str = ""

    def n(self, measure: str) -> int:
        return self.sums.get(measure, NONE).n

    @property
    def in_time(self) -> float | None:
        return share(self.n("cases.in_time"), self.n("cases.closed"))

    @property
    def empty(self) -> bool:
        return not any(each.n for each in self.sums.values())


def _at(spot: Spot, scope: Scope, *, own: bool = False) -> tuple[str, list[Any]]:
    """The condition of a spot: one total row where the scope holds all of it, else the parts.

    ``own``: only what happened at the region itself, without the regions below.
    """
    where, args = scope_conditions(scope, "f")
    lo = len(args) + 1
    if spot.unit:
        return (
            f"{where} and not f.whole and f.region_lo = ${lo}::int8 and f.org_lo = ${lo + 1}::int8",
            [
                *args,
                spot.region.lo,
                spot.unit.lo,
            ],
        )
    if own:
        return f"{where} and not f.whole and f.region_lo = ${lo}::int8", [*args, spot.region.lo]
    if wide(scope):
        return f"{where} and f.whole and f.region_lo = ${lo}::int8", [*args, spot.region.lo]
    return f"{where} and not f.whole and f.region_lo between ${lo}::int8 and ${lo + 1}::int8", [
        *args,
        spot.region.lo,
        spot.region.hi,
    ]


async def _read(
    where: str,
    args: Sequence[Any],
    period: Period,
    measures: Collection[str] | None,
    classes: Sequence[str],
    by: str = "0",
) -> list[dict[str, Any]]:
    at = len(args) + 1
    only = f" and f.measure = any(${at + 3}::text[])" if measures is not None else ""
    return await rows(
        f"select {by} as key, f.measure, sum(f.n)::int8 as n, sum(f.amount)::int8 as amount"
        f" from dashboards_figure f where {where} and f.power_class = any(${at}::text[])"
        f" and f.month between ${at + 1}::int4 and ${at + 2}::int4{only} group by 1, 2",
        *args,
        list(classes),
        period.first,
        period.last,
        *([list(measures)] if measures is not None else []),
    )


def _by_key(found: Sequence[Mapping[str, Any]]) -> dict[Any, dict[str, Sum]]:
    lines: dict[Any, dict[str, Sum]] = {}
    for each in found:
        lines.setdefault(each["key"], {})[each["measure"]] = Sum(each["n"], each["amount"])
    return lines


async def sums(spot: Spot, scope: Scope, period: Period, power_class: str) -> dict[str, Sum]:
    """Every measure of a spot."""
    where, args = _at(spot, scope)
    found = await _read(where, args, period, None, [power_class])
    return _by_key(found).get(0, {})


async def by_class(spot: Spot, scope: Scope, period: Period) -> list[Line]:
    """The eight classes, also those nothing happened in."""
    where, args = _at(spot, scope)
    keys = [key for key, _ in CLASSES]
    found = _by_key(await _read(where, args, period, BY_CLASS, keys, "f.power_class"))
    return [
        Line(title, found.get(key, {}), params={**spot.params, "power_class": key})
        for key, title in CLASSES
    ]


async def by_month(
    spot: Spot, scope: Scope, period: Period, power_class: str
) -> list[tuple[int, dict[str, Sum]]]:
    """Every month of the period, also an empty one: a gap must be seen."""
    where, args = _at(spot, scope)
    found = _by_key(await _read(where, args, period, TREND, [power_class], "f.month"))
    return [(month, found.get(month, {})) for month in period.months]


async def by_region(
    spot: Spot, below: Sequence[RegionRow], scope: Scope, period: Period, power_class: str
) -> list[Line]:
    """The regions directly below and, last, what happened at the region itself.

    Their sum is the region's own total. A closed region without figures is left out, and for
    whoever reads his own house's figures every region without any.
    """
    if not below:
        return []
    limits, args = scope_conditions(scope, "f")
    at = len(args) + 1
    if wide(scope):
        where = f"{limits} and f.whole and f.region_lo = any(${at}::int8[])"
        found = await _read(
            where,
            [*args, [each.lo for each in below]],
            period,
            BOARD,
            [power_class],
            "f.region_lo",
        )
        lines = _by_key(found)
    else:
        where, args = _at(spot, scope)
        parts = _by_key(await _read(where, args, period, BOARD, [power_class], "f.region_lo"))
        lines = {
            each.lo: _together(s for lo, s in parts.items() if lo in each.interval)
            for each in below
        }
    listed = [
        Line(
            each.name,
            lines.get(each.lo, {}),
            f"/dashboards/region/{each.id}",
            {"region": str(each.id)},
            "" if each.open else "已撤销",
        )
        for each in below
    ]
    where, args = _at(spot, scope, own=True)
    own = _by_key(await _read(where, args, period, BOARD, [power_class])).get(0, {})
    # Of a region where only the visitor's own house counts, a nought would be read as the region's.
    shown = [each for each in listed if not each.empty or not (each.note or spot.house)]
    return [
        *shown,
        Line(f"{spot.region.name}本级", own, params={**spot.params, "own": "1"}),
    ]


def _together(parts: Any) -> dict[str, Sum]:
    found: dict[str, Sum] = {}
    for sums_of in parts:
        for measure, each in sums_of.items():
            had = found.get(measure, NONE)
            found[measure] = Sum(had.n + each.n, had.amount + each.amount)
    return found


async def by_unit(spot: Spot, scope: Scope, period: Period, power_class: str) -> list[Line]:
    """The organisations at the region itself, each for itself, most alarms first."""
    if spot.unit:
        return []
    where, args = _at(spot, scope, own=True)
    found = _by_key(await _read(where, args, period, BOARD, [power_class], "f.org_lo"))
    los = [lo for lo in found if lo]
    titles = await organisation_names(los)
    ids = {
        each["lo"]: each["id"]
        for each in await rows(
            "select lo, id from core_organisation where lo = any($1::int8[])", los
        )
    }
    lines = [
        Line(
            titles.get(lo, "没有登记的单位"),
            each,
            f"/dashboards/unit/{ids[lo]}" if lo in ids else "",
            {"region": str(spot.region.id), "unit": str(ids[lo])}
            if lo in ids
            else {"region": str(spot.region.id), "own": "1", "unit": "0"},
        )
        for lo, each in found.items()
    ]
    shown = [each for each in lines if not each.empty]
    return sorted(shown, key=lambda x: (-x.n("alarms.red"), -x.n("cases.opened"), x.title))


def total_of(lines: Sequence[Line]) -> Line:
    """The sum of a table's lines."""
    return Line("合计", _together(each.sums for each in lines))
