# SPDX-License-Identifier: Apache-2.0
"""统计分析 over 500,000 cases and 2,000,000 events of one province, and over a tenth of them.

The real pages through the real application: session, scope, policies, template. What a request
costs this process and the database together is what a leader waits for on an idle machine. Kept
figures are compared with a full recount, before and after facts are taken in one by one.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from core import clock, db
from core.api.db import Place, SubjectRef
from core.api.facts import Fact
from core.api.testing import Browser, sign_in_as
from core.auth import services
from core.host.registry import Registry, current, set_current
from core.people.services import found_organisation
from core.regions.services import import_regions
from tests.bench.measuring import Number, Race
from tests.bench.world import WIDE, Asker, application, as_owner, backends, database, run, server

NAME = "dashboards"
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
PROVINCE = "15"

# Cases at every town, county and prefecture of a province, four organisations each, over two years.
CASES = """
create temporary table b as
select n, r.lo, 1 + n % 4 as organ, date '2024-12-01' + (n * 7 % 715) as day,
  case when n % 5 > 0 then date '2024-12-01' + (n * 7 % 715) + (n % 40) end as closed,
  (array['penalty', 'licence', 'inspection', 'coercion', 'confirmation', 'levy', 'payment',
    'ruling'])[1 + n / 4 % 8] as class
from generate_series(1, $1::int) n
join (select lo, row_number() over (order by lo) - 1 as i, count(*) over () as all_of
      from core_region where level >= 2 and lo between $2 and $3) r on r.i = n * 13 % r.all_of
"""
ENTRIES = """
insert into dashboards_entry (measure, subject_kind, subject_id, power_class, item, day, amount,
  title, region_lo, org_lo)
select m.measure, m.kind, n, class, 7, m.day, m.amount, '案 ' || n, lo, organ * 68719476736
from b cross join lateral (values
  ('cases.opened', 'cases.case', day, 0, true),
  ('cases.running', 'cases.case', day, 0, closed is null),
  ('cases.closed', 'cases.case', closed, n % 40, closed is not null),
  ('cases.in_time', 'cases.case', closed, 0, closed is not null and n % 50 > 0),
  ('cases.late', 'cases.case', closed, 0, closed is not null and n % 50 = 0),
  ('alarms.red', 'inspection.alarm', day, 0, n % 12 = 0),
  ('alarms.red.open', 'inspection.alarm', day, 0, n % 60 = 0),
  ('alarms.red.revoked', 'inspection.alarm', day, 0, n % 12 = 0 and n % 60 > 0),
  ('alarms.evidence', 'inspection.alarm', day, 0, n % 12 = 0),
  ('alarms.yellow', 'inspection.alarm', day, 0, n % 30 = 7),
  ('orders.issued', 'orders.order', day, 0, n % 40 = 0),
  ('complaints.filed', 'complaints.complaint', day, 0, n % 25 = 0)
) m(measure, kind, day, amount, there) where m.there
"""
# Four events of every case, as the trail holds them.
EVENTS = """
insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
  recorded_at)
select k.kind, 'cases.case', n,
  '{"case_number":"磴市监立〔2026〕' || n || '号","item":7,"title":"未按规定案"}',
  lo, organ * 68719476736, 0, day + k.after * interval '1 day', day + k.after * interval '1 day'
from b cross join lateral (values
  ('cases.opened', 0), ('cases.step_entered', 1), ('cases.step_submitted', 2),
  ('cases.closed', n % 40)) k(kind, after)
where k.kind <> 'cases.closed' or closed is not null
"""


@dataclass
class Found:
    """What one size gave."""

    cost: dict[str, float]
    figures: int
    recount: float
    differences: int
    kept: float


async def _fill(address: str, cases: int, lo: int, hi: int) -> None:
    async with as_owner(address) as owner:
        await owner.execute(CASES, cases, lo, hi)
        await owner.execute(EVENTS)
        await owner.execute(ENTRIES)
        await owner.execute("vacuum analyze dashboards_entry")


async def _facts(count: int, place: Place) -> float:
    """Milliseconds of processor time of the worker for one fact taken in."""
    from plugins.dashboards.services import keeping

    facts = [
        Fact(
            n + 1,
            "complaints.filed",
            SubjectRef("complaints.complaint", 10_000_000 + n),
            {"number": f"投诉{n}"},
            place,
            0,
            NOW,
            NOW,
        )
        for n in range(count)
    ]
    began = time.process_time()
    for each in facts:
        async with db.transaction(WIDE):
            await keeping.hear(each)
    return (time.process_time() - began) / count * 1000


async def _measure(url: str, template: str, registry: Registry, cases: int, rounds: int) -> Found:
    from plugins.dashboards.services import recounting

    async with database(url, template) as address:
        set_current(registry)
        clock.set_source(lambda: NOW)
        await services.apply_defaults(registry)
        async with db.transaction(WIDE):
            await import_regions(provinces=(PROVINCE,))
            province = await db.row(
                "select id, lo, hi from core_region where level = 1 and code like '15%'"
            )
            assert province is not None
            city, county = [
                await db.row(
                    "select id, lo from core_region where level = $1 and lo between $2 and $3"
                    " order by lo limit 1",
                    level,
                    province["lo"],
                    province["hi"],
                )
                for level in (2, 3)
            ]
            assert city is not None
            assert county is not None
            office = await found_organisation("内蒙古自治区司法厅", "justice", province["id"])
        await _fill(address, cases, province["lo"], province["hi"])
        began = time.perf_counter()
        counted = await recounting.recount_figures()
        recount = time.perf_counter() - began
        async with as_owner(address) as owner:
            await owner.execute("vacuum analyze dashboards_figure")
        kept = await _facts(100, Place(county["lo"], 68719476736))
        differences = len((await recounting.compare()).differences)
        app = application(registry)
        browser = Browser(app)
        await sign_in_as(
            browser,
            "leader",
            organisation=office,
            region=await _region(province["id"]),
            name="领导",
        )
        asker = Asker(app, browser)
        months = "from=2026-01&to=2026-11"
        pages = {
            "first": f"/dashboards/region/{province['id']}",
            "city": f"/dashboards/region/{city['id']}",
            "county": f"/dashboards/region/{county['id']}",
            "rows": f"/dashboards/rows?measure=cases.opened&region={county['id']}&{months}",
        }
        race = Race(
            {name: partial(asker.get, path) for name, path in pages.items()},
            rounds,
            times=3,
            pids=await backends(),
        )
        found = await race.run()
        cost = {name: each.whole / 1000 for name, each in found.items()}
        return Found(cost, counted.figures, recount, differences, kept)


async def _region(ident: int) -> Any:
    from core.api.regions import region

    async with db.transaction(WIDE):
        return await region(ident)


def measure(*, quick: bool = False) -> list[Number]:
    """First page, drill, rows, and what ten times the cases cost."""
    rounds, many = (4, 50_000) if quick else (15, 500_000)
    try:
        with server(shared_buffers="512MB") as (url, template):
            registry: Registry = current()
            few = run(_measure(url, template, registry, many // 10, rounds))
            all_of = run(_measure(url, template, registry, many, rounds))
    finally:
        clock.set_source(None)
    cost = all_of.cost
    worst = max(cost["city"], cost["county"], cost["rows"])
    ratio = cost["first"] / few.cost["first"]
    drilled = max(cost[name] / few.cost[name] for name in ("city", "county"))
    parts = "，".join(
        f"{title} {cost[name]:.0f}"
        for name, title in (("city", "盟市"), ("county", "旗县"), ("rows", "明细"))
    )
    return [
        Number(
            NAME,
            f"统计首页（全省），{many:,} 件案件、{many * 4:,} 个事件，网页进程和数据库合计",
            cost["first"],
            "ms",
            300,
            note=f"统计行 {all_of.figures:,}",
        ),
        Number(NAME, "下钻的页面，最慢的一个", worst, "ms", 200, note=f"{parts} ms"),
        Number(NAME, f"首页，{many:,} 件 : {many // 10:,} 件", ratio, "×", 1.2),
        Number(NAME, "盟市、旗县页，同上，较差的一个", drilled, "×", 1.2),
        Number(
            NAME,
            "与全部重算的出入",
            float(few.differences + all_of.differences),
            "行",
            0,
            note=f"重算 {all_of.recount:.1f} 秒",
        ),
        Number(NAME, "记一条事实（后台进程的处理器时间）", all_of.kept, "ms"),
    ]
