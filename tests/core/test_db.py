# SPDX-License-Identifier: Apache-2.0
"""Transactions: role and scope, savepoints, connections that are never lost."""

import asyncio
import contextlib
import re
from pathlib import Path

import asyncpg
import pytest
from piccolo.columns import BigSerial, Varchar
from piccolo.table import Table

from core import db as database
from core.db import (
    DB,
    EVERYTHING,
    NOTHING,
    OutsideTransaction,
    Place,
    SafeEngine,
    Scope,
    SubjectRef,
    after_commit,
    column,
    current_scope,
    execute,
    execute_many,
    in_transaction,
    is_conflict,
    is_out_of_scope,
    literal,
    lock_subjects,
    one_statement,
    reading,
    retried,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.intervals import Interval

COUNTY = Scope(Interval(100, 199), Interval(7, 7), person=3, actor=9)
SETTINGS = ("rlo", "rhi", "olo", "ohi", "me", "wrlo", "wrhi", "wolo", "wohi")
TESTING = Scope.platform("test")


async def settings() -> dict[str, str]:
    found = await row(
        "select " + ", ".join(f"current_setting('j.{n}', true) {n}" for n in SETTINGS)
    )
    assert found is not None
    return found


async def role() -> str:
    return await value("select current_user::text")


# --- scope -----------------------------------------------------------------------------------


def test_scopes() -> None:
    assert COUNTY.sees(Place(150, 7))
    assert not COUNTY.sees(Place(150, 8))
    assert not COUNTY.sees(Place(200, 7))
    assert COUNTY.may_write(Place(150, 7))
    assert not COUNTY.read_only().may_write(Place(150, 7))
    assert COUNTY.read_only().sees(Place(150, 7))
    assert not Scope.nothing().sees(Place(0, 0))
    assert not Scope.nothing().sees(Place(1, 1))
    assert TESTING.sees(Place(2**60 - 1, 2**60 - 1))
    with pytest.raises(ValueError, match="reason"):
        Scope.platform(" ")
    assert Interval(0, 9).covers(Interval(3, 9))
    assert not Interval(0, 9).covers(NOTHING)


def test_scope_conditions_are_bound_and_equal_where_narrow() -> None:
    assert scope_conditions(COUNTY, "c") == (
        "c.region_lo between $1::int8 and $2::int8 and c.org_lo = $3::int8",
        [100, 199, 7],
    )
    assert scope_conditions(Scope(Interval(5, 5), EVERYTHING), start=4) == (
        "region_lo = $4::int8",
        [5],
    )
    sql, args = scope_conditions(TESTING)
    assert "$1" in sql  # never without parameters: planned once for all scopes otherwise
    assert args == [EVERYTHING.lo, EVERYTHING.hi]
    assert scope_conditions(Scope.nothing())[1] == [1, 0, 1, 0]


# --- one transaction -------------------------------------------------------------------------


async def test_role_and_scope_are_set_and_gone_afterwards(fresh_db) -> None:
    async with transaction(COUNTY):
        assert await role() == "jiandu_web"
        assert list((await settings()).values()) == [
            "100",
            "199",
            "7",
            "7",
            "3",
            "100",
            "199",
            "7",
            "7",
        ]
        assert await value("show plan_cache_mode") == "force_custom_plan"
        assert current_scope() is COUNTY
    async with transaction(Scope.nothing()):
        assert list((await settings()).values())[:4] == ["1", "0", "1", "0"]
    assert not in_transaction()


async def test_pool_gives_the_connection_back_clean(fresh_db) -> None:
    await DB.close_connection_pool()
    await DB.start_connection_pool(min_size=1, max_size=1)
    async with transaction(TESTING):
        first = await value("select pg_backend_pid()")
        await execute("set local role jiandu_owner")
    async with transaction(Scope.nothing()):
        assert await value("select pg_backend_pid()") == first
        assert await role() == "jiandu_web"
        assert (await settings())["rhi"] == "0"
    # Even a role set for the session, which the pool's own reset would keep, is overruled.
    connection = await DB.pool.acquire()
    await connection.execute("set role jiandu_owner")
    await DB.pool.release(connection)
    async with transaction(Scope.nothing()):
        assert await role() == "jiandu_web"


async def test_connection_left_in_a_transaction_is_rolled_back(fresh_db) -> None:
    connection = await DB.pool.acquire()
    await connection.execute("begin")
    await DB.pool.release(connection)
    async with transaction(TESTING):
        assert await value("select 1") == 1


async def test_queries_outside_a_transaction_are_an_error(fresh_db) -> None:
    from core.regions.tables import Region

    with pytest.raises(OutsideTransaction):
        await rows("select 1")
    with pytest.raises(OutsideTransaction):
        await Region.select().run()
    with pytest.raises(OutsideTransaction):
        await Region.count().run()
    with pytest.raises(OutsideTransaction):
        async with transaction():
            pass
    with pytest.raises(OutsideTransaction):
        await lock_subjects(SubjectRef("a", 1))
    with pytest.raises(OutsideTransaction):
        current_scope()
    async with transaction(TESTING):
        assert await Region.select().run() == []


async def test_helpers(db) -> None:
    await execute("create temp table t (n int, d jsonb)")
    assert await execute("insert into t select g, null from generate_series(1, 5) g") == 5
    await execute_many("insert into t values ($1, $2)", [(6, {"甲": [1, None]}), (7, '"text"')])
    assert await column("select n from t order by n") == [1, 2, 3, 4, 5, 6, 7]
    assert await row("select d from t where n = 6") == {"d": {"甲": [1, None]}}
    assert await value("select d from t where n = 7") == "text"
    assert await row("select 1 where false") is None
    assert await value("select 1 where false") is None
    assert await execute("update t set n = n") == 7
    assert database.json({"甲": 1}) == '{"甲":1}'


async def test_json_columns_of_piccolo_too(db) -> None:
    from piccolo.columns import JSONB

    class Sample(Table, tablename="t_sample", db=DB):
        data = JSONB(default=None)

    await Sample.create_table().run()
    await Sample.insert(Sample(data={"a": [1, 2]})).run()
    assert await Sample.select(Sample.data).run() == [{"data": {"a": [1, 2]}}]
    assert await value("select data->'a' from t_sample") == [1, 2]


# --- nesting ---------------------------------------------------------------------------------


async def table() -> None:
    await execute("create temp table t (n int unique deferrable initially immediate)")


async def test_inner_failure_undoes_the_inner_part_only(db) -> None:
    await table()
    async with transaction():
        await execute("insert into t values (1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with transaction():
                await execute("insert into t values (2)")
                await execute("insert into t values (1)")
        await execute("insert into t values (3)")
    assert await column("select n from t order by n") == [1, 3]


async def test_swallowed_error_fails_the_block_but_not_the_outer_one(db) -> None:
    await table()
    await execute("insert into t values (1)")
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with transaction(COUNTY):
            with contextlib.suppress(asyncpg.DivisionByZeroError):
                await value("select 1/0")
    assert await column("select n from t") == [1]
    assert current_scope() == Scope.nothing()
    assert await role() == "jiandu_owner"


async def test_nested_scope_ends_with_its_block(fresh_db) -> None:
    outer = Scope(Interval(0, 999), EVERYTHING, actor=1)
    async with transaction(outer):
        async with transaction(COUNTY):
            assert current_scope() is COUNTY
            assert (await settings())["rlo"] == "100"
            async with transaction():
                assert current_scope() is COUNTY
                assert (await settings())["rlo"] == "100"
            assert (await settings())["rlo"] == "100"
        assert current_scope() is outer
        assert (await settings())["rhi"] == "999"
        with pytest.raises(RuntimeError):
            async with transaction(COUNTY):
                raise RuntimeError
        assert current_scope() is outer
        assert (await settings())["rhi"] == "999"


async def test_in_tests_a_scope_also_takes_the_web_role(db) -> None:
    assert await role() == "jiandu_owner"
    async with transaction(COUNTY):
        assert await role() == "jiandu_web"
        async with transaction():
            assert await role() == "jiandu_web"
    assert await role() == "jiandu_owner"


async def test_piccolo_queries_join_the_transaction(db) -> None:
    class Joined(Table, tablename="t_joined", db=DB):
        id = BigSerial(primary_key=True)
        name = Varchar(default=None)

    await Joined.create_table().run()
    with pytest.raises(RuntimeError):
        async with transaction():
            await Joined.insert(Joined(name="a")).run()
            raise RuntimeError
    await Joined.insert(Joined(name="b")).run()
    async with DB.transaction():
        await Joined.update({Joined.name: "c"}, force=True).run()
    assert await column("select name from t_joined") == ["c"]


# --- failures --------------------------------------------------------------------------------


async def make_table() -> None:
    connection = await asyncpg.connect(DB.url)
    await connection.execute(
        "set role jiandu_owner; create table t_due (n int unique deferrable initially deferred);"
        "grant all on t_due to jiandu_web"
    )
    await connection.close()


async def test_failing_commits_give_their_connections_back(fresh_db) -> None:
    await make_table()
    for _ in range(12):  # more often than the pool has connections
        with pytest.raises(asyncpg.UniqueViolationError):
            async with transaction(TESTING):
                await execute("insert into t_due values (1), (1)")
    assert not in_transaction()
    assert DB.pool.get_idle_size() == DB.pool.get_size()
    async with transaction(TESTING):
        assert await value("select count(*) from t_due") == 0


async def test_cancelled_and_broken_transactions_give_their_connections_back(fresh_db) -> None:
    async def hang() -> None:
        async with transaction(TESTING):
            await value("select pg_sleep(30)")

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        async with transaction(TESTING):
            await value("select pg_terminate_backend(pg_backend_pid())")
    assert DB.pool.get_idle_size() == DB.pool.get_size()
    async with transaction(TESTING):
        assert await value("select 1") == 1


async def test_failing_begin_gives_its_connection_back(fresh_db, monkeypatch) -> None:
    monkeypatch.setattr(Scope, "sql", lambda _scope, _role: "SET LOCAL role=nobody_at_all")
    for _ in range(12):
        with pytest.raises(asyncpg.PostgresError):
            await transaction(TESTING).__aenter__()
    monkeypatch.undo()
    assert not in_transaction()
    assert DB.pool.get_idle_size() == DB.pool.get_size()
    async with transaction(TESTING):
        assert await role() == "jiandu_web"


async def test_after_commit_runs_only_for_what_is_committed(fresh_db) -> None:
    ran: list[str] = []

    def note(word: str) -> None:
        async def callback() -> None:
            assert not in_transaction()
            ran.append(word)

        after_commit(callback)

    async with transaction(TESTING):
        note("outer")
        async with transaction():
            note("kept")
        with pytest.raises(RuntimeError):
            async with transaction():
                note("undone")
                raise RuntimeError
        assert ran == []
    assert ran == ["outer", "kept"]
    with pytest.raises(RuntimeError):
        async with transaction(TESTING):
            note("never")
            raise RuntimeError
    assert ran == ["outer", "kept"]


async def test_failing_callback_does_not_stop_the_others(fresh_db) -> None:
    ran = []

    async def fails() -> None:
        raise RuntimeError

    async def works() -> None:
        ran.append(1)

    async with transaction(TESTING):
        after_commit(fails)
        after_commit(works)
    assert ran == [1]


# --- locks -----------------------------------------------------------------------------------


async def test_subjects_are_locked_in_one_order_so_nobody_deadlocks(fresh_db) -> None:
    first, second = SubjectRef("a.b", 2**40), SubjectRef("a.b", 1)
    done = 0

    async def work(*refs: SubjectRef) -> None:
        nonlocal done
        async with transaction(TESTING):
            await lock_subjects(*refs)
            await asyncio.sleep(0.005)
            done += 1

    await asyncio.gather(
        *(work(first, second) if n % 2 else work(second, first) for n in range(20))
    )
    assert done == 20


async def test_locked_subject_makes_the_next_wait(fresh_db) -> None:
    order: list[str] = []
    held, subject = asyncio.Event(), SubjectRef("a.b", 7)

    async def one() -> None:
        async with transaction(TESTING):
            await lock_subjects(subject)
            held.set()
            await asyncio.sleep(0.1)
            order.append("first")

    async def two() -> None:
        await held.wait()
        async with transaction(TESTING):
            await lock_subjects(subject)
            order.append("second")

    await asyncio.gather(one(), two())
    assert order == ["first", "second"]
    async with transaction(TESTING):
        await lock_subjects()
        await lock_subjects(subject, subject)


async def test_service_that_lost_a_race_is_tried_once_more(fresh_db) -> None:
    tries = []

    @retried
    async def service(fails: int) -> str:
        async with transaction(TESTING):
            tries.append(1)
            if len(tries) <= fails:
                raise asyncpg.DeadlockDetectedError
            return "done"

    assert await service(1) == "done"
    assert len(tries) == 2
    tries.clear()
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await service(2)
    tries.clear()
    async with transaction(TESTING):  # inside another transaction a second try is no use
        with pytest.raises(asyncpg.DeadlockDetectedError) as lost:
            await service(1)
    assert len(tries) == 1
    assert is_conflict(lost.value)
    assert not is_out_of_scope(lost.value)


# --- the engine ------------------------------------------------------------------------------


async def test_engine_connects_only_when_asked() -> None:
    engine = SafeEngine("postgresql://nobody@127.0.0.1:1/none", "jiandu_web")
    assert engine.configured
    with pytest.raises(OSError):
        await engine.get_new_connection()
    unset = SafeEngine()
    assert not unset.configured
    with pytest.raises(RuntimeError, match="DATABASE_URL"):
        await unset.get_new_connection()
    with pytest.raises(ValueError, match="postgres"):
        SafeEngine("postgresql://x", "postgres")


async def test_engine_is_not_repointed_under_a_running_pool(fresh_db) -> None:
    with pytest.raises(RuntimeError, match="pool"):
        DB.configure("postgresql://elsewhere", "jiandu_web")


RAW = re.compile(r"""i?like\s+'%'\s*\|\|\s*\$\d+.{0,900}?\n\s+(text|typed|words|q),\n""", re.DOTALL)


def test_signs_of_patterns_mean_themselves():
    assert literal(r"50%_\甲") == r"50\%\_\\甲"


def test_no_search_takes_what_was_typed_as_a_pattern():
    files = [each for top in ("core", "plugins") for each in Path(top).rglob("*.py")]
    assert not [str(each) for each in files if RAW.search(each.read_text())]


# --- one statement at one round trip ----------------------------------------------------------

LOOK = Scope.platform("a public page looks one thing up")
WHO = "select current_user::text who, current_setting('j.rhi') hi, pg_backend_pid() pid"
MARK = "with noted as (insert into t_noted values ($1)) select 1 as one"


async def noted() -> int:
    async with transaction(TESTING):
        return await value("select count(*) from t_noted")


async def test_one_statement_carries_its_scope_and_nobody_elses(fresh_db: str) -> None:
    wide, none = await one_statement(LOOK, WHO), await one_statement(Scope.public(), WHO)
    assert wide is not None
    assert none is not None
    assert (wide["who"], wide["hi"]) == ("jiandu_web", str(EVERYTHING.hi))
    assert (none["who"], none["hi"]) == ("jiandu_web", str(NOTHING.hi))
    assert wide["pid"] != none["pid"]
    again = await one_statement(LOOK, WHO)
    assert again is not None
    assert again["pid"] == wide["pid"], "the connection is kept"
    async with transaction(COUNTY):
        # Within a transaction it is a part of it, under its own scope; the outer one comes back.
        inner = await one_statement(LOOK, WHO)
        assert inner is not None
        assert inner["hi"] == str(EVERYTHING.hi)
        assert inner["pid"] == await value("select pg_backend_pid()")
        assert inner["pid"] != wide["pid"]
        assert (await settings())["rhi"] == "199"
    async with transaction(Scope.nothing()):
        assert (await settings())["rhi"] == str(NOTHING.hi)


async def test_one_statement_is_committed_when_it_answers_and_undone_when_it_fails(
    fresh_db: str,
) -> None:
    raw = await asyncpg.connect(fresh_db)
    await raw.execute(
        "set role jiandu_owner; create table t_noted (t text); grant all on t_noted to jiandu_web"
    )
    await raw.close()
    await asyncio.gather(*(one_statement(LOOK, MARK, f"once.{n}") for n in range(20)))
    assert await noted() == 20
    with pytest.raises(asyncpg.DivisionByZeroError):
        await one_statement(LOOK, MARK.replace("select 1", "select 1 / length($1)"), "")
    assert await noted() == 20
    assert await one_statement(LOOK, "select 1 as one where false") is None


LOOKS = LOOK.read_only()


async def test_a_reading_is_a_few_statements_under_its_scope_that_change_nothing(
    fresh_db: str,
) -> None:
    async with reading(LOOKS):
        first, second = await row(WHO), await row(WHO)
        assert first is not None
        assert second is not None
        assert first["pid"] == second["pid"]
        assert first["hi"] == str(EVERYTHING.hi)
        assert await value("select now() < clock_timestamp()")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute("insert into core_person (name, region_lo, org_lo) values ('甲', 1, 1)")
        with pytest.raises(OutsideTransaction):
            async with transaction(TESTING):
                pass
        assert await value("select 1") == 1
    assert not in_transaction()
    async with transaction(COUNTY):
        async with reading(LOOKS):  # within a transaction it is a part of it
            inner = await row(WHO)
            assert inner is not None
            assert inner["hi"] == str(EVERYTHING.hi)
            assert inner["pid"] != first["pid"]
        assert (await settings())["rhi"] == "199"
    with pytest.raises(ValueError, match="read_only"):
        async with reading(LOOK):
            pass


async def test_a_reading_that_failed_leaves_no_connection_behind(fresh_db: str) -> None:
    async with reading(LOOKS):
        before = await value("select pg_backend_pid()")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with reading(LOOKS):
            await value("select 1 / length($1)", "")
    assert not in_transaction()
    async with reading(LOOKS):
        assert await value("select pg_backend_pid()") != before


async def test_a_lost_or_cancelled_connection_is_never_used_again(fresh_db: str) -> None:
    first = await one_statement(LOOK, WHO)
    assert first is not None
    slow = asyncio.create_task(one_statement(LOOK, "select pg_sleep(30)"))
    await asyncio.sleep(0.1)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    second = await one_statement(LOOK, WHO)
    assert second is not None
    assert second["pid"] != first["pid"]
    raw = await asyncpg.connect(fresh_db)
    await raw.execute("select pg_terminate_backend($1, 5000)", second["pid"])
    await raw.close()
    await asyncio.sleep(0.1)
    third = await one_statement(LOOK, WHO)
    assert third is not None
    assert third["pid"] != second["pid"]


async def test_standing_connections_are_few_and_end_with_the_pool(fresh_db: str) -> None:
    pids = await asyncio.gather(
        *(one_statement(LOOK, f"{WHO} from pg_sleep(0.02)") for _ in range(20))
    )
    used = {each["pid"] for each in pids if each is not None}
    assert len(used) == 4
    standing = DB.standing_under(LOOK)
    await DB.close_connection_pool()
    with pytest.raises(RuntimeError, match="closed"):
        await standing.fetchrow("select 1")
    await DB.start_connection_pool(min_size=1, max_size=1)
    async with transaction(TESTING):
        gone = "select count(*) from pg_stat_activity where pid = any($1::int[])"
        for _ in range(50):
            left = await value(gone, list(used))
            if not left:
                break
            await asyncio.sleep(0.05)
    assert left == 0
