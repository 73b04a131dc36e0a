# SPDX-License-Identifier: Apache-2.0
"""延期 and 催办: the side that asked gives more time, or reminds."""

from core.api.db import retried, transaction
from core.api.deadlines import Limit, extend_clock
from core.api.facts import record
from core.api.messages import notify
from plugins.orders import facts, rules
from plugins.orders.services.matters import Actor, place_of, ref, refuse, refuse_others, take_order
from plugins.orders.services.turns import params_of, tell_department


@retried
async def extend_order(who: Actor, order: int, days: int, reason: str) -> None:
    """延长回复期限: by the side that set it, with a reason, before it has passed."""
    async with transaction(who.scope):
        found = await take_order(who, order)
        await refuse_others(who, "extend", found)
        refuse(rules.why_not_extend(found["state"], counting=bool(found["clock"])))
        await extend_clock(found["clock"], Limit(days, "working"), reason, who.name)
        await record(
            "orders.extended",
            ref(order),
            facts.Extended(order, found["number"], days, reason.strip()),
            place_of(found),
        )


@retried
async def urge_order(who: Actor, order: int) -> None:
    """催办: reminds the one who must answer; changes nothing else."""
    async with transaction(who.scope):
        found = await take_order(who, order)
        await refuse_others(who, "urge", found)
        refuse(rules.why_not_urge(found["state"]))
        if found["tier"] == 1:
            await tell_department("orders.urged", found, who)
        else:
            await notify(
                "orders.urged",
                [found["to_person"]],
                ref(order),
                params_of(found, who.name),
                place_of(found),
            )
        await record(
            "orders.urged",
            ref(order),
            facts.Urged(order, found["number"], who.name, found["to_name"] or found["to_org_name"]),
            place_of(found),
        )
