# SPDX-License-Identifier: Apache-2.0
"""The database server of a test run: one throw-away embedded PostgreSQL, databases by cloning."""

import asyncio
import itertools
import os
import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from core import schema
from core.api.demo import DemoContext
from core.auth import sessions
from core.auth.services import apply_defaults
from core.db import DB, OWNER, WEB
from core.demo.running import run_steps
from core.host import enabling
from core.host.discovery import allowed
from core.host.registry import Registry, build, use
from core.serve.postgres import EmbeddedPostgres

SERVER = "JIANDU_TEST_SERVER"
"""Address of a server to use instead of an own one; the xdist controller sets it for workers."""

# A crash of the test server loses nothing, so nothing waits for the disk.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
}
_numbers = itertools.count(1)


def start() -> EmbeddedPostgres:
    """A new server in a folder of its own; ``remove()`` takes everything away again."""
    folder = Path(tempfile.mkdtemp(prefix="jiandu-test-"))
    folder.chmod(0o711)  # run as root, PostgreSQL works as another user and must get in
    return EmbeddedPostgres(folder, port=56432, settings=QUICK).start()


def url_of(server: str, database: str) -> str:
    """The address of ``database`` on the server of the address ``server``."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def apps() -> list[str]:
    """The Piccolo apps to make tables for: the core's and those of every allowed plugin.

    A plugin whose tables cannot be imported is left out with a warning, so that its neighbours'
    tests still run; ``tests/core/test_schema.py`` fails for it.
    """
    found = ["core.piccolo_app"]
    for name in allowed():
        module = f"plugins.{name}.piccolo_app"
        try:
            if find_spec(module) is None:
                continue
            import_module(module)
        except Exception as error:  # noqa: BLE001
            warnings.warn(f"{module} left out: {type(error).__name__}: {error}", stacklevel=1)
            continue
        found.append(module)
    return found


@cache
def registry() -> Registry:
    """The registry of core and every allowed plugin that loads; again with a warning otherwise."""
    loading: list[str] = []
    for name in allowed():
        try:
            build([name])
        except Exception as error:  # noqa: BLE001
            warnings.warn(f"plugin {name} left out: {error}", stacklevel=1)
            continue
        loading.append(name)
    return build(loading)


async def create(server: str, name: str, template: str = "template0") -> str:
    """Create a database, by copying ``template``; its address."""
    connection = await asyncpg.connect(url_of(server, "postgres"))
    try:
        await connection.execute(f'create database "{name}" template "{template}"')
    finally:
        await connection.close()
    return url_of(server, name)


async def drop(server: str, name: str) -> None:
    """Drop a database, also when somebody is still connected."""
    connection = await asyncpg.connect(url_of(server, "postgres"))
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()


@asynccontextmanager
async def working_on(url: str) -> AsyncIterator[None]:
    """Point the process's engine at another database, as the web role, and back afterwards."""
    shared, before = DB.pool, DB.url
    DB.pool = None
    DB.configure(url, WEB)
    await DB.start_connection_pool(min_size=1, max_size=6)
    # Databases made from one template repeat the version under which rights of roles are kept.
    sessions.forget()
    try:
        yield
    finally:
        sessions.forget()
        await DB.close_connection_pool()
        DB.configure(before, OWNER, scoped_role=WEB)
        DB.pool = shared


async def play(registry: Registry, share: float = 0.03) -> None:
    """Sow the demo of the plugins of ``registry``; a small ``share`` has a few of every matter."""
    context = DemoContext()
    context.share = share
    with use(registry):
        enabling.forget()
        await apply_defaults(registry)
        await run_steps(registry, context, lambda _line: None)
        enabling.forget()


def new_name(kind: str) -> str:
    """A database name no other worker uses."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"t_{worker}_{os.getpid()}_{kind}_{next(_numbers)}"


def make_template(server: str) -> str:
    """A database with all tables, policies and scripts, made straight from the classes."""
    name = new_name("template")

    async def build() -> None:
        url = await create(server, name)
        await schema.create_from_classes(url, apps())

    asyncio.run(build())
    return name
