# SPDX-License-Identifier: Apache-2.0
"""The sweep over a million open clocks of which ten thousand have run out.

One sweep against one INSERT … SELECT of the same facts, deliveries and notes into the same tables,
as processor time of this process and the database's together; and a sweep that finds nothing.
"""

import statistics
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from time import process_time_ns

from core import clock
from core.calendar import sweep
from core.db import DB, WORKER, connection, execute, transaction, value
from tests.bench.measuring import Cost, Number, processor_ns
from tests.bench.world import WIDE, as_owner, backends, database, run, server

NAME = "sweep"

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


async def _cost(pids: list[int], work: Awaitable[object]) -> Cost:
    others, own = sum(map(processor_ns, pids)), process_time_ns()
    await work
    own = process_time_ns() - own
    return Cost(own / 1000, (sum(map(processor_ns, pids)) - others) / 1000)


async def _measure(url: str, template: str, clocks: int, due: int, rounds: int) -> list[Number]:
    now = datetime.now(UTC)
    sweeps: list[Cost] = []
    inserts: list[Cost] = []
    idle: list[float] = []
    async with database(url, template, WORKER) as address:
        async with as_owner(address) as owner:
            await owner.execute(FILL, clocks, now, due)
            await owner.execute("vacuum analyze core_clock")
        pids = await backends()
        with clock.frozen(now):
            for _ in range(rounds):
                async with DB.transaction(scope=WIDE) as running:
                    sweeps.append(await _cost(pids, sweep.lapse_due_clocks(batch=due)))
                    told = await value("select count(*) from core_fact")
                    assert told == due, told
                    found = await connection().fetch("select distinct plugin from core_delivery")
                    await running.rollback()
                plugins = [each["plugin"] for each in found]
                async with DB.transaction(scope=WIDE) as running:
                    await execute("set local role jiandu_owner")
                    await sweep.lapse_due_clocks(batch=due)
                    await execute(
                        "create temp table told on commit drop as select * from core_fact"
                    )
                    await execute("truncate core_delivery, core_unsealed, core_fact")
                    statement = connection().fetchval(SAME_ROWS, plugins)
                    inserts.append(await _cost(pids, statement))
                    await running.rollback()
            with clock.frozen(now - timedelta(days=1)):
                for _ in range(100):
                    async with transaction(WIDE):
                        begun = time.perf_counter()
                        await sweep.lapse_due_clocks()
                        idle.append((time.perf_counter() - begun) * 1000)
    ratio = statistics.median(a.whole / b.whole for a, b in zip(sweeps, inserts, strict=True))
    swept, inserted = (statistics.median(c.whole for c in each) for each in (sweeps, inserts))
    return [
        Number(
            NAME,
            f"{clocks:,} 个期限中 {due:,} 个到期：一次清点 : 一条 INSERT … SELECT 写同样的行",
            ratio,
            "×",
            3,
            note=f"{swept / 1000:.0f} : {inserted / 1000:.0f} ms，{len(plugins)} 个插件订阅",
        ),
        Number(NAME, "没有到期时清点一次", statistics.median(idle), "ms", 5, note="经过的时间"),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """The price of a night on which many deadlines end at once."""
    clocks, due = (100_000, 1_000) if quick else (1_000_000, 10_000)
    with server() as (url, template):
        found: list[Number] = run(_measure(url, template, clocks, due, 3 if quick else 5))
        return found
