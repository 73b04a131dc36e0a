# SPDX-License-Identifier: Apache-2.0
"""How orders hear of alarms and of missed deadlines, and how they are named elsewhere."""

from collections.abc import Sequence

from core.api.clock import now
from core.api.db import Scope, SubjectRef, execute, json, literal, rows, scope_conditions
from core.api.facts import Fact
from core.api.plugin import SubjectLabel
from plugins.orders.queries import find_order
from plugins.orders.rules import STATE_WORDS
from plugins.orders.services import escalate_order, path_of


async def note_alarm(fact: Fact) -> None:
    """Keep what an order needs to know of an alarm; told twice, it changes nothing."""
    told = fact.payload
    await execute(
        "insert into orders_alarm (alarm, case_id, case_number, case_title, party, organisation,"
        " department, handlers, colour, kind, point, headline, step_title, sentence, raised_at,"
        " state, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12, $13, $14, $15, 'open',"
        " $16, $17) on conflict (alarm) do nothing",
        int(told["alarm"]),
        int(told.get("case") or 0),
        str(told.get("case_number") or "")[:80],
        str(told.get("case_title") or "")[:300],
        str(told.get("party") or "")[:200],
        int(told.get("organisation") or 0),
        int(told.get("department") or 0),
        json([int(each) for each in told.get("handlers") or ()]),
        str(told["colour"]),
        str(told.get("kind") or ""),
        str(told.get("point_title") or told.get("point") or "")[:200],
        str(told.get("headline") or "")[:300],
        str(told.get("step_title") or "")[:120],
        str(told.get("sentence") or ""),
        fact.at or now(),
        fact.place.region_lo,
        fact.place.org_lo,
    )


async def note_silence(fact: Fact) -> None:
    """A deadline of an order passed. A provisional date proves nothing, so it is let pass."""
    if fact.subject.kind != "orders.order" or fact.payload.get("provisional"):
        return
    await escalate_order(fact.subject.id, int(fact.payload["clock"]), str(fact.payload["due_at"]))


def the_alarm(fact: Fact) -> Sequence[SubjectRef]:
    return (fact.subject,)


async def describe_order(order: int, scope: Scope) -> SubjectLabel | None:
    """Number, page and state of an order inside the scope."""
    found = await find_order(order, scope)
    if found is None:
        return None
    return SubjectLabel(
        f"{found['number']}：{found['title']}", path_of(order), STATE_WORDS[found["state"]][1]
    )


async def find_orders(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Orders by number or title, for the global search."""
    where, args = scope_conditions(scope, "o", start=2)
    found = await rows(
        "select o.id, o.number, o.title, o.state from orders_order o"
        " where (o.number || ' ' || o.title) ilike '%' || $1 || '%'"
        f" and {where} order by o.issued_at desc, o.id desc limit 10",
        literal(text),
        *args,
    )
    return [
        SubjectLabel(
            f"{each['number']}：{each['title']}", path_of(each["id"]), STATE_WORDS[each["state"]][1]
        )
        for each in found
    ]
