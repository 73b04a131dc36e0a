# SPDX-License-Identifier: Apache-2.0
"""Mergers and divisions: which number goes where, every table of every plugin, a worker killed in
the middle, and the seals that do not notice."""

import asyncio
import contextlib
import os
import sys
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.api.plugin import Place, SubjectRef
from core.api.testing import make_agencies, sign_in_as
from core.auth import services as accounts
from core.db import OWNER, WEB, Scope, transaction
from core.errors import Conflict, Invalid
from core.facts.services import record
from core.intervals import ORGANISATIONS, REGIONS, Interval, NoRoom
from core.people.facts import Revealed
from core.people.services import appoint_organ, enter_person
from core.regions import queries
from core.regions.moving import services
from core.regions.moving.rules import Node, divided, merged, outermost
from core.regions.moving.tables import AT_ONCE, carrying
from tests import factories

OFFICE = Scope.platform("test", actor=7)


# --- the rules ---------------------------------------------------------------------------------


def child(parent: Node, index: int, id: int, **more: Any) -> Node:
    interval = REGIONS.child(parent.lo, index)
    return Node(id, interval.lo, interval.hi, parent.id, **{"open": True, **more})


COUNTRY = Node(1, 0, REGIONS.root.hi, None, open=True)
PROVINCE = child(COUNTRY, 0, 2)
SOURCE, TARGET = child(PROVINCE, 0, 3), child(PROVINCE, 1, 4)


class TestRules:
    def test_children_follow_in_their_order_into_numbers_never_used(self) -> None:
        towns = [child(SOURCE, n, 10 + n) for n in range(3)]
        plan = merged(SOURCE, towns, TARGET, taken=5)
        assert [each.id for each in plan.shifts] == [10, 11, 12]
        assert [each.new for each in plan.shifts] == [
            REGIONS.child(TARGET.lo, n) for n in (5, 6, 7)
        ]
        assert {each.old.lo: each.new.lo for each in plan.routes} == {
            SOURCE.lo: TARGET.lo,
            **{each.lo: REGIONS.child(TARGET.lo, 5 + n).lo for n, each in enumerate(towns)},
        }
        assert [each.lives for each in plan.routes] == [False, True, True, True]

    def test_rows_of_a_closed_region_follow_its_heir(self) -> None:
        heir = child(SOURCE, 0, 10)
        gone = child(SOURCE, 1, 11, open=False, successor=10)
        twice = child(SOURCE, 2, 12, open=False, successor=11)
        orphan = child(SOURCE, 3, 13, open=False)
        circle = child(SOURCE, 4, 14, open=False, successor=14)
        plan = merged(SOURCE, [heir, gone, twice, orphan, circle], TARGET, taken=0)
        goes = {each.old.lo: each.new.lo for each in plan.routes}
        at = REGIONS.child(TARGET.lo, 0).lo
        assert goes == {
            SOURCE.lo: TARGET.lo,
            heir.lo: at,
            gone.lo: at,
            twice.lo: at,
            orphan.lo: TARGET.lo,
            circle.lo: TARGET.lo,
        }

    def test_no_room_is_said_before_anything_happens(self) -> None:
        with pytest.raises(NoRoom):
            merged(SOURCE, [child(SOURCE, 0, 10)], TARGET, taken=REGIONS.capacity(2))
        deep = [SOURCE]
        for n in range(4):
            deep.append(child(deep[-1], 0, 20 + n))
        low = child(TARGET, 0, 30)
        with pytest.raises(NoRoom):
            merged(SOURCE, deep[1:], low, taken=0)

    # Slow drawing means a busy machine, not a wrong test.
    @settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.integers(0, 30)), max_size=12),
        st.integers(0, 50),
    )
    def test_every_tree_keeps_its_shape(
        self, made: list[tuple[int, bool, int]], taken: int
    ) -> None:
        below: list[Node] = []
        children: dict[int, int] = {}
        for number, (under, is_open, heir) in enumerate(made):
            parents = [SOURCE, *(each for each in below if REGIONS.depth(each.lo) < 5)]
            parent = parents[under % len(parents)]
            index = children.get(parent.id, 0)
            children[parent.id] = index + 1
            successor = None if is_open else 100 + heir % (number + 1)
            # Below a closed region nothing is open any more.
            lives = is_open and parent.open
            below.append(child(parent, index, 100 + number, open=lives, successor=successor))
        plan = merged(SOURCE, below, TARGET, taken)
        by_id = {each.id: each for each in plan.shifts}
        assert set(by_id) == {each.id for each in below if each.open}
        news = [each.new for each in plan.shifts]
        assert len(set(news)) == len(news)
        for each in plan.shifts:
            parent_interval = by_id[each.parent].new if each.parent in by_id else TARGET
            assert parent_interval.lo < each.new.lo <= each.new.hi <= parent_interval.hi
            assert REGIONS.interval(each.new.lo) == each.new
        # Siblings stay in their order.
        for parent in {each.parent for each in plan.shifts}:
            same = [each for each in plan.shifts if each.parent == parent]
            assert [each.old.lo for each in same] == sorted(each.old.lo for each in same)
            assert [each.new.lo for each in same] == sorted(each.new.lo for each in same)
        # Every number has exactly one way, and it leads to a region that exists.
        olds = [each.old.lo for each in plan.routes]
        assert sorted(olds) == sorted({SOURCE.lo, *(each.lo for each in below)})
        assert {each.new for each in plan.routes} <= {Interval(TARGET.lo, TARGET.hi), *news}

    def test_a_division_takes_organs_with_what_is_below_them(self) -> None:
        organ = ORGANISATIONS.child(0, 3)
        department = ORGANISATIONS.child(organ.lo, 0)
        other = ORGANISATIONS.child(0, 5)
        assert outermost([department, other, organ]) == [organ, other]
        plan = divided(SOURCE, TARGET, [department, organ, other])
        assert [(each.organisations, each.whole) for each in plan.routes] == [
            (organ, False),
            (other, False),
        ]
        assert not plan.shifts


@pytest.mark.needs("cases", "powers")
def test_every_table_with_a_region_is_carried() -> None:
    names = {each.name for each in carrying()}
    assert {"core_fact", "core_person", "core_due", "cases_case", "powers_item"} <= names
    assert not names & AT_ONCE
    extra = {each.name: each.extra for each in carrying() if each.extra}
    assert extra["cases_referral"] == ("from_region_lo",)


# --- what is there before ------------------------------------------------------------------------


class World:
    """Two counties; offices, people, facts in the one that will be merged."""

    def __init__(self, tree: Any, agencies: Any) -> None:
        self.tree, self.agencies = tree, agencies
        self.old, self.new, self.town = tree.county, tree.other_county, tree.town


async def facts_at(lo: int, count: int, org: int = 0) -> None:
    async with transaction(OFFICE):
        for number in range(count):
            await record(
                "core.person.revealed",
                SubjectRef("core.person", number + 1),
                Revealed(number + 1, "phone", "核对"),
                Place(lo, org),
            )


@pytest.fixture
async def world(db: Any, region_tree: Any, agencies: Any) -> World:
    return World(region_tree, agencies)


async def finish(jobs: Any) -> None:
    await jobs.run_all()


async def at(table: str, lo: int) -> int:
    return int(await db.value(f"select count(*) from {table} where region_lo = $1", lo))


# --- merging -------------------------------------------------------------------------------------


class TestMerging:
    async def test_tree_offices_and_roles_at_once_rows_by_the_job(
        self, world: World, jobs: Any, client: Any, facts: Any
    ) -> None:
        async with transaction(OFFICE):
            person = await enter_person("张海龙", world.agencies.agency.id)
            for county, bureau in (
                (world.old, world.agencies.bureau),
                (world.new, world.agencies.foreign_bureau),
            ):
                await appoint_organ(county.id, "supervision", bureau.id)
            await appoint_organ(world.old.id, "legal_review", world.agencies.bureau.id)
        chief = await sign_in_as(client, "supervision_bureau", organisation=world.agencies.bureau)
        await facts_at(world.old.lo, 30)
        await facts_at(world.town.lo, 5)
        before = await at("core_fact", world.old.lo)
        async with transaction(OFFICE):
            preview = await services.preview_merge(world.old.id, world.new.id)
            assert (preview.regions, preview.organisations) == (1, 3)
            assert {name: count for name, _, count in preview.tables}["core_person"] == 1
            move = await services.begin_merge(world.old.id, world.new.id, "国函〔2026〕12号")
            with pytest.raises(Conflict, match="没有搬完"):
                await services.begin_merge(world.new.id, world.old.id, "再来")
        closed = await queries.region(world.old.id)
        town = await queries.region(world.town.id)
        assert closed is not None
        assert town is not None
        assert (closed.open, closed.successor) == (False, world.new.id)
        assert (town.open, town.parent, town.code) == (True, world.new.id, world.town.code)
        assert town.lo in world.new.interval
        units = await db.rows(
            "select distinct region, region_lo from core_organisation where id = any($1)",
            [world.agencies.bureau.id, world.agencies.agency.id],
        )
        assert units == [{"region": world.new.id, "region_lo": world.new.lo}]
        role = await db.value(
            "select region from core_assignment where id = $1", chief.assignment_id
        )
        assert role == world.new.id
        organs = await db.rows(
            "select region, function, organisation from core_competent_organ"
            " where region = any($1) order by function desc",
            [world.old.id, world.new.id],
        )
        assert [(each["function"], each["organisation"]) for each in organs] == [
            ("supervision", world.agencies.foreign_bureau.id),
            ("legal_review", world.agencies.bureau.id),
        ]
        assert {each["region"] for each in organs} == {world.new.id}
        # The next request of the chief is about the county his is part of now.
        assert (await client.get("/messages")).status_code == 200
        assert await at("core_fact", world.old.lo) == before
        await finish(jobs)
        assert await at("core_fact", world.old.lo) == 0
        assert await at("core_fact", world.town.lo) == 0
        assert await at("core_fact", town.lo) >= 5
        moved = await db.row("select region_lo from core_person where id = $1", person.id)
        assert moved == {"region_lo": world.new.lo}
        done = await db.row("select state, moved from core_region_move where id = $1", move)
        assert done is not None
        assert done["state"] == "done"
        assert done["moved"] >= before + 5
        kinds = await facts.kinds()
        assert kinds.count("core.region.move_begun") == 1
        assert kinds.count("core.region.move_finished") == 1

    async def test_what_comes_late_follows_at_night(self, world: World, jobs: Any) -> None:
        async with transaction(OFFICE):
            move = await services.begin_merge(world.old.id, world.new.id, "合并")
        await finish(jobs)
        await facts_at(world.old.lo, 3)
        before = db.DB.scoped_role
        db.DB.scoped_role = db.WORKER
        try:
            async with transaction(Scope.platform("the sweep")):
                await services.sweep({})
                assert await at("core_fact", world.old.lo) == 0
        finally:
            db.DB.scoped_role = before
        assert await db.value("select state from core_region_move where id = $1", move) == "done"

    async def test_rows_left_behind_by_an_earlier_merger_are_fetched(
        self, world: World, jobs: Any
    ) -> None:
        await facts_at(world.old.lo, 4)
        await db.execute(
            "update core_region set valid_to = '2026-01-31', successor = $2"
            " where lo between $1 and $3",
            world.old.lo,
            world.new.id,
            world.old.hi,
        )
        async with transaction(OFFICE):
            with pytest.raises(Invalid, match="只能搬到接替"):
                await services.begin_merge(world.old.id, world.tree.far_county.id, "别处")
            await services.begin_merge(world.old.id, world.new.id, "补搬")
        await finish(jobs)
        assert await at("core_fact", world.old.lo) == 0

    @pytest.mark.parametrize("which", ["self", "below", "country", "closed"])
    async def test_what_cannot_be_merged(self, world: World, which: str) -> None:
        pairs = {
            "self": (world.old.id, world.old.id),
            "below": (world.old.id, world.town.id),
            "country": (world.tree.country.id, world.old.id),
            "closed": (world.old.id, world.new.id),
        }
        await db.execute(
            "update core_region set valid_to = '2026-01-31' where id = $1", world.new.id
        )
        async with transaction(OFFICE):
            with pytest.raises(Invalid):
                await services.begin_merge(*pairs[which], "不行")


class TestDividing:
    async def test_chosen_offices_with_their_rows_go_the_others_stay(
        self, world: World, jobs: Any, client: Any
    ) -> None:
        agency, other = world.agencies.agency, world.agencies.other_agency
        async with transaction(OFFICE):
            mine = await enter_person("张海龙", agency.id)
            theirs = await enter_person("其木格", other.id)
        officer = await sign_in_as(client, "handler", organisation=agency)
        await facts_at(world.old.lo, 6, agency.lo)
        await facts_at(world.old.lo, 2, other.lo)
        await facts_at(world.old.lo, 3)
        async with transaction(OFFICE):
            for wrong in ([], [10**9], [world.agencies.foreign_agency.id]):
                with pytest.raises(Invalid, match="现有的机构"):
                    await services.begin_split(world.old.id, "磴口新区", 3, wrong, "国函")
            await services.begin_split(world.old.id, "磴口新区", 3, [agency.id], "国函")
        await finish(jobs)
        made = await db.row("select id, lo, parent from core_region where name = '磴口新区'")
        assert made is not None
        assert made["parent"] == world.old.parent
        assert (
            await db.value("select region from core_organisation where id = $1", agency.id)
            == (made["id"])
        )
        where = {
            each["id"]: each["region_lo"]
            for each in await db.rows(
                "select id, region_lo from core_person where id = any($1)", [mine.id, theirs.id]
            )
        }
        assert where == {mine.id: made["lo"], theirs.id: world.old.lo}
        counts = await db.rows(
            "select org_lo, region_lo, count(*) as n from core_fact"
            " where kind = 'core.person.revealed' group by 1, 2"
        )
        assert {(each["org_lo"], each["region_lo"]): each["n"] for each in counts} == {
            (agency.lo, made["lo"]): 6,
            (other.lo, world.old.lo): 2,
            (0, world.old.lo): 3,
        }
        assert (
            await db.value(
                "select region from core_assignment where id = $1", officer.assignment_id
            )
            == (made["id"])
        )


# --- every table, and the owner's path ---------------------------------------------------------


VALUES = {
    "bigint": 1,
    "integer": 1,
    "smallint": 1,
    "boolean": False,
    "text": "x",
    "character varying": "x",
    "bytea": b"x",
    "jsonb": {},
    "numeric": 1,
    "ARRAY": [],
}


async def one_row(connection: Any, table: str, lo: int) -> int:
    """A row of any table, whatever its columns are; references are not checked."""
    import datetime as dt

    columns = await connection.fetch(
        "select column_name, data_type, is_nullable, column_default from information_schema.columns"
        " where table_schema = 'public' and table_name = $1",
        table,
    )
    names, values = [], []
    for each in columns:
        name, kind = each["column_name"], each["data_type"]
        if name.endswith("region_lo"):
            value: Any = lo
        elif name == "org_lo":
            value = 0
        elif (name == "id" and each["column_default"]) or each["is_nullable"] == "YES":
            continue
        elif kind == "date":
            value = dt.date(2026, 1, 1)
        elif kind.startswith("timestamp"):
            value = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        else:
            value = VALUES[kind]
        names.append(f'"{name}"')
        values.append(value)
    places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    return int(
        await connection.fetchval(
            f"insert into {table} ({', '.join(names)}) values ({places}) returning id", *values
        )
    )


@contextlib.asynccontextmanager
async def past_the_rules(url: str) -> Any:
    """The owner's connection to a database that checks no references any more.

    It is this test's own copy, so that rows of any kind can be made without their parents.
    """
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda _: "{}", decoder=str
    )
    for each in await connection.fetch(
        "select conrelid::regclass::text as name, conname from pg_constraint"
        " where contype = 'f' and connamespace = 'public'::regnamespace"
    ):
        await connection.execute(f'alter table {each["name"]} drop constraint "{each["conname"]}"')
    try:
        yield connection
    finally:
        await connection.close()


class as_worker:  # noqa: N801 - reads as a word
    """The engine of this process in the worker's role."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __aenter__(self) -> None:
        await db.DB.close_connection_pool()
        db.DB.configure(self.url, db.WORKER)
        await db.DB.start_connection_pool(min_size=1, max_size=4)

    async def __aexit__(self, *_: object) -> None:
        await db.DB.close_connection_pool()
        db.DB.configure(self.url, WEB)
        await db.DB.start_connection_pool(min_size=1, max_size=6)


async def drained(url: str) -> None:
    from core.host.registry import current
    from core.jobs.services import drain, run_one

    async with as_worker(url):
        await drain(current(), run_one)


@pytest.mark.needs("cases", "powers")
async def test_a_row_of_every_table_arrives(fresh_db: str) -> None:
    tree = await factories.region_tree()
    await make_agencies(tree)
    rows = {}
    async with past_the_rules(fresh_db) as connection:
        for each in carrying():
            rows[each.name] = await one_row(connection, each.name, tree.town.lo)
        # A notice of the city for the town alone, and one of the city for everybody.
        await connection.execute(
            "update powers_item set region_lo = $1, aud_lo = $2, aud_hi = $3 where id = $4",
            tree.city.lo,
            tree.town.lo,
            tree.town.hi,
            rows["powers_item"],
        )
    async with transaction(OFFICE):
        await services.begin_merge(tree.county.id, tree.other_county.id, "合并")
        town = await queries.region(tree.town.id)
    assert town is not None
    await drained(fresh_db)
    async with past_the_rules(fresh_db) as connection:
        for each in carrying():
            for column in ("region_lo", *each.extra):
                found = await connection.fetchval(
                    f"select {column} from {each.name} where id = $1", rows[each.name]
                )
                here = tree.city.lo if each.name == "powers_item" else town.lo
                assert found == here, f"{each.name}.{column}"
        item = await connection.fetchrow(
            "select aud_lo, aud_hi from powers_item where id = $1", rows["powers_item"]
        )
        assert tuple(item) == (town.lo, town.hi)


async def test_the_owner_s_path_does_nothing_but_follow_the_map(fresh_db: str) -> None:
    tree = await factories.region_tree()
    await make_agencies(tree)
    await facts_at(tree.county.lo, 1)
    async with transaction(OFFICE):
        move = await services.begin_merge(tree.county.id, tree.other_county.id, "合并")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with transaction():
                await db.execute("select core_move_rows($1, 'core_fact', '{}', 9)", move)
    async with as_worker(fresh_db):
        for table, extra in (
            ("core_user", []),
            ("core_fact; drop table core_fact", []),
            ("no_such_table", []),
            ("core_fact", ["actor"]),
            ("core_fact", ["payload"]),
        ):
            async with transaction(OFFICE):
                with pytest.raises(asyncpg.RaiseError):
                    async with transaction():
                        await db.value("select core_move_rows($1, $2, $3, 9)", move, table, extra)
        async with transaction(OFFICE):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction():
                    await db.execute("update core_fact set region_lo = 1")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction():
                    await db.execute(
                        "insert into core_region_move_map (move, old_lo, old_hi, new_lo, new_hi,"
                        " org_lo, org_hi, whole, lives) values ($1, 0, 0, 1, 1, 0, 9, true, false)",
                        move,
                    )


# --- killed in the middle ------------------------------------------------------------------------

SMALL_PORTIONS = """
import sys
from core.regions.moving import services
services.PORTION = 25
from core.jobs import worker
sys.exit(worker.main())
"""


async def start_worker(url: str, folder: Any) -> Any:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1",
        "JIANDU_ENV": "test",
        "JIANDU_SECRET": "only-for-tests",
        "JIANDU_DATA": str(folder),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SMALL_PORTIONS,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def moved_until(ready: Any) -> dict[str, Any]:
    for _ in range(1200):
        async with transaction(OFFICE):
            found = await db.row("select state, moved from core_region_move")
        assert found is not None
        if ready(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"the worker came no further than {found}")


async def test_a_worker_killed_in_the_middle_is_resumed_and_the_seals_hold(
    fresh_db: str, tmp_path: Any
) -> None:
    """What was carried stays carried, the rest follows once, and ``audit verify`` finds nothing."""
    from tests.core.test_sealing import checked, seal

    tree = await factories.region_tree()
    agencies = await make_agencies(tree)
    await facts_at(tree.county.lo, 1500, agencies.agency.lo)
    async with transaction(OFFICE):
        persons = [(await enter_person(f"人员{n}", agencies.agency.id)).id for n in range(20)]
        ids = await db.column(
            "select id from core_fact where kind = 'core.person.revealed' order by id"
        )
    await seal(fresh_db)
    before = await checked(fresh_db)
    assert before.findings == []
    async with transaction(OFFICE):
        user = await accounts.create_account("sysadmin", "管理员")
        move = await services.begin_merge(tree.county.id, tree.other_county.id, "合并")
        expected = await db.value("select expected from core_region_move where id = $1", move)
    first = await start_worker(fresh_db, tmp_path)
    try:
        struck = await moved_until(lambda found: found["moved"] >= 200)
        first.kill()
        await first.wait()
        assert struck["state"] == "running"
        async with transaction(OFFICE):
            half = await db.row("select state, moved from core_region_move")
            here = await db.value(
                "select count(*) from core_fact where region_lo = $1 and id = any($2)",
                tree.county.lo,
                ids,
            )
        assert half is not None
        assert half["state"] == "running"
        # Progress and rows are one transaction: what is counted has gone, and nothing else has.
        assert 0 < here < len(ids)
        second = await start_worker(fresh_db, tmp_path)
        try:
            async with as_worker(fresh_db), transaction(OFFICE):
                # The claim of a worker that died lapses after two minutes; nobody waits for it here.
                await db.execute(
                    "update core_due set due_at = now() where name = $1 and state = 'running'",
                    services.JOB,
                )
            done = await moved_until(lambda found: found["state"] == "done")
        finally:
            second.kill()
            await second.wait()
    finally:
        if first.returncode is None:
            first.kill()
            await first.wait()
    assert done["moved"] >= expected
    async with transaction(OFFICE):
        assert await at("core_fact", tree.county.lo) == 0
        places = await db.column("select distinct region_lo from core_fact where id = any($1)", ids)
        assert places == [tree.other_county.lo]
        people = await db.column(
            "select distinct region_lo from core_person where id = any($1)", persons
        )
        assert people == [tree.other_county.lo]
        assert await db.value("select count(*) from core_user where id = $1", user) == 1
    await seal(fresh_db)
    after = await checked(fresh_db)
    assert after.findings == []
    assert after.facts > before.facts
    # The seal is over the content: a changed payload would be found at once.
    connection = await asyncpg.connect(fresh_db, server_settings={"role": OWNER})
    try:
        await connection.execute(
            "update core_fact set payload = replace(payload, 'phone', 'Phone') where id = $1",
            ids[3],
        )
    finally:
        await connection.close()
    tampered = await checked(fresh_db)
    assert [each.fact for each in tampered.findings] == [ids[3]]


# --- in the browser ------------------------------------------------------------------------------


class TestPages:
    @pytest.mark.req("C11-01")
    async def test_looked_at_decided_and_followed(
        self, client: Any, login_as: Any, region_tree: Any, jobs: Any
    ) -> None:
        old, new = region_tree.county, region_tree.other_county
        await login_as("system_admin")
        page = await client.get(f"/regions?region={old.id}")
        assert f"/regions/{old.id}/merge" in page.text
        path = f"/regions/{old.id}/merge"
        assert (await client.get(path)).status_code == 200
        unknown = await client.get(f"{path}?code=999999")
        assert unknown.status_code == 422
        assert "没有这个代码" in unknown.text
        looked = await client.get(f"{path}?code={new.code}")
        assert looked.status_code == 200
        assert "会动多少" in looked.text
        for typed, words in (
            ({"code": new.code, "name": old.name}, "请填写依据和原因"),
            ({"code": "999999", "name": old.name, "reason": "国函"}, "没有这个代码"),
            ({"code": new.code, "name": "磴口", "reason": "国函"}, "名称与要撤销的不一致"),
        ):
            refused = await client.post(path, typed)
            assert refused.status_code == 422
            assert words in refused.text
        assert "国函" in refused.text
        done = await client.post(
            path, {"code": new.code, "name": old.name, "reason": "国函〔2026〕12号"}
        )
        assert done.status_code == 303
        where = done.headers["location"]
        assert "正在搬迁" in (await client.get(where)).text
        part = await client.get(f"{where}/progress")
        assert "every 2s" in part.text
        await jobs.run_all()
        assert "every 2s" not in (await client.get(f"{where}/progress")).text
        assert "已完成" in (await client.get(where)).text
        assert "国函〔2026〕12号" in (await client.get("/regions/moves")).text
        assert (await client.get("/regions/moves/999999")).status_code == 404

    async def test_dividing(
        self, client: Any, login_as: Any, region_tree: Any, agencies: Any, jobs: Any
    ) -> None:
        old = region_tree.county
        await login_as("system_admin")
        path = f"/regions/{old.id}/split"
        assert agencies.agency.name in (await client.get(path)).text
        typed = {
            "name": "磴口新区",
            "level": "3",
            "organisation": [str(agencies.agency.id)],
            "reason": "国函",
            "again": "磴口区",
        }
        looked = await client.post(path, {**typed, "reason": "", "preview": "yes"})
        assert looked.status_code == 200
        assert "会动多少" in looked.text
        assert "磴口新区" in looked.text
        nobody = await client.post(path, {"name": "磴口新区", "preview": "yes"})
        assert nobody.status_code == 422
        refused = await client.post(path, typed)
        assert refused.status_code == 422
        assert "名称不一样" in refused.text
        foreign = {**typed, "again": "磴口新区", "organisation": [str(agencies.foreign_agency.id)]}
        assert (await client.post(path, foreign)).status_code == 422
        assert await db.value("select count(*) from core_region where name = '磴口新区'") == 0
        done = await client.post(path, {**typed, "again": "磴口新区"})
        assert done.status_code == 303
        await jobs.run_all()
        assert "已完成" in (await client.get(done.headers["location"])).text

    async def test_only_for_the_system_administrator(
        self, client: Any, login_as: Any, region_tree: Any
    ) -> None:
        await login_as("supervision_bureau", region=region_tree.county)
        for path in ("moves", f"{region_tree.county.id}/merge", f"{region_tree.county.id}/split"):
            assert (await client.get(f"/regions/{path}")).status_code == 403
