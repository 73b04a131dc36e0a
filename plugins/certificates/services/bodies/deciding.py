# SPDX-License-Identifier: Apache-2.0
"""The legal office approves an account and says who reviews its papers."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, lock_subjects, transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.people import (
    organisation,
)
from core.api.turns import close_turn
from plugins.certificates.forms import (
    DecisionForm,
)
from plugins.certificates.queries.bodies import body_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    BODIES_WRITE,
    Actor,
    give_unit,
    must_review,
    place_of,
    tell,
)
from plugins.certificates.services.bodies.base import body_ref, record_act


async def decide(who: Actor, body: int, form: DecisionForm, reviewer: int | None) -> None:
    """账户审核; the office may also say who reviews this body's papers from now on."""
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not who.sees(found):
            raise NotFound
        must_review(who, found)
        if found["state"] != "submitted":
            raise Conflict(f"这个账户现在是“{rules.STATES[found['state']][1]}”，不能审核。")
        if form.decision != "pass" and len(form.reason.strip()) < 2:
            raise Invalid({"reason": "退回要写明理由，主体会看到。"})
        state = "approved" if form.decision == "pass" else "returned"
        await execute(
            """update certificates_body set state = $2, reason = $3, decided_at = $4,
                 decided_by = $5 where id = $1""",
            body,
            state,
            form.reason.strip(),
            clock.now(),
            who.user_id,
        )
        if reviewer:
            await _appoint(found, reviewer)
        ref = body_ref(body)
        if state == "approved":
            await close_turn(ref, key="")
            await tell(
                "body_approved", ref, place_of(found), office=BODIES_WRITE, name=found["name"]
            )
        else:
            await give_unit(
                found,
                ref,
                title=f"{found['name']}的执法主体账户",
                step="完善资料",
                path=f"/certificates/bodies/{body}",
                permission=BODIES_WRITE,
                note=form.reason.strip()[:100],
            )
            await tell(
                "body_returned",
                ref,
                place_of(found),
                office=BODIES_WRITE,
                name=found["name"],
                reason=form.reason.strip(),
            )
        await record_act(body, state, place_of(found), form.reason.strip())


async def _appoint(found: Mapping[str, Any], reviewer: int) -> None:
    office = await organisation(reviewer)
    if office is None or office.kind not in ("justice", "justice_office"):
        raise Invalid({"reviewer": "请选择司法局或司法所。"})
    await execute(
        """update certificates_body set reviewer = $2, reviewer_lo = $3, reviewer_region_lo = $4
           where id = $1""",
        found["id"],
        office.id,
        office.lo,
        office.region_lo,
    )
