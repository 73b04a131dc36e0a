# SPDX-License-Identifier: Apache-2.0
"""The database schema: roles, migrations, and what is derived from the table classes.

``migrate(url)`` runs under an advisory lock as the owner role: roles, then every app's
migrations, then grants, policies and list indexes (``core.policies``), then the repeatable
scripts ``<app folder>/sql/*.sql`` or ``sql.py`` (functions, triggers, special indexes).

On the command line, without any database::

    python -m core.schema new cases            # a migration for what changed in the tables
    python -m core.schema new cases --fresh    # before the first release: one initial file again
    python -m core.schema check                # exits 1 when tables and migrations differ

Migration files must have unique names over all apps (Piccolo imports them by bare name), which
the app's name at the front of every generated file guarantees.
"""

import argparse
import asyncio
import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.commands.new import (
    AutoMigrationManager,
    NoChanges,
    _create_new_migration,
)
from piccolo.conf.apps import AppConfig
from piccolo.table import Table, sort_table_classes

from core import policies
from core.db import DB, OWNER, ROLES, WEB, WORKER, kind_of
from core.host.discovery import installed_piccolo_apps

log = logging.getLogger("jiandu.schema")

LOCK = 0x6A69616E6475  # "jiandu": one migration at a time per database
HEADER = "# SPDX-License-Identifier: Apache-2.0\n"


class SchemaError(RuntimeError):
    """The database is not what the code needs; the message says what and where."""


@dataclass
class Report:
    """What a migration run did."""

    applied: list[str] = field(default_factory=list)
    """``app: migration`` in the order they ran."""
    tables: int = 0


# --- apps and tables -------------------------------------------------------------------------


def piccolo_apps() -> list[str]:
    """Dotted paths of all Piccolo apps: the core's, then those of the allowed plugins."""
    apps = ["core.piccolo_app", *installed_piccolo_apps()]
    return list(dict.fromkeys(apps))


def app_configs(apps: Iterable[str] | None = None) -> list[AppConfig]:
    """The apps, each after those it depends on."""
    modules = list(piccolo_apps() if apps is None else apps)
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise SchemaError(f"migration_dependencies go in a circle: {' → '.join(path)}")
        if name in ordered:
            return
        for needed in import_module(name).APP_CONFIG.migration_dependencies:
            visit(needed, (*path, name))
        ordered.append(name)

    for module in modules:
        visit(module, ())
    return [import_module(name).APP_CONFIG for name in ordered]


def tables_of(configs: Iterable[AppConfig]) -> list[type[Table]]:
    """All table classes, bound to the process's engine, parents before children."""
    tables = [table for config in configs for table in config.table_classes]
    for table in tables:
        table._meta.db = DB  # noqa: SLF001
    return sort_table_classes(tables)


def extra_statements(configs: Iterable[AppConfig]) -> list[tuple[str, str]]:
    """What Piccolo cannot express: functions, triggers, partial indexes.

    Either ``<app folder>/sql/*.sql`` or ``STATEMENTS`` of the ``sql.py`` beside a ``tables.py``;
    repeated after every migration, so written as ``create or replace`` or ``if not exists``.
    """
    found: list[tuple[str, str]] = []
    for config in configs:
        folder = Path(config.resolved_migrations_folder_path).parent / "sql"
        found += [
            (str(path), path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.sql"))
        ]
        modules = {
            f"{table.__module__.partition('.tables')[0]}.sql" for table in config.table_classes
        }
        for module in sorted(modules):
            spec = find_spec(module)
            if spec is not None and spec.origin:
                found += [(module, each) for each in import_module(module).STATEMENTS]
    return found


# --- roles -----------------------------------------------------------------------------------

CREATE_ROLE = """
do $$ begin
  create role {role} nologin noinherit;
exception when duplicate_object or unique_violation then null; end $$
"""


async def prepare_roles(connection: Any) -> None:
    """Create the three roles where missing, let this login take them, and open the schema.

    A login without the right to create roles is fine once an administrator has made them.
    """
    have = {r["rolname"] for r in await connection.fetch("select rolname from pg_roles")}
    for role in ROLES:
        if role not in have:
            await connection.execute(CREATE_ROLE.format(role=role))
    member = "select pg_has_role(session_user, $1, 'set')"
    for role in ROLES:
        if not await connection.fetchval(member, role):
            await connection.execute(f"grant {role} to session_user with inherit false, set true")
    allowed = "select has_schema_privilege($1, 'public', $2)"
    if not await connection.fetchval(allowed, OWNER, "create"):
        await connection.execute(f"grant usage, create on schema public to {OWNER}")
    for role in (WEB, WORKER):
        if not await connection.fetchval(allowed, role, "usage"):
            await connection.execute(f"grant usage on schema public to {role}")


# --- making the schema -----------------------------------------------------------------------


async def apply_rules(connection: Any, configs: Sequence[AppConfig]) -> None:
    """Grants, policies, list indexes and scripts, in one transaction of the owner role."""
    tables = tables_of(configs)
    async with connection.transaction():
        await connection.execute(f"set local role {OWNER}; set local lock_timeout = '3s'")
        # One message: PostgreSQL runs a script of a thousand statements in a few round trips.
        await connection.execute(";\n".join(policies.statements(tables)))
        for module, statement in extra_statements(configs):
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError as error:
                raise SchemaError(f"{module}: {error} in {statement.strip()[:200]}") from error


async def violations(connection: Any, configs: Sequence[AppConfig]) -> list[str]:
    """Where the database does not hold what the table classes declare."""
    found = []
    facts = {
        r["relname"]: r
        for r in await connection.fetch(
            """
            select c.relname, c.relrowsecurity, c.relforcerowsecurity,
                   pg_get_userbyid(c.relowner) as owner,
                   (select count(*) from pg_policy p where p.polrelid = c.oid) as policies
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p') and n.nspname = 'public'
            """
        )
    }
    for table in tables_of(configs):
        name = table._meta.tablename  # noqa: SLF001
        have = facts.get(name)
        if have is None:
            found.append(f"{name}: the table is missing")
            continue
        scoped = kind_of(table) is not None
        if bool(have["relrowsecurity"]) != scoped:
            found.append(f"{name}: row-level security should be {'on' if scoped else 'off'}")
        if have["relforcerowsecurity"]:
            found.append(f"{name}: FORCE ROW LEVEL SECURITY hides rows from migrations")
        if scoped and have["policies"] < 4:
            found.append(f"{name}: {have['policies']} of 4 policies")
        if have["owner"] in (WEB, WORKER):
            found.append(f"{name}: owned by {have['owner']}")
    return found


async def _connect(url: str) -> Any:
    return await asyncpg.connect(url, server_settings={"application_name": "jiandu_migrate"})


@contextlib.asynccontextmanager
async def _migration_lock(url: str) -> Any:
    # A session lock lives on a connection of its own: Piccolo commits between migrations.
    connection = await _connect(url)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _as_owner(url: str, lock_seconds: float) -> Any:
    """Point the process's engine at ``url`` as the owner role, and back afterwards."""
    before = (DB.url, DB.role, DB.scoped_role)
    DB.configure(url, OWNER)
    DB.config["server_settings"]["lock_timeout"] = f"{int(lock_seconds * 1000)}ms"
    await DB.start_connection_pool(min_size=1, max_size=2)
    try:
        yield
    finally:
        await DB.close_connection_pool()
        DB.configure(before[0], before[1], scoped_role=before[2])


class _Forwards(ForwardsMigrationManager):
    """Runs one app's migrations without asking ``piccolo_conf`` for the registry."""

    def __init__(self, config: AppConfig) -> None:
        super().__init__(app_name=config.app_name)
        self.config = config

    def get_app_config(self, app_name: str) -> AppConfig:  # noqa: ARG002
        return self.config


async def migrate(
    url: str, *, lock_seconds: float = 3.0, apps: Sequence[str] | None = None
) -> Report:
    """Bring the database at ``url`` to the state of the code; safe to run at the same time twice."""
    configs = app_configs(apps)
    report = Report(tables=len(tables_of(configs)))
    if found := policies.problems(tables_of(configs)):
        raise policies.UndeclaredScope("\n".join(found))
    async with _migration_lock(url) as connection:
        await prepare_roles(connection)
        async with _as_owner(url, lock_seconds):
            for config in configs:
                report.applied += await _run_app(config)
        await apply_rules(connection, configs)
        if found := await violations(connection, configs):
            raise SchemaError("\n".join(found))
    return report


async def build(url: str) -> Report:
    """Another name for ``migrate``, for a new and empty database."""
    return await migrate(url)


async def _run_app(config: AppConfig) -> list[str]:
    from piccolo.apps.migrations.tables import Migration

    Migration._meta.db = DB  # noqa: SLF001
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        manager = _Forwards(config)
        await manager.create_migration_table()
        before = set(await Migration.get_migrations_which_ran(app_name=config.app_name))
        result = await manager.run_migrations(config)
    if not result.success:
        raise SchemaError(f"{config.app_name}: {result.message}\n{said.getvalue()}")
    after = await Migration.get_migrations_which_ran(app_name=config.app_name)
    return [f"{config.app_name}: {name}" for name in after if name not in before]


async def create_from_classes(url: str, apps: Sequence[str] | None = None) -> int:
    """Make all tables straight from the classes, past the migrations: for tests only.

    While tables still change every hour this is always current; that migrations lead to the
    very same schema is what ``tests/core/test_schema.py`` proves.
    """
    configs = app_configs(apps)
    tables = tables_of(configs)
    async with _migration_lock(url) as connection:
        await prepare_roles(connection)
        statements = [ddl for table in tables for ddl in table.create_table(if_not_exists=True).ddl]
        async with connection.transaction():
            await connection.execute(f"set local role {OWNER}")
            await connection.execute(";\n".join(statements))
        await apply_rules(connection, configs)
    return len(tables)


# --- writing migrations ----------------------------------------------------------------------


class _Differ(AutoMigrationManager):
    """Compares one app's tables with its migration files; needs no database."""


def _config(app: str) -> AppConfig:
    module = "core.piccolo_app" if app == "core" else f"plugins.{app}.piccolo_app"
    if app != "core" and find_spec(f"plugins.{app}") is None:
        # Another distribution's plugin names its tables by whatever path it likes.
        found = [each for each in app_configs() if each.app_name == app]
        if not found:
            raise SchemaError(f"{app}: no plugin on the allow-list has tables under this name")
        return found[0]
    config: AppConfig = import_module(module).APP_CONFIG
    return config


async def drift(config: AppConfig) -> int:
    """How many statements a new migration of this app would hold; 0 when all is written down."""
    with contextlib.redirect_stdout(io.StringIO()):
        changes = await _Differ(auto_input="y").get_alter_statements(app_config=config)
    return sum(len(change.statements) for change in changes)


def prepare_folder(config: AppConfig, *, fresh: bool) -> None:
    """Make the app's migration folder; with ``fresh`` delete the files it holds."""
    folder = Path(config.resolved_migrations_folder_path)
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    if fresh:
        for old in folder.glob(f"{config.app_name}_*.py"):
            old.unlink()


def add_licence(path: Path) -> Path:
    """Put the licence line in front of a generated file."""
    path.write_text(HEADER + path.read_text(encoding="utf-8"), encoding="utf-8")
    return path


async def new_migration(app: str, description: str = "", *, fresh: bool = False) -> Path | None:
    """Write the migration for what changed since the last one; ``None`` when nothing did."""
    config = _config(app)
    prepare_folder(config, fresh=fresh)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            meta = await _create_new_migration(config, auto=True, description=description)
    except NoChanges:
        return None
    return add_licence(Path(meta.migration_path))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line described above."""
    parser = argparse.ArgumentParser(
        prog="python -m core.schema", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new", help="write a migration for what changed")
    new.add_argument("app")
    new.add_argument("--desc", default="")
    new.add_argument("--fresh", action="store_true", help="delete the app's files first")
    commands.add_parser("check", help="compare all tables with their migrations")
    commands.add_parser("migrate", help="migrate DATABASE_URL")
    options = parser.parse_args(arguments)
    if options.command == "new":
        path = asyncio.run(new_migration(options.app, options.desc, fresh=options.fresh))
        sys.stdout.write(f"{path or 'nothing changed'}\n")
        return 0
    if options.command == "migrate":
        report = asyncio.run(migrate(os.environ["DATABASE_URL"]))
        sys.stdout.write("".join(f"{name}\n" for name in report.applied))
        return 0
    changed = {c.app_name: n for c in app_configs() if (n := asyncio.run(drift(c)))}
    for name, count in changed.items():
        sys.stdout.write(f"{name}: {count} changes without a migration\n")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
