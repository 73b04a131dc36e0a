# SPDX-License-Identifier: Apache-2.0
"""监察分析: alarms by kind, unit or month, colour and period, down to the rows.

One grouped statement over the alarm list's own query gives the whole table, so every number is
the length of the list its link opens, and parts add up to their sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from core.api.db import Scope, rows, scope_conditions
from plugins.inspection.queries import ALARMS, names_of_units
from plugins.inspection.queries.periods import Period
from plugins.inspection.queries.register import alarms_path
from plugins.inspection.rules.kinds import time_limit

By = Literal["unit", "month", "item"]
BY_TITLES: Mapping[By, str] = {"unit": "按单位", "month": "按月", "item": "按事项"}
NO_UNIT = "没有登记的单位"


@dataclass
class Cell:
    """Red and yellow alarms, each with its list."""

    red: int = 0
    yellow: int = 0
    red_path: str = ""
    yellow_path: str = ""


@dataclass
class Line:
    """One row of the table: a unit, a month or an item."""

    key: str
    title: str
    conditions: dict[str, str]
    cells: dict[str, Cell] = field(default_factory=dict)
    total: Cell = field(default_factory=Cell)


@dataclass
class Table:
    """The whole table with its sums."""

    by: By
    kinds: list[str]
    lines: list[Line]
    sums: dict[str, Cell]
    total: Cell


GROUPS: Mapping[By, str] = {
    "unit": "a.department::text",
    "item": "a.item::text",
    "month": "to_char(a.raised_at at time zone 'Asia/Shanghai', 'YYYY-MM')",
}


async def alarm_table(scope: Scope, period: Period, by: By, conditions: Mapping[str, str]) -> Table:
    """The table under the conditions of the page (unit, kind, colour, item)."""
    fixed = {key: value for key, value in conditions.items() if value}
    query = ALARMS.query({"tab": "", **fixed, **period.params}, scope)
    found = await rows(
        f"select {GROUPS[by]} as key, a.kind, a.colour, count(*) as n from {ALARMS.source}"
        f" where {query.sql} group by 1, 2, 3",
        *query.args,
    )
    lines = _month_lines(period) if by == "month" else {}
    titles = await _titles(by, {each["key"] for each in found})
    for each in found:
        key = each["key"]
        if key not in lines:
            lines[key] = Line(key, titles.get(key, NO_UNIT), {by: key})
        cell = lines[key].cells.setdefault(each["kind"], Cell())
        setattr(cell, each["colour"], getattr(cell, each["colour"]) + each["n"])
    kinds = sorted({each["kind"] for each in found}, key=_kind_order)
    return _with_sums(by, kinds, lines, fixed, period)


async def _titles(by: By, keys: set[str]) -> dict[str, str]:
    if by == "month":
        return {}
    numbers = [int(key) for key in keys]
    if by == "unit":
        return {str(key): name for key, name in (await names_of_units(numbers)).items()}
    found = await rows(
        "select distinct on (item) item, title from inspection_rule_set"
        " where item = any($1::int8[]) order by item, version desc",
        numbers,
    )
    return {str(each["item"]): each["title"] for each in found}


def _month_lines(period: Period) -> dict[str, Line]:
    """Every month of the period, also those without any alarm: a gap must be seen."""
    return {
        f"{m.first:%Y-%m}": Line(f"{m.first:%Y-%m}", f"{m.first.year}年{m.first.month}月", m.params)
        for m in period.months()
    }


def _kind_order(kind: str) -> tuple[int, str]:
    order = [option for option, _ in next(f for f in ALARMS.filters if f.key == "kind").options]
    return (order.index(kind) if kind in order else len(order), kind)


def _with_sums(
    by: By,
    kinds: list[str],
    lines: Mapping[str, Line],
    fixed: Mapping[str, str],
    period: Period,
) -> Table:
    sums = {kind: Cell() for kind in kinds}
    total = Cell()
    for line in lines.values():
        for kind in kinds:
            cell = line.cells.setdefault(kind, Cell())
            for each in (sums[kind], line.total, total):
                each.red += cell.red
                each.yellow += cell.yellow
            _link(cell, {**fixed, **period.params, **line.conditions, "kind": kind})
        _link(line.total, {**fixed, **period.params, **line.conditions})
    for kind, cell in sums.items():
        _link(cell, {**fixed, **period.params, "kind": kind})
    _link(total, {**fixed, **period.params})
    listed = list(lines.values())
    if by != "month":
        listed.sort(key=lambda x: (-x.total.red, -x.total.yellow, x.title))
    return Table(by, kinds, listed, sums, total)


def _link(cell: Cell, conditions: Mapping[str, str]) -> None:
    wanted = {k: v for k, v in conditions.items() if k != "colour"}
    cell.red_path = alarms_path(**wanted, colour="red")
    cell.yellow_path = alarms_path(**wanted, colour="yellow")


async def on_time(scope: Scope, period: Period) -> list[dict[str, Any]]:
    """By unit: limits kept and limits missed in the period, and the share that was kept.

    Missed are the alarms of the kind 办理时限, so the number opens their list; kept are the
    entries of steps and stages that a time limit judged and passed.
    """
    where, args = scope_conditions(scope, "v", start=3)
    kept = await rows(
        "select coalesce(o.id, 0) as unit, coalesce(o.name, '') as name, count(*) as n"
        " from inspection_verdict v left join core_organisation o on o.lo = v.org_lo"
        f" where v.kind = '{time_limit.KEY}' and v.result = 'passed' and v.happened_at >= $1"
        f" and v.happened_at < $2 and {where} group by 1, 2",
        period.start,
        period.end,
        *args,
    )
    asked = {"tab": "", "kind": time_limit.KEY, **period.params}
    query = ALARMS.query(asked, scope)
    missed = await rows(
        "select a.department as unit, coalesce(o.name, '') as name, count(*) as n"
        f" from {ALARMS.source} where {query.sql} group by 1, 2",
        *query.args,
    )
    lines: dict[int, dict[str, Any]] = {}
    for found, column in ((kept, "kept"), (missed, "missed")):
        for each in found:
            line = lines.setdefault(
                each["unit"],
                {"unit": each["unit"], "name": each["name"] or NO_UNIT, "kept": 0, "missed": 0},
            )
            line[column] += each["n"]
    for line in lines.values():
        line["share"] = line["kept"] / (line["kept"] + line["missed"])
        line["missed_path"] = alarms_path(unit=line["unit"], kind=time_limit.KEY, **period.params)
    return sorted(lines.values(), key=lambda x: (x["share"], x["name"]))


async def silent_units(scope: Scope, period: Period) -> list[dict[str, Any]]:
    """Units that closed or moved cases in the period without a single lamp: quiet or unwatched.

    Judged entries without any alarm are a good office or points that never fire; the rules page
    tells which.
    """
    where, args = scope_conditions(scope, "v", start=3)
    return await rows(
        "select o.id as unit, o.name, count(*) as judged, count(distinct v.case_id) as cases"
        " from inspection_verdict v join core_organisation o on o.lo = v.org_lo"
        f" where v.happened_at >= $1 and v.happened_at < $2 and {where}"
        " and not exists (select 1 from inspection_alarm a where a.org_lo = v.org_lo"
        "   and a.raised_at >= $1 and a.raised_at < $2)"
        " group by 1, 2 order by cases desc, name limit 100",
        period.start,
        period.end,
        *args,
    )


async def units_of_alarms(scope: Scope) -> Sequence[tuple[str, str]]:
    """The choice of units: those of the alarm list."""
    chosen = next(f for f in ALARMS.filters if f.key == "unit")
    assert chosen.load is not None
    return await chosen.load(scope)


def bars(table: Table) -> list[dict[str, Any]]:
    """Heights of the chart's columns, from the very numbers of the table."""
    most = max((line.total.red + line.total.yellow for line in table.lines), default=0)
    if not most:
        return []
    return [
        {
            "title": line.title,
            "red": line.total.red,
            "yellow": line.total.yellow,
            "red_height": round(100 * line.total.red / most, 1),
            "yellow_height": round(100 * line.total.yellow / most, 1),
        }
        for line in table.lines
    ]
