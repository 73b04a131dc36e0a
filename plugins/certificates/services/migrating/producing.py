# SPDX-License-Identifier: Apache-2.0
"""Who was in production in the 2008 system: his card is made here and waits to be handed over."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import rows
from core.api.people import encrypt, mask_id_number, mask_phone, organisation
from core.api.turns import close_turn
from plugins.certificates.services.applying import NUMBER, PHONE, digest_of, path_of
from plugins.certificates.services.base import MAKE, give_office, request_ref, reviewer_of


async def enter_productions(lines: Sequence[Mapping[str, Any]], cards: Mapping[str, int]) -> None:
    """An application at 发证 for each, so that the office hands the card over like any other."""
    offices: dict[int, Any] = {}
    for each in lines:
        to = each["to"]
        if to["id"] not in offices:
            unit = await organisation(to["id"])
            offices[to["id"]] = await reviewer_of(unit) if unit else None
    now = clock.now()
    made = await rows(
        """insert into certificates_request (name, organisation, id_number, id_number_hash,
             id_number_masked, phone, phone_masked, position, category, person, certificate, state,
             made_at, submitted_at, submitted_by, reviewer_lo, reviewer_region_lo, region_lo,
             org_lo)
           select n, o, i, h, m, t, tm, p, c, pe, ce, 'made', $15, $15, 0, rv, rr, rl, ol
           from unnest($1::text[], $2::int8[], $3::bytea[], $4::bytea[], $5::text[], $6::bytea[],
                       $7::text[], $8::text[], $9::text[], $10::int8[], $11::int8[], $12::int8[],
                       $13::int8[], $14::int8[], $16::int8[])
             as e(n, o, i, h, m, t, tm, p, c, pe, ce, rv, rr, rl, ol)
           on conflict (id_number_hash) where state in ('legal', 'exam', 'making', 'made')
             do nothing
           returning id, name, reviewer_lo, region_lo, org_lo""",
        [each["name"] for each in lines],
        [each["to"]["id"] for each in lines],
        [encrypt(each["id_number"], NUMBER) for each in lines],
        [digest_of(each["id_number"]) for each in lines],
        [mask_id_number(each["id_number"]) for each in lines],
        [encrypt(each["phone"], PHONE) for each in lines],
        [mask_phone(each["phone"]) if each["phone"] else "" for each in lines],
        [each["position"] for each in lines],
        [each["category"] for each in lines],
        [each["person"] for each in lines],
        [cards[each["number"]] for each in lines],
        [office.lo if (office := offices[each["to"]["id"]]) else 0 for each in lines],
        [office.region_lo if (office := offices[each["to"]["id"]]) else 0 for each in lines],
        [each["to"]["region_lo"] for each in lines],
        now,
        [each["to"]["lo"] for each in lines],
    )
    for each in made:
        await give_office(
            each,
            request_ref(each["id"]),
            title=f"{each['name']}的执法证申领",
            step="发证",
            path=path_of(each["id"]),
            permission=MAKE,
        )


async def take_back_productions(batch: int, reason: str) -> None:
    """End those applications of a run; nobody has been handed a card."""
    ended = await rows(
        """update certificates_request r set state = 'cancelled', reason = $2
           from certificates_officer o
           where r.person = o.person and o.batch = $1 and r.state = 'made' and r.submitted_by = 0
             and o.closed_at is null returning r.id""",
        batch,
        reason,
    )
    for each in ended:
        await close_turn(request_ref(each["id"]))
