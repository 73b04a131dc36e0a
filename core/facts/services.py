# SPDX-License-Identifier: Apache-2.0
"""Recording acts and reading their history."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec

from core import clock, db
from core.api.plugin import Fact, FactKind, Place, SubjectRef
from core.facts.canonical import payload_text
from core.host import facts as host
from core.host import registry as host_registry

INSERT = """
with f as (
  insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
                         recorded_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id),
d as (
  insert into core_delivery (fact, plugin, state, tries, due_at, error)
  select f.id, p.plugin, p.state, 0, $9, ''
  from f, unnest($10::text[], $11::text[]) as p(plugin, state)),
u as (insert into core_unsealed (fact) select id from f)
select id from f
"""

HISTORY = """
select id, kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at, recorded_at
from core_fact
where subject_kind = $1 and subject_id = $2 and ($3::text[] is null or kind = any($3))
order by at, id
"""


class UnknownFact(LookupError):
    """No loaded plugin declares this kind of fact."""


def plain(kind: FactKind, payload: msgspec.Struct) -> Mapping[str, Any]:
    """``payload`` as primitives, checked against the publisher's Struct.

    Constructing a Struct checks nothing, so it is converted back once; what subscribers decode
    is then certain to fit.
    """
    if not isinstance(payload, kind.payload):
        raise TypeError(
            f"{kind.key}: payload is {type(payload).__name__}, not {kind.payload.__name__}"
        )
    data: dict[str, Any] = msgspec.to_builtins(payload)
    msgspec.convert(data, kind.payload)
    return data


async def record(
    kind: str,
    subject: SubjectRef,
    payload: msgspec.Struct,
    place: Place,
    *,
    at: datetime | None = None,
) -> int:
    """Write one act into the trail and tell whoever listens, all in the caller's transaction.

    The fact, one delivery per subscribed plugin and the sealer's note are one statement. Eager
    handlers run before this returns, each in a savepoint; a handler that fails, is late or finds
    a lock taken is repeated by the worker and never spoils the act itself. The actor is taken
    from the scope. ``at`` is when the act happened, if not now.
    """
    registry = host_registry.current()
    declared = registry.fact_kinds.get(kind)
    if declared is None:
        raise UnknownFact(f"no plugin declares the fact kind {kind!r}")
    data = plain(declared, payload)
    now = clock.now()
    at = now if at is None else at
    if at.tzinfo is None:
        raise ValueError(f"{kind}: 'at' needs a time zone")
    actor = db.current_scope().actor
    fact = Fact(0, kind, subject, data, place, actor, at, now)
    handlers = await host.subscribers(registry, declared, place)
    eager = await host.admitted(registry, fact, handlers)
    fact_id: int = await db.value(
        INSERT,
        kind,
        subject.kind,
        subject.id,
        payload_text(data),
        place.region_lo,
        place.org_lo,
        actor,
        at,
        now,
        [registry.plugin_of(each) for each in handlers],
        # An eager delivery is written as done and taken back on failure: one message less.
        ["done" if each in eager else "pending" for each in handlers],
    )
    if len(eager) < len(handlers):
        host.wake_after_commit()
    if eager:
        fact = Fact(fact_id, kind, subject, data, place, actor, at, now)
        await host.react(registry, fact, eager)
    return fact_id


async def history(subject: SubjectRef, kinds: Collection[str] | None = None) -> list[Fact]:
    """What happened to ``subject``, in the order it happened, as far as the scope sees it."""
    found = await db.rows(HISTORY, subject.kind, subject.id, None if kinds is None else list(kinds))
    return [host.fact_of(row) for row in found]
