# SPDX-License-Identifier: Apache-2.0
"""Finds clocks whose time is up and tells whoever listens, many at a time.

One statement claims the clocks, marks them and writes facts, deliveries and the sealer's notes,
since ten thousand deadlines end at the same second of the same night.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core import clock as time
from core import db
from core.api.plugin import Place
from core.calendar.facts import ClockRecomputed
from core.calendar.queries import COLUMNS, acts_of, clock_of, load_calendar
from core.calendar.rules import GRACE, WorkCalendar, due_date
from core.facts.services import record
from core.host import facts as host
from core.host import registry as host_registry

KIND = "core.clock.lapsed"
BATCH = 10_000
SWEEP_EVERY = timedelta(seconds=2)

ANY = "select exists (select 1 from core_clock where state = 'running' and due_at <= $1)"
WHERE = "select distinct region_lo from core_clock where state = 'running' and due_at <= $1"

# The payload is written with sorted keys and no spaces, the canonical form of the trail.
LAPSE = """
with claimed as materialized (
  select id from core_clock where state = 'running' and due_at <= $1
  order by due_at limit $3 for update skip locked),
marked as (
  update core_clock c set state = 'lapsed', lapsed_at = $2
  from claimed where c.id = claimed.id
  returning c.id, c.subject_kind, c.subject_id, c.key, c.title, c.started_at, c.due_at,
    c.provisional, c.region_lo, c.org_lo),
f as (
  insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
                         recorded_at)
  select 'core.clock.lapsed', subject_kind, subject_id,
    '{"clock":' || id
      || ',"due_at":"' || to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      || '","key":' || to_json(key)
      || ',"provisional":' || provisional
      || ',"started_at":"'
      || to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      || '","title":' || to_json(title) || '}',
    region_lo, org_lo, 0, due_at + interval '1 second', $2
  from marked returning id, region_lo),
d as (
  insert into core_delivery (fact, plugin, state, tries, due_at, error)
  select f.id, p.plugin, 'pending', 0, $2, ''
  from f join unnest($4::int8[], $5::text[]) as p(region_lo, plugin) using (region_lo)),
u as (insert into core_unsealed (fact) select id from f)
select count(*) from f
"""


async def lapse_due_clocks(*, batch: int = BATCH) -> int:
    """Mark up to ``batch`` clocks as lapsed and record each; how many there were."""
    now = time.now()
    before = now - GRACE
    if not await db.value(ANY, before):
        return 0
    registry = host_registry.current()
    kind = registry.fact_kinds[KIND]
    regions: list[int] = []
    plugins: list[str] = []
    for region_lo in await db.column(WHERE, before):
        for handler in await host.subscribers(registry, kind, Place(region_lo)):
            regions.append(region_lo)
            plugins.append(registry.plugin_of(handler))
    count: int = await db.value(LAPSE, before, now, batch, regions, plugins)
    if count and plugins:
        host.wake_after_commit()
    return count


async def sweep(_payload: Mapping[str, Any]) -> None:
    """The cron: one batch per run, so that no transaction grows long; the next is 2 s away."""
    await lapse_due_clocks()


AFFECTED = f"""
select {COLUMNS} from core_clock
where id > $1 and region_lo between $2 and $3 and limit_unit <> 'hours'
  and (state in ('running', 'paused') or (state = 'lapsed' and provisional and stopped_at is null))
  and due_at >= $4 and started_at < $5
order by id limit $6
"""
MOVE = """
update core_clock c set due_at = t.due_at, provisional = t.provisional, paused_days = t.paused,
  state = t.state, lapsed_at = case when t.state = 'lapsed' then c.lapsed_at end
from unnest($1::int8[], $2::timestamptz[], $3::bool[], $4::int[], $5::text[])
  as t(id, due_at, provisional, paused, state)
where c.id = t.id
"""


async def recompute_clocks(
    region_lo: int, region_hi: int, first: datetime, last: datetime, reason: str
) -> int:
    """Work out anew every open date a changed calendar touches; how many dates moved.

    ``first`` and ``last`` bound the changed days. A provisional clock that had run out counts
    again: once its date is certain the sweep judges it, this time for good.
    """
    calendars: dict[int, WorkCalendar] = {}
    moved = after = 0
    # A date that rolls over starts moving at its nominal day, at most a long holiday before.
    floor = first - timedelta(days=1)
    while True:
        found = await db.rows(
            AFFECTED, after, region_lo, region_hi, floor, last + timedelta(days=1), 2000
        )
        if not found:
            return moved
        clocks = [clock_of(row) for row in found]
        after = clocks[-1].id
        acts = await acts_of([c.id for c in clocks if c.ever_paused or c.extensions])
        changed: list[tuple[int, datetime, bool, int, str]] = []
        for each in clocks:
            place = each.place.region_lo
            if place not in calendars:
                calendars[place] = await load_calendar(place)
            pauses, extensions = acts.get(each.id, ([], []))
            due = due_date(
                each.started_at,
                each.limit,
                calendars[place],
                pauses=pauses,
                extensions=extensions,
            )
            state = "running" if each.state == "lapsed" and not due.provisional else each.state
            if (due.at, due.provisional, state) == (each.due_at, each.provisional, each.state):
                continue
            changed.append((each.id, due.at, due.provisional, due.paused_days, state))
            if due.at != each.due_at:
                moved += 1
                await record(
                    "core.clock.recomputed",
                    each.subject,
                    ClockRecomputed(
                        each.id,
                        each.key,
                        each.title,
                        each.due_at.isoformat(),
                        due.at.isoformat(),
                        due.provisional,
                        reason,
                    ),
                    each.place,
                )
        if changed:
            await db.execute(MOVE, *(list(column) for column in zip(*changed, strict=True)))
            await db.execute(
                "insert into core_clock_event (clock, kind, at, amount, unit, reason, approver,"
                " due_before, due_after, actor, region_lo, org_lo)"
                " select t.id, 'recomputed', $3, 0, '', $4, '', null, t.due_at, $5, c.region_lo,"
                " c.org_lo from unnest($1::int8[], $2::timestamptz[]) as t(id, due_at)"
                " join core_clock c on c.id = t.id",
                [c[0] for c in changed],
                [c[1] for c in changed],
                time.now(),
                reason,
                db.current_scope().actor,
            )


async def recompute_job(payload: Mapping[str, Any]) -> None:
    """The job behind an import; see ``recompute_clocks``."""
    await recompute_clocks(
        payload["region_lo"],
        payload["region_hi"],
        datetime.fromisoformat(payload["first"]),
        datetime.fromisoformat(payload["last"]),
        payload["reason"],
    )
