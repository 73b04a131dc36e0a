# SPDX-License-Identifier: Apache-2.0
"""A small world to measure in: a database of its own, the real application, one office."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvloop
from litestar import Litestar

from core.api.testing import BASE, HOST, Browser, make_agencies
from core.app import create_app
from core.auth import services
from core.db import DB, OWNER, WEB, Scope, connection, transaction
from core.host import enabling
from core.host.registry import Registry, set_current
from core.serve.postgres import EmbeddedPostgres
from core.settings import read
from core.web import navigation
from tests import cluster, factories

WIDE = Scope.platform("a benchmark looks at everything")


@contextmanager
def server(**settings: str) -> Iterator[tuple[str, str]]:
    """A throw-away PostgreSQL: its address and the name of a database with the whole schema."""
    folder = Path(tempfile.mkdtemp(prefix="jiandu-bench-"))
    folder.chmod(0o711)  # run as root, PostgreSQL works as another user and must get in
    chosen = {**cluster.QUICK, "shared_buffers": "128MB", **settings}
    own = EmbeddedPostgres(folder, port=8432, settings=chosen).start()
    try:
        set_current(cluster.registry())
        url = own.url_of("postgres")
        yield url, cluster.make_template(url)
    finally:
        own.remove()


def run(work: Any) -> Any:
    """On the event loop the web processes use."""
    return uvloop.run(work)


@asynccontextmanager
async def database(url: str, template: str, role: str = WEB) -> AsyncIterator[str]:
    """An own database with the engine of this process pointed at it, one connection."""
    address = await cluster.create(url, cluster.new_name("bench"), template)
    DB.configure(address, role)
    await DB.start_connection_pool(min_size=1, max_size=1)
    enabling.forget()
    navigation.forget()
    try:
        yield address
    finally:
        await DB.close_connection_pool()


@asynccontextmanager
async def as_owner(address: str) -> AsyncIterator[Any]:
    """A connection past all policies, to make rows by the million."""
    import asyncpg

    raw = await asyncpg.connect(address, server_settings={"role": OWNER})
    try:
        yield raw
    finally:
        await raw.close()


async def backends() -> list[int]:
    """The database's processes that serve this one."""
    async with transaction(WIDE):
        found = await connection().fetchval("select pg_backend_pid()")
    return [int(found)]


class Asker:
    """Puts requests straight to an ASGI application: no client, no socket, no parsing.

    What is left is what a web process spends on a page beyond reading and writing bytes.
    """

    def __init__(self, app: Any, browser: Browser | None = None) -> None:
        self.app = app
        self.browser = browser
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: tuple[Any, ...] = ()
    ) -> bytes:
        """The body of the answer."""
        base, _, query = path.partition("?")
        sent = [(b"host", HOST.encode()), (b"user-agent", b"Mozilla/5.0 Chrome/120"), *headers]
        if self.browser is not None:
            sent.append((b"cookie", b"jiandu=" + self.browser.session.encode()))
            sent.append((b"sec-fetch-site", b"same-origin"))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": base,
            "raw_path": base.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": sent,
            "client": ("127.0.0.1", 50000),
            "server": (HOST, 80),
        }
        parts: list[bytes] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop()
            await asyncio.Future()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.status, self.headers = message["status"], message["headers"]
            else:
                parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        self.body = b"".join(parts)
        return self.body

    async def get(self, path: str) -> bytes:
        """A page that must be there."""
        body = await self.ask("GET", path)
        if self.status != 200:
            raise RuntimeError(f"{path} answered {self.status}: {body[-2000:].decode()}")
        return body

    async def post(self, path: str, fields: dict[str, str]) -> bytes:
        """A form with the session's token in front, as pages send it."""
        assert self.browser is not None
        assert self.browser.visitor is not None
        body = urlencode({"_csrf": self.browser.visitor.csrf, **fields}).encode()
        return await self.ask(
            "POST",
            path,
            body,
            (
                (b"content-type", b"application/x-www-form-urlencoded"),
                (b"content-length", str(len(body)).encode()),
                (b"origin", BASE.encode()),
            ),
        )

    def header(self, name: str) -> str:
        """A header of the last answer."""
        wanted = name.encode()
        return next((value.decode() for key, value in self.headers if key == wanted), "")


def application(registry: Registry) -> Litestar:
    """The real application with all plugins, on the pool of this process."""
    logging.disable(logging.INFO)
    settings = read({"JIANDU_ENV": "production", "JIANDU_SECRET": "only-for-measuring"})
    return create_app(settings, registry, database=False)


@asynccontextmanager
async def office(registry: Registry) -> AsyncIterator[tuple[Any, Any]]:
    """A county with its agencies, and the platform's roles."""
    set_current(registry)
    await services.apply_defaults(registry)
    tree = await factories.region_tree()
    yield tree, await make_agencies(tree)
