# SPDX-License-Identifier: Apache-2.0
"""Counting everything anew: figures from entries, or both from the facts themselves.

After a merger of regions the job does the first, since the sums above have moved with the rows;
the command does either, and can only compare.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec

from core.api.db import Place, SubjectRef, execute, rows, transaction, value
from core.api.facts import Fact
from core.api.jobs import enqueue
from core.api.regions import REGIONS
from plugins.dashboards.rules.measures import CLASS_TITLES
from plugins.dashboards.rules.telling import FAMILY, HEARD, told
from plugins.dashboards.services.keeping import KEEPER, LOCK, class_of

JOB: Final = "dashboards.recount"
PORTION: Final = 500
WIDTHS: Final = [REGIONS.width(depth) for depth in range(len(REGIONS.groups) + 1)]

FIGURES = """
with line as (
  select measure, region_lo, org_lo, power_class, amount,
    (extract(year from day) * 100 + extract(month from day))::int4 as month
  from dashboards_entry),
leaf as (
  select region_lo, org_lo, measure, power_class, month, count(*)::int4 as n,
    sum(amount)::int8 as amount
  from line group by 1, 2, 3, 4, 5),
own as (
  select region_lo, false as whole, org_lo, measure, '' as power_class, month, sum(n) as n,
    sum(amount) as amount from leaf group by 1, 3, 4, 6
  union all
  select region_lo, false, org_lo, measure, power_class, month, n, amount
  from leaf where power_class <> ''),
above as (
  select a.lo as region_lo, true as whole, 0::int8 as org_lo, o.measure, o.power_class, o.month,
    sum(o.n) as n, sum(o.amount) as amount
  from own o cross join lateral (
    select distinct o.region_lo - mod(o.region_lo, w) as lo from unnest($1::int8[]) w) a
  group by 1, 4, 5, 6)
select * from own union all select * from above
"""
BUILD = f"""
insert into dashboards_figure (origin, region_lo, whole, org_lo, measure, power_class, month, n,
  amount)
select region_lo, region_lo, whole, org_lo, measure, power_class, month, n, amount from ({FIGURES}) x
"""
KEY = "region_lo, whole, org_lo, measure, power_class, month"
DIFFERENT = f"""
with want as ({FIGURES}),
have as (
  select {KEY}, sum(n) as n, sum(amount) as amount from dashboards_figure group by {KEY}
  having sum(n) <> 0 or sum(amount) <> 0)
select {KEY}, coalesce(w.n, 0)::int8 as want, coalesce(h.n, 0)::int8 as have,
  coalesce(w.amount, 0)::int8 as want_amount, coalesce(h.amount, 0)::int8 as have_amount
from want w full join have h using ({KEY})
where w.n is distinct from h.n or w.amount is distinct from h.amount
order by {KEY} limit 100
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a recount found."""

    entries: int
    figures: int
    differences: tuple[Mapping[str, Any], ...] = ()


async def compare() -> Counted:
    """How the figures differ from a recount of the entries, at most a hundred lines."""
    async with transaction(KEEPER):
        await execute("select pg_advisory_xact_lock($1)", LOCK)
        found = await rows(DIFFERENT, WIDTHS)
        return Counted(*await _sizes(), tuple(found))


async def recount_figures() -> Counted:
    """The figures anew from the entries; nothing is added meanwhile."""
    async with transaction(KEEPER):
        await execute("select pg_advisory_xact_lock($1)", LOCK)
        await execute("delete from dashboards_figure")
        await execute(BUILD, WIDTHS)
        return Counted(*await _sizes())


async def recount_all() -> Counted:
    """Classes, entries and figures anew from the recorded facts."""
    async with transaction(KEEPER):
        await execute("select pg_advisory_xact_lock($1)", LOCK)
        await execute("delete from dashboards_entry")
        await execute("delete from dashboards_item")
        await _classes()
        async for subject, facts in _subjects():
            await _enter(subject, facts)
        return await recount_figures()


async def _sizes() -> tuple[int, int]:
    return (
        int(await value("select count(*) from dashboards_entry")),
        int(await value("select count(*) from dashboards_figure")),
    )


async def _classes() -> None:
    await execute(
        "insert into dashboards_item (item, power_class)"
        " select distinct on (item) item, power_class from ("
        "  select id, at, (payload::jsonb ->> 'item')::int8 as item,"
        "    payload::jsonb ->> 'power_class' as power_class"
        "  from core_fact where kind = 'powers.version_effective') x"
        " where item > 0 and power_class = any($1::text[]) order by item, id desc",
        list(CLASS_TITLES),
    )


async def _subjects() -> AsyncIterator[tuple[SubjectRef, list[Fact]]]:
    """Every subject with its facts, a portion at a time."""
    after: tuple[str, int] = ("", 0)
    while True:
        chosen = await rows(
            "select distinct subject_kind, subject_id from core_fact where kind = any($1::text[])"
            " and (subject_kind, subject_id) > ($2, $3)"
            " order by subject_kind, subject_id limit $4",
            list(FAMILY),
            *after,
            PORTION,
        )
        if not chosen:
            return
        found = await rows(
            "select f.id, f.kind, f.subject_kind, f.subject_id, f.payload, f.region_lo, f.org_lo,"
            " f.actor, f.at, f.recorded_at from core_fact f"
            " join unnest($1::text[], $2::int8[]) s(kind, id)"
            " on f.subject_kind = s.kind and f.subject_id = s.id where f.kind = any($3::text[])"
            " order by f.subject_kind, f.subject_id, f.at, f.id",
            [each["subject_kind"] for each in chosen],
            [each["subject_id"] for each in chosen],
            list(HEARD),
        )
        for ref, lines in groupby(
            found, lambda each: SubjectRef(each["subject_kind"], each["subject_id"])
        ):
            yield ref, [_fact(ref, each) for each in lines]
        after = (chosen[-1]["subject_kind"], chosen[-1]["subject_id"])


def _fact(ref: SubjectRef, line: Mapping[str, Any]) -> Fact:
    return Fact(
        line["id"],
        line["kind"],
        ref,
        msgspec.json.decode(line["payload"]),
        Place(line["region_lo"], line["org_lo"]),
        line["actor"],
        line["at"],
        line["recorded_at"],
    )


async def _enter(subject: SubjectRef, facts: list[Fact]) -> None:
    found = told(facts)
    if found is None:
        return
    classed = await class_of(found)
    await execute(
        "insert into dashboards_entry (measure, subject_kind, subject_id, power_class, item, day,"
        " amount, title, region_lo, org_lo) select m, $1, $2, $3, $4, d, a, $5, $6, $7"
        " from unnest($8::text[], $9::date[], $10::int4[]) x(m, d, a)",
        subject.kind,
        subject.id,
        classed.power_class,
        classed.item,
        found.title,
        found.place.region_lo,
        found.place.org_lo,
        [mark.measure for mark in found.marks],
        [mark.day for mark in found.marks],
        [mark.amount for mark in found.marks],
    )


async def after_move(fact: Fact) -> None:
    """Regions were merged or divided and all rows are there: the sums above are counted anew."""
    move = int(fact.payload.get("move") or 0)
    await enqueue(JOB, {}, key=f"{JOB}:{move}", place=Place(0))


async def recount_job(_payload: Mapping[str, Any]) -> None:
    """The job behind ``after_move``."""
    await recount_figures()
