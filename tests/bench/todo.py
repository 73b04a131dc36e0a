# SPDX-License-Identifier: Apache-2.0
"""The home page with fifty things to do: what the platform adds, and what a million cases add.

The page as it is (session, guard, scope, row-level security, menu, headers) against a bare
handler with the same statements and the same template; and the page with 1,000,000 cases in the
country against the page with 10,000, the visitor's own desk being the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import asyncpg
from litestar import Litestar, Response, get

from core import clock, db
from core.api.testing import Browser, make_agencies, sign_in_as
from core.auth.visitor import Visitor
from core.calendar.queries import load_calendar
from core.host.registry import Registry, current, set_current
from core.people.services import enter_person
from core.turns import queries, rules
from core.web.state import Held, platform_of
from core.web.state import current as current_request
from tests import factories
from tests.bench.measuring import Cost, Number, Race
from tests.bench.world import WIDE, Asker, application, as_owner, backends, database, run, server

ROWS = 50
NAME = "todo"

# One office with a full desk: 60 things of the visitor's own, 340 of his colleagues', and as
# many that are done; every seventh with a lamp.
OFFICE = """
insert into core_turn (subject_kind, subject_id, key, title, subline, step_title, step_note, path,
  person, holder_name, permission, region_lo, org_lo, clock, started_at, due_at, unit, paused,
  pause_note, lamp, created, closed_at, closed_by)
select 'cases.case', n, '', '对当事人 ' || n || ' 拒不改正进货查验违法行为的处罚',
  '磴市监立〔2026〕' || n || '号 · 鲜味园餐饮店 ' || n, '调查取证', '第 3 步', '/cases/' || n,
  case when n % 400 < 60 then $1::int8 else $2::int8 end, '张海龙', 'cases.case.handle', $3, $4,
  null, now() - interval '6 days', now() + make_interval(hours => (n * 37) % 400 - 30), 'working',
  n % 23 = 0, '', case n % 7 when 0 then 'red' when 3 then 'yellow' else '' end,
  now() - interval '6 days', case when n > 400 then now() - interval '1 day' end,
  case when n > 400 then $5::int8 else 0 end
from generate_series(1, 800) n
"""
# The rest of the country: 116 counties with 40 agencies each, a fifth of the cases open.
ELSEWHERE = """
insert into core_turn (subject_kind, subject_id, key, title, subline, step_title, step_note, path,
  person, holder_name, permission, region_lo, org_lo, clock, started_at, due_at, unit, paused,
  pause_note, lamp, created, closed_at, closed_by)
select 'cases.case', 1000000 + n, '', '案件 ' || n, '立〔2026〕' || n || '号', '调查取证',
  '第 3 步', '/cases/' || n, 1000000 + n % 40000, '某人', 'cases.case.handle',
  $2::int8 + (n % 116 + 50) * $3::int8, (n % 4640 + 5000) * 68719476736, null,
  now() - interval '6 days', now() + make_interval(hours => n % 700 - 60), 'working', false, '',
  case n % 50 when 0 then 'red' when 1 then 'yellow' else '' end,
  now() - make_interval(mins => n % 500000), case when n % 5 > 0 then now() end,
  1000000 + n % 40000
from generate_series(1, $1::int) n
"""


@dataclass
class Desk:
    """A signed-in visitor and the application he asks."""

    app: Litestar
    browser: Browser
    visitor: Visitor


async def furnish(address: str, registry: Registry, cases: int) -> Desk:
    """One office, its desk, and ``cases`` cases in the rest of the country."""
    set_current(registry)
    from core.auth import services

    app = application(registry)
    browser = Browser(app)
    await services.apply_defaults(registry)
    tree = await factories.region_tree()
    agencies = await make_agencies(tree)
    async with db.transaction(WIDE):
        me = await enter_person("张海龙", agencies.agency.id)
        colleague = await enter_person("斯琴高娃", agencies.agency.id)
    who = await sign_in_as(
        browser, "handler", organisation=agencies.agency, name="张海龙", person=me.id
    )
    async with as_owner(address) as owner:
        place = (tree.county.lo, agencies.agency.lo)
        await owner.execute(OFFICE, me.id, colleague.id, *place, who.user_id)
        if cases:
            width = tree.county.hi - tree.county.lo + 1
            await owner.execute(ELSEWHERE, cases, tree.far_county.lo, width)
        await owner.execute("vacuum analyze core_turn")
        await owner.execute("analyze")
    return Desk(app, browser, who)


async def statements(desk: Desk) -> list[tuple[str, tuple[Any, ...]]]:
    """What the page asks of the database in its own transaction, in the order it asks."""
    heard: list[tuple[str, tuple[Any, ...]]] = []
    kept: dict[str, Any] = {name: getattr(db, name) for name in ("rows", "row", "value")}

    def listening(name: str) -> Any:
        async def ask(sql: str, *args: Any) -> Any:
            heard.append((sql, args))
            return await kept[name](sql, *args)

        return ask

    for name in kept:
        setattr(db, name, listening(name))
    try:
        await Asker(desk.app, desk.browser).get("/")
    finally:
        for name, function in kept.items():
            setattr(db, name, function)
    return [each for each in heard if "core_open(" not in each[0] and "core_version" not in each[0]]


async def bare(desk: Desk, pool: Any, *, only_list: bool = False) -> Litestar:
    """An application of one handler: the page's statements on a pooled connection, its template.

    With ``only_list`` it runs but the statement of the list and shows made-up counts.

    No session, no guard, no scope, no transaction, no row-level security, no menu to choose, no
    headers: everything the template needs besides rows is made once.
    """
    asked = await statements(desk)
    platform = platform_of(desk.app)
    who = desk.visitor
    # What the page hands to its template, kept once; only the rows are made anew.
    context = await _context(desk)
    template = platform.templates.env.get_template("pages/home.html")
    held = Held("BENCH", platform, who)
    listing = next(n for n, (sql, _) in enumerate(asked) if "t.subline" in sql)
    if only_list:
        asked, listing = [asked[listing]], 0
    async with db.transaction(WIDE):
        calendar = await load_calendar(who.region.lo)

    @get("/")
    async def handler() -> Response[str]:
        async with pool.acquire() as connection:
            answers = [await connection.fetch(sql, *args) for sql, args in asked]
        rows = [dict(each) for each in answers[listing][:ROWS]]
        now = clock.now()
        for row in rows:
            left = rules.countdown(
                now=now,
                started_at=row["started_at"],
                due_at=row["due_at"],
                calendar=calendar,
                unit=row["unit"],
                paused=row["paused"],
                pause_note=row["pause_note"],
            )
            row["hold"] = {
                "who": row["holder_name"],
                "note": left.note,
                "share": left.share,
                "tone": left.tone,
                "me": True,
            }
        context["p"].rows = rows
        token = current_request.set(held)
        try:
            return Response(template.render(context), media_type="text/html")
        finally:
            current_request.reset(token)

    return Litestar([handler], openapi_config=None, logging_config=None)


async def _context(desk: Desk) -> dict[str, Any]:
    """The variables of the page, caught on their way into the template."""
    templates = platform_of(desk.app).templates
    caught: dict[str, Any] = {}
    render = templates.render

    def catching(name: str, context: Mapping[str, Any]) -> str:
        caught.update(context)
        return render(name, context)

    templates.render = catching  # type: ignore[method-assign]
    try:
        await Asker(desk.app, desk.browser).get("/")
    finally:
        templates.render = render  # type: ignore[method-assign]
    return caught


async def _race(
    url: str, template: str, registry: Registry, cases: int, rounds: int
) -> tuple[Race, dict[str, Cost], int]:
    async with database(url, template) as address:
        desk = await furnish(address, registry, cases)
        page = Asker(desk.app, desk.browser)
        # The owner's connection: policies do not apply to it.
        pool = await asyncpg.create_pool(
            address, min_size=1, max_size=1, server_settings={"role": db.OWNER}
        )
        askers = {
            "page": page,
            "bare": Asker(await bare(desk, pool)),
            "one": Asker(await bare(desk, pool, only_list=True)),
        }
        for asker in askers.values():
            for _ in range(10):
                shown = (await asker.get("/")).decode()
            if shown.count("<tr") != ROWS + 1:
                raise RuntimeError("the page does not show fifty rows")
        race = Race(
            {name: partial(asker.get, "/") for name, asker in askers.items()},
            rounds,
            times=10,
            pids=[*await backends(), await pool.fetchval("select pg_backend_pid()")],
        )
        cost = await race.run()
        await pool.close()
        return race, cost, len(shown)


def measure(*, quick: bool = False) -> list[Number]:
    """The two ratios, and the costs they are made of."""
    rounds = 6 if quick else 30
    many, few = (100_000, 10_000) if quick else (1_000_000, 10_000)
    kept = queries.TURNS
    queries.TURNS = replace(kept, size=ROWS)  # type: ignore[misc]
    try:
        with server() as (url, template):
            registry = current()
            small, cost, size = run(_race(url, template, registry, few, rounds))
            _large, cost_many, _ = run(_race(url, template, registry, many, rounds))
    finally:
        queries.TURNS = kept  # type: ignore[misc]
    page, plain, wide = cost["page"], cost["bare"], cost_many["page"]
    return [
        Number(
            NAME,
            "待办页 50 行，全部打开 : 同样查询和模板的裸处理函数（网页进程）",
            small.ratio("page", "bare"),
            "×",
            1.6,
            note=f"{page.own / 1000:.2f} : {plain.own / 1000:.2f} ms，{size / 1024:.0f} KB",
        ),
        Number(
            NAME,
            "同上，裸处理函数只做列表那一条查询，不数标签上的数",
            small.ratio("page", "one"),
            "×",
            note=f"{page.own / 1000:.2f} : {cost['one'].own / 1000:.2f} ms",
        ),
        Number(
            NAME,
            "待办页 : 裸处理函数，连同数据库进程",
            small.ratio("page", "bare", whole=True),
            "×",
            note=f"{page.whole / 1000:.2f} : {plain.whole / 1000:.2f} ms",
        ),
        Number(
            NAME,
            f"待办页，全国 {many:,} 件 : {few:,} 件（网页与数据库进程合计）",
            wide.whole / page.whole,
            "×",
            1.3,
            note=f"{wide.whole / 1000:.2f} : {page.whole / 1000:.2f} ms",
        ),
    ]
