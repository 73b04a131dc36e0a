# SPDX-License-Identifier: Apache-2.0
"""Candidates who sit at once against one server process, each saving an answer every ten seconds.

The real server on a socket, with its log and its checks; beside it the yardstick: a bare Litestar
route that does one upsert on an asyncpg pool, served the same way, under the same load. Both are
asked by connections that stay open, at moments that do not wait for the answers before.
"""

import asyncio
import hashlib
import json
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.host.registry import current, set_current
from plugins.exams.rules import chain
from tests.bench.measuring import Number, processor_ns
from tests.bench.world import as_owner, database, office, run, server

NAME = "sitting"
EVERY = 10.0
QUESTIONS = 50
BARE = """
import asyncpg, json, os, socket, sys, uvicorn
from litestar import Litestar, Request, Response, post

pool = None

@post("/save", status_code=200)
async def save(request: Request) -> Response:
    told = json.loads(await request.body())
    for act in told["acts"]:
        await pool.execute(
            "insert into bench_answer (attempt, q, n, a) values ($1, $2, $3, $4)"
            " on conflict (attempt, q) do update set n = excluded.n, a = excluded.a",
            told["attempt"], act["q"], act["n"], json.dumps(act["a"]))
    return Response(b'{"ok":true}', media_type="application/json")

async def begin():
    global pool
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=10)

app = Litestar([save], on_startup=[begin], openapi_config=None, logging_config=None)
config = uvicorn.Config(app, loop="uvloop", http="auto", log_config=None, access_log=False,
                        timeout_keep_alive=65)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@dataclass
class Seen:
    """What the load found."""

    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    saved: int = 0


@dataclass
class Candidate:
    """One computer: its connection, its number, what it has sent."""

    attempt: int
    token: str
    n: int = 0


@contextmanager
def serving(arguments: Sequence[str], address: str, folder: str) -> Iterator[tuple[int, int]]:
    """A server process on a socket of ours: its port and its process."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(4096)
    sock.set_inheritable(True)
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "JIANDU_ENV": "production",
        "JIANDU_SECRET": "only-for-measuring-only-for-measuring",
        "JIANDU_DATA": folder,
    }
    command = [sys.executable, *arguments, str(sock.fileno())]
    with (Path(folder) / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment, pass_fds=(sock.fileno(),), stdout=log, stderr=log
        )
    try:
        yield int(sock.getsockname()[1]), process.pid
        if process.poll() is not None:
            raise RuntimeError("the server ended: " + log_of(folder))
    finally:
        process.terminate()
        process.wait(20)
        sock.close()


def log_of(folder: str) -> str:
    """The end of what the server said."""
    return (Path(folder) / "server.log").read_text("utf-8", "replace")[-1500:]


class Line:
    """A connection that stays open, speaking just enough HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, path: str, body: bytes, cookie: str = "") -> tuple[int, bytes]:
        """Status and body."""
        for again in (False, True):
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            head = (
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Cookie: {cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            try:
                self.writer.write(head.encode() + body)
                return await self._answer()
            except (ConnectionError, asyncio.IncompleteReadError):
                # The server closes what was silent for long; a browser asks again as well.
                self.close()
                if again:
                    raise
        raise AssertionError

    async def _answer(self) -> tuple[int, bytes]:
        assert self.reader is not None
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            int(line.split(":")[1])
            for line in head.split("\r\n")
            if line.lower().startswith("content-length")
        )
        return int(head.split(" ", 2)[1]), await self.reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def sit(
    port: int, candidate: Candidate, path: str, until: float, seen: Seen, chance: random.Random
) -> None:
    """One candidate: an answer every ten seconds, at his own moments."""
    line = Line(port)
    moment = time.perf_counter() + chance.random() * EVERY
    while moment < until:
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        candidate.n += 1
        told = {
            "attempt": candidate.attempt,
            "acts": [
                {
                    "n": candidate.n,
                    "q": chance.randrange(QUESTIONS),
                    "a": [f"o{chance.randint(1, 4)}"],
                }
            ],
        }
        began = time.perf_counter()
        status, body = await line.ask(
            path, json.dumps(told).encode(), f"jiandu_exam={candidate.attempt}.{candidate.token}"
        )
        seen.seconds.append(time.perf_counter() - began)
        if status == 200:
            seen.saved += 1
        else:
            seen.wrong.append(f"{status} {body[:120]!r}")
        moment += EVERY
    line.close()


async def load(
    port: int, candidates: Sequence[Candidate], path: str, seconds: float, pid: int
) -> tuple[Seen, float]:
    """All of them for so long; what they saw, and the server's processor time per save in µs."""
    warm = Line(port)
    for _ in range(200):
        try:
            await warm.ask(path, b'{"attempt":0,"acts":[]}')
            break
        except (ConnectionError, OSError):
            await asyncio.sleep(0.2)
    warm.close()
    # The first save of each reads what never changes; it is part of signing in, not of sitting.
    chance = random.Random(7)
    first = Seen()
    await asyncio.gather(
        *(
            sit(
                port, each, path, time.perf_counter() + EVERY, first, random.Random(chance.random())
            )
            for each in candidates
        )
    )
    if first.wrong:
        raise RuntimeError(f"{len(first.wrong)} saves were refused: {first.wrong[0]}")
    seen = Seen()
    before = processor_ns(pid)
    until = time.perf_counter() + seconds
    await asyncio.gather(
        *(sit(port, each, path, until, seen, random.Random(chance.random())) for each in candidates)
    )
    cost = (processor_ns(pid) - before) / 1000 / max(1, seen.saved)
    return seen, cost


async def _hall(address: str, count: int) -> list[Candidate]:
    """A session with so many candidates who have begun."""
    async with office(current()) as (tree, agencies):
        place = (tree.county.lo, agencies.bureau.lo)
    candidates = [Candidate(0, secrets.token_urlsafe(24)) for _ in range(count)]
    now = datetime.now(UTC)
    async with as_owner(address) as owner:
        questions = [
            await owner.fetchval(
                """insert into exams_question (kind, subject, stem, words, options, accepted,
                     pictures, digest, state, created_at, changed_at, region_lo, org_lo)
                   values ('single', '行政处罚法', '<p>题</p>', '题', $1, '[]', '[]', $2, 'in_use',
                     $3, $3, $4, $5) returning id""",
                json.dumps([{"key": f"o{n}", "text": f"选项{n}", "correct": n == 1}
                            for n in range(1, 5)]),
                f"{number:064x}", now, *place,
            )
            for number in range(QUESTIONS)
        ]  # fmt: skip
        paper = await owner.fetchval(
            """insert into exams_paper (title, quotas, minutes, pass_tenths, total_tenths,
                 created_at, region_lo, org_lo)
               values ('卷', '[]', 120, 600, 1000, $1, $2, $3) returning id""",
            now, *place,
        )  # fmt: skip
        session = await owner.fetchval(
            """insert into exams_session (title, organ_name, paper, state, starts_at, minutes,
                 pass_tenths, total_tenths, code, seed, sheet, rulings, created_at, region_lo,
                 org_lo)
               values ('场', '司法局', $1, 'open', $2, 120, 600, 1000, '123456', 's', $3, '{}', $2,
                 $4, $5) returning id""",
            paper, now, json.dumps([{"q": each, "tenths": 20} for each in questions]), *place,
        )  # fmt: skip
        wanted = await owner.fetchval(
            """insert into exams_wanted (purpose, person, name, asked_at, region_lo, org_lo)
               values ('other', 0, '考生', $1, $2, $3) returning id""",
            now, *place,
        )  # fmt: skip
        for number, each in enumerate(candidates, 1):
            entry = await owner.fetchval(
                """insert into exams_entry (session, wanted, name, room, seat, ticket, person,
                     region_lo, org_lo)
                   values ($1, $2, '考生', 1, $3::int4, $4, $3::int4, $5, $6) returning id""",
                session, wanted, number, f"{number:011d}", *place,
            )  # fmt: skip
            each.attempt = await owner.fetchval(
                """insert into exams_attempt (entry, session, state, epoch, token, head, done,
                     begun_at, deadline, person, region_lo, org_lo)
                   values ($1, $2, 'sitting', 0, $3, $4, '0', $5, $6, $7, $8, $9) returning id""",
                entry, session, hashlib.sha256(each.token.encode()).digest(), chain.GENESIS, now,
                now + timedelta(hours=2), number, *place,
            )  # fmt: skip
        await owner.execute("analyze")
    return candidates


async def _lost(address: str, candidates: Sequence[Candidate]) -> tuple[int, int]:
    """How many numbered answers are missing, and how many chains do not hold."""
    async with as_owner(address) as owner:
        stored = {
            each["attempt"]: each["count"]
            for each in await owner.fetch(
                "select attempt, count(*) from exams_act where kind = 'answer' group by attempt"
            )
        }
        missing = sum(each.n - stored.get(each.attempt, 0) for each in candidates)
        bad = 0
        for each in candidates:
            acts = await owner.fetch(
                "select * from exams_act where attempt = $1 order by seq", each.attempt
            )
            head = await owner.fetchval(
                "select head from exams_attempt where id = $1", each.attempt
            )
            links = (
                (
                    chain.Act(
                        a["attempt"], a["seq"], a["epoch"], a["n"], a["kind"], a["body"], a["at"]
                    ),
                    bytes(a["hash"]),
                )
                for a in acts
            )
            bad += bool(chain.broken_at(links, bytes(head)))
    return missing, bad


def _p99(seconds: Sequence[float]) -> float:
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(len(ranked) * 0.99))] * 1000


async def _measure(url: str, template: str, count: int, seconds: float) -> list[Number]:
    with tempfile.TemporaryDirectory(prefix="jiandu-bench-") as folder:
        async with database(url, template) as address:
            set_current(current())
            candidates = await _hall(address, count)
            async with as_owner(address) as owner:
                await owner.execute(
                    "create table bench_answer (attempt int8, q int4, n int4, a text,"
                    " primary key (attempt, q))"
                )
                await owner.execute("grant all on bench_answer to public")
            with serving(["-c", BARE], address, folder) as (port, pid):
                bare, cost_bare = await load(
                    port, [Candidate(e.attempt, e.token) for e in candidates], "/save", seconds, pid
                )
            with serving(["-m", "core.serve.web", "--fd"], address, folder) as (port, pid):
                seen, cost = await load(port, candidates, "/exams/sit/answers", seconds, pid)
            missing, bad = await _lost(address, candidates)
            if seen.wrong:
                raise RuntimeError(f"{len(seen.wrong)} saves were refused: {seen.wrong[0]}")
    rate = count / EVERY
    return [
        Number(
            NAME,
            f"{count:,} 人同时作答（每秒 {rate:.0f} 次保存），一个网页进程：99% 的保存不超过",
            _p99(seen.seconds),
            "ms",
            200,
            note=f"中位 {statistics.median(seen.seconds) * 1000:.1f} ms，共 {seen.saved:,} 次；"
            f"只写一行的路由 99% {_p99(bare.seconds):.1f} ms",
        ),
        Number(NAME, "丢失的答案", missing, "个", 0, note="浏览器编过号、服务器答过的，逐个在链上"),
        Number(NAME, "前后不符的链", bad, "条", 0, note=f"逐条核对 {count:,} 份答卷"),
        Number(
            NAME,
            "每次保存的处理器时间: 只有一次 upsert 的裸 Litestar 路由（网页进程）",
            cost / cost_bare,
            "×",
            2.0,
            note=f"{cost:.0f} : {cost_bare:.0f} µs；链、核对身份、日志都在内",
        ),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """Two thousand candidates for a minute; quick: a hundred for ten seconds."""
    count, seconds = (100, 10.0) if quick else (2000, 60.0)
    with server(max_connections="60") as (url, template):
        return run(_measure(url, template, count, seconds))
