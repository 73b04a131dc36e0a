# SPDX-License-Identifier: Apache-2.0
"""Enqueueing work, claiming what is due, running it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import Cron, Job, Place
from core.host.enabling import is_enabled
from core.host.errors import failure_text
from core.host.registry import Registry, current
from core.jobs import failures
from core.jobs.rules import back_off, next_due
from core.jobs.waking import wake_after_commit

log = logging.getLogger("jiandu.jobs")

GRACE_SECONDS = 10
"""How long after a job's timeout a claim lapses: only a dead worker misses that."""
WORKER = db.Scope.platform("the worker takes due work of all regions")

ENQUEUE = """
insert into core_due (name, key, payload, state, due_at, tries, region_lo, actor, created_at,
                      done_at, error)
values ($1, $2, $3::jsonb, 'due', $4, 0, $5, $6, $7, null, '')
on conflict (key) where state = 'due' and key <> ''
do update set due_at = least(core_due.due_at, excluded.due_at)
returning id
"""


async def enqueue(
    name: str,
    payload: Mapping[str, Any],
    *,
    due_at: datetime | None = None,
    key: str | None = None,
    place: Place | None = None,
) -> int:
    """Have job ``name`` done, now or at ``due_at``; belongs to the caller's transaction.

    While a job with the same ``key`` waits, a second one is not added. A region job needs the
    ``place`` whose region it works for; left out, it is the beginning of the caller's scope.
    """
    registry = current()
    if name not in registry.jobs:
        raise LookupError(f"no plugin declares the job {name!r}")
    data = msgspec.to_builtins(payload)
    scope = db.current_scope()
    region_lo = place.region_lo if place else (0 if scope.region.empty else scope.region.lo)
    now = clock.now()
    due: int = await db.value(
        ENQUEUE, name, key or "", data, due_at or now, region_lo, scope.actor, now
    )
    if due_at is None or due_at <= now:
        wake_after_commit()
    return due


CLAIM = """
update core_due set state = 'running', tries = tries + 1,
  due_at = $1::timestamptz + make_interval(secs => t.seconds)
from unnest($2::text[], $3::float8[]) as t(name, seconds)
where core_due.name = t.name and core_due.id = (
  select id from core_due where state in ('due', 'running') and due_at <= $1
    and name = any($2::text[])
  order by due_at, id limit 1 for update skip locked)
returning core_due.id, core_due.name, core_due.key, core_due.payload, core_due.tries,
  core_due.region_lo, core_due.actor
"""


async def run_one(registry: Registry) -> bool:
    """Claim one piece of due work and do it; ``False`` when nothing is due.

    The claim commits at once and moves the due time behind the timeout, so work of a worker that
    died falls due again by itself. The job runs in one transaction under its scope, together
    with the mark "done": its effects and that mark exist both or neither.
    """
    work: dict[str, Job | Cron] = {**registry.jobs, **{each.name: each for each in registry.crons}}
    names = list(work)
    limits = [work[name].timeout.total_seconds() + GRACE_SECONDS for name in names]
    async with db.transaction(WORKER):
        claim = await db.row(CLAIM, clock.now(), names, limits)
    if claim is None:
        return False
    task = work[claim["name"]]
    tries = task.tries if isinstance(task, Job) else 3
    if claim["tries"] > tries:
        died = TimeoutError("the worker died while doing this")
        await _failed(task, claim, died, final=True)
        return True
    try:
        async with asyncio.timeout(task.timeout.total_seconds()):
            await _perform(registry, task, claim)
    except Exception as error:
        log.exception("job %s (%d) failed", claim["name"], claim["id"])
        await _failed(task, claim, error, final=claim["tries"] >= tries)
    return True


async def _perform(registry: Registry, task: Job | Cron, claim: Mapping[str, Any]) -> None:
    place = Place(claim["region_lo"])
    regional = task.scope == "region" if isinstance(task, Job) else task.per_region
    scope = db.Scope.of_place(place) if regional else db.Scope.platform(task.reason)
    async with db.transaction(scope):
        plugin = registry.plugin_of(task)
        if not regional or await is_enabled(plugin, place.region_lo, registry=registry):
            await task.run(claim["payload"])
        await _done(task, claim)


async def _done(task: Job | Cron, claim: Mapping[str, Any]) -> None:
    now = clock.now()
    if isinstance(task, Cron):
        await db.execute(
            "update core_due set state = 'due', tries = 0, due_at = $2, done_at = $3, error = ''"
            " where id = $1",
            claim["id"],
            next_due(task, now),
            now,
        )
    else:
        await db.execute(
            "update core_due set state = 'done', done_at = $2, error = '' where id = $1",
            claim["id"],
            now,
        )
    if claim["tries"] > 1:
        await failures.settle("job", claim["id"])


async def _failed(
    task: Job | Cron, claim: Mapping[str, Any], error: Exception, *, final: bool
) -> None:
    now = clock.now()
    state, due_at, tries = "due", now + back_off(claim["tries"]), claim["tries"]
    if final and isinstance(task, Cron):
        # A cron is never given up; its next regular turn is a new beginning.
        due_at, tries = next_due(task, now), 0
    elif final:
        state = "failed"
    async with db.transaction(WORKER):
        changed = await db.execute(
            "update core_due set state = $2, due_at = $3, tries = $4, error = $5 where id = $1"
            " and not ($2 = 'due' and key <> '' and exists (select 1 from core_due o"
            "          where o.key = core_due.key and o.state = 'due' and o.id <> core_due.id))",
            claim["id"],
            state,
            due_at,
            tries,
            failure_text(error),
        )
        if not changed:
            # The same work was enqueued again while this try ran: the new row repeats it.
            await db.execute(
                "update core_due set state = 'done', done_at = $2, error = $3 where id = $1",
                claim["id"],
                now,
                failure_text(error),
            )
        await failures.note(
            "job", claim["name"], claim["id"], error, tries=claim["tries"], final=final
        )


async def arm_crons(registry: Registry) -> None:
    """See that every cron has its row, per region where it says so; drop rows of former crons.

    Run when a worker starts and hourly, so that a new region gets its crons.
    """
    now = clock.now()
    wanted: dict[str, tuple[Cron, int, dict[str, Any]]] = {}
    async with db.transaction(WORKER):
        regions = await db.rows(REGIONS)
        for cron in registry.crons:
            if not cron.per_region:
                wanted[f"cron:{cron.name}"] = (cron, 0, {})
                continue
            for region in regions:
                payload = {"region": region["id"], "region_lo": region["lo"]}
                wanted[f"cron:{cron.name}:{region['id']}"] = (cron, region["lo"], payload)
        have = set(
            await db.column(
                "select key from core_due where key like 'cron:%' and state in ('due', 'running')"
            )
        )
        for key in sorted(set(wanted) - have):
            cron, region_lo, payload = wanted[key]
            first = now if cron.every is not None else next_due(cron, now)
            await db.value(ENQUEUE, cron.name, key, payload, first, region_lo, 0, now)
        if former := have - set(wanted):
            await db.execute(
                "update core_due set state = 'done', done_at = $2"
                " where state = 'due' and key = any($1::text[])",
                sorted(former),
                now,
            )


# Regions in which somebody works; a region without an organisation has nothing to sweep.
REGIONS = """
select r.id, r.lo from core_region r
where exists (select 1 from core_organisation o where o.region = r.id)
order by r.lo
"""


async def next_due_in(registry: Registry) -> timedelta | None:
    """How long until something is due; negative when overdue, ``None`` when nothing waits."""
    work = [*registry.jobs, *(each.name for each in registry.crons)]
    async with db.transaction(WORKER):
        moment = await db.value(
            "select least("
            " (select min(due_at) from core_due"
            "   where state in ('due', 'running') and name = any($1::text[])),"
            " (select min(due_at) from core_delivery"
            "   where state = 'pending' and plugin = any($2::text[])))",
            work,
            list(registry.plugins),
        )
    return None if moment is None else moment - clock.now()


async def drain(registry: Registry, *steps: Callable[[Registry], Awaitable[bool]]) -> int:
    """Do everything that is due now, one after the other; the number of pieces done.

    Tests and ``jiandu`` commands use it; the worker runs several drains side by side.
    """
    from core.host.facts import deliver_one

    count = 0
    chosen = steps or (deliver_one, run_one)
    while True:
        busy = False
        for step in chosen:
            while await step(registry):
                busy = True
                count += 1
        if not busy:
            return count


async def retry(failure: int) -> None:
    """Try a failed piece of work again at once; the failure counts as taken care of."""
    from core.errors import NotFound
    from core.host.facts import retry as retry_delivery

    found = await db.row(
        "select what, work from core_failure where id = $1 and resolved_at is null", failure
    )
    if found is None:
        raise NotFound
    if found["what"] == "delivery":
        await retry_delivery(found["work"])
    else:
        await db.execute(
            "update core_due set state = 'due', tries = 0, due_at = $2"
            " where id = $1 and state in ('due', 'failed')",
            found["work"],
            clock.now() - timedelta(seconds=1),
        )
        wake_after_commit()
    await failures.settle(found["what"], found["work"], db.current_scope().actor)
