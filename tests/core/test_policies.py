# SPDX-License-Identifier: Apache-2.0
"""Row-level security derived from the table classes: what leaks nowhere, and what is refused."""

from typing import ClassVar

import asyncpg
import pytest
from piccolo.columns import BigInt, BigSerial, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table, sort_table_classes

from core import policies
from core.db import (
    DB,
    EVERYTHING,
    NOTHING,
    Own,
    Owned,
    Public,
    Published,
    Scope,
    column,
    execute,
    is_out_of_scope,
    kind_of,
    row,
    rows,
    scope_conditions,
    transaction,
    unscoped,
    value,
)
from core.intervals import Interval


class Case(Owned, Table, tablename="t_case", db=DB):
    LIST_ORDER = "created"
    id = BigSerial(primary_key=True)
    title = Varchar(default=None)
    created = Timestamptz()
    parent = ForeignKey("self", null=True, default=None, on_delete=OnDelete.restrict, index=True)

    once = Unique([title, parent])


class Note(Owned, Table, tablename="t_note", db=DB):
    id = BigSerial(primary_key=True)
    case = ForeignKey(Case, null=False, on_delete=OnDelete.restrict, index=True)
    other = ForeignKey(Case, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    free = ForeignKey(Case, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    FK_UNCHECKED: ClassVar = {"free": "points where the writer may not look"}


class Notice(Published, Table, tablename="t_notice", db=DB):
    id = BigSerial(primary_key=True)
    title = Varchar(default=None)


class Wish(Own, Table, tablename="t_wish", db=DB):
    id = BigSerial(primary_key=True)
    title = Varchar(default=None)


class Page(Public, Table, tablename="t_page", db=DB):
    id = BigSerial(primary_key=True)
    title = Varchar(default=None)


@unscoped("a register that only grows")
class Trail(Table, tablename="t_trail", db=DB):
    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, update (n)"}
    id = BigSerial(primary_key=True)
    n = BigInt(default=0)
    m = BigInt(default=0)


TABLES = [Case, Note, Notice, Wish, Page, Trail]

# Province [0,999] › city [100,199] › counties [110,119] and [120,129]; another city [200,299].
PROVINCE, CITY = Interval(0, 999), Interval(100, 199)
COUNTY, NEIGHBOUR, OTHER = Interval(110, 119), Interval(120, 129), Interval(200, 299)
BUREAU, TEAM, RIVAL = Interval(50, 59), Interval(51, 51), Interval(60, 69)


@pytest.fixture
async def tables(db) -> None:
    for table in sort_table_classes(TABLES):
        for ddl in table.create_table().ddl:
            await execute(ddl)
    for statement in policies.statements(TABLES):
        await execute(statement)


async def case(region: int, org: int, title: str = "x") -> int:
    return await value(
        "insert into t_case (title, created, region_lo, org_lo) values ($1, now(), $2, $3)"
        " returning id",
        title,
        region,
        org,
    )


async def seen(scope: Scope, sql: str = "select title from t_case order by 1") -> list[str]:
    async with transaction(scope):
        return await column(sql)


# --- reading ---------------------------------------------------------------------------------


async def test_owned_rows_are_seen_inside_both_intervals_only(tables) -> None:
    for title, region, org in (
        ("bureau", 110, 50),
        ("team", 110, 51),
        ("rival", 110, 60),
        ("neighbour", 120, 50),
        ("city", 100, 50),
        ("other", 200, 50),
    ):
        await case(region, org, title)
    assert await seen(Scope(COUNTY, BUREAU)) == ["bureau", "team"]
    assert await seen(Scope(COUNTY, TEAM)) == ["team"]
    assert await seen(Scope(COUNTY, EVERYTHING)) == ["bureau", "rival", "team"]
    assert await seen(Scope(CITY, BUREAU)) == ["bureau", "city", "neighbour", "team"]
    assert await seen(Scope(OTHER, RIVAL)) == []
    assert len(await seen(Scope.platform("test"))) == 6


async def test_empty_and_forgotten_scopes_see_nothing(tables) -> None:
    await case(110, 50)
    await execute(
        "insert into t_notice (title, region_lo, org_lo, aud_lo, aud_hi)"
        " values ('to all', 0, 0, 0, 9999)"
    )
    await execute("insert into t_wish (title, person, region_lo) values ('w', 5, 110)")
    await execute("insert into t_page (title, region_lo, published) values ('draft', 0, false)")
    for scope in (
        Scope.nothing(),
        Scope.public(),
        Scope(NOTHING, EVERYTHING),
        Scope(EVERYTHING, NOTHING),
    ):
        assert await seen(scope) == []
        assert await seen(scope, "select title from t_wish") == []
        assert await seen(scope, "select title from t_page") == []
    assert await seen(Scope.nothing(), "select title from t_notice") == []
    # No setting at all, as on a connection nobody prepared.
    await execute("set local role jiandu_web")
    for name in ("rlo", "rhi", "olo", "ohi", "me", "wrlo", "wrhi", "wolo", "wohi"):
        await execute(f"select set_config('j.{name}', '', true)")
    for table in ("t_case", "t_notice", "t_wish", "t_page"):
        assert await value(f"select count(*) from {table}") == 0


async def test_published_rows_reach_who_lies_inside_the_audience(tables) -> None:
    async def notice(title: str, aud: Interval) -> None:
        await execute(
            "insert into t_notice (title, region_lo, org_lo, aud_lo, aud_hi)"
            " values ($1, 100, 50, $2, $3)",
            title,
            aud.lo,
            aud.hi,
        )

    await notice("city", CITY)
    await notice("county", COUNTY)
    await notice("nobody", NOTHING)
    sql = "select title from t_notice order by 1"
    assert await seen(Scope(COUNTY, RIVAL), sql) == ["city", "county"]
    assert await seen(Scope(NEIGHBOUR, RIVAL), sql) == ["city"]
    assert await seen(Scope(OTHER, RIVAL), sql) == []
    assert await seen(Scope(PROVINCE, RIVAL), sql) == []  # wider than every audience, not its own
    assert await seen(Scope(CITY, BUREAU), sql) == ["city", "county", "nobody"]


async def test_own_rows_belong_to_the_person_and_the_handling_organ(tables) -> None:
    for person in (5, 6):
        await execute(
            "insert into t_wish (title, person, region_lo, org_lo) values ($1, $2, 110, 50)",
            f"of {person}",
            person,
        )
    sql = "select title from t_wish order by 1"
    assert await seen(Scope(NOTHING, NOTHING, person=5), sql) == ["of 5"]
    assert await seen(Scope(COUNTY, BUREAU, person=9), sql) == ["of 5", "of 6"]
    assert await seen(Scope(OTHER, EVERYTHING, person=6), sql) == ["of 6"]
    assert await seen(Scope(OTHER, EVERYTHING), sql) == []


async def test_public_rows_are_seen_by_everybody_once_published(tables) -> None:
    for title, published in (("out", True), ("draft", False)):
        await execute(
            "insert into t_page (title, region_lo, org_lo, published) values ($1, 110, 50, $2)",
            title,
            published,
        )
    sql = "select title from t_page order by 1"
    assert await seen(Scope.public(), sql) == ["out"]
    assert await seen(Scope(COUNTY, BUREAU), sql) == ["draft", "out"]
    async with transaction(Scope.public()):
        assert await execute("update t_page set title = 'hacked'") == 0
        assert await execute("delete from t_page") == 0


async def test_the_same_statement_follows_the_scope(tables) -> None:
    for region, title in ((110, "a"), (120, "b"), (200, "c")):
        await case(region, 50, title)
    for _ in range(6):
        for region, titles in ((COUNTY, ["a"]), (NEIGHBOUR, ["b"]), (PROVINCE, ["a", "b", "c"])):
            scope = Scope(region, EVERYTHING)
            where, args = scope_conditions(scope)
            async with transaction(scope):
                found = await rows(f"select title from t_case where {where} order by 1", *args)
                assert [r["title"] for r in found] == titles
                assert [r["title"] for r in await Case.select(Case.title).order_by(Case.title)] == (
                    titles
                )


# --- writing ---------------------------------------------------------------------------------


async def test_nobody_writes_outside_the_scope(tables) -> None:
    theirs = await case(120, 50, "theirs")
    mine = await case(110, 50, "mine")
    async with transaction(Scope(COUNTY, BUREAU)):
        await case(110, 55, "new")
        for region, org in ((120, 50), (110, 60)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
                async with transaction():
                    await case(region, org)
            assert is_out_of_scope(refused.value)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction():
                await execute("update t_case set region_lo = 120 where id = $1", mine)
        assert await execute("update t_case set title = 'x' where id = $1", theirs) == 0
        assert await execute("delete from t_case where id = $1", theirs) == 0
        # A row that is not seen cannot be locked either: ask for its subject's lock instead.
        assert await rows("select 1 from t_case where id = $1 for update", theirs) == []
    assert await value("select title from t_case where id = $1", theirs) == "theirs"


async def test_reading_further_does_not_write_further(tables) -> None:
    theirs = await case(120, 50, "theirs")
    wide = Scope(EVERYTHING, EVERYTHING, write_region=COUNTY, write_organisation=BUREAU)
    async with transaction(wide):
        assert await column("select title from t_case") == ["theirs"]
        assert await execute("update t_case set title = 'x'") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction():
                await case(120, 50)
        await case(110, 50, "mine")
    async with transaction(Scope(EVERYTHING, EVERYTHING).read_only()):
        assert await execute("delete from t_case") == 0
    assert await value("select count(*) from t_case where id = $1", theirs) == 1


async def test_references_to_invisible_rows_are_refused(tables) -> None:
    mine, theirs = await case(110, 50), await case(120, 50)
    insert = 'insert into t_note ("case", other, free, region_lo, org_lo)'
    async with transaction(Scope(COUNTY, BUREAU)):
        await execute(f"{insert} values ($1, null, null, 110, 50)", mine)
        await execute(f"{insert} values ($1, $1, $2, 110, 50)", mine, theirs)  # declared unchecked
        for first, other in ((theirs, None), (mine, theirs), (theirs, mine), (10**9, None)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
                async with transaction():
                    await execute(f"{insert} values ($1, $2, null, 110, 50)", first, other)
            assert is_out_of_scope(refused.value)  # the same answer, whether it exists or not
        await Case.insert(Case(title="child", parent=mine, region_lo=110, org_lo=50)).run()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction():
                await Case.insert(Case(title="c", parent=theirs, region_lo=110, org_lo=50)).run()


async def test_grants_are_exactly_the_declared_ones(tables) -> None:
    async with transaction(Scope.platform("test")):
        await execute("insert into t_trail (n) values (1)")
        for sql in (
            "update t_trail set n = 2",
            "delete from t_trail",
            "truncate t_trail",
            "select 1 from t_trail for update",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
                async with transaction():
                    await execute(sql)
            assert not is_out_of_scope(refused.value)  # a missing grant is a defect, not a 404
    await execute("set local role jiandu_worker")
    assert await execute("update t_trail set n = 2") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction():
            await execute("update t_trail set m = 2")
    await execute("set local role jiandu_owner")


async def test_withdrawn_grants_and_mixins_are_taken_back(tables, monkeypatch) -> None:
    monkeypatch.setattr(Trail, "GRANTS", {"web": "select"})
    for statement in policies.statements([Trail]):
        await execute(statement)
    async with transaction(Scope.platform("test")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction():
                await execute("insert into t_trail (n) values (1)")


async def test_applying_twice_changes_nothing(tables) -> None:
    sql = (
        "select polname, polcmd::text, pg_get_expr(polqual, polrelid) q,"
        " pg_get_expr(polwithcheck, polrelid) w from pg_policy order by polrelid, polname"
    )
    before = await rows(sql)
    for statement in policies.statements(TABLES):
        await execute(statement)
    assert await rows(sql) == before
    assert len([r for r in before if r["polname"].startswith("j_")]) >= 5 * 4


async def test_large_lists_get_their_three_indexes(tables) -> None:
    found = await column("select indexdef from pg_indexes where tablename = 't_case'")
    for columns in (
        "(created DESC, id DESC)",
        "(region_lo, created DESC, id DESC)",
        "(org_lo, created DESC, id DESC)",
    ):
        assert any(columns in definition for definition in found), columns


async def test_owner_sees_everything_and_is_not_forced(tables) -> None:
    await case(110, 50)
    assert await value("select current_user::text") == "jiandu_owner"
    assert await value("select count(*) from t_case") == 1
    forced = await row(
        "select relforcerowsecurity f, relrowsecurity r from pg_class where relname = 't_case'"
    )
    assert forced == {"f": False, "r": True}


async def test_planner_sees_the_interval(tables) -> None:
    """The scope must reach an index; a sub-select in the policy would hide it from the planner."""
    await execute(
        "insert into t_case (title, created, region_lo, org_lo)"
        " select 'x' || g, now(), g % 1000, g % 97 from generate_series(1, 20000) g"
    )
    await execute("analyze t_case")
    scope = Scope(Interval(110, 110), Interval(50, 50))
    async with transaction(scope):
        where, args = scope_conditions(scope)
        plan = await column(
            f"explain select id from t_case where {where} order by created desc, id desc limit 50",
            *args,
        )
    assert not any("Seq Scan" in line for line in plan), "\n".join(plan)
    assert not any("InitPlan" in line for line in plan)


# --- declarations ----------------------------------------------------------------------------


def test_tables_without_scope_need_a_reason_and_are_named_with_file_and_line() -> None:
    class Naked(Table, tablename="t_naked"):
        name = Varchar()

    class Twice(Owned, Public, Table, tablename="t_twice"):
        name = Varchar()

    @unscoped("why")
    class Both(Owned, Table, tablename="t_both"):
        name = Varchar()

    class Wrong(Owned, Table, tablename="t_wrong"):
        LIST_ORDER = "when"
        FK_UNCHECKED: ClassVar = {"nothing": "x"}
        GRANTS: ClassVar = {"everybody": "select"}

    found = policies.problems([Naked, Twice, Both, Wrong, *TABLES])
    assert len(found) == 6
    for sentence, part in zip(
        found,
        (
            "unscoped without a reason",
            "more than one",
            "both Owned and unscoped",
            "FK_UNCHECKED",
            "LIST_ORDER",
            "GRANTS",
        ),
        strict=True,
    ):
        assert part in sentence
        path, _, line = sentence.partition(": ")[0].rpartition(":")
        assert path.endswith("test_policies.py")
        assert int(line) > 100
    with pytest.raises(policies.UndeclaredScope, match="t_naked"):
        list(policies.statements([Naked]))
    with pytest.raises(TypeError, match="more than one"):
        kind_of(Twice)
    with pytest.raises(ValueError, match="reason"):
        unscoped("  ")


def test_reason_is_not_inherited() -> None:
    class Child(Trail, tablename="t_child"):
        name = Varchar()

    assert policies.unscoped_reason(Trail)
    assert not policies.unscoped_reason(Child)


def test_constraints_are_named_for_their_table() -> None:
    names = [constraint._meta.name for constraint in Case._meta.constraints]
    assert names == ["t_case_once"]
