# SPDX-License-Identifier: Apache-2.0
"""What the office decides about a card whose exam was corrected to a failure: it stays, or it goes."""

from core.api import clock
from core.api.db import execute, transaction
from core.api.errors import Conflict
from core.api.facts import record
from core.api.turns import close_turn
from plugins.certificates.facts import RequestDecided
from plugins.certificates.forms import SettleForm, StateForm
from plugins.certificates.rules.applying import after_result
from plugins.certificates.services import applying, inspecting
from plugins.certificates.services.base import (
    MAKE,
    SUBMIT,
    Actor,
    give_office,
    must_review,
    place_of,
    request_ref,
    tell,
)
from plugins.certificates.services.cards import change_state, enter_period
from plugins.certificates.services.signing import ask_for_list

NOTHING = "成绩没有等待处理的更正，可能已经处理过了。"
WHY = "考试成绩更正为不合格"


async def settle_request(who: Actor, request: int, form: SettleForm) -> str:
    """维持 or 收回 the card of an application; one act for one correction."""
    async with transaction(who.wide):
        found = await applying.take(who, request)
        must_review(who, found)
        if not found["correction"]:
            raise Conflict(NOTHING)
        place, reason = place_of(found), f"{WHY}：{form.reason.strip()}"
        state = str(found["state"])
        await close_turn(request_ref(request))
        if form.settle == "keep":
            await execute("update certificates_request set correction = '' where id = $1", request)
            if state == "made":
                await give_office(
                    found,
                    request_ref(request),
                    title=f"{found['name']}的执法证申领",
                    step="发证",
                    path=applying.path_of(request),
                    permission=MAKE,
                )
        else:
            if state == "made":
                # Nobody has held it. The number stays used; a new card gets another one.
                await enter_period(
                    found["certificate"], "cancelled", clock.today(), reason[:300], place
                )
                state = after_result(
                    passed=False,
                    attempts_used=found["attempts_used"],
                    attempts_allowed=found["attempts_allowed"],
                )
                await ask_for_list()
            else:
                await change_state(
                    found["certificate"], StateForm("cancelled", clock.today(), reason[:300])
                )
                state = "cancelled"
            await execute(
                """update certificates_request set correction = '', state = $2::text, reason = $3,
                     certificate = case when $2::text = 'cancelled' then certificate end where id = $1""",
                request,
                state,
                reason[:500],
            )
            if state == "exam":
                await applying.want_exam(found, "application")
        await record(
            "certificates.request_decided",
            request_ref(request),
            RequestDecided(request, f"correction_{form.settle}", reason),
            place,
        )
        await tell(
            "correction_settled",
            request_ref(request),
            place,
            person=found["person"],
            office=SUBMIT,
            name=found["name"],
            outcome="证件维持不变" if form.settle == "keep" else "证件收回",
            reason=form.reason.strip(),
        )
    return state


async def settle_inspection(who: Actor, inspection: int, form: SettleForm) -> str:
    """维持 the inspection, or 暂扣 the card until the exam is passed."""
    async with transaction(who.wide):
        found = await inspecting.take(who, inspection)
        must_review(who, found)
        if not found["correction"]:
            raise Conflict(NOTHING)
        reason = f"{WHY}：{form.reason.strip()}"
        ref = inspecting.inspection_ref(inspection)
        state = "done" if form.settle == "keep" else "exam"
        await close_turn(ref)
        await execute(
            "update certificates_inspection set correction = '', state = $2, reason = $3"
            " where id = $1",
            inspection,
            state,
            reason[:500],
        )
        if state == "exam":
            await change_state(
                found["certificate"], StateForm("suspended", clock.today(), reason[:300])
            )
            await applying.want_exam(
                found,
                "inspection",
                card_number=found["number"],
                due_on=found["due_on"].isoformat(),
            )
        await inspecting.record_state(found, state, "correction", reason)
        await tell(
            "correction_settled",
            ref,
            place_of(found),
            person=found["person"],
            office=SUBMIT,
            name=found["name"],
            outcome="年审和证件维持不变" if form.settle == "keep" else "证件暂扣，重新考试",
            reason=form.reason.strip(),
        )
    return state
