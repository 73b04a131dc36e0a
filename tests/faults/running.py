# SPDX-License-Identifier: Apache-2.0
"""A real platform in processes of its own, and people who use it over HTTP while it is broken."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from core.db import DB, OWNER, WEB
from core.settings import ROOT

PARTS = ("core.serve.web", "core.jobs.worker", "valkey", "postgres")
TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')
VISIT = re.compile(r"/steps/(\d+)\"")


async def until(ask: Callable[[], Awaitable[Any]], seconds: float, what: str) -> Any:
    """Ask again and again until the answer is true; fails after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        if answer := await ask():
            return answer
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return ["Z", "0"]


def alive(pid: int) -> bool:
    """Whether the process still runs; one that only waits to be reaped does not."""
    return _stat(pid)[0] != "Z"


class Platform:
    """``jiandu serve`` on a folder and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / "output.txt").read_text("utf-8", "replace")
        return ""

    def start(self) -> None:
        """Run the supervisor; ``ready`` waits for it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JIANDU", "PG", "PROMETHEUS"))
            and name not in {"DATABASE_URL", "REDIS_URL", "DATA", "PORT", "HOST"}
        }
        own = {
            "DATA": str(self.data),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            "JIANDU_DEMO": "1",
            "JIANDU_WEB": "1",
        }
        with (self.folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.serve"],
                cwd=ROOT,
                env={**kept, **own},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def ready(self, seconds: float = 170) -> None:
        """Wait until a page answers from a working database and every part runs."""

        async def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.log[-3000:]
            with contextlib.suppress(httpx.HTTPError):
                async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
                    if (await client.get("/login")).status_code != 200:
                        return False
                return set(self.parts()) == set(PARTS)
            return False

        await until(answers, seconds, f"the first page\n{self.log[-3000:]}")

    def parts(self) -> dict[str, int]:
        """The programs the supervisor started, by what they are."""
        assert self.process is not None
        found: dict[str, int] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            stat = _stat(int(folder.name))
            if stat[0] == "Z" or int(stat[1]) != self.process.pid:
                continue
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= {part: int(folder.name) for part in PARTS if part in words[:200]}
        return found

    def kill(self, *names: str) -> None:
        """Kill these parts as the kernel does when memory runs out."""
        running = self.parts()
        for name in names:
            if name in running:
                os.kill(running[name], signal.SIGKILL)

    async def kill_all(self) -> None:
        """Kill the supervisor and everything it started, then wait until nothing is left."""
        assert self.process is not None
        pids = [self.process.pid, *self.parts().values()]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

        async def gone() -> bool:
            return not any(map(alive, pids))

        await until(gone, 10, "every process to end")

    def memory(self, name: str) -> int:
        """Resident bytes of a part."""
        status = Path(f"/proc/{self.parts()[name]}/status").read_text("ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """As the owner, who sees all rows; past the platform."""
        record = json.loads((self.data / "serve.json").read_text("utf-8"))
        connection = await asyncpg.connect(
            record["database_url"], timeout=10, server_settings={"role": OWNER}
        )
        try:
            return [dict(row) for row in await connection.fetch(sql, *args)]
        finally:
            await connection.close()

    async def value(self, sql: str, *args: Any) -> Any:
        return next(iter((await self.rows(sql, *args))[0].values()))

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[None]:
        """The services of this process on that database, under row-level security."""
        record = json.loads((self.data / "serve.json").read_text("utf-8"))
        before = (DB.pool, DB.url, DB.role, DB.scoped_role)
        DB.pool = None
        DB.configure(record["database_url"], WEB)
        await DB.start_connection_pool(min_size=1, max_size=4)
        try:
            yield
        finally:
            await DB.close_connection_pool()
            pool, url, role, scoped = before
            DB.configure(url, role, scoped_role=scoped)
            DB.pool = pool

    def end(self) -> None:
        """Stop in order; what does not stop is killed."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(25)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(OSError):
            # Where the cluster lies when the unprivileged user cannot reach the folder.
            shutil.rmtree((self.data / "postgres/location").read_text("utf-8").strip())


class Person:
    """Somebody at a browser who does not give up: a lost answer is asked for again."""

    def __init__(self, platform: Platform, statuses: Counter[int]) -> None:
        self.platform = platform
        self.statuses = statuses
        self.id = 0
        self.csrf = ""
        self.http = httpx.AsyncClient(
            base_url=platform.url,
            timeout=30,
            headers={"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 Chrome/120"},
        )

    async def sign_in(self, login: str) -> "Person":
        answer = await self.ask("POST", "/login", {"demo": login})
        assert answer.status_code == 303, answer.text[:500]
        page = await self.ask("GET", "/roles")
        self.csrf = TOKEN.search(page.text)[1]  # type: ignore[index]
        self.id = await self.platform.value("select person from core_user where login = $1", login)
        return self

    async def ask(
        self, method: str, path: str, form: Any = None, *, seconds: float = 120
    ) -> httpx.Response:
        """Ask until the platform answers; 503 and a broken connection are tried again."""
        end = time.monotonic() + seconds
        while True:
            try:
                answer = await self.http.request(method, path, data=form)
            except httpx.TransportError:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1
                if answer.status_code < 500:
                    return answer
            assert time.monotonic() < end, f"{path}: no answer\n{self.platform.log[-3000:]}"
            await asyncio.sleep(0.1)

    async def open(self, item: int, token: str) -> int:
        """Open a case and learn its number; with the same token there is only ever one."""
        form = {
            "_csrf": self.csrf,
            "item": str(item),
            "title": f"故障演练 {token}",
            "source": "inspection",
            "party_kind": "business",
            "party_name": f"磴口县演练{token}商店",
            "lead": str(self.id),
            "officers": [str(self.id)],
            "token": token,
            "same_party_confirmed": "true",
        }
        answer = await self.ask("POST", "/cases/new", form)
        assert answer.status_code == 303, answer.text[-2000:]
        return int(answer.headers["location"].rpartition("/")[2])

    async def visit(self, case: int) -> int:
        page = await self.ask("GET", f"/cases/{case}")
        return int(VISIT.search(page.text)[1])  # type: ignore[index]

    async def submit(self, case: int, visit: int, values: dict[str, str], token: str) -> None:
        """Submit the step; asked again after a lost answer, exactly as it was."""
        form = {
            "_csrf": self.csrf,
            "version": "0",
            "token": token,
            "act": "submit",
            "next_lead": str(self.id),
            "next_officers": [str(self.id)],
            **{f"v-{key}": value for key, value in values.items()},
        }
        answer = await self.ask("POST", f"/cases/{case}/steps/{visit}", form)
        assert answer.status_code == 303, re.sub(r"<[^>]+>|\s+", " ", answer.text)[-1500:]

    async def close(self) -> None:
        await self.http.aclose()
