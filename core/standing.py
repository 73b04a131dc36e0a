# SPDX-License-Identifier: Apache-2.0
"""One statement at one round trip, for a public page that is asked more than all others together.

``transaction(scope)`` talks to the database three times: it begins and sets the scope, runs the
statement, commits. Where a page needs exactly one statement, a few connections of their own carry
the scope from the moment they are opened, and the statement is its own transaction: all of it
happens or nothing, and what it wrote is committed before anybody is answered. A page of several
statements that only read loses nothing either: in a transaction each of them would see what is
committed when it begins, just as here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

MOST = 4
"""Connections of one scope in one process; who comes when all are busy waits for the next."""


class Standing:
    """Connections that carry one scope for as long as they live, opened when they are needed.

    They are nobody else's: a connection of the pool takes its scope anew for each transaction.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        settings: Mapping[str, str],
        prepare: Callable[[Any], Awaitable[None]],
    ) -> None:
        """``config`` as for ``asyncpg.connect``; ``settings`` are added to its server settings.

        ``prepare`` is called with each new connection.
        """
        self._prepare = prepare
        self._config = {**config, "server_settings": {**config["server_settings"], **settings}}
        self._room = asyncio.Semaphore(MOST)
        self._free: list[asyncpg.Connection] = []
        self._closed = False

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row of ``sql``, which is committed when this returns."""
        async with self.lent() as connection:
            return await connection.fetchrow(sql, *args)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Any]:
        """A connection for a few statements, each committed when it answers."""
        async with self._room:
            connection = await self._take()
            try:
                yield connection
            except BaseException:
                # Cancelled or cut off in the middle of an answer, the next one would get the rest;
                # of the errors of a statement there are none that somebody can cause by asking.
                connection.terminate()
                raise
            self._give(connection)

    async def _take(self) -> asyncpg.Connection:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        if self._closed:
            raise RuntimeError("the connections of this scope are closed")
        connection = await asyncpg.connect(**self._config)
        await self._prepare(connection)
        return connection

    def _give(self, connection: asyncpg.Connection) -> None:
        if self._closed or connection.is_closed():
            connection.terminate()
        else:
            self._free.append(connection)

    async def close(self) -> None:
        """Close what is free; what is in use closes when it comes back."""
        self._closed = True
        while self._free:
            await self._free.pop().close()
