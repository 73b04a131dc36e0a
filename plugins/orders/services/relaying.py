# SPDX-License-Identifier: Apache-2.0
"""② 再次发起督办: one order (2) per officer."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import Place, execute, retried, transaction
from core.api.deadlines import clock_by_id, load_calendar
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import OrganisationRow, organisation, organisation_at
from core.api.settings import settings_of
from core.api.turns import close_turn, hand_turn
from plugins.orders import facts, rules
from plugins.orders.queries import alarms_by_id, lock_order, officers_of
from plugins.orders.rules import ISSUED, REPLY
from plugins.orders.services.matters import (
    Actor,
    OrderSettings,
    load_matter,
    path_of,
    ref,
    refuse,
    refuse_others,
    subline,
    take_order,
)
from plugins.orders.services.papers import draw_number, start_reply_clock, write_order
from plugins.orders.services.receiving import note_received
from plugins.orders.services.turns import params_of


@retried
async def relay_order(
    who: Actor, order: int, instruction: str, handlers: Mapping[int, int]
) -> list[int]:
    """② 再次发起督办给办件人员: one order (2) per officer, with its own number and deadline.

    ``handlers`` says which person explains which alarm. The ids of the new orders.
    """
    async with transaction(who.scope):
        upper = await take_order(who, order)
        await refuse_others(who, "relay", upper)
        refuse(rules.why_not_relay(upper["state"]))
        matter = await load_matter(upper)
        department = await organisation(upper["to_org"])
        if department is None:
            raise NotFound
        refuse(rules.why_not_these(list(handlers), matter.open_alarms))
        people = {p["id"]: p for p in await officers_of(department.lo, department.hi)}
        missing = [person for person in handlers.values() if person not in people]
        if missing:
            raise Invalid({"handler": "请选择本部门的办件人员。"})
        by_person: dict[int, list[int]] = {}
        for alarm, person in handlers.items():
            by_person.setdefault(person, []).append(alarm)
        for child in matter.children:
            again = set(by_person.get(child["to_person"], ())) & {
                i["alarm"] for i in matter.items_of(child["id"])
            }
            if again and child["state"] == ISSUED:
                raise Refused(f"{child['to_name']}已经收到{child['number']}，正在等他回复。")
        days = await _lower_days(upper)
        made = []
        for person, alarms in sorted(by_person.items()):
            made.append(
                await _relay_one(
                    who, upper, department, people[person], sorted(alarms), instruction, days
                )
            )
        await note_received(upper)
        await execute("update orders_order set state = 'relayed' where id = $1", order)
        await close_turn(ref(order))
    return made


async def _lower_days(upper: Mapping[str, Any]) -> int:
    """Working days for the officers, so that the department keeps time for its own answer."""
    mine = await clock_by_id(upper["clock"]) if upper["clock"] else None
    settings = await settings_of(OrderSettings, upper["region_lo"])
    if mine is None:
        return settings.order2_reply_workdays
    calendar = await load_calendar(upper["region_lo"])
    left = calendar.workdays_between(clock.today(), mine.due_day)
    return rules.lower_days(settings.order2_reply_workdays, left, settings.order2_reserve_workdays)


async def _relay_one(
    who: Actor,
    upper: Mapping[str, Any],
    department: OrganisationRow,
    person: Mapping[str, Any],
    alarms: Sequence[int],
    instruction: str,
    days: int,
) -> int:
    known = await alarms_by_id(alarms)
    own = await organisation_at(person["org_lo"])
    place = Place(own.region_lo if own else department.region_lo, person["org_lo"])
    number, serial, year = await draw_number(department)
    order = await write_order(
        tier=2,
        parent=upper["id"],
        organ=department,
        number=(number, serial, year),
        title=rules.order_title(known),
        instruction=instruction,
        colour="red" if any(a["colour"] == "red" for a in known) else "yellow",
        to=own or department,
        person=person,
        round_=upper["round"],
        who=who,
        place=place,
        alarms=alarms,
    )
    mine = await start_reply_clock(order, upper["round"], days, place, f"{number}发出")
    await record(
        "orders.relayed",
        ref(order),
        facts.Relayed(
            order,
            number,
            list(alarms),
            upper["id"],
            person["name"],
            person["id"],
            2,
            upper["round"],
        ),
        place,
    )
    found = await lock_order(order)
    assert found is not None
    await hand_turn(
        ref(order),
        title=found["title"],
        subline=subline(found),
        step_title="③ 回复报警原因",
        path=path_of(order),
        holder_person=person["id"],
        permission=REPLY,
        clock=mine,
        place=place,
        lamp=found["colour"],
    )
    await notify(
        "orders.relayed", [person["id"]], ref(order), params_of(found, who.name, instruction), place
    )
    return order
