# SPDX-License-Identifier: Apache-2.0
"""签收: the first sight of an order by the one it is addressed to."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, retried, transaction
from core.api.facts import record
from plugins.orders import facts
from plugins.orders.services.matters import Actor, place_of, ref, refuse_others, take_order


async def note_received(order: Mapping[str, Any]) -> None:
    """Note the first sight of an order by the one it is addressed to; acting implies it."""
    if order["received_at"] is None:
        await execute(
            "update orders_order set received_at = $2 where id = $1", order["id"], clock.now()
        )
        await record(
            "orders.received",
            ref(order["id"]),
            facts.Received(order["id"], order["number"]),
            place_of(order),
        )


@retried
async def receive_order(who: Actor, order: int) -> None:
    """签收: the one an order is addressed to has seen it."""
    async with transaction(who.scope):
        found = await take_order(who, order)
        await refuse_others(who, "receive", found)
        await note_received(found)
