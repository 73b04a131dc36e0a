# SPDX-License-Identifier: Apache-2.0
"""Keeping entries and figures in step with the facts, one subject at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.api.db import Scope, SubjectRef, execute, row, rows, transaction, value
from core.api.facts import Fact, history
from core.api.regions import REGIONS
from plugins.dashboards.rules.adding import Cell, Line, difference
from plugins.dashboards.rules.measures import CLASS_TITLES
from plugins.dashboards.rules.telling import HEARD, Told, told

KEEPER: Final = Scope.platform("the totals of all regions above are kept along")
# Whoever adds holds it shared, a recount alone: what is counted anew is exactly what was added.
LOCK: Final = 0x6A645F636F756E74

ADD = """
insert into dashboards_figure (origin, region_lo, whole, org_lo, measure, power_class, month, n,
  amount)
select o, o, w, g, m, c, k, n, a
from unnest($1::int8[], $2::bool[], $3::int8[], $4::text[], $5::text[], $6::int4[], $7::int4[],
  $8::int8[]) with ordinality x(o, w, g, m, c, k, n, a, i) order by i
on conflict (origin, whole, org_lo, measure, power_class, month)
do update set n = dashboards_figure.n + excluded.n,
  amount = dashboards_figure.amount + excluded.amount
"""
PUT = """
insert into dashboards_entry (measure, subject_kind, subject_id, power_class, item, day, amount,
  title, region_lo, org_lo)
select m, $1, $2, $3, $4, d, a, $5, $6, $7 from unnest($8::text[], $9::date[], $10::int4[]) x(m, d, a)
on conflict (subject_kind, subject_id, measure)
do update set power_class = excluded.power_class, item = excluded.item, day = excluded.day,
  amount = excluded.amount, title = excluded.title, region_lo = excluded.region_lo,
  org_lo = excluded.org_lo
"""


@dataclass(frozen=True, slots=True)
class Classed:
    """The class of a subject and the item it comes from; both empty when not known."""

    item: int = 0
    power_class: str = ""


async def keep(subject: SubjectRef, facts: Sequence[Fact]) -> None:
    """Have the entries of a subject say what its facts say, and the figures with them.

    What the entries say already changes nothing, so a delivery may be repeated at any point.
    """
    found = told(facts)
    if found is None:
        return
    async with transaction(KEEPER):
        await execute("select pg_advisory_xact_lock_shared($1)", LOCK)
        classed = await class_of(found)
        have = await _entries(subject)
        await _write(subject, found, classed, {each["measure"] for each in have})
        await add(difference([_line(each) for each in have], lines_of(found, classed)))


async def hear(fact: Fact) -> None:
    """A fact came: read all that happened to its subject."""
    facts = await history(fact.subject, HEARD)
    await keep(fact.subject, facts or [fact])


async def class_of(found: Told) -> Classed:
    """The item's class; an alarm has that of its case."""
    item = found.item
    if not item and found.case:
        opened = await history(SubjectRef("cases.case", found.case), ["cases.opened"])
        item = int(opened[0].payload.get("item") or 0) if opened else 0
    if not item:
        return Classed()
    known = await value("select power_class from dashboards_item where item = $1", item)
    return Classed(item, known or "")


def lines_of(found: Told, classed: Classed) -> list[Line]:
    """Its entries as they are added up."""
    place = found.place
    return [
        Line(
            m.measure,
            place.region_lo,
            place.org_lo,
            classed.power_class,
            m.day,
            m.amount,
            REGIONS.ancestors(place.region_lo),
        )
        for m in found.marks
    ]


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(
        entry["measure"],
        entry["region_lo"],
        entry["org_lo"],
        entry["power_class"],
        entry["day"],
        entry["amount"],
        REGIONS.ancestors(entry["region_lo"]),
    )


async def _entries(subject: SubjectRef) -> list[dict[str, Any]]:
    return await rows(
        "select measure, region_lo, org_lo, power_class, day, amount from dashboards_entry"
        " where subject_kind = $1 and subject_id = $2",
        subject.kind,
        subject.id,
    )


async def _write(subject: SubjectRef, found: Told, classed: Classed, have: set[str]) -> None:
    measures = [mark.measure for mark in found.marks]
    if have - set(measures):
        await execute(
            "delete from dashboards_entry where subject_kind = $1 and subject_id = $2"
            " and measure <> all($3::text[])",
            subject.kind,
            subject.id,
            measures,
        )
    days: list[date] = [mark.day for mark in found.marks]
    await execute(
        PUT,
        subject.kind,
        subject.id,
        classed.power_class,
        classed.item,
        found.title,
        found.place.region_lo,
        found.place.org_lo,
        measures,
        days,
        [mark.amount for mark in found.marks],
    )


async def add(cells: Mapping[Cell, tuple[int, int]]) -> None:
    """Add to the figures, in one statement and in one order for everybody."""
    if not cells:
        return
    keys = list(cells)
    await execute(
        ADD,
        [each.origin for each in keys],
        [each.whole for each in keys],
        [each.org_lo for each in keys],
        [each.measure for each in keys],
        [each.power_class for each in keys],
        [each.month for each in keys],
        [cells[each][0] for each in keys],
        [cells[each][1] for each in keys],
    )


async def class_known(fact: Fact) -> None:
    """A version of a power item took effect: its class is known, also for what came earlier."""
    item = int(fact.payload.get("item") or 0)
    power_class = str(fact.payload.get("power_class") or "")
    if not item or power_class not in CLASS_TITLES:
        return
    async with transaction(KEEPER):
        await execute("select pg_advisory_xact_lock_shared($1)", LOCK)
        known = await row(
            "select power_class from dashboards_item where item = $1 for update", item
        )
        if known and known["power_class"] == power_class:
            return
        await execute(
            "insert into dashboards_item (item, power_class) values ($1, $2)"
            " on conflict (item) do update set power_class = excluded.power_class",
            item,
            power_class,
        )
        have = await rows(
            "select measure, region_lo, org_lo, power_class, day, amount from dashboards_entry"
            " where item = $1 and power_class <> $2 for update",
            item,
            power_class,
        )
        before = [_line(each) for each in have]
        after = [_line({**each, "power_class": power_class}) for each in have]
        await execute(
            "update dashboards_entry set power_class = $2 where item = $1 and power_class <> $2",
            item,
            power_class,
        )
        await add(difference(before, after))
