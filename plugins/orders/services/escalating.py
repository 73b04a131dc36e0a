# SPDX-License-Identifier: Apache-2.0
"""逾期上报: silence goes to the side above, its message waits for office hours."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import persons_holding
from core.api.db import execute, row
from core.api.deadlines import load_calendar
from core.api.facts import record
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.people import organisation
from core.api.turns import hand_turn
from plugins.orders import facts, rules
from plugins.orders.queries import lock_order
from plugins.orders.rules import ISSUED, RELAY, RELAYED, WITHDRAW
from plugins.orders.services.matters import path_of, place_of, ref, subline
from plugins.orders.services.turns import params_of


async def escalate_order(order: int, clock_id: int, due_at: str) -> None:
    """Nobody answered in time: the side above gets the turn and is told, once per deadline.

    An officer's silence goes to his department, the department's to the bureau. Messages wait
    for office hours; the turn stands at once.
    """
    found = await lock_order(order)
    if (
        found is None
        or found["clock"] != clock_id
        or found["state"] not in (ISSUED, RELAYED)
        or found["late"]
    ):
        return
    now = clock.now()
    await execute(
        "update orders_order set late = true, escalated_at = $2 where id = $1", order, now
    )
    upper = found
    if found["parent"]:
        upper = await row("select * from orders_order where id = $1", found["parent"]) or found
    if found["tier"] == 1:
        holder, permission, to = found["organ_lo"], WITHDRAW, found["organ_name"]
    else:
        holder, permission, to = found["organ_lo"], RELAY, found["organ_name"]
    await hand_turn(
        ref(order),
        key="escalated",
        title=found["title"],
        subline=subline(found),
        step_title="逾期未回复，请督促",
        path=path_of(upper["id"]),
        holder_org=holder,
        permission=permission,
        clock=clock_id,
        place=place_of(found),
        lamp=found["colour"],
    )
    await record(
        "orders.escalated",
        ref(order),
        facts.Escalated(order, found["number"], found["tier"], to, due_at),
        place_of(found),
    )
    calendar = await load_calendar(found["region_lo"])
    await enqueue(
        "orders.tell_late",
        {"order": order},
        due_at=rules.office_moment(clock.local(now), calendar.is_workday),
        key=f"orders.tell_late:{order}:{clock_id}",
        place=place_of(found),
    )


async def tell_late(payload: Mapping[str, Any]) -> None:
    """The message of an escalation, in office hours; nothing if the answer has come meanwhile."""
    found = await row("select * from orders_order where id = $1", payload["order"])
    if found is None or found["state"] not in (ISSUED, RELAYED):
        return
    permission = WITHDRAW if found["tier"] == 1 else RELAY
    organ = await organisation(found["organ"])
    if organ is None:
        return
    persons = await persons_holding(
        permission, organ.lo, organ.hi if found["tier"] == 1 else organ.lo
    )
    await notify(
        "orders.escalated",
        persons,
        ref(found["id"]),
        params_of(found, found["to_name"] or found["to_org_name"]),
        place_of(found),
    )
