# SPDX-License-Identifier: Apache-2.0
"""Sealing and verifying: facts per second of processor time, and what a submit notices of it.

Processor time counts this process and the database's together, so "on one core" is what it says.
The submit is the one of ``tests.bench.submit``; beside it a sealer in a process of its own seals
four times a second (the platform's rests five seconds after each round), and is stopped for every
other measurement.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter, process_time_ns
from typing import Any

import asyncpg

from core import db
from core.db import OWNER, WORKER
from core.host.registry import build, set_current
from core.sealing import services
from core.sealing.export import verify_file, write
from core.sealing.verifying import verify
from tests.bench import submit
from tests.bench.measuring import Number, Race, processor_ns
from tests.bench.world import Asker, as_owner, backends, database, run, server

NAME = "sealing"

# Payloads as long as those of cases, most of them with Chinese words.
FACTS = """
with f as (
  insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
                         recorded_at)
  select 'cases.step_submitted', 'cases.case', n / 10,
    '{"case":' || n / 10 || ',"case_number":"磴市监案〔2026〕' || n || '号","kind":"step_submitted",'
    || '"party":"鲜味园食品经营店","reason":"","seq":' || n % 10 || ',"step":"inquiry",'
    || '"step_title":"调查取证","values":{"facts":"未建立进货查验记录，货架上有三种食品没有标签。"}}',
    0, 0, n % 40, now(), now()
  from generate_series(1, $1) n returning id)
insert into core_unsealed (fact) select id from f
"""


async def _spent(pid: int, work: Any) -> tuple[Any, float, float]:
    """The result of ``work``, processor seconds of both processes, seconds on the wall."""
    wall, own, other = perf_counter(), process_time_ns(), processor_ns(pid)
    result = await work
    cpu = (process_time_ns() - own + processor_ns(pid) - other) / 1e9
    return result, cpu, perf_counter() - wall


async def _throughput(url: str, template: str, count: int) -> list[Number]:
    async with database(url, template, role=WORKER) as address:
        async with as_owner(address) as raw:
            await raw.execute(FACTS, count, timeout=600)
        (pid,) = await backends()
        sealed, sealing, _ = await _spent(pid, services.seal())
        connection = await asyncpg.connect(address, server_settings={"role": OWNER})
        try:
            pid = await connection.fetchval("select pg_backend_pid()")
            report, verifying, wall = await _spent(pid, verify(connection))
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "record.jsonl"
                await write(connection, path)
                key = await connection.fetchval("select public from core_signing_key")
                begun = process_time_ns()
                offline = verify_file(path, [bytes(key)])
                alone = (process_time_ns() - begun) / 1e9
        finally:
            await connection.close()
    if not (sealed == report.facts == offline.facts == count and report.intact and offline.intact):
        raise RuntimeError(f"{sealed} sealed, {report.facts} and {offline.facts} verified")
    return [
        Number(
            NAME,
            "核验数据库（本进程连同数据库进程，一个核）",
            count / verifying,
            "条/秒",
            100_000,
            at_least=True,
            note=f"{count:,} 条，实际用时 {wall:.1f} s",
        ),
        Number(NAME, "脱机核验导出的文件", count / alone, "条/秒", 100_000, at_least=True),
        Number(NAME, "封存（连同数据库进程）", count / sealing, "条/秒"),
    ]


@asynccontextmanager
async def _sealer(address: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.sealing", address, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        await process.wait()


async def _beside(url: str, template: str, rounds: int, times: int) -> list[Number]:
    registry = build(list(submit.PLUGINS))
    async with database(url, template) as address:
        office = await submit._bureau(registry)
        await submit._prepare(office, "twelve", rounds * times * 2 + 8)
        asker = Asker(office.app, office.browser)
        walls: dict[str, list[float]] = {"with": [], "without": []}
        async with _sealer(address) as sealer:

            async def click(way: str) -> None:
                os.kill(sealer, signal.SIGCONT if way == "with" else signal.SIGSTOP)
                begun = perf_counter()
                await submit._click(office, asker, "twelve")
                walls[way].append(perf_counter() - begun)

            for _ in range(4):
                await submit._click(office, asker, "twelve")
            race = Race(
                {"with": lambda: click("with"), "without": lambda: click("without")},
                rounds,
                times=times,
                pids=await backends(),
            )
            cost = await race.run()
        async with db.transaction(services.SEALER):
            batches = await db.value("select count(*) from core_batch")
    if not batches:
        raise RuntimeError("nothing was sealed meanwhile")
    slower = sorted(walls["with"])[len(walls["with"]) // 2]
    plain = sorted(walls["without"])[len(walls["without"]) // 2]
    return [
        Number(
            NAME,
            "提交一个环节，旁边每秒封存四次 : 不封存（网页与数据库进程）",
            race.ratio("with", "without", whole=True),
            "×",
            1.05,
            note=f"{cost['with'].whole / 1000:.1f} : {cost['without'].whole / 1000:.1f} ms，"
            f"其间 {batches} 批",
        ),
        Number(
            NAME,
            "同上，实际用时",
            slower / plain,
            "×",
            note=f"{slower * 1000:.1f} : {plain * 1000:.1f} ms；两个核，封存占其一",
        ),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """Throughput, then the submit beside it."""
    with server() as (url, template):
        found: list[Number] = run(_throughput(url, template, 20_000 if quick else 300_000))
    with server() as (url, template):
        found += run(_beside(url, template, 6 if quick else 30, 2))
    return found


async def _seal_for_ever(address: str) -> None:
    """The other process: seals four times a second until it is told to stop."""
    set_current(build([]))
    db.DB.configure(address, WORKER)
    await db.DB.start_connection_pool(min_size=1, max_size=1)
    print("ready", flush=True)
    while True:
        await services.seal()
        await asyncio.sleep(0.25)


if __name__ == "__main__":
    asyncio.run(_seal_for_ever(sys.argv[1]))
