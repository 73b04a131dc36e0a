# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is, and who is told."""

from collections.abc import Mapping
from typing import Any

from core.api.access import persons_holding
from core.api.deadlines import Clock
from core.api.errors import NotFound
from core.api.messages import notify
from core.api.people import organisation
from core.api.turns import close_turn, hand_turn
from plugins.orders.rules import RELAY, WITHDRAW
from plugins.orders.services.matters import Actor, path_of, place_of, ref, subline


async def give_department(
    order: Mapping[str, Any], step: str, mine: Clock | int | None, note: str = ""
) -> None:
    await close_turn(ref(order["id"]))
    await hand_turn(
        ref(order["id"]),
        title=order["title"],
        subline=subline(order),
        step_title=step,
        step_note=note or (f"第 {order['round']} 轮" if order["round"] > 1 else ""),
        path=path_of(order["id"]),
        holder_org=await _lo_of(order["to_org"]),
        permission=RELAY,
        clock=mine,
        place=place_of(order),
        lamp=order["colour"],
    )


async def give_bureau(order: Mapping[str, Any]) -> None:
    await close_turn(ref(order["id"]))
    await hand_turn(
        ref(order["id"]),
        title=order["title"],
        subline=subline(order),
        step_title="⑤ 撤销或维持",
        path=path_of(order["id"]),
        holder_org=order["organ_lo"],
        permission=WITHDRAW,
        place=place_of(order),
        lamp=order["colour"],
    )


async def _lo_of(organisation_id: int) -> int:
    found = await organisation(organisation_id)
    if found is None:
        raise NotFound
    return found.lo


def params_of(order: Mapping[str, Any], who: str, text: str = "") -> dict[str, str]:
    return {"number": order["number"], "title": order["title"], "who": who, "text": text}


async def tell_department(
    kind: str, order: Mapping[str, Any], who: Actor | None, text: str = ""
) -> None:
    found = await organisation(order["to_org"])
    if found is not None:
        await notify(
            kind,
            await persons_holding(RELAY, found.lo, found.lo),
            ref(order["id"]),
            params_of(order, who.name if who else "", text),
            place_of(order),
        )


async def tell_bureau(kind: str, order: Mapping[str, Any], who: str, text: str = "") -> None:
    organ = await organisation(order["organ"])
    if organ is not None:
        persons = await persons_holding(WITHDRAW, organ.lo, organ.hi)
        if order["issued_by"]:
            persons.append(order["issued_by"])
        await notify(kind, persons, ref(order["id"]), params_of(order, who, text), place_of(order))
