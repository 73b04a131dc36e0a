# SPDX-License-Identifier: Apache-2.0
"""Reading the whole record in one snapshot: for verification and for export.

On a connection of its own under REPEATABLE READ, so that sealing and recording go on meanwhile
and neither looks like a fault.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from core.facts.canonical import fact_bytes
from core.keys.signing import fingerprint_of
from core.scope import Scope
from core.sealing.bulk import UnusualError, facts_between
from core.sealing.rules import LATE, LISTED, Checker, Report, Sealed, microseconds
from core.sealing.services import COLUMNS, PURPOSE, sealed_of

Progress = Callable[[int, int], Awaitable[None]]

WHOLE = Scope.platform("the record of all regions is verified as a whole").read_only()
AT_ONCE = 200
"""Batches read with one statement."""

FACTS = """
select id, kind, subject_kind, subject_id, actor, at, recorded_at, payload from core_fact
where id between $1 and $2
"""
SOME = """
select id, kind, subject_kind, subject_id, actor, at, recorded_at, payload from core_fact
where id = any($1::int8[])
"""
# Not one join with the unnested batches: the planner cannot know how many facts they hold, and
# takes a plan whose cost grows with the square of the record.
IDS = """
select coalesce(array_agg(id order by id), '{}')
from (select id from core_fact where id > $1 order by id limit 50000) x
"""
WAITING = "select fact from core_unsealed where fact = any($1::int8[])"
GONE = """
select u.fact from core_unsealed u left join core_fact f on f.id = u.fact
where f.id is null order by u.fact limit $1
"""


@asynccontextmanager
async def snapshot(connection: asyncpg.Connection, role: str = "") -> AsyncIterator[Any]:
    """Everything inside sees the database as it is now."""
    await connection.execute("begin isolation level repeatable read read only")
    try:
        await connection.execute(WHOLE.sql(role) or "select 1")
        # Reading a million facts in order is what sequential plans are for.
        await connection.execute("set local statement_timeout = 0")
        yield connection
    finally:
        await connection.execute("rollback")


async def keys_in(connection: Any) -> dict[str, bytes]:
    """The public keys the database names, each under the fingerprint that it really has."""
    found = await connection.fetch(
        "select public from core_signing_key where purpose = $1", PURPOSE
    )
    return {fingerprint_of(bytes(row["public"])): bytes(row["public"]) for row in found}


@dataclass(frozen=True, slots=True)
class Read:
    """A batch with the canonical bytes of its facts."""

    batch: Sealed
    contents: Sequence[bytes | None]
    late: int
    """Facts that say they were recorded long before they were sealed."""


async def read(connection: Any, first: int = 1) -> AsyncIterator[Read]:
    """Every batch from ``first`` on, with its facts."""
    number = first - 1
    while True:
        rows = await connection.fetch(
            f"select {COLUMNS} from core_batch where id > $1 order by id limit $2", number, AT_ONCE
        )
        if not rows:
            return
        number = rows[-1]["id"]
        for part in _portions([sealed_of(row) for row in rows]):
            stored = await _facts(connection, part)
            for batch in part:
                yield _read(batch, stored)


def _portions(batches: Sequence[Sealed], facts: int = 20_000) -> list[list[Sealed]]:
    """Batches by so many facts: memory stays small, however the batches were cut."""
    portions: list[list[Sealed]] = []
    size = facts
    for each in batches:
        if size >= facts:
            portions.append([])
            size = 0
        portions[-1].append(each)
        size += len(each.facts)
    return portions


async def _facts(connection: Any, batches: Sequence[Sealed]) -> dict[int, tuple[bytes, int]]:
    ids = [fact for batch in batches for fact in batch.facts]
    if not ids:
        return {}
    low, high = min(ids), max(ids)
    # Ids of one portion are nearly contiguous, and a range is read much faster than a list.
    if high - low < 3 * len(ids) + 1000:
        try:
            return await facts_between(connection, low, high)
        except UnusualError:
            rows = await connection.fetch(FACTS, low, high)
    else:
        rows = await connection.fetch(SOME, ids)
    return {row["id"]: (fact_bytes(row), microseconds(row["recorded_at"])) for row in rows}


def _read(batch: Sealed, stored: dict[int, tuple[bytes, int]]) -> Read:
    border = microseconds(batch.sealed_at - LATE)
    found = list(map(stored.get, batch.facts))
    return Read(
        batch,
        [each and each[0] for each in found],
        sum(each is not None and each[1] < border for each in found),
    )


async def _stray(connection: Any, sealed: "array[int]") -> list[int]:
    """Facts that stand in no batch and do not wait for sealing, at most the first thousand."""
    ordered, last = array("q", sorted(sealed)), -(2**62)
    stray: list[int] = []
    while len(stray) < LISTED:
        ids = await connection.fetchval(IDS, last)
        if not ids:
            break
        known = ordered[bisect_left(ordered, ids[0]) : bisect_right(ordered, ids[-1])]
        last = ids[-1]
        if left := set(ids).difference(known):
            waiting = {row["fact"] for row in await connection.fetch(WAITING, list(left))}
            stray += sorted(left - waiting)
    return stray[:LISTED]


async def verify(
    connection: Any,
    *,
    keys: dict[str, bytes] | None = None,
    heads: Iterable[tuple[int, bytes]] = (),
    progress: Progress | None = None,
    role: str = "",
) -> Report:
    """Compare the whole record with its seals.

    Without ``keys`` those of the database are believed; whoever distrusts the database brings the
    public key he was given. ``heads`` are published ones.
    """
    async with snapshot(connection, role):
        checker = Checker(await keys_in(connection) if keys is None else keys, heads)
        total = int(
            await connection.fetchval("select coalesce(sum(cardinality(facts)), 0) from core_batch")
        )
        done = told = 0
        sealed = array("q")
        async for each in read(connection):
            checker.batch(each.batch, each.contents)
            sealed.extend(each.batch.facts)
            if each.late:
                checker.late(each.batch, each.late)
            done += len(each.batch.facts)
            if progress is not None and done - told >= 20_000:
                told = done
                await progress(done, total)
        checker.inserted(await _stray(connection, sealed))
        checker.vanished([row["fact"] for row in await connection.fetch(GONE, LISTED)])
        report = checker.finish()
        report.unsealed = int(await connection.fetchval("select count(*) from core_unsealed"))
        if progress is not None:
            await progress(done, total)
        return report
