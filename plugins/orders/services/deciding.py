# SPDX-License-Identifier: Apache-2.0
"""⑤ 撤销, 维持, 退回: the bureau decides about the alarms of an order."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, retried, transaction
from core.api.errors import Invalid
from core.api.facts import record
from core.api.messages import notify
from core.api.settings import settings_of
from core.api.turns import close_turn
from plugins.orders import facts, rules
from plugins.orders.rules import ISSUED, RELAYED
from plugins.orders.services.matters import (
    Actor,
    Matter,
    OrderSettings,
    load_matter,
    place_of,
    ref,
    refuse,
    refuse_others,
    take_order,
)
from plugins.orders.services.papers import start_reply_clock, stop_reply_clock
from plugins.orders.services.turns import give_department, params_of, tell_department


@retried
async def return_order(who: Actor, order: int, reason: str) -> None:
    """退回再办: another round with a new deadline; officers who still owe an answer stay asked."""
    async with transaction(who.scope):
        upper, matter = await _for_decision(who, order, reason)
        now_round = upper["round"] + 1
        await execute(
            "update orders_order set round = $2 where parent = $1 and state = 'issued'",
            order,
            now_round,
        )
        await execute(
            "update orders_order set state = $2, round = $3, returned_reason = $4 where id = $1",
            order,
            RELAYED if any(c["state"] == ISSUED for c in matter.children) else ISSUED,
            now_round,
            reason.strip(),
        )
        await execute(
            "update orders_item set state = 'open' where \"order\" = $1 and state = 'explained'",
            order,
        )
        upper = {**upper, "round": now_round}
        settings = await settings_of(OrderSettings, upper["region_lo"])
        mine = await start_reply_clock(
            order,
            now_round,
            settings.order1_reply_workdays,
            place_of(upper),
            f"{upper['number']}退回再办",
        )
        await record(
            "orders.returned",
            ref(order),
            facts.Returned(order, upper["number"], matter.open_alarms, now_round, reason.strip()),
            place_of(upper),
        )
        await give_department(upper, "② 再次转督办件人员", mine)
        await tell_department("orders.returned", upper, who, reason.strip())


async def _for_decision(who: Actor, order: int, reason: str) -> tuple[dict[str, Any], Matter]:
    if not reason.strip():
        raise Invalid({"reason": "写明理由。"})
    upper = await take_order(who, order)
    await refuse_others(who, "decide", upper)
    refuse(rules.why_not_decide(upper["state"]))
    return upper, await load_matter(upper)


@retried
async def revoke_alarms(who: Actor, order: int, alarms: Sequence[int], reason: str) -> str:
    """撤销报警, some or all; the order's state afterwards."""
    return await _decide(who, order, alarms, reason, rules.REVOKED)


@retried
async def uphold_alarms(who: Actor, order: int, alarms: Sequence[int], reason: str) -> str:
    """维持: the alarm stays, confirmed; the order's state afterwards."""
    return await _decide(who, order, alarms, reason, rules.UPHELD)


async def _decide(who: Actor, order: int, alarms: Sequence[int], reason: str, outcome: str) -> str:
    async with transaction(who.scope):
        upper, matter = await _for_decision(who, order, reason)
        chosen = sorted(set(alarms))
        refuse(rules.why_not_these(chosen, matter.open_alarms))
        now = clock.now()
        await execute(
            "update orders_item set state = $3, reason = $4, decided_at = $5"
            ' where "order" = $1 and alarm = any($2::int8[])',
            order,
            chosen,
            outcome,
            reason.strip(),
            now,
        )
        await execute(
            "update orders_alarm set state = $2 where alarm = any($1::int8[])", chosen, outcome
        )
        states = [
            outcome if item["alarm"] in chosen else item["state"] for item in matter.items_of(order)
        ]
        after = rules.state_after(states)
        left = len(matter.open_alarms) - len(chosen)
        await execute(
            "update orders_order set state = $2, decided_at = $3, decided_by_name = $4"
            " where id = $1",
            order,
            after,
            now,
            who.name,
        )
        await record(
            f"orders.{outcome}",
            ref(order),
            facts.Decided(
                order, upper["number"], chosen, reason.strip(), left, int(upper["to_org"])
            ),
            place_of(upper),
        )
        if after in rules.CLOSED:
            await _close_all(upper, matter, after)
        await tell_department(f"orders.{outcome}", upper, who, reason.strip())
        # Each officer about the order he answered: the department's is closed to him.
        answered = {
            c["to_person"]: c["id"] for c in matter.children if _touches(matter, c["id"], chosen)
        }
        for officer, own in sorted(answered.items()):
            await notify(
                f"orders.{outcome}",
                [officer],
                ref(own),
                params_of(upper, who.name, reason.strip()),
                place_of(upper),
            )
    return after


def _touches(matter: Matter, order: int, alarms: Sequence[int]) -> bool:
    return any(item["alarm"] in alarms for item in matter.items_of(order))


async def _close_all(upper: Mapping[str, Any], matter: Matter, after: str) -> None:
    """One matter, however many numbers: all of them end together."""
    for child in matter.children:
        if child["state"] == ISSUED:
            await stop_reply_clock(child)
        await close_turn(ref(child["id"]))
    await execute(
        "update orders_order set state = $2, decided_at = $3 where parent = $1",
        upper["id"],
        after,
        clock.now(),
    )
    await execute(
        "update orders_item i set state = u.state, reason = u.reason, decided_at = u.decided_at"
        ' from orders_item u, orders_order c where c.id = i."order" and c.parent = $1'
        ' and u."order" = $1 and u.alarm = i.alarm',
        upper["id"],
    )
    await close_turn(ref(upper["id"]))
