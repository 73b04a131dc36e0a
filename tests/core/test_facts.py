# SPDX-License-Identifier: Apache-2.0
"""Facts: one statement, eager handlers that can hurt nobody, delivery that loses nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from core import db as core_db
from core.api.plugin import (
    Fact,
    FactHandler,
    FactKind,
    Manifest,
    Place,
    SubjectRef,
    hookimpl,
)
from core.db import Interval, Scope, execute, row, rows, transaction, value
from core.facts.canonical import fact_bytes, payload_text
from core.facts.services import UnknownFact, history, record
from core.host import enabling, registry
from core.host import facts as host
from core.intervals import REGIONS
from core.jobs import waking
from tests.dummy_plugin import plugin as dummy
from tests.dummy_plugin import reactions
from tests.dummy_plugin.services import NoteWritten

PROVINCE = REGIONS.child(0, 0)
COUNTY = REGIONS.child(REGIONS.child(PROVINCE.lo, 0).lo, 0)
OTHER = REGIONS.child(REGIONS.child(PROVINCE.lo, 0).lo, 1)
HERE = Place(COUNTY.lo)
NOTE = SubjectRef("dummy.note", 1)


def listening(name: str, handle: Callable[[Fact], Awaitable[None]], **options: Any) -> Any:
    """A plugin ``name`` that reacts eagerly to ``dummy.note.written`` (or ``kind``)."""
    kind = options.pop("kind", "dummy.note.written")
    produces: list[FactKind] = options.pop("produces", [])
    handler = FactHandler(kind, handle, **{"eager": True, **options})

    class Listener:
        MANIFEST = Manifest(name, name, "1")

        @hookimpl
        def fact_handlers(self) -> list[FactHandler]:
            return [handler]

        @hookimpl
        def fact_kinds(self) -> list[FactKind]:
            return produces

    return Listener()


@contextmanager
def loaded(*plugins: Any) -> Iterator[registry.Registry]:
    with registry.use(registry.build([dummy, *plugins])) as chosen:
        yield chosen


def scope(**more: Any) -> Scope:
    return Scope(COUNTY, Interval(0, 2**62), actor=42, **more)


async def write(**more: Any) -> int:
    return await record("dummy.note.written", NOTE, NoteWritten(1, 5), HERE, **more)


async def delivered() -> dict[str, str]:
    return {
        each["plugin"]: each["state"]
        for each in await rows("select plugin, state from core_delivery")
    }


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    reactions.heard.clear()
    enabling.forget()
    yield
    enabling.forget()


@pytest.fixture
def real_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of production, which ``core.api.testing`` loosens."""
    monkeypatch.setattr(host, "BUDGET_SECONDS", 0.3)
    monkeypatch.setattr(host, "STATEMENT_MS", 200)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    monkeypatch.setattr(host, "wake_after_commit", lambda: calls.append(1))
    return calls


class TestRecording:
    async def test_one_fact_one_delivery_one_note_for_the_sealer(self, db: Any) -> None:
        with loaded():
            async with transaction(scope()):
                fact = await write()
                stored = await row("select * from core_fact where id = $1", fact)
        assert stored is not None
        assert stored["payload"] == '{"length":5,"note":1}'
        assert (stored["actor"], stored["region_lo"]) == (42, COUNTY.lo)
        assert await value("select count(*) from core_unsealed where fact = $1", fact) == 1
        assert await delivered() == {"dummy": "done"}
        (heard,) = reactions.heard
        assert heard.id == fact
        assert heard.payload == {"note": 1, "length": 5}

    async def test_the_payload_must_fit_the_declared_struct(self, db: Any) -> None:
        with loaded():
            async with transaction(scope()):
                with pytest.raises(msgspec.ValidationError):
                    await record("dummy.note.written", NOTE, NoteWritten("1", 5), HERE)  # type: ignore[arg-type]

                class Other(msgspec.Struct):
                    note: int

                with pytest.raises(TypeError):
                    await record("dummy.note.written", NOTE, Other(1), HERE)
                with pytest.raises(UnknownFact):
                    await record("dummy.note.burnt", NOTE, NoteWritten(1, 5), HERE)

    async def test_history_is_ordered_by_when_it_happened(self, db: Any) -> None:
        late = datetime(2026, 1, 5, tzinfo=UTC)
        with loaded():
            async with transaction(scope()):
                today = await write()
                entered_late = await write(at=late)
                told = await history(NOTE)
                assert [each.id for each in told] == [entered_late, today]
                assert told[0].at == late < told[0].recorded_at
                assert told[0].actor == 42
                assert await history(NOTE, kinds=["dummy.other"]) == []
            async with transaction(Scope(OTHER, Interval(0, 2**62))):
                assert await history(NOTE) == []
        with pytest.raises(ValueError, match="time zone"), loaded():
            async with transaction(scope()):
                await write(at=datetime(2026, 1, 5))  # noqa: DTZ001

    @pytest.mark.parametrize(
        "sql",
        [
            "update core_fact set actor = 0",
            "delete from core_fact",
            "truncate core_fact",
            "select 1 from core_fact for update",
            "delete from core_unsealed",
            "update core_unsealed set fact = 0",
            "delete from core_delivery",
        ],
    )
    async def test_the_web_role_changes_nothing_it_recorded(self, fresh_db: str, sql: str) -> None:
        with loaded():
            async with transaction(scope()):
                await write()
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction(scope()):
                    await execute(sql)

    async def test_a_fact_exists_if_and_only_if_its_change_does(self, fresh_db: str) -> None:
        with loaded():
            with pytest.raises(RuntimeError):
                async with transaction(scope()):
                    await write()
                    raise RuntimeError("the service fails afterwards")
            async with transaction(scope()):
                assert await history(NOTE) == []
                assert await delivered() == {}

    def test_canonical_bytes_do_not_depend_on_order_place_or_zone(self) -> None:
        base = {
            "id": 7,
            "kind": "a.b",
            "subject_kind": "a.c",
            "subject_id": 3,
            "actor": 0,
            "at": datetime(2026, 1, 5, 8, tzinfo=UTC),
            "recorded_at": datetime(2026, 1, 5, 8, tzinfo=UTC),
            "payload": payload_text({"b": 1, "a": "二"}),
        }
        elsewhere = {
            **base,
            "at": base["at"].astimezone(core_zone()),  # type: ignore[attr-defined]
            "region_lo": 99,
            "payload": payload_text({"a": "二", "b": 1}),
        }
        assert fact_bytes(base) == fact_bytes(elsewhere)
        assert (
            fact_bytes(base)
            == (
                '[7,"a.b","a.c",3,0,"2026-01-05T08:00:00.000000Z","2026-01-05T08:00:00.000000Z",'
                '"{\\"a\\":\\"二\\",\\"b\\":1}"]'
            ).encode()
        )


def core_zone() -> Any:
    from core.clock import SHANGHAI

    return SHANGHAI


class TestEagerHandlers:
    """None of these may cost the user the act, nor leave a trace in the transaction."""

    async def state(self) -> dict[str, Any]:
        found = await row(
            "select current_setting('j.rlo') as rlo, current_setting('j.rhi') as rhi,"
            " current_setting('j.olo') as olo, current_setting('statement_timeout') as timeout,"
            " current_setting('lock_timeout') as locks, current_user as who"
        )
        assert found is not None
        return found

    async def test_runs_under_the_facts_region_and_leaves_no_setting(
        self, db: Any, real_limits: None
    ) -> None:
        seen: list[Any] = []

        async def look(_fact: Fact) -> None:
            seen.append((core_db.current_scope(), await self.state()))

        narrow = Scope(COUNTY, Interval(5, 5), person=9, actor=42)
        with loaded(listening("guest", look)):
            async with transaction(narrow):
                before = await self.state()
                await record("dummy.note.written", NOTE, NoteWritten(1, 5), Place(COUNTY.lo, 5))
                assert await self.state() == before
                assert core_db.current_scope() is narrow
        ((inside, settings),) = seen
        assert inside.region == COUNTY
        assert inside.actor == 0
        assert settings["olo"] == "0"
        assert settings["timeout"] == "200ms"

    @pytest.mark.parametrize("fault", ["raises", "sql", "swallowed", "slow_sql", "many", "sleeps"])
    async def test_a_faulty_handler_is_left_to_the_worker(
        self, db: Any, woken: list[int], real_limits: None, fault: str
    ) -> None:
        async def fail(_fact: Fact) -> None:
            await execute("insert into core_region (name, level, lo, hi) values ('x', 9, 5, 5)")
            if fault == "raises":
                raise RuntimeError("fault")
            if fault == "sql":
                await execute("select 1 / 0")
            if fault == "swallowed":
                try:
                    await execute("select 1 / 0")
                except asyncpg.PostgresError:
                    return
            if fault == "slow_sql":
                await execute("select pg_sleep(5)")
            if fault == "many":
                for _ in range(200):
                    await execute("select pg_sleep(0.02)")
            if fault == "sleeps":
                await asyncio.sleep(5)

        with loaded(listening("guest", fail)):
            async with transaction(scope()):
                before = await self.state()
                begun = time.monotonic()
                await write()
                assert time.monotonic() - begun < 3
                assert await self.state() == before
                assert await value("select count(*) from core_region where level = 9") == 0
        assert await delivered() == {"dummy": "done", "guest": "pending"}
        assert woken
        error = await value("select error from core_delivery where plugin = 'guest'")
        assert error
        assert "DETAIL" not in error

    async def test_all_handlers_share_one_budget(
        self, db: Any, woken: list[int], real_limits: None
    ) -> None:
        async def slow(_fact: Fact) -> None:
            await asyncio.sleep(0.12)

        names = ["guest_a", "guest_b", "guest_c", "guest_d", "guest_e"]
        with loaded(*(listening(name, slow) for name in names)):
            async with transaction(scope()):
                begun = time.monotonic()
                await write()
                await write()
                assert time.monotonic() - begun < 2
        states = await rows("select state from core_delivery where plugin like 'guest%'")
        done = [each for each in states if each["state"] == "done"]
        assert len(states) == 10
        # Two fit into 300 ms, on a busy machine perhaps one; never all ten.
        assert len(done) <= 2
        assert woken

    async def test_a_cancelled_request_takes_everything_with_it(self, fresh_db: str) -> None:
        async def forever(_fact: Fact) -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(1)

        async def request() -> None:
            async with transaction(scope()):
                await write()

        with loaded(listening("guest", forever)):
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(request())
            async with transaction(scope()):
                assert await history(NOTE) == []

    async def test_what_a_handler_records_is_handled_after_it_to_a_bounded_depth(
        self, db: Any
    ) -> None:
        order: list[str] = []

        def echo(name: str, produces: str) -> Any:
            async def handle(fact: Fact) -> None:
                order.append(f"{name} begins")
                await record(produces, fact.subject, NoteWritten(1, 1), fact.place)
                order.append(f"{name} ends")

            return handle

        kind = lambda key: FactKind(key, "回声", "回声", NoteWritten)  # noqa: E731
        chain = [
            listening(
                "one", echo("one", "one.a.b"), kind="dummy.note.written", produces=[kind("one.a.b")]
            ),
            listening("two", echo("two", "two.a.b"), kind="one.a.b", produces=[kind("two.a.b")]),
            listening("tri", echo("tri", "tri.a.b"), kind="two.a.b", produces=[kind("tri.a.b")]),
            listening(
                "four", echo("four", "four.a.b"), kind="tri.a.b", produces=[kind("four.a.b")]
            ),
        ]
        with loaded(*chain):
            async with transaction(scope()):
                await write()
        assert order == [
            "one begins",
            "one ends",
            "two begins",
            "two ends",
            "tri begins",
            "tri ends",
        ]
        assert await delivered() == {
            "dummy": "done",
            "one": "done",
            "two": "done",
            "tri": "done",
            "four": "pending",
        }
        actors = await rows("select kind, actor from core_fact order by id")
        assert [each["actor"] for each in actors] == [42, 0, 0, 0]

    async def test_facts_of_a_failed_handler_are_gone_and_not_handled(self, db: Any) -> None:
        after: list[Fact] = []

        async def record_and_fail(fact: Fact) -> None:
            await record("one.a.b", fact.subject, NoteWritten(1, 1), fact.place)
            raise RuntimeError("fault")

        async def hear(fact: Fact) -> None:
            after.append(fact)

        kind = FactKind("one.a.b", "回声", "回声", NoteWritten)
        with loaded(
            listening("one", record_and_fail, produces=[kind]),
            listening("two", hear, kind="one.a.b"),
        ):
            async with transaction(scope()):
                await write()
        assert after == []
        assert await value("select count(*) from core_fact where kind = 'one.a.b'") == 0


class TestLocks:
    async def test_a_taken_lock_leaves_the_handlers_to_the_worker(self, fresh_db: str) -> None:
        taken, release = asyncio.Event(), asyncio.Event()
        alarm = SubjectRef("guest.alarm", 5_000_000_000)
        ran: list[Fact] = []

        async def holder() -> None:
            async with transaction(scope()):
                await core_db.lock_subjects(alarm)
                taken.set()
                await release.wait()

        async def hear(fact: Fact) -> None:
            ran.append(fact)

        with loaded(listening("guest", hear, locks=lambda _fact: [alarm])):
            task = asyncio.create_task(holder())
            await taken.wait()
            async with transaction(scope()):
                begun = time.monotonic()
                await write()
                assert time.monotonic() - begun < 2
                assert await delivered() == {"dummy": "pending", "guest": "pending"}
            release.set()
            await task
            assert ran == []
            async with transaction(scope()):
                await write()
            assert len(ran) == 1

    async def test_opposite_orders_never_deadlock(self, fresh_db: str) -> None:
        one, two = SubjectRef("guest.a", 1), SubjectRef("guest.a", 2)

        async def hear(_fact: Fact) -> None:
            await asyncio.sleep(0)

        async def act(first: SubjectRef, second: SubjectRef) -> None:
            locks = {"dummy.note": first}
            async with transaction(scope()):
                await core_db.lock_subjects(first)
                await asyncio.sleep(0.05)
                wanted.set(second)
                await write()
                assert locks

        from contextvars import ContextVar

        wanted: ContextVar[SubjectRef] = ContextVar("wanted")
        with loaded(listening("guest", hear, locks=lambda _fact: [wanted.get()])):
            await asyncio.gather(act(one, two), act(two, one))
            async with transaction(scope()):
                assert len(await history(NOTE)) == 2


class TestDelivery:
    @pytest.fixture
    async def as_worker(self, fresh_db: str) -> AsyncIterator[None]:
        """Deliveries need the worker's rights."""
        pool = core_db.DB.pool
        core_db.DB.pool = None
        core_db.DB.configure(fresh_db, core_db.WORKER)
        await core_db.DB.start_connection_pool(min_size=1, max_size=4)
        yield
        await core_db.DB.close_connection_pool()
        core_db.DB.configure(fresh_db, core_db.WEB)
        core_db.DB.pool = pool

    async def test_lazy_handlers_are_told_by_the_worker_once(self, as_worker: None) -> None:
        told: list[Any] = []

        async def hear(fact: Fact) -> None:
            told.append((fact, core_db.current_scope().region))

        with loaded(listening("guest", hear, eager=False)) as chosen:
            async with transaction(scope()):
                await write()
            assert told == []
            assert await host.deliver_one(chosen)
            assert not await host.deliver_one(chosen)
        ((fact, region),) = told
        assert fact.payload == {"note": 1, "length": 5}
        assert region == COUNTY

    async def test_a_failing_plugin_is_repeated_alone_and_its_failure_shown(
        self, as_worker: None, clock: Any
    ) -> None:
        begin = clock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        broken, told = True, []

        async def hear(fact: Fact) -> None:
            if broken:
                raise RuntimeError("not now")
            told.append(fact)

        async def always(fact: Fact) -> None:
            told.append(fact)

        with loaded(
            listening("guest", hear, eager=False), listening("other", always, eager=False)
        ) as chosen:
            async with transaction(scope()):
                await write()
            while await host.deliver_one(chosen):
                pass
            assert len(told) == 1
            async with transaction(host.WORKER_SCOPE):
                assert await delivered() == {"dummy": "done", "guest": "pending", "other": "done"}
                failure = await row("select * from core_failure where resolved_at is null")
            assert failure is not None
            assert failure["name"] == "dummy.note.written → guest"
            assert "RuntimeError: not now" in failure["error"]
            broken = False
            clock(begin + timedelta(seconds=5))
            assert await host.deliver_one(chosen)
            assert len(told) == 2

    async def test_after_the_last_try_a_person_decides(self, as_worker: None, clock: Any) -> None:
        from core.jobs import services as jobs

        moment = clock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        broken, told = True, []

        async def hear(fact: Fact) -> None:
            if broken:
                raise RuntimeError("never")
            told.append(fact)

        with loaded(listening("guest", hear, eager=False)) as chosen:
            async with transaction(scope()):
                await write()
            for _ in range(host.TRIES + 3):
                moment = clock(moment + timedelta(hours=2))
                await host.deliver_one(chosen)
            async with transaction(host.WORKER_SCOPE):
                assert (await delivered())["guest"] == "failed"
                failure = await row("select id, final, tries from core_failure")
            assert failure is not None
            assert (failure["final"], failure["tries"]) == (1, host.TRIES)
            broken = False
            async with transaction(host.WORKER_SCOPE):
                await jobs.retry(failure["id"])
            assert await host.deliver_one(chosen)
            assert len(told) == 1

    async def test_a_claim_of_a_dead_worker_falls_due_again(
        self, as_worker: None, clock: Any
    ) -> None:
        moment = clock(datetime(2026, 3, 2, 1, tzinfo=UTC))
        told: list[Fact] = []

        async def hear(fact: Fact) -> None:
            told.append(fact)

        with loaded(listening("guest", hear, eager=False)) as chosen:
            async with transaction(scope()):
                await write()
            async with transaction(host.WORKER_SCOPE):
                # What deliver_one does before the worker is killed.
                assert await row(host.CLAIM, moment, 70, ["guest"])
            assert not await host.deliver_one(chosen)
            clock(moment + timedelta(seconds=71))
            assert await host.deliver_one(chosen)
            assert len(told) == 1

    async def test_two_workers_never_take_the_same_delivery(self, as_worker: None) -> None:
        told: list[int] = []

        async def hear(fact: Fact) -> None:
            await asyncio.sleep(0.01)
            told.append(fact.id)

        with loaded(listening("guest", hear, eager=False)) as chosen:
            async with transaction(scope()):
                for _ in range(6):
                    await write()

            async def work() -> None:
                while await host.deliver_one(chosen):
                    pass

            await asyncio.gather(work(), work(), work())
            assert len(told) == len(set(told)) == 6

    async def test_a_late_plugin_is_back_filled_on_demand(self, as_worker: None) -> None:
        told: list[Fact] = []

        async def hear(fact: Fact) -> None:
            told.append(fact)

        with loaded():
            async with transaction(scope()):
                await write()
                await write()
        with loaded(listening("guest", hear)) as chosen:
            assert not await host.deliver_one(chosen)
            async with transaction(host.WORKER_SCOPE):
                assert await host.back_fill(chosen, "guest", OTHER.lo, OTHER.hi) == 0
                assert await host.back_fill(chosen, "guest", COUNTY.lo, COUNTY.hi) == 2
                assert await host.back_fill(chosen, "guest", COUNTY.lo, COUNTY.hi) == 0
            while await host.deliver_one(chosen):
                pass
            assert len(told) == 2


class TestEnabling:
    @pytest.fixture
    async def regions(self, db: Any) -> dict[str, int]:
        ids = {}
        for name, interval in (("省", PROVINCE), ("甲县", COUNTY), ("乙县", OTHER)):
            ids[name] = await value(
                "insert into core_region (name, level, lo, hi, code, code_source)"
                " values ($1, 1, $2, $3, '', '') returning id",
                name,
                interval.lo,
                interval.hi,
            )
        return ids

    async def test_the_nearest_ancestor_wins(self, regions: dict[str, int]) -> None:
        with loaded():
            assert await enabling.is_enabled("dummy", COUNTY.lo)
            async with transaction(Scope.platform("test")):
                await enabling.switch_plugin(regions["省"], "dummy", on=False)
                await enabling.switch_plugin(regions["甲县"], "dummy", on=True)
                assert await enabling.is_enabled("dummy", COUNTY.lo)
                assert not await enabling.is_enabled("dummy", OTHER.lo)
                assert await enabling.is_enabled("dummy", 0)
                assert not await enabling.is_enabled("not_installed", 0)
                town = REGIONS.child(OTHER.lo, 3)
                assert not await enabling.is_enabled("dummy", town.lo)
                assert await enabling.enabled_plugins(OTHER.lo) == {"core"}
                assert await enabling.enabled_plugins(COUNTY.lo) == {"core", "dummy"}

    async def test_a_fact_of_a_disabled_region_is_not_delivered(
        self, regions: dict[str, int]
    ) -> None:
        with loaded():
            async with transaction(Scope.platform("test")):
                await enabling.switch_plugin(regions["甲县"], "dummy", on=False)
            async with transaction(scope()):
                await write()
            async with transaction(Scope(OTHER, Interval(0, 2**62))):
                await record("dummy.note.written", NOTE, NoteWritten(1, 5), Place(OTHER.lo))
        assert [fact.place.region_lo for fact in reactions.heard] == [OTHER.lo]

    async def test_switching_is_itself_a_fact_and_a_new_version(
        self, regions: dict[str, int]
    ) -> None:
        with loaded():
            before = await value("select number from core_version")
            async with transaction(Scope.platform("test", actor=3)):
                await enabling.switch_plugin(regions["甲县"], "dummy", on=False)
                (fact,) = await history(SubjectRef("core.region", regions["甲县"]))
            assert fact.payload["state"] == "停用"
            assert fact.actor == 3
            assert await value("select number from core_version") == before + 1

    async def test_a_switch_rolled_back_is_not_remembered(self, fresh_db: str) -> None:
        with loaded():
            async with transaction(Scope.platform("test")):
                region = await value("select id from core_region limit 1")
            if region is None:
                async with transaction(Scope.platform("test")):
                    region = await value(
                        "insert into core_region (name, level, lo, hi, code, code_source)"
                        " values ('国', 0, 0, 1152921504606846975, '', '') returning id"
                    )
            with pytest.raises(RuntimeError):
                async with transaction(Scope.platform("test")):
                    await enabling.switch_plugin(region, "dummy", on=False)
                    assert not await enabling.is_enabled("dummy", COUNTY.lo)
                    raise RuntimeError
            assert await enabling.is_enabled("dummy", COUNTY.lo)
            async with transaction(Scope.platform("test")):
                await enabling.switch_plugin(region, "dummy", on=False)
            assert not await enabling.is_enabled("dummy", COUNTY.lo)

    async def test_the_preview_says_what_disappears(self, regions: dict[str, int]) -> None:
        with loaded():
            async with transaction(Scope.platform("test")):
                await enabling.switch_plugin(regions["甲县"], "dummy", on=True)
                preview = await enabling.preview_off(regions["省"], "dummy")
        assert preview.menu == ("便笺",)
        assert preview.cards == ("最近便笺",)
        assert preview.panels == ("相关便笺",)
        assert preview.silent_gates == ("便笺归档",)
        assert preview.undelivered == ("写便笺",)
        assert preview.own_switches_below == 1


async def test_the_worker_is_woken_only_after_the_commit(
    fresh_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    stop = waking.listen(lambda: calls.append("woken"))
    try:

        async def hear(_fact: Fact) -> None:
            pass

        with loaded(listening("guest", hear, eager=False)):
            async with transaction(scope()):
                await write()
                await write()
                assert calls == []
            assert calls == ["woken"]
    finally:
        stop()


async def test_tests_may_dispatch_at_once_and_see_faults(db: Any) -> None:
    told: list[Fact] = []

    async def hear(fact: Fact) -> None:
        told.append(fact)

    async def fail(_fact: Fact) -> None:
        raise RuntimeError("seen by the author")

    with loaded(listening("guest", hear, eager=False)):
        async with transaction(scope()):
            await write()
        assert await host.dispatch_all() == 1
        assert len(told) == 1
    with loaded(listening("guest", fail, eager=False)):
        async with transaction(scope()):
            await write()
        with pytest.raises(RuntimeError):
            await host.dispatch_all()
