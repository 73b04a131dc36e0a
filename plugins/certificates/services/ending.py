# SPDX-License-Identifier: Apache-2.0
"""What is under way ends with the card: the inspection, and, of a forced cancellation, applications.

It leaves the desks it lay on, and a candidate who waited for a seat waits no longer.
"""

from core.api.db import execute, lock_subjects, rows
from core.api.facts import record
from core.api.turns import close_turn
from plugins.certificates.facts import RequestDecided
from plugins.certificates.queries.applying import request_row
from plugins.certificates.queries.inspecting import inspection_row, open_inspection
from plugins.certificates.rules.applying import OPEN
from plugins.certificates.services import applying
from plugins.certificates.services.base import place_of, request_ref
from plugins.certificates.services.inspecting import inspection_ref, record_state


async def end_inspection(certificate: int, why: str) -> None:
    """The card is cancelled or revoked: nobody inspects it any more."""
    opened = await open_inspection(certificate)
    if opened is None:
        return
    await lock_subjects(inspection_ref(opened["id"]))
    found = await inspection_row(opened["id"])
    assert found is not None
    await execute(
        "update certificates_inspection set state = 'ended', reason = $2 where id = $1",
        found["id"],
        why[:500],
    )
    await close_turn(inspection_ref(found["id"]))
    if found["state"] == "exam":
        await applying.unwant_exam(found, "inspection", why)
    await record_state(found, "ended", "card", why)


async def end_requests(person: int, why: str) -> None:
    """强制注销: whatever this person has applied for ends, wherever it lies (S2-26)."""
    for each in await rows(
        "select id from certificates_request where person = $1 and state = any($2::varchar[])"
        " order by id",
        person,
        list(OPEN),
    ):
        await lock_subjects(request_ref(each["id"]))
        found = await request_row(each["id"])
        if found is None or found["state"] not in OPEN:
            continue
        await execute(
            "update certificates_request set state = 'rejected', reason = $2 where id = $1",
            found["id"],
            why[:500],
        )
        await close_turn(request_ref(found["id"]))
        if found["state"] == "exam":
            await applying.unwant_exam(found, "application", why)
        await record(
            "certificates.request_decided",
            request_ref(found["id"]),
            RequestDecided(found["id"], "rejected", why),
            place_of(found),
        )
        await applying.tell_both(found, "request_ended", reason=why)
