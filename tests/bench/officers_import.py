# SPDX-License-Identifier: Apache-2.0
"""50,000 officers of the 2008 system from XLSX: read, checked, tried, entered, one fact.

Wall-clock time of the dry run and of the run itself, both with the reading of the sheet, on a
database with the whole schema; and what the process grew by.
"""

import io
import resource
import time

from core import clock
from core.api.db import transaction, value
from core.api.imports import take_sheet
from core.api.people import appoint_organ
from core.api.regions import REGIONS
from core.db import EVERYTHING, Interval, Scope
from core.host.registry import Registry, current
from plugins.certificates.services import migrating
from plugins.certificates.services.base import LISTS, MIGRATE, REVIEW, Actor
from plugins.certificates.sheet import OLD_OFFICERS
from tests.bench.measuring import Number
from tests.bench.world import WIDE, database, office, run, server

NAME = "officers"
OFFICERS = 50_000
GOAL_SECONDS = 30
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
HEAD = [
    "姓名",
    "身份证号",
    "手机",
    "职务",
    "执法类别",
    "单位",
    "证号",
    "发证日期",
    "有效期至",
    "状态",
]


def id_number(n: int) -> str:
    """The n-th of many valid numbers."""
    day = f"{1960 + n % 40}{1 + n // 40 % 12:02d}{1 + n // 480 % 28:02d}"
    seventeen = f"150822{day}{n // 13440 % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True))
    return seventeen + "10X98765432"[total % 11]


def sheet(count: int, unit: str) -> bytes:
    """The table as the old system exports it."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    surnames, given = "赵钱孙李周吴郑王冯陈", "海龙建国文静志强秀英"
    for n in range(count):
        name = surnames[n % 10] + given[n // 10 % 10] + given[n // 100 % 10]
        page.write_row(
            n + 1,
            0,
            [
                name,
                id_number(n),
                f"138{n:08d}",
                "执法员",
                "市场监管",
                unit,
                f"150822{n:07d}",
                "2024-07-01",
                "2029-06-30",
                "在用",
            ],
        )
    book.close()
    return out.getvalue()


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _measure(url: str, template: str, registry: Registry, count: int) -> list[Number]:
    """The same twice: a tenth first, so that what the whole takes more can be said."""
    await _import(url, template, registry, count // 10)
    return await _import(url, template, registry, count)


async def _import(url: str, template: str, registry: Registry, count: int) -> list[Number]:
    async with database(url, template), office(registry) as (tree, agencies):
        async with transaction(WIDE):
            await appoint_organ(tree.county.id, "legal_review", agencies.bureau.id)
        who = Actor(
            Scope(REGIONS.interval(tree.county.lo), EVERYTHING, actor=1),
            1,
            0,
            "赵建国",
            tree.county.lo,
            Interval(agencies.bureau.lo, agencies.bureau.hi),
            frozenset({LISTS, MIGRATE, REVIEW}),
            "region",
        )
        before = _memory()
        content = sheet(count, agencies.agency.name)
        began = time.perf_counter()
        read = await take_sheet(content, OLD_OFFICERS, filename="人员.xlsx")
        read_in = time.perf_counter() - began
        trial = await migrating.try_out(
            who, "officers", read, content, "人员.xlsx", expired_open=False
        )
        tried_in = time.perf_counter() - began
        del read
        began = time.perf_counter()
        read = await take_sheet(content, OLD_OFFICERS, filename="人员.xlsx")
        made = await migrating.apply(who, trial, read, content)
        applied_in = time.perf_counter() - began
        async with transaction(WIDE):
            facts = await value(
                "select count(*) from core_fact where kind = 'certificates.migrated'"
            )
        if made != count or facts != 1:
            raise RuntimeError(f"{made} officers and {facts} facts, not {count} and one")
    note = f"{count:,} 行，{clock.today().year} 年"
    return [
        Number(NAME, "读 XLSX 并逐格检查", read_in, "s", note=note),
        Number(NAME, "试运行（含读表）", tried_in, "s", GOAL_SECONDS),
        Number(NAME, "正式导入（含读表和全部核查，一条事实）", applied_in, "s", GOAL_SECONDS),
        Number(
            NAME,
            "比先导入其十分之一多用的内存，不算文件本身",
            _memory() - before - len(content) / 2**20,
            "MB",
            16,
            note=f"文件 {len(content) / 2**20:.1f} MB",
        ),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """The figures."""
    with server() as (url, template):
        found: list[Number] = run(_measure(url, template, current(), 2_000 if quick else OFFICERS))
        return found
