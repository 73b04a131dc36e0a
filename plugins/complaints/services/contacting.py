# SPDX-License-Identifier: Apache-2.0
"""Ringing up whoever left a number and did not ask for confidentiality."""

from core.api.db import retried, transaction
from core.api.errors import Refused
from core.api.facts import record
from core.api.people import within_reveal_limit
from plugins.complaints import facts
from plugins.complaints.services.matters import Actor, place_of, ref, take
from plugins.complaints.services.reporters import contact_of


@retried
async def reveal_contact(who: Actor, complaint: int, reason: str) -> str:
    """查看联系电话: the full number for the handler, for a reason, with the look recorded (D16).

    ``TooMany`` when the person has looked up enough for this hour.
    """
    async with transaction(who.scope):
        it = await take(who, complaint)
        phone = contact_of(it["contact"]).get("phone", "")
        if not phone:
            raise Refused("举报人没有留电话，或者要求保密。")
        await within_reveal_limit(it["region_lo"])
        await record(
            "complaints.contact_revealed",
            ref(complaint),
            facts.Looked(complaint, it["number"], reason.strip()),
            place_of(it),
        )
    return phone
