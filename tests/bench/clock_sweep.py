# SPDX-License-Identifier: Apache-2.0
"""The sweep over a million open clocks of which ten thousand have run out.

    python -m tests.bench.clock_sweep [clocks] [due]

Prints what one sweep takes, what one INSERT … SELECT of the same facts, deliveries and notes
takes, their ratio (the aim is at most 3), and what a sweep takes that finds nothing (at most
5 ms). Works in a database of its own and removes it.
"""

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from core import clock
from core.calendar import sweep
from core.db import DB, WORKER, Scope, connection, execute, transaction, value
from core.host.registry import set_current
from tests import cluster

WIDE = Scope.platform("a benchmark looks at everything")
ROUNDS = 5

FILL = """
insert into core_clock (subject_kind, subject_id, key, title, pauses_with, state, started_at,
  due_at, limit_amount, limit_unit, provisional, ever_paused, paused_days, extensions, region_lo,
  org_lo)
select 'cases.case', n, 'step', '调查取证', '', 'running', $2::timestamptz - interval '20 days',
  case when n <= $3 then $2::timestamptz - interval '1 hour'
       else $2::timestamptz + make_interval(hours => (n % 2000)::int + 1) end,
  10, 'working', false, false, 0, 0, (n % 116) * 1073741824::bigint, 0
from generate_series(1, $1::int) n
"""
SAME_ROWS = """
with f as (
  insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
                         recorded_at)
  select kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at, recorded_at
  from told returning id),
d as (
  insert into core_delivery (fact, plugin, state, tries, due_at, error)
  select f.id, p.plugin, 'pending', 0, now(), '' from f, unnest($1::text[]) p(plugin)),
u as (insert into core_unsealed (fact) select id from f)
select count(*) from f
"""


async def _timed(work: object) -> float:
    begun = time.perf_counter()
    await work  # type: ignore[misc]
    return (time.perf_counter() - begun) * 1000


async def measure(clocks: int, due: int) -> None:
    now = datetime.now(UTC)
    async with transaction(WIDE):
        await execute(FILL, clocks, now, due)
    # VACUUM and ANALYZE cannot run in a transaction of ours.
    raw = await DB.get_new_connection()
    await raw.execute("set role jiandu_owner")
    await raw.execute("vacuum analyze core_clock")
    await raw.close()
    times: dict[str, list[float]] = {"sweep": [], "insert": [], "idle": []}
    with clock.frozen(now):
        for _ in range(ROUNDS):
            async with DB.transaction(scope=WIDE) as running:
                times["sweep"].append(await _timed(sweep.lapse_due_clocks(batch=due)))
                told = await value("select count(*) from core_fact")
                assert told == due, told
                plugins = await connection().fetch("select distinct plugin from core_delivery")
                await running.rollback()
            async with DB.transaction(scope=WIDE) as running:
                await execute("set local role jiandu_owner")
                await sweep.lapse_due_clocks(batch=due)
                await execute("create temp table told on commit drop as select * from core_fact")
                await execute("truncate core_delivery, core_unsealed, core_fact")
                names = [each["plugin"] for each in plugins]
                times["insert"].append(await _timed(connection().fetchval(SAME_ROWS, names)))
                await running.rollback()
        with clock.frozen(now - timedelta(days=1)):
            for _ in range(50):
                async with transaction(WIDE):
                    times["idle"].append(await _timed(sweep.lapse_due_clocks()))
    found = {name: statistics.median(each) for name, each in times.items()}
    print(f"clocks {clocks:,}, due {due:,}, {len(plugins)} subscribers")
    print(f"sweep   {found['sweep']:8.1f} ms")
    print(f"insert  {found['insert']:8.1f} ms   ratio {found['sweep'] / found['insert']:.2f}")
    print(f"idle    {found['idle']:8.2f} ms")


async def run(server: str, template: str, clocks: int, due: int) -> None:
    url = await cluster.create(server, cluster.new_name("bench"), template)
    DB.configure(url, WORKER)
    await DB.start_connection_pool(min_size=1, max_size=2)
    try:
        await measure(clocks, due)
    finally:
        await DB.close_connection_pool()


def main() -> None:
    clocks = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    due = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    own = cluster.start()
    try:
        set_current(cluster.registry())
        server = own.url_of("postgres")
        asyncio.run(run(server, cluster.make_template(server), clocks, due))
    finally:
        own.remove()


if __name__ == "__main__":
    main()
