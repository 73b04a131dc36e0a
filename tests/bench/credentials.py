# SPDX-License-Identifier: Apache-2.0
"""Cards: the public page against a bare handler, the status list of a million, faces, the verifier.

The page is asked in the real application, over and over, with its rate limit's counts emptied
between two questions; at the end the scan log has to hold every question. The yardstick is a bare
Litestar handler that fetches the same card with one query from a pool of asyncpg as it comes, and
answers with as many bytes. Because such a pool cleans each connection that comes back, which is a
round trip of its own, the same handler is measured with a pool that does not as well.
"""

import io
import statistics
import time
from datetime import date
from typing import Any

import asyncpg
from litestar import Litestar, Response, get
from litestar.params import FromPath
from PIL import Image

from core import clock, db
from core.db import OWNER, WORKER
from core.host.registry import Registry, build
from core.people.services import enter_person
from core.web.state import platform_of
from core.web.vendor import ROOT
from plugins.certificates.routes.check_frame import words_of
from plugins.certificates.rules import Standing
from plugins.certificates.services import faces, signing
from plugins.certificates.services.trusting import trust_file
from tests.bench.measuring import Number, Race
from tests.bench.world import WIDE, Asker, application, as_owner, database, office, run, server
from tests.chromium import ARGUMENTS, find

NAME = "credentials"
CARDS, FEW = 1_000_000, 20_000
CODE = "c" * 24
STATIC = ROOT / "plugins" / "certificates" / "static"

_OFFICER = """insert into certificates_officer (person, name, organisation, created_at, region_lo,
  org_lo) values ($1, '李志强', $2, now(), $3, $4) returning id"""
_CARDS = """insert into certificates_certificate (officer, person, number, token, holder_name,
  unit_name, region_name, category, valid_from, valid_until, inspection_due, created_at, region_lo,
  org_lo, published)
select $1, $2, 'N' || n, case n when 1 then $3 else md5(n::text) end, '李志强', '磴口县交通运输局',
  '磴口县', '交通运输', date '2024-07-01', date '2029-06-30',
  case when n % 50 = 0 then date '2026-01-01' else date '2028-07-01' end, now(), $4, $5, true
from generate_series(1, $6::int) n"""
# One card in ten is suspended or cancelled, without any order: more than any province has, and as
# hard to compress as it can be.
_PERIODS = """insert into certificates_period (certificate, state, since, recorded_at, region_lo,
  org_lo, published)
select id, case ('x' || substr(md5(id::text), 1, 4))::bit(16)::int % 20
    when 0 then 'suspended' when 1 then 'cancelled' else 'valid' end,
  valid_from, now(), region_lo, org_lo, true from certificates_certificate"""
_SIGNED = """insert into certificates_signed (certificate, token, content, kid, signed_at, region_lo,
  org_lo, published)
select id, '', '', '', now(), region_lo, org_lo, true from certificates_certificate order by id"""


async def _fill(address: str, unit: Any, cards: int) -> None:
    async with db.transaction(WIDE):
        person = (await enter_person("李志强", unit.id)).id
    async with as_owner(address) as raw:
        officer = await raw.fetchval(_OFFICER, person, unit.id, unit.region_lo, unit.lo)
        await raw.execute(_CARDS, officer, person, CODE, unit.region_lo, unit.lo, cards)
        await raw.execute(_PERIODS)
        await raw.execute(_SIGNED)
        await raw.execute("analyze")


# --- the public page --------------------------------------------------------------------------


def _bare(pool: asyncpg.Pool, size: int, drawn: Any = None) -> Litestar:
    filler = "x" * size

    @get("/check/{code:str}", media_type="text/html")
    async def check(code: FromPath[str]) -> Response[str]:
        found = await pool.fetchrow(
            """select c.*, p.state from certificates_certificate c
               join certificates_period p on p.certificate = c.id
               where c.token = $1 and c.published order by p.since desc limit 1""",
            code,
        )
        if drawn is not None:
            return Response(drawn(found), media_type="text/html")
        return Response(f"{found['holder_name']}{filler}", media_type="text/html")

    return Litestar([check], openapi_config=None, logging_config=None)


async def _leave(connection: Any) -> None:
    """In the place of the cleaning of a connection that comes back."""


async def _page(registry: Registry, address: str, rounds: int, times: int) -> list[Number]:
    app = application(registry)
    limits = platform_of(app).limits
    real = Asker(app)

    async def ask() -> None:
        limits.counts.clear()
        await real.get(f"/certificates/check/{CODE}")

    await ask()
    owner = {"role": OWNER}
    pool = await asyncpg.create_pool(address, min_size=1, max_size=1, server_settings=owner)
    lean = await asyncpg.create_pool(
        address, min_size=1, max_size=1, server_settings=owner, reset=_leave
    )
    try:
        bare = Asker(_bare(pool, len(real.body)))
        sparing = Asker(_bare(lean, len(real.body)))
        drawn = Asker(_bare(pool, 0, _drawing(app)))
        race = Race(
            {
                "page": ask,
                "bare": lambda: bare.get(f"/check/{CODE}"),
                "sparing": lambda: sparing.get(f"/check/{CODE}"),
                "drawn": lambda: drawn.get(f"/check/{CODE}"),
            },
            rounds,
            times=times,
        )
        for work in race.ways.values():
            for _ in range(10):
                await work()
        cost = await race.run()
        asked = 1 + 10 + rounds * times
        logged = await pool.fetchval("select count(*) from certificates_scan")
        assert logged == asked, f"{asked} questions, {logged} in the log"
    finally:
        await pool.close()
        await lean.close()
    return [
        Number(
            NAME,
            "公开查验页 : 空路由加一条查询（网页进程）",
            race.ratio("page", "bare"),
            "×",
            1.5,
            note=f"{cost['page'].own:.0f} : {cost['bare'].own:.0f} µs；页面已渲染、限流、记录查验",
        ),
        Number(
            NAME,
            "公开查验页 : 空路由加一条查询，连接归还时不清理",
            race.ratio("page", "sparing"),
            "×",
            note=f"{cost['page'].own:.0f} : {cost['sparing'].own:.0f} µs",
        ),
        Number(
            NAME,
            "公开查验页 : 空路由加一条查询，再用同一个模板画",
            race.ratio("page", "drawn"),
            "×",
            note=f"{cost['page'].own:.0f} : {cost['drawn'].own:.0f} µs",
        ),
    ]


def _drawing(app: Litestar) -> Any:
    """The same template with the same card, by nothing but Jinja."""
    templates = platform_of(app).templates
    standing = Standing(True, "ok", "", "N1", 1)
    never = {"former": None, "former_until": None}

    def draw(found: Any) -> str:
        return templates.render(
            "certificates/check.html",
            {
                "request": None,
                "visitor": None,
                "status": 200,
                "found": words_of({**dict(found), **never}, standing),
                "qualified": True,
                "headline": "证件有效",
                "code": CODE,
                "acts": [],
                "checked_at": clock.now(),
            },
        )

    return draw


# --- the list ---------------------------------------------------------------------------------


async def _list(cards: int) -> list[Number]:
    async with db.transaction(WIDE):
        began = time.perf_counter()
        await signing.build_list()
        took = time.perf_counter() - began
        found = await db.row(
            "select length(body) as size, cards, marked from certificates_status_list"
        )
    assert found is not None
    assert found["cards"] == cards
    note = f"{cards:,} 张，其中 {found['marked']:,} 张不是有效"
    return [
        Number(NAME, "状态名单：查、装、压缩、签名", took, "s", 10, note=note),
        Number(NAME, "状态名单的大小", found["size"] / 1000, "kB", 300, note=note),
    ]


# --- the faces ----------------------------------------------------------------------------------


def _faces(count: int) -> list[Number]:
    picture = Image.effect_noise((413, 579), 40).convert("RGB")
    photo = io.BytesIO()
    picture.save(photo, "JPEG", quality=90)
    face = faces.Face(
        number="15082204001",
        name="李志强",
        unit="磴口县交通运输局",
        region="磴口县",
        powers="交通运输行政处罚、行政检查、行政强制",
        issuer="内蒙古自治区人民政府监制",
        kind="local",
        valid_from="2024年7月1日",
        valid_until="2029年6月30日",
        address="https://zfjd.sft.nmg.gov.cn/certificates/check/" + CODE + "#" + "A2" * 167,
        photo=photo.getvalue(),
    )
    faces.png(faces.front(face))
    began = time.process_time()
    for _ in range(count):
        faces.png(faces.front(face))
        faces.png(faces.back(face))
    each = (time.process_time() - began) / (2 * count)
    return [
        Number(
            NAME,
            "证面（1011×638，含照片、二维码、PNG）",
            1 / each,
            "面/s",
            8,
            at_least=True,
            note=f"每面 {each * 1000:.0f} ms，一个核",
        )
    ]


# --- the verifier in a browser --------------------------------------------------------------------

_ASK = """async ({code, file, list}) => {
  const trust = JDCard.readTrust(file);
  const read = await JDCard.readList(JDCard.bytes(list), trust);
  const lists = new Map([[read.root, read]]);
  const took = [];
  for (let n = 0; n < 15; n++) {
    const began = performance.now();
    const found = JDCard.judge(code, trust, lists, Math.floor(Date.now() / 1000));
    took.push(performance.now() - began);
    if (found.code !== "valid") throw new Error(found.code);
  }
  return took;
}"""


async def _browser() -> list[Number]:
    from playwright.async_api import async_playwright

    chromium = find()
    if not chromium:
        return []
    async with db.transaction(WIDE):
        await db.execute(
            "update certificates_certificate set valid_until = $1 where id = (select min(id)"
            " from certificates_certificate)",
            date(2099, 1, 1),
        )
        card = (await db.rows(signing._WANTED, date(2030, 1, 1), 1))[0]
        await signing._sign(card, await signing.key_for("card", "150822", "磴口县"))
        code = await signing.token_of(card["id"])
        await signing.build_list()
        told = await trust_file(everybody=False, with_list=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = await browser.new_page()
        await page.add_script_tag(path=ROOT / "static" / "vendor" / "nacl-fast.min.js")
        await page.add_script_tag(path=STATIC / "card.js")
        took = await page.evaluate(_ASK, {"code": code, "file": told, "list": told["lists"][0]})
        await browser.close()
    return [
        Number(
            NAME,
            "浏览器离线核验一张证（签名、日期、名单）",
            statistics.median(took),
            "ms",
            50,
            note=f"头一次 {took[0]:.0f} ms",
        )
    ]


async def _measure(url: str, template: str, quick: bool) -> list[Number]:
    registry = build(["certificates"])
    async with database(url, template) as address:
        async with office(registry) as (_tree, agencies):
            await _fill(address, agencies.agency, FEW)
        return await _page(registry, address, 9 if quick else 25, 20)


async def _lists(url: str, template: str, quick: bool) -> list[Number]:
    cards = FEW if quick else CARDS
    registry = build(["certificates"])
    async with database(url, template, role=WORKER) as address:
        async with office(registry) as (_tree, agencies):
            await _fill(address, agencies.agency, cards)
        return [*await _list(cards), *await _browser()]


def measure(*, quick: bool = False) -> list[Number]:
    """The table's lines."""
    with server() as (url, template):
        numbers = run(_measure(url, template, quick))
        numbers += run(_lists(url, template, quick))
    return [*numbers, *_faces(5 if quick else 20)]
