# SPDX-License-Identifier: Apache-2.0
"""The worker process: ``python -m core.jobs.worker``.

Several runners take what is due from PostgreSQL. They are woken through Redis right after a
commit (arq does only that), and by a sweep on a connection of its own at least every two
seconds, so that losing Redis costs at most one sweep and never any work.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import asyncpg
import uvloop
from arq.worker import Worker as ArqWorker
from arq.worker import func

from core import clock, db
from core.host.facts import deliver_one
from core.host.registry import Registry, build, set_current
from core.jobs import waking
from core.jobs.services import WORKER, arm_crons, run_one
from core.settings import Settings, load

log = logging.getLogger("jiandu.worker")

HEARTBEAT_SECONDS = 15.0
ARM_SECONDS = 3600.0

SWEEP = """
select exists(select 1 from core_due
              where state in ('due', 'running') and due_at <= $1 and name = any($2::text[]))
    or exists(select 1 from core_delivery
              where state = 'pending' and due_at <= $1 and plugin = any($3::text[]))
"""


class Worker:
    """One worker process: runners, sweep, wake-ups, heartbeat."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        self.stopping = asyncio.Event()
        self.bells = [asyncio.Event() for _ in range(max(1, settings.worker.concurrency))]
        self.done = 0
        self.steps: tuple[Callable[[Registry], Awaitable[bool]], ...] = (deliver_one, run_one)

    def wake(self) -> None:
        """Let every runner look for work."""
        for bell in self.bells:
            bell.set()

    def stop(self) -> None:
        """Take no more work; what runs may finish."""
        self.stopping.set()
        self.wake()

    async def run(self) -> None:
        """Work until ``stop``; the database pool is the process's own."""
        forget = waking.listen(self.wake)
        runners = [asyncio.create_task(self._runner(bell)) for bell in self.bells]
        helpers = [
            asyncio.create_task(self._forever("sweep", self._sweep)),
            asyncio.create_task(self._forever("heartbeat", self._heartbeat)),
            asyncio.create_task(self._forever("crons", self._arm)),
            asyncio.create_task(self._forever("sealer", self._seal)),
        ]
        if self.settings.redis.url or self.settings.redis.sentinels:
            helpers.append(asyncio.create_task(self._forever("redis", self._listen)))
        try:
            self.wake()
            await self.stopping.wait()
            # What is running may finish; what does not falls due again by itself.
            await asyncio.wait(runners, timeout=self.settings.server.stop_seconds)
        finally:
            forget()
            for task in (*runners, *helpers):
                task.cancel()
            await asyncio.gather(*runners, *helpers, return_exceptions=True)

    async def _runner(self, bell: asyncio.Event) -> None:
        while not self.stopping.is_set():
            await bell.wait()
            bell.clear()
            try:
                await self._work()
            except Exception:
                # The database is away or broke a connection; the next bell tries again.
                log.exception("a runner could not work")
                await self._pause(1.0)

    async def _work(self) -> None:
        busy = True
        while busy and not self.stopping.is_set():
            busy = False
            for step in self.steps:
                if await step(self.registry):
                    busy = True
                    self.done += 1

    async def _forever(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run ``task`` again whenever it fails, with a growing pause."""
        pause = 0.25
        while not self.stopping.is_set():
            begun = time.monotonic()
            try:
                await task()
            except Exception as error:  # noqa: BLE001 - whatever it was, the worker lives on
                log.warning("%s: %s: %s", name, type(error).__name__, error)
            pause = 0.25 if time.monotonic() - begun > 30 else min(pause * 2, 10.0)
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def _sweep(self) -> None:
        """Ring when something is due, whether or not anybody said so."""
        names = [*self.registry.jobs, *(cron.name for cron in self.registry.crons)]
        plugins = list(self.registry.plugins)
        # Its own connection, so that busy runners can never keep the sweep waiting for one.
        connection = await asyncpg.connect(**db.DB.config)
        try:
            while not self.stopping.is_set():
                if await connection.fetchval(SWEEP, clock.now(), names, plugins, timeout=10):
                    self.wake()
                await self._pause(self.settings.worker.sweep_seconds)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    async def _heartbeat(self) -> None:
        name = f"{socket.gethostname()}:{os.getpid()}"[:80]
        while not self.stopping.is_set():
            async with db.transaction(WORKER):
                await db.execute(
                    "insert into core_heartbeat (name, at, detail) values ($1, $2, $3::jsonb)"
                    " on conflict (name) do update set at = excluded.at, detail = excluded.detail",
                    name,
                    clock.now(),
                    {"done": self.done, "runners": len(self.bells)},
                )
            await self._pause(HEARTBEAT_SECONDS)

    async def _arm(self) -> None:
        while not self.stopping.is_set():
            await arm_crons(self.registry)
            self.wake()
            await self._pause(ARM_SECONDS)

    async def _seal(self) -> None:
        """Seal what was recorded, every few seconds of real time.

        Not a cron: those go by the clock of the platform, and a clock set back an hour must not
        leave the record unsealed for an hour.
        """
        from core.sealing import services as sealing

        kept: date | None = None
        while not self.stopping.is_set():
            await sealing.seal()
            if kept != clock.today() and await sealing.publish():
                kept = clock.today()
            await self._pause(self.settings.worker.seal_seconds)

    async def _listen(self) -> None:
        """Let arq ring the bell. It ends when Redis goes away, and is then begun anew."""

        async def wake(_context: Any) -> None:
            self.wake()

        pool = await waking.connect(self.settings.redis)
        arq = ArqWorker(
            functions=[func(wake, name=waking.WAKE, keep_result=0, timeout=10, max_tries=1)],  # type: ignore[arg-type]
            redis_pool=pool,
            queue_name=waking.QUEUE,
            handle_signals=False,
            poll_delay=self.settings.worker.poll_seconds,
            keep_result=0,
            job_serializer=waking.serialize,
            job_deserializer=waking.deserialize,
        )
        try:
            await arq.async_run()
        finally:
            with contextlib.suppress(Exception):
                await arq.close()


async def start(settings: Settings, registry: Registry) -> None:
    """Open the pool, work until a signal comes, close the pool."""
    db.DB.configure(settings.database.url, db.WORKER)
    size = max(1, settings.worker.concurrency) + 3
    while True:
        try:
            await db.DB.start_connection_pool(min_size=1, max_size=size)
            break
        except (OSError, asyncpg.PostgresError) as error:
            log.warning("the database does not answer yet: %s", type(error).__name__)
            await asyncio.sleep(1)
    worker = Worker(settings, registry)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    log.info("worker ready: %d runners", len(worker.bells))
    try:
        await worker.run()
    finally:
        await db.DB.close_connection_pool()


def main() -> int:
    """Entry of the supervised child."""
    from core.logging import set_up

    settings = load()
    set_up(settings)
    registry = build()
    set_current(registry)

    async def run() -> None:
        set_current(registry)
        await start(settings, registry)

    uvloop.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
