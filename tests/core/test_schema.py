# SPDX-License-Identifier: Apache-2.0
"""Migrations lead to exactly the schema the table classes describe, safely and repeatably."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from core import policies, schema
from core.db import DB, OWNER, WEB
from tests import cluster

CONFIGS = schema.app_configs(cluster.apps())

CATALOG = """
select 'column' as what, table_name || '.' || column_name as name,
       concat_ws(' ', udt_name, character_maximum_length, is_nullable, column_default) as detail
from information_schema.columns where table_schema = 'public' and table_name <> 'migration'
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'public'::regnamespace
  and conrelid::regclass::text <> 'migration' and contype <> 'n'
union all
select 'index', indexname, indexdef from pg_indexes
where schemaname = 'public' and tablename <> 'migration'
union all
select 'policy', polrelid::regclass || '.' || polname,
       concat_ws(' ', polcmd, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
from pg_policy
union all
select 'grant', table_name || '.' || grantee, string_agg(privilege_type, ',' order by 1)
from information_schema.role_table_grants
where grantee in ('jiandu_web', 'jiandu_worker') group by table_name, grantee
union all
select 'function', p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid))
from pg_proc p where pronamespace = 'public'::regnamespace
union all
select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
"""


async def catalog(url: str) -> dict[tuple[str, str], str]:
    connection = await asyncpg.connect(url)
    try:
        return {(r["what"], r["name"]): r["detail"] for r in await connection.fetch(CATALOG)}
    finally:
        await connection.close()


@pytest.fixture
async def empty(server: str, database: str) -> AsyncIterator[str]:
    """An empty database; the engine is free for the migrations meanwhile."""
    shared, DB.pool = DB.pool, None
    name = cluster.new_name("empty")
    yield await cluster.create(server, name)
    DB.configure(database, OWNER, scoped_role=WEB)
    DB.pool = shared
    await cluster.drop(server, name)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.app_name)
async def test_every_change_of_a_table_has_its_migration(config) -> None:
    assert await schema.drift(config) == 0, f"write it: python -m core.schema new {config.app_name}"


async def test_migrations_lead_to_what_the_classes_describe(
    server: str, template: str, empty: str
) -> None:
    report = await schema.migrate(empty, apps=cluster.apps())
    assert report.tables == len(schema.tables_of(CONFIGS))
    assert report.applied
    migrated = await catalog(empty)
    described = await catalog(cluster.url_of(server, template))
    wrong = {
        key: (migrated.get(key), described.get(key))
        for key in migrated.keys() | described.keys()
        if migrated.get(key) != described.get(key)
    }
    assert not wrong
    again = await schema.migrate(empty, apps=cluster.apps())
    assert again.applied == []
    assert await catalog(empty) == migrated


async def test_violations_are_found(empty: str) -> None:
    apps = ["core.piccolo_app"]
    configs = schema.app_configs(apps)
    await schema.create_from_classes(empty, apps)
    connection = await asyncpg.connect(empty)
    try:
        assert await schema.violations(connection, configs) == []
        await connection.execute(
            """
            set role jiandu_owner;
            alter table core_person disable row level security;
            alter table core_file force row level security;
            drop policy j_select on core_file;
            alter table core_region enable row level security;
            drop table core_number_series;
            """
        )
        found = " ".join(await schema.violations(connection, configs))
    finally:
        await connection.close()
    for part in (
        "core_person: row-level security should be on",
        "core_file: FORCE",
        "core_file: 3 of 4",
        "core_region: row-level security should be off",
        "core_number_series: the table is missing",
    ):
        assert part in found


async def test_two_processes_that_migrate_at_once_wait_for_each_other(empty: str) -> None:
    environment = {**os.environ, "DATABASE_URL": empty, "JIANDU_PLUGINS": ""}

    async def run() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "core.schema", "migrate"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    done = await asyncio.gather(run(), run())
    assert [code for code, _ in done] == [0, 0], done
    # One applied the migrations, the other found nothing left to do.
    assert sorted(bool(said) for _, said in done) == [False, True]


async def test_login_is_no_superuser_and_the_web_role_owns_nothing(empty: str) -> None:
    await schema.create_from_classes(empty, ["core.piccolo_app"])
    connection = await asyncpg.connect(empty)
    try:
        assert not await connection.fetchval(
            "select rolsuper or rolbypassrls from pg_roles where rolname = session_user"
        )
        roles = await connection.fetch(
            "select rolcanlogin, rolinherit, rolsuper, rolbypassrls from pg_roles"
            " where rolname in ('jiandu_owner', 'jiandu_web', 'jiandu_worker')"
        )
        assert [tuple(r) for r in roles] == [(False, False, False, False)] * 3
        owned = "select count(*) from pg_class where pg_get_userbyid(relowner) = $1"
        assert await connection.fetchval(owned, "jiandu_web") == 0
        assert await connection.fetchval(owned, "jiandu_worker") == 0
        assert await connection.fetchval(owned, "jiandu_owner") > 20
        await connection.execute("set role jiandu_web")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("create table mine (id int)")
    finally:
        await connection.close()


def test_declarations_are_complete() -> None:
    assert policies.problems(schema.tables_of(CONFIGS)) == []


def test_names_are_unique_over_all_apps() -> None:
    tables = Counter(t._meta.tablename for t in schema.tables_of(CONFIGS))
    assert [name for name, count in tables.items() if count > 1] == []
    files = Counter(
        path.name
        for config in CONFIGS
        for path in Path(config.resolved_migrations_folder_path).glob("*.py")
        if path.name != "__init__.py"
    )
    assert [name for name, count in files.items() if count > 1] == []
    for config in CONFIGS:
        for table in config.table_classes:
            assert table._meta.tablename.startswith(f"{config.app_name}_")


def test_circular_dependencies_are_named(monkeypatch) -> None:
    import core.piccolo_app

    monkeypatch.setattr(core.piccolo_app.APP_CONFIG, "migration_dependencies", ["core.piccolo_app"])
    with pytest.raises(schema.SchemaError, match="circle"):
        schema.app_configs(["core.piccolo_app"])


def test_foreign_keys_say_what_they_mean() -> None:
    """Piccolo's defaults are: may be null, deletes along, no index. Each must be chosen."""
    found = []
    for table in schema.tables_of(CONFIGS):
        firsts = {
            str(constraint._meta.params["columns"][0])
            for constraint in table._meta.constraints
            if "columns" in constraint._meta.params
        }
        for key in table._meta.foreign_key_columns:
            if not (key._meta.index or key._meta.unique or key._meta.name in firsts):
                found.append(f"{table._meta.tablename}.{key._meta.name} has no index")  # noqa: PERF401
    assert found == []
