# SPDX-License-Identifier: Apache-2.0
"""Sessions in PostgreSQL: one uncached query per request, no write per request.

Because nothing is cached, signing out, withdrawing a role and changing a scope hold for the very
next request. What does not change from request to request (the rights of a role) is cached per
process, keyed by the version number that comes along with the session.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from core import clock, db
from core.auth.visitor import Visitor, visitor_of
from core.scope import Scope

OPEN = "select * from core_open($1, $2, $3, $4, $5)"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A new session: what goes into the cookie, and its row."""

    token: str
    session_id: int
    csrf: str


def hashed(token: str) -> bytes:
    """What is stored instead of the cookie; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


_rights: dict[tuple[str, int], frozenset[str]] = {}


def forget() -> None:
    """Read the rights of roles anew: another database, or a transaction that was rolled back."""
    _rights.clear()


async def open_session(
    token: str, idle_seconds: int, absolute_seconds: int, *, awake: bool = True
) -> Visitor | None:
    """The visitor of a cookie, or None when the session is over, withdrawn or never was.

    ``awake``: somebody is there, and the time after which an idle session ends begins anew.
    """
    if not token or len(token) > 128:
        return None
    found = await _ask(OPEN, hashed(token), clock.now(), idle_seconds, absolute_seconds, awake)
    if not found:
        return None
    row = found[0]
    role, version = row["role"] or "", row["version"] or 0
    rights = _rights.get((role, version))
    if rights is None:
        rights = await _load_rights(role)
        if len(_rights) > 500:
            _rights.clear()  # only versions long gone; the few in use come back at once
        _rights[role, version] = rights
    return visitor_of(row, rights)


async def _load_rights(role: str) -> frozenset[str]:
    if not role:
        return frozenset()
    found = await _ask(
        "select p.permission from core_role_permission p join core_role r on r.id = p.role "
        "where r.key = $1",
        role,
    )
    return frozenset(row["permission"] for row in found)


async def _ask(sql: str, *args: Any) -> list[dict[str, Any]]:
    """One statement before any scope exists.

    Straight on a pooled connection: a transaction around it would cost two round trips more on
    every request. Inside a transaction (tests) it joins.
    """
    if db.in_transaction() or db.DB.pool is None:
        async with db.transaction(Scope.nothing()):
            return await db.rows(sql, *args)
    async with db.DB.pool.acquire() as connection:
        return [dict(record) for record in await connection.fetch(sql, *args)]


async def begin(
    user_id: int, assignment_id: int | None, *, address: str = "", agent: str = ""
) -> Ticket:
    """A new session inside the caller's transaction; the token is never one a browser sent."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    moment = clock.now()
    session_id = await db.value(
        'insert into core_session (hash, "user", assignment, csrf, opened_at, seen_at, address,'
        " agent, ended_because) values ($1, $2, $3, $4, $5, $5, $6, $7, '') returning id",
        hashed(token),
        user_id,
        assignment_id,
        csrf,
        moment,
        address[:64],
        agent[:200],
    )
    return Ticket(token, int(session_id), csrf)


async def end(session_id: int, because: str) -> None:
    """End one session."""
    await db.execute(
        "update core_session set ended_at = $2, ended_because = $3 "
        "where id = $1 and ended_at is null",
        session_id,
        clock.now(),
        because,
    )


async def end_all(user_id: int, because: str, *, but: int = 0) -> int:
    """End every session of a user, except perhaps the one he is using."""
    return await db.execute(
        "update core_session set ended_at = $2, ended_because = $3 "
        'where "user" = $1 and ended_at is null and id <> $4',
        user_id,
        clock.now(),
        because,
        but,
    )


async def bump_version() -> None:
    """Make every process forget cached rights, menus and enabled plugins."""
    await db.execute("update core_version set number = number + 1")
