# SPDX-License-Identifier: Apache-2.0
"""③ and ④: the officer's reply, and the department's from those below it."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, json, retried, transaction
from core.api.errors import Invalid
from core.api.facts import record
from core.api.files import Received, keep
from core.api.turns import close_turn
from plugins.orders import facts, rules
from plugins.orders.queries import items_of
from plugins.orders.rules import RELAYED
from plugins.orders.services.matters import (
    Actor,
    load_matter,
    matter_scope,
    place_of,
    ref,
    refuse,
    refuse_others,
    take_order,
)
from plugins.orders.services.papers import stop_reply_clock
from plugins.orders.services.receiving import note_received
from plugins.orders.services.turns import give_bureau, give_department, tell_bureau, tell_department


@retried
async def reply_order(
    who: Actor,
    order: int,
    cause: str,
    text: str,
    attachments: Sequence[Received] = (),
) -> None:
    """③ 回复报警的原因: stops the officer's clock; the last answer gives the ball back."""
    async with transaction(who.scope):
        found = await take_order(who, order)
        await refuse_others(who, "reply", found)
        refuse(rules.why_not_reply_lower(found["state"]))
        if cause not in rules.CAUSE_BY_KEY:
            raise Invalid({"cause": "请从列表里选择报警原因。"})
        if not text.strip():
            raise Invalid({"text": "写明情况。"})
        await note_received(found)
        files = [
            await keep(each, place=place_of(found), purpose="orders.reply") for each in attachments
        ]
        await execute(
            "update orders_order set state = 'replied', reply_cause = $2, reply_text = $3,"
            " reply_files = $4::jsonb, replied_at = $5, replied_by_name = $6 where id = $1",
            order,
            cause,
            text.strip(),
            json([{"id": f.id, "name": f.name, "size": f.size, "sha256": f.sha256} for f in files]),
            clock.now(),
            who.name,
        )
        await execute(
            "update orders_item set state = 'explained' where \"order\" = $1 and state = 'open'",
            order,
        )
        await stop_reply_clock(found)
        await close_turn(ref(order))
        alarms = [item["alarm"] for item in await items_of([order])]
        await record(
            "orders.replied",
            ref(order),
            facts.Replied(
                order, found["number"], alarms, 2, cause, text.strip(), who.name, found["round"]
            ),
            place_of(found),
        )
        async with transaction(matter_scope(found)):
            await _answered_below(found, who)


async def _answered_below(found: Mapping[str, Any], who: Actor) -> None:
    """Roll an answer up: mark its alarms, and hand the department its turn when all are in."""
    matter = await load_matter(found)
    upper = matter.order
    if upper["id"] == found["id"]:
        return
    await execute(
        "update orders_item set state = 'explained' where \"order\" = $1 and state = 'open'"
        " and alarm = any($2::int8[])",
        upper["id"],
        [item["alarm"] for item in matter.items_of(found["id"])],
    )
    if upper["state"] != RELAYED:
        return
    if rules.all_answered(upper["round"], matter.lowers):
        await give_department(upper, "④ 回复监察机关", upper["clock"])
    await tell_department("orders.replied", {**upper, "number": found["number"]}, who)


@retried
async def answer_order(who: Actor, order: int, text: str, *, confirmed: bool) -> None:
    """④ 回复监察机关: refused before ③; the draft must have been read."""
    async with transaction(who.scope):
        upper = await take_order(who, order)
        await refuse_others(who, "answer", upper)
        matter = await load_matter(upper)
        refuse(rules.why_not_reply_upper(upper["state"], upper["round"], matter.lowers))
        if not confirmed:
            raise Invalid({"confirmed": "草稿由下级回复汇总而来，核对后再勾选。"})
        if not text.strip():
            raise Invalid({"text": "写明回复内容。"})
        await execute(
            "update orders_order set state = 'replied', reply_text = $2, replied_at = $3,"
            " replied_by_name = $4, returned_reason = '' where id = $1",
            order,
            text.strip(),
            clock.now(),
            who.name,
        )
        await stop_reply_clock(upper)
        await record(
            "orders.replied",
            ref(order),
            facts.Replied(
                order,
                upper["number"],
                matter.open_alarms,
                1,
                "",
                text.strip(),
                who.name,
                upper["round"],
            ),
            place_of(upper),
        )
        await give_bureau(upper)
        await tell_bureau("orders.replied", upper, who.name, text.strip()[:200])
