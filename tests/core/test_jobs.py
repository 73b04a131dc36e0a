# SPDX-License-Identifier: Apache-2.0
"""Due work: once, in time, also without Redis, also when a worker dies."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import db as core_db
from core.api.plugin import Cron, Job, Manifest, Place, hookimpl
from core.db import Interval, Scope, execute, row, rows, transaction, value
from core.host import enabling, registry
from core.intervals import REGIONS
from core.jobs import services, waking
from core.jobs.rules import back_off, next_due
from core.jobs.worker import Worker
from core.settings import Settings

COUNTY = REGIONS.child(REGIONS.child(0, 0).lo, 0)
SCOPE = Scope(COUNTY, Interval(0, 2**62), actor=8)
START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def doing(run: Any, **options: Any) -> Any:
    """A plugin with the job (or, with a schedule, the cron) ``guest.work``."""
    cron = {"every", "at"} & set(options)
    work = (
        Cron("guest.work", run, **options)
        if cron
        else Job("guest.work", run, **{"timeout": timedelta(seconds=2), "tries": 3, **options})
    )

    class Guest:
        MANIFEST = Manifest("guest", "guest", "1")

        @hookimpl
        def jobs(self) -> list[Job | Cron]:
            return [work]

    return Guest()


@contextmanager
def loaded(*plugins: Any) -> Iterator[registry.Registry]:
    with registry.use(registry.build(plugins)) as chosen:
        yield chosen


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    enabling.forget()
    yield
    enabling.forget()


@pytest.fixture
async def worker_db(fresh_db: str) -> AsyncIterator[str]:
    """The engine as the worker's role, with real commits."""
    pool = core_db.DB.pool
    core_db.DB.pool = None
    core_db.DB.configure(fresh_db, core_db.WORKER)
    await core_db.DB.start_connection_pool(min_size=1, max_size=8)
    yield fresh_db
    await core_db.DB.close_connection_pool()
    core_db.DB.configure(fresh_db, core_db.WEB)
    core_db.DB.pool = pool


async def enqueue(**more: Any) -> int:
    async with transaction(SCOPE):
        return await services.enqueue("guest.work", {"n": 1}, **more)


async def due(id: int) -> dict[str, Any]:
    async with transaction(services.WORKER):
        found = await row("select * from core_due where id = $1", id)
    assert found is not None
    return found


class TestRunning:
    async def test_runs_once_under_its_regions_scope(self, worker_db: str) -> None:
        ran: list[Any] = []

        async def work(payload: Mapping[str, Any]) -> None:
            ran.append((payload, core_db.current_scope(), await value("select current_user")))

        with loaded(doing(work)) as chosen:
            work_id = await enqueue()
            assert await services.run_one(chosen)
            assert not await services.run_one(chosen)
            assert (await due(work_id))["state"] == "done"
        ((payload, scope, who),) = ran
        assert payload == {"n": 1}
        assert scope.region == COUNTY
        assert who == "jiandu_worker"

    async def test_effect_and_mark_are_one(self, worker_db: str, clock: Any) -> None:
        clock(START)

        async def work(_payload: Mapping[str, Any]) -> None:
            await execute(
                "insert into core_heartbeat (name, at, detail) values ('effect', now(), '{}')"
            )
            raise RuntimeError("after the effect")

        with loaded(doing(work)) as chosen:
            work_id = await enqueue()
            assert await services.run_one(chosen)
            async with transaction(services.WORKER):
                assert await value("select count(*) from core_heartbeat") == 0
            found = await due(work_id)
            assert (found["state"], found["tries"]) == ("due", 1)
            assert found["due_at"] == START + timedelta(seconds=1)

    async def test_gives_up_after_its_tries_and_says_so(self, worker_db: str, clock: Any) -> None:
        moment = clock(START)

        async def work(_payload: Mapping[str, Any]) -> None:
            raise RuntimeError("no luck")

        with loaded(doing(work)) as chosen:
            work_id = await enqueue()
            count = 0
            for _ in range(10):
                count += await services.run_one(chosen)
                moment = clock(moment + timedelta(minutes=5))
            assert count == 3
            assert (await due(work_id))["state"] == "failed"
            async with transaction(services.WORKER):
                (failure,) = await rows("select * from core_failure where resolved_at is null")
            assert failure["error"] == "RuntimeError: no luck"
            assert "test_jobs.py" in failure["trace"]
            assert failure["final"] == 1
            async with transaction(services.WORKER):
                await services.retry(failure["id"])
            assert await services.run_one(chosen)

    async def test_a_late_job_is_stopped(self, worker_db: str) -> None:
        async def work(_payload: Mapping[str, Any]) -> None:
            await asyncio.sleep(10)

        with loaded(doing(work, timeout=timedelta(seconds=0.2))) as chosen:
            work_id = await enqueue()
            begun = time.monotonic()
            await services.run_one(chosen)
            assert time.monotonic() - begun < 2
            assert "TimeoutError" in (await due(work_id))["error"]

    async def test_not_before_its_time(self, worker_db: str, clock: Any) -> None:
        clock(START)
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)

        with loaded(doing(work)) as chosen:
            await enqueue(due_at=START + timedelta(hours=1))
            assert not await services.run_one(chosen)
            clock(START + timedelta(hours=1))
            assert await services.run_one(chosen)
        assert ran == [1]

    async def test_a_key_waits_once_and_again_after_the_claim(self, worker_db: str) -> None:
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            if not ran:
                async with transaction(SCOPE):
                    await services.enqueue("guest.work", {"n": 2}, key="same")
            ran.append(1)

        with loaded(doing(work)) as chosen:
            first = await enqueue(key="same")
            assert await enqueue(key="same") == first
            assert await services.drain(chosen) == 2
        assert ran == [1, 1]

    async def test_a_failed_try_with_a_successor_steps_aside(self, worker_db: str) -> None:
        async def work(_payload: Mapping[str, Any]) -> None:
            raise RuntimeError("no luck")

        with loaded(doing(work)) as chosen:
            first = await enqueue(key="same")
            async with transaction(services.WORKER):
                await execute("update core_due set state = 'running' where id = $1", first)
            second = await enqueue(key="same")
            async with transaction(services.WORKER):
                await execute(
                    "update core_due set due_at = due_at - interval '1 hour' where id = $1", first
                )
            assert await services.run_one(chosen)
            assert (await due(first))["state"] == "done"
            assert (await due(second))["state"] == "due"

    async def test_work_of_a_dead_worker_falls_due_again(self, worker_db: str, clock: Any) -> None:
        clock(START)
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)

        with loaded(doing(work)) as chosen:
            await enqueue()
            async with transaction(services.WORKER):
                assert await row(services.CLAIM, START, ["guest.work"], [12.0])
            assert not await services.run_one(chosen)
            clock(START + timedelta(seconds=13))
            assert await services.run_one(chosen)
        assert ran == [1]

    async def test_work_that_kills_workers_is_not_tried_for_ever(
        self, worker_db: str, clock: Any
    ) -> None:
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)

        clock(START)
        with loaded(doing(work)) as chosen:
            work_id = await enqueue()
            for minute in range(3):
                moment = clock(START + timedelta(minutes=minute))
                async with transaction(services.WORKER):
                    assert await row(services.CLAIM, moment, ["guest.work"], [12.0])
            clock(START + timedelta(minutes=9))
            assert await services.run_one(chosen)
            assert (await due(work_id))["state"] == "failed"
        assert ran == []

    async def test_unknown_names_are_refused_and_left_alone(self, worker_db: str) -> None:
        async def work(_payload: Mapping[str, Any]) -> None:
            pass

        with loaded(doing(work)):
            work_id = await enqueue()
            async with transaction(SCOPE):
                with pytest.raises(LookupError):
                    await services.enqueue("guest.nothing", {})
        with loaded() as without:
            assert not await services.run_one(without)
        assert (await due(work_id))["state"] == "due"

    async def test_where_the_plugin_is_off_nothing_runs(self, worker_db: str) -> None:
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)

        core_db.DB.scoped_role = core_db.OWNER
        with loaded(doing(work)) as chosen:
            async with transaction(Scope.platform("test")):
                region = await value(
                    "insert into core_region (name, level, lo, hi, code, code_source)"
                    " values ('县', 3, $1, $2, '', '') returning id",
                    COUNTY.lo,
                    COUNTY.hi,
                )
                await execute(
                    "insert into core_region_plugin (region, plugin, enabled, changed_at,"
                    " changed_by) values ($1, 'guest', false, now(), 0)",
                    region,
                )
            core_db.DB.scoped_role = core_db.WORKER
            work_id = await enqueue()
            assert await services.run_one(chosen)
            assert (await due(work_id))["state"] == "done"
        assert ran == []


class TestCrons:
    async def test_armed_once_and_due_again_after_each_run(
        self, worker_db: str, clock: Any
    ) -> None:
        moment = clock(START)
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)

        with loaded(doing(work, every=timedelta(minutes=10), reason="test")) as chosen:
            await services.arm_crons(chosen)
            await services.arm_crons(chosen)
            for _ in range(4):
                while await services.run_one(chosen):
                    pass
                moment = clock(moment + timedelta(minutes=5))
            # 0:00 and 0:10; half past is still to come.
            assert len(ran) == 2
            clock(moment + timedelta(days=3))
            while await services.run_one(chosen):
                pass
            assert len(ran) == 3
        with loaded() as without:
            await services.arm_crons(without)
        async with transaction(services.WORKER):
            assert (
                await rows("select 1 from core_due where name='guest.work' and state='due'") == []
            )

    async def test_a_failing_cron_is_never_given_up(self, worker_db: str, clock: Any) -> None:
        moment = clock(START)
        ran: list[int] = []

        async def work(_payload: Mapping[str, Any]) -> None:
            ran.append(1)
            raise RuntimeError("no luck")

        with loaded(doing(work, every=timedelta(hours=1), reason="test")) as chosen:
            await services.arm_crons(chosen)
            for _ in range(6):
                await services.drain(chosen, services.run_one)
                moment = clock(moment + timedelta(minutes=2))
            assert len(ran) == 3
            clock(moment + timedelta(hours=1))
            await services.drain(chosen, services.run_one)
            assert len(ran) == 4

    def test_daily_is_beijing_time(self) -> None:
        async def work(_payload: Mapping[str, Any]) -> None:
            pass

        cron = Cron("guest.work", work, at="08:30", reason="test")
        before = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # 08:00 in Beijing
        assert next_due(cron, before) == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
        assert next_due(cron, datetime(2026, 3, 2, 0, 30, tzinfo=UTC)) == datetime(
            2026, 3, 3, 0, 30, tzinfo=UTC
        )

    def test_back_off_doubles_to_an_hour(self) -> None:
        seconds = [back_off(n).total_seconds() for n in (1, 2, 3, 4, 12, 99)]
        assert seconds == [1, 2, 4, 8, 2048, 3600]


class TestWorker:
    @contextmanager
    def _settings(self, **worker: Any) -> Iterator[Settings]:
        base = Settings()
        yield replace(
            base, worker=replace(base.worker, **{"sweep_seconds": 0.3, "concurrency": 3, **worker})
        )

    async def test_without_redis_the_sweep_finds_the_work(self, worker_db: str) -> None:
        done = asyncio.Event()

        async def work(_payload: Mapping[str, Any]) -> None:
            done.set()

        with self._settings() as settings, loaded(doing(work)) as chosen:
            worker = Worker(settings, chosen)
            task = asyncio.create_task(worker.run())
            try:
                await asyncio.sleep(0.5)
                async with transaction(SCOPE):
                    # As another process would: nobody here rings the bell.
                    await execute(
                        "insert into core_due (name, key, payload, state, due_at, tries,"
                        " region_lo, actor, created_at, done_at, error) values"
                        " ('guest.work', '', '{}', 'due', now(), 0, $1, 0, now(), null, '')",
                        COUNTY.lo,
                    )
                await asyncio.wait_for(done.wait(), 2)
                async with transaction(services.WORKER):
                    assert await value("select count(*) from core_heartbeat") == 1
            finally:
                worker.stop()
                await asyncio.wait_for(task, 5)

    async def test_a_running_job_may_finish_at_a_stop(self, worker_db: str) -> None:
        begun, finished = asyncio.Event(), asyncio.Event()

        async def work(_payload: Mapping[str, Any]) -> None:
            begun.set()
            await asyncio.sleep(0.3)
            finished.set()

        with self._settings() as settings, loaded(doing(work)) as chosen:
            worker = Worker(settings, chosen)
            task = asyncio.create_task(worker.run())
            await enqueue()
            await asyncio.wait_for(begun.wait(), 2)
            worker.stop()
            await asyncio.wait_for(task, 3)
        assert finished.is_set()

    async def test_redis_that_does_not_answer_costs_one_short_wait(self) -> None:
        from core.settings import Redis

        silent = waking.Waker(Redis(url="redis://127.0.0.1:1", timeout_seconds=0.25))
        begun = time.monotonic()
        assert not await silent.wake()
        assert not await silent.wake()
        assert time.monotonic() - begun < 0.6

    async def test_redis_wakes_the_worker_and_may_come_and_go(
        self, worker_db: str, tmp_path: Any
    ) -> None:
        from core.serve.valkey import EmbeddedValkey
        from core.settings import Redis

        rung = asyncio.Event()
        valkey = EmbeddedValkey(tmp_path / "valkey")
        await asyncio.to_thread(valkey.start)
        try:
            redis = Redis(url=valkey.url)
            waker = waking.Waker(redis)
            with self._settings() as settings, loaded() as chosen:
                worker = Worker(replace(settings, redis=redis), chosen)
                worker.wake = rung.set  # type: ignore[method-assign]
                task = asyncio.create_task(worker._forever("redis", worker._listen))
                try:
                    await asyncio.sleep(0.6)
                    begun = time.monotonic()
                    assert await waker.wake()
                    await asyncio.wait_for(rung.wait(), 3)
                    assert time.monotonic() - begun < 1
                finally:
                    worker.stopping.set()
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
            await waker.close()
        finally:
            await asyncio.to_thread(valkey.stop)


async def test_a_job_belongs_to_the_callers_transaction(worker_db: str) -> None:
    async def work(_payload: Mapping[str, Any]) -> None:
        pass

    calls: list[int] = []
    stop = waking.listen(lambda: calls.append(1))
    try:
        with loaded(doing(work)) as chosen:
            with suppress(RuntimeError):
                async with transaction(SCOPE):
                    await services.enqueue("guest.work", {}, place=Place(COUNTY.lo))
                    raise RuntimeError
            assert calls == []
            assert not await services.run_one(chosen)
            await enqueue()
            assert calls == [1]
    finally:
        stop()


async def test_the_worker_process_starts_beats_and_stops_cleanly(
    fresh_db: str, tmp_path: Any
) -> None:
    import os
    import signal
    import sys

    environment = {
        **os.environ,
        "DATABASE_URL": fresh_db,
        "REDIS_URL": "redis://127.0.0.1:1",
        "JIANDU_ENV": "test",
        "JIANDU_SECRET": "only-for-tests",
        "JIANDU_DATA": str(tmp_path),
        "JIANDU_PLUGINS": "",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "core.jobs.worker",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        beats = armed = 0
        for _ in range(600):
            async with transaction(Scope.platform("test")):
                beats = await value("select count(*) from core_heartbeat")
                armed = await value("select count(*) from core_due where name = 'core.jobs.tidy'")
            if (beats and armed) or process.returncode is not None:
                break
            await asyncio.sleep(0.1)
        assert (beats, armed) == (1, 1)
        process.send_signal(signal.SIGTERM)
        output, _ = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 0, output.decode()
        assert b"Traceback" not in output, output.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
