# SPDX-License-Identifier: Apache-2.0
"""Brings recorded facts to the plugins that react to them.

Eager handlers run inside the recording transaction under a strict budget; everything else, and
whatever failed there, is delivered by the worker, at least once, one delivery row per plugin.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import Fact, FactHandler, FactKind, Place, SubjectRef
from core.host.enabling import is_enabled
from core.host.errors import failure_text
from core.host.registry import Registry, current
from core.observing import note

log = logging.getLogger("jiandu.facts")

BUDGET_SECONDS = 0.3
"""What all eager handlers of one transaction may take together; the user is waiting."""
STATEMENT_MS = 200
"""Limit of one statement. Neither this nor the budget suffices alone: many short statements
pass this one, and a sleeping handler sends none."""
LOCK_MS = 100
"""How long an eager handler's lock is waited for; shorter than PostgreSQL's deadlock check."""
DEPTH = 3
"""How far facts recorded by eager handlers are followed eagerly: an order is revoked, so its
alarm is, so the lamp of the case goes out. Beyond that the worker takes over."""
WORKER_SECONDS = 30
"""How long one delivery may take; ten seconds later that of a worker that died falls due again."""
TRIES = 12


@dataclass
class _Spent:
    """The eager time already used by one transaction."""

    transaction: object
    seconds: float = 0.0


@dataclass
class _Chain:
    """The eager handlers now at work, and the facts they recorded meanwhile."""

    depth: int
    queue: list[tuple[Fact, tuple[FactHandler, ...]]] = field(default_factory=list)


_spent: ContextVar[_Spent | None] = ContextVar("eager_spent", default=None)
_chain: ContextVar[_Chain | None] = ContextVar("eager_chain", default=None)


def fact_of(row: Mapping[str, Any]) -> Fact:
    """A row of ``core_fact`` as handlers receive it."""
    return Fact(
        row["id"],
        row["kind"],
        SubjectRef(row["subject_kind"], row["subject_id"]),
        msgspec.json.decode(row["payload"]),
        Place(row["region_lo"], row["org_lo"]),
        row["actor"],
        row["at"],
        row["recorded_at"],
    )


async def subscribers(registry: Registry, kind: FactKind, place: Place) -> tuple[FactHandler, ...]:
    """The handlers of ``kind`` whose plugin is switched on where the fact happened."""
    if not kind.broadcast:
        return ()
    return tuple(
        [
            handler
            for handler in registry.fact_handlers(kind.key)
            if await is_enabled(registry.plugin_of(handler), place.region_lo, registry=registry)
        ]
    )


async def admitted(
    registry: Registry, fact: Fact, handlers: Sequence[FactHandler]
) -> tuple[FactHandler, ...]:
    """Those of ``handlers`` that may run now: eager, within depth and budget, locks in hand.

    The locks of all of them are taken before the first runs, in one statement. The transaction
    may already hold others, so waiting could deadlock; it is therefore bounded, and a lock not
    to be had leaves all of them to the worker.
    """
    eager = tuple(each for each in handlers if each.eager)
    chain = _chain.get()
    if not eager or (chain is not None and chain.depth >= DEPTH) or _left() <= 0:
        return ()
    wanted: set[SubjectRef] = set()
    for handler in eager:
        try:
            wanted.update(handler.locks(fact))
        except Exception:
            plugin = registry.plugin_of(handler)
            log.exception("plugin %r: locks() for %s failed", plugin, fact.kind)
            return ()
    return eager if await _lock(wanted) else ()


TRY_LOCK = """
select coalesce(bool_and(pg_try_advisory_xact_lock(k)), true)
from (select distinct hashtextextended(s.kind, s.id) as k
      from unnest($1::text[], $2::int8[]) s(kind, id) order by 1 offset 0) x
"""


async def _lock(refs: set[SubjectRef]) -> bool:
    if not refs:
        return True
    kinds, ids = [ref.kind for ref in refs], [ref.id for ref in refs]
    if await db.value(TRY_LOCK, kinds, ids):
        return True
    try:
        async with db.transaction():
            await db.execute(f"set local lock_timeout = {LOCK_MS}")
            await db.lock_subjects(*refs)
            await db.execute("set local lock_timeout to default")
    except Exception as error:
        if not db.is_conflict(error):
            raise
        return False
    return True


async def react(registry: Registry, fact: Fact, handlers: Sequence[FactHandler]) -> None:
    """Run ``handlers`` on ``fact`` now; facts they record are handled after them."""
    chain = _chain.get()
    if chain is not None:
        chain.queue.append((fact, tuple(handlers)))
        return
    chain = _Chain(depth=0)
    token = _chain.set(chain)
    try:
        waiting = [(fact, tuple(handlers))]
        while waiting:
            chain.depth += 1
            for each, eager in waiting:
                for handler in eager:
                    await _run_eager(registry, chain, each, handler)
            waiting, chain.queue = chain.queue, []
    finally:
        _chain.reset(token)


async def _run_eager(registry: Registry, chain: _Chain, fact: Fact, handler: FactHandler) -> None:
    plugin = registry.plugin_of(handler)
    queued = len(chain.queue)
    begun = time.monotonic()
    left = _left()
    try:
        async with db.transaction(db.Scope.of_place(fact.place)):
            await db.execute(f"set local statement_timeout = {STATEMENT_MS}")
            # Only around the handler: a time-out while entering or leaving the savepoint would
            # leave the connection's scope unknown. With nothing left it fails at its first await.
            async with asyncio.timeout(left):
                note("fact_handlers", plugin, fact.kind)
                await handler.handle(fact)
            # What SET LOCAL changed survives a released savepoint, so it goes back before.
            await db.execute("set local statement_timeout to default")
    except Exception as error:  # noqa: BLE001 - a handler's fault must never cost the user the act
        log.warning(
            "plugin %r: eager handler of %s failed, the worker repeats it: %s",
            plugin,
            fact.kind,
            failure_text(error),
        )
        del chain.queue[queued:]
        await db.execute(
            "update core_delivery set state = 'pending', due_at = $3, error = $4"
            " where fact = $1 and plugin = $2",
            fact.id,
            plugin,
            clock.now(),
            failure_text(error),
        )
        wake_after_commit()
    finally:
        _spend(time.monotonic() - begun)


def _left() -> float:
    transaction = db.DB.current_transaction.get()
    spent = _spent.get()
    if spent is None or spent.transaction is not transaction:
        spent = _Spent(transaction)
        _spent.set(spent)
    return BUDGET_SECONDS - spent.seconds


def _spend(seconds: float) -> None:
    spent = _spent.get()
    if spent is not None:
        spent.seconds += seconds


def wake_after_commit() -> None:
    """Wake the worker once the transaction is committed."""
    # Imported here: the worker runs deliveries, so the two modules need each other.
    from core.jobs.waking import wake_after_commit as wake

    wake()


# -- the worker's side -------------------------------------------------------------------------

CLAIM = """
update core_delivery set tries = tries + 1, due_at = $1::timestamptz + make_interval(secs => $2)
where id = (
  select id from core_delivery
  where state = 'pending' and due_at <= $1 and plugin = any($3::text[])
  order by due_at, id limit 1 for update skip locked)
returning id, fact, plugin, tries
"""

LOAD = """
select id, kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at, recorded_at
from core_fact where id = $1
"""

WORKER_SCOPE = db.Scope.platform("facts of all regions are delivered by one worker")


async def deliver_one(registry: Registry, *, strict: bool = False) -> bool:
    """Claim one pending delivery and bring it to its plugin; ``False`` when none is due.

    ``strict`` raises what a handler raises, for tests and commands. The claim is committed first and moves the due time on, so a worker that dies in between
    loses nothing and blocks nobody; the handler's effects and the mark "done" commit together.
    """
    now = clock.now()
    async with db.transaction(WORKER_SCOPE):
        claim = await db.row(CLAIM, now, WORKER_SECONDS + 10, list(registry.plugins))
        row = await db.row(LOAD, claim["fact"]) if claim else None
    if claim is None or row is None:
        return False
    fact = fact_of(row)
    plugin: str = claim["plugin"]
    handler = registry.handler(plugin, fact.kind)
    try:
        async with asyncio.timeout(WORKER_SECONDS), db.transaction(db.Scope.of_place(fact.place)):
            enabled = await is_enabled(plugin, fact.place.region_lo, registry=registry)
            # A plugin that dropped its handler, or was switched off meanwhile, is not told.
            if handler is not None and enabled:
                await db.lock_subjects(*handler.locks(fact))
                await handler.handle(fact)
            await db.execute(
                "update core_delivery set state = 'done', error = '' where id = $1", claim["id"]
            )
    except Exception as error:
        if strict:
            raise
        log.exception("plugin %r: handler of %s (fact %d) failed", plugin, fact.kind, fact.id)
        await _postpone(claim, fact, error)
    return True


async def dispatch_all(registry: Registry | None = None) -> int:
    """Deliver everything pending here and now, failing loudly; how many deliveries that were."""
    chosen = registry or current()
    count = 0
    while await deliver_one(chosen, strict=True):
        count += 1
    return count


async def _postpone(claim: Mapping[str, Any], fact: Fact, error: Exception) -> None:
    from core.jobs.failures import note
    from core.jobs.rules import back_off

    final = claim["tries"] >= TRIES
    async with db.transaction(WORKER_SCOPE):
        await db.execute(
            "update core_delivery set state = $2, due_at = $3, error = $4 where id = $1",
            claim["id"],
            "failed" if final else "pending",
            clock.now() + back_off(claim["tries"]),
            failure_text(error),
        )
        await note(
            "delivery",
            f"{fact.kind} → {claim['plugin']}",
            claim["id"],
            error,
            tries=claim["tries"],
            final=final,
        )


BACK_FILL = """
insert into core_delivery (fact, plugin, state, tries, due_at, error)
select f.id, $1::text, 'pending', 0, $5, '' from core_fact f
where f.kind = any($2::text[]) and f.region_lo between $3 and $4
  and not exists (select 1 from core_delivery d where d.fact = f.id and d.plugin = $1::text)
order by f.id
on conflict do nothing
"""


async def back_fill(registry: Registry, plugin: str, place_lo: int, place_hi: int) -> int:
    """Deliver past facts of an interval of regions to a plugin installed or enabled later.

    Explicit, never automatic: an engine that judges two years of cases at once is a decision of
    the office, not a side effect of switching something on. Returns how many will be delivered.
    """
    kinds = registry.handled_kinds(plugin)
    count = await db.execute(BACK_FILL, plugin, list(kinds), place_lo, place_hi, clock.now())
    wake_after_commit()
    return count


async def waiting() -> Mapping[str, Any]:
    """Figures for the operations page: how much is pending and since when."""
    found = await db.row(
        "select count(*) filter (where state = 'pending') as pending,"
        " count(*) filter (where state = 'failed') as failed,"
        " min(due_at) filter (where state = 'pending') as oldest"
        " from core_delivery where state <> 'done'"
    )
    return found or {}


async def retry(delivery: int) -> None:
    """Try a failed delivery again at once, as if it were new."""
    await db.execute(
        "update core_delivery set state = 'pending', tries = 0, due_at = $2"
        " where id = $1 and state <> 'done'",
        delivery,
        clock.now() - timedelta(seconds=1),
    )
    wake_after_commit()
