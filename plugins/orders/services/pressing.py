# SPDX-License-Identifier: Apache-2.0
"""延期 and 催办: the side that asked gives more time, or reminds."""

from core.api.db import retried, transaction
from core.api.deadlines import Limit, extend_clock
from core.api.errors import Refused
from core.api.facts import record
from core.api.messages import notify
from plugins.orders import facts
from plugins.orders.queries import RELAY, WITHDRAW
from plugins.orders.rules import ISSUED, RELAYED
from plugins.orders.services.deciding import only_the_issuer
from plugins.orders.services.matters import Actor, place_of, ref, take_order
from plugins.orders.services.turns import params_of, tell_department


@retried
async def extend_order(who: Actor, order: int, days: int, reason: str) -> None:
    """延长回复期限: by the side that set it, with a reason, before it has passed."""
    async with transaction(who.scope):
        found = await take_order(who, order)
        needed = WITHDRAW if found["tier"] == 1 else RELAY
        if needed not in who.permissions:
            raise Refused("延长期限由发出督办的一方办理。")
        if found["tier"] == 1:
            await only_the_issuer(who, found)
        if found["state"] not in (ISSUED, RELAYED) or not found["clock"]:
            raise Refused("这份督办没有正在计时的期限。")
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
        # Each tier is urged from above: nobody urges the order that he has to answer himself.
        if not ({WITHDRAW} if found["tier"] == 1 else {WITHDRAW, RELAY}) & who.permissions:
            raise Refused("催办由发出督办的一方办理。")
        if found["state"] not in (ISSUED, RELAYED):
            raise Refused("这份督办已经回复，不需要催办。")
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
