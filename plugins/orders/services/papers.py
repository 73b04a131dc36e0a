# SPDX-License-Identifier: Apache-2.0
"""An order on paper: its number, its row, the clock of its reply."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import Place, execute, row
from core.api.deadlines import Clock, Limit, start_clock, stop_clock
from core.api.numbers import next_number
from core.api.people import OrganisationRow
from plugins.orders import rules
from plugins.orders.services.matters import Actor, ref

SERIES = "orders.order"


async def draw_number(organ: OrganisationRow) -> tuple[str, int, int]:
    year = clock.today().year
    serial = await next_number(SERIES, organ.id, year)
    return rules.number_text(year, serial), serial, year


async def write_order(
    *,
    tier: int,
    parent: int | None,
    organ: OrganisationRow,
    number: tuple[str, int, int],
    title: str,
    instruction: str,
    colour: str,
    to: OrganisationRow,
    person: Mapping[str, Any] | None,
    round_: int,
    who: Actor,
    place: Place,
    alarms: Sequence[int],
) -> int:
    made = await row(
        "insert into orders_order (tier, parent, organ, organ_lo, organ_name, year, serial,"
        " number, title, instruction, state, round, colour, to_org, to_org_name, to_person,"
        " to_name, issued_at, issued_by, issued_by_name, reply_cause, reply_text, reply_files,"
        " replied_by_name, returned_reason, decided_by_name, late, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'issued', $11, $12, $13, $14, $15,"
        " $16, $17, $18, $19, '', '', '[]', '', '', '', false, $20, $21) returning id",
        tier,
        parent,
        organ.id,
        organ.lo,
        organ.label,
        number[2],
        number[1],
        number[0],
        title,
        instruction.strip(),
        round_,
        colour,
        to.id,
        to.label,
        person["id"] if person else None,
        person["name"] if person else "",
        clock.now(),
        who.person_id,
        who.name,
        place.region_lo,
        place.org_lo,
    )
    assert made is not None
    await execute(
        'insert into orders_item ("order", alarm, tier, state, reason, region_lo, org_lo)'
        " select $1, a, $2, 'open', '', $3, $4 from unnest($5::int8[]) a",
        made["id"],
        tier,
        place.region_lo,
        place.org_lo,
        list(alarms),
    )
    return int(made["id"])


async def start_reply_clock(order: int, round_: int, days: int, place: Place, title: str) -> Clock:
    mine = await start_clock(
        ref(order), f"reply-{round_}", title, Limit(days, "working"), place, started_at=clock.now()
    )
    await execute("update orders_order set clock = $2, late = false where id = $1", order, mine.id)
    return mine


async def stop_reply_clock(order: Mapping[str, Any]) -> None:
    if order["clock"]:
        stopped = await stop_clock(order["clock"])
        await execute(
            "update orders_order set late = $2 where id = $1",
            order["id"],
            stopped.lapsed_at is not None or clock.now() > stopped.due_at,
        )
