# SPDX-License-Identifier: Apache-2.0
"""The legal office passes, returns or refuses; an application without a card ends."""

from core.api import clock
from core.api.db import execute, transaction
from core.api.errors import Conflict, Invalid, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.turns import close_turn
from plugins.certificates.facts import (
    RequestDecided,
)
from plugins.certificates.forms import DecisionForm
from plugins.certificates.rules import applying as rules
from plugins.certificates.services.applying.base import (
    PAPER,
    path_of,
    take,
    tell_both,
    unwant_exam,
    want_exam,
)
from plugins.certificates.services.base import (
    Actor,
    give_unit,
    must_review,
    must_submit,
    place_of,
    request_ref,
)


async def decide(who: Actor, request: int, form: DecisionForm) -> str:
    """法制审核: pass to the exam, return to be put right, or refuse. Returns the new state."""
    async with transaction(who.wide):
        found = await take(who, request)
        must_review(who, found)
        if refused := rules.why_not(found["state"], "decide"):
            raise Conflict(refused)
        if form.decision != "pass" and len(form.reason.strip()) < 2:
            raise Invalid({"reason": "退回或不予办理要写明理由，申请单位会看到。"})
        if found["submitted_by"] == who.user_id:
            raise Refused("这份申请是你自己提交的，请由其他人审核。")
        state = {"pass": "exam", "return": "returned", "reject": "rejected"}[form.decision]
        await execute(
            """update certificates_request set state = $2, reason = $3, decided_at = $4,
                 decided_by = $5 where id = $1""",
            request,
            state,
            form.reason.strip(),
            clock.now(),
            who.user_id,
        )
        place = place_of(found)
        await record(
            "certificates.request_decided",
            request_ref(request),
            RequestDecided(request, state, form.reason.strip()),
            place,
        )
        title = f"{found['name']}的执法证申领"
        if state == "exam":
            await close_turn(request_ref(request))
            await want_exam(found, "application")
            await tell_both(found, "exam_wanted")
        elif state == "returned":
            await give_unit(
                found,
                request_ref(request),
                title=title,
                step="补正",
                note=form.reason.strip()[:100],
                path=path_of(request),
            )
            await tell_both(found, "request_returned", reason=form.reason.strip())
        else:
            await close_turn(request_ref(request))
            await tell_both(found, "request_ended", reason=form.reason.strip())
    return state


async def cancel(who: Actor, request: int, reason: str, paper: Received | None) -> None:
    """无证注销: the person has no card yet; the application ends and he may apply anew."""
    async with transaction(who.wide):
        found = await take(who, request)
        if not who.reviews(found):
            await must_submit(who, found)
        if refused := rules.why_not(found["state"], "cancel"):
            raise Conflict(refused)
        if found["state"] == "made":
            raise Refused("证件已经制好，请先发证再办有证注销，或者由法制机构作废。")
        if paper is None:
            raise Invalid({"paper": "请上传注销依据。"})
        stored = await keep(paper, place=place_of(found), purpose=PAPER)
        await execute(
            """update certificates_request set state = 'cancelled', reason = $2, evidence = $3
               where id = $1""",
            request,
            reason,
            stored.id,
        )
        await close_turn(request_ref(request))
        if found["state"] == "exam":
            await unwant_exam(found, "application", reason)
        await record(
            "certificates.request_decided",
            request_ref(request),
            RequestDecided(request, "cancelled", reason),
            place_of(found),
        )
        await tell_both(found, "request_ended", reason=reason)
