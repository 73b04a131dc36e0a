# SPDX-License-Identifier: Apache-2.0
"""The legal office decides; the gate is asked again, since weeks may have passed."""

from core.api import clock
from core.api.db import execute, transaction
from core.api.errors import Conflict, Invalid, Refused
from core.api.turns import close_turn
from plugins.certificates.forms import DecisionForm
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.services.applying import want_exam
from plugins.certificates.services.base import (
    Actor,
    give_unit,
    must_review,
)
from plugins.certificates.services.inspecting.base import (
    ask,
    end_of,
    inspection_ref,
    keep_moment,
    path_of,
    take,
    tell_both,
    title_of,
    words,
)


async def approve(who: Actor, inspection: int, form: DecisionForm) -> str:
    """The legal office decides; the gate is asked again, since weeks may have passed."""
    async with transaction(who.wide):
        found = await take(who, inspection)
        must_review(who, found)
        if refused := rules.why_not(found["state"], "decide"):
            raise Conflict(refused)
        if form.decision != "pass" and len(form.reason.strip()) < 2:
            raise Invalid({"reason": "退回要写明理由，申请单位会看到。"})
        if found["applied_by"] == who.user_id:
            raise Refused("这份年审是你自己申请的，请由其他人审核。")
        await execute(
            "update certificates_inspection set decided_at = $2, decided_by = $3 where id = $1",
            inspection,
            clock.now(),
            who.user_id,
        )
        blockers, evidence = await ask(found, "approval")
        ref = inspection_ref(inspection)
        if form.decision != "pass":
            await keep_moment(found, "returned", "approval", (), evidence, form.reason.strip())
            await give_unit(
                found,
                ref,
                title=title_of(found),
                step="补正",
                note=form.reason.strip()[:100],
                path=path_of(inspection),
            )
            await tell_both(found, "inspection_returned", reason=form.reason.strip())
            return "returned"
        if blockers:
            await keep_moment(found, "blocked", "approval", blockers, evidence)
            await give_unit(
                found, ref, title=title_of(found), step="消除受阻事项", path=path_of(inspection)
            )
            reason = "".join(b["text"] for b in blockers)[:200]
            await tell_both(found, "inspection_blocked", reason=reason)
            return "blocked"
        state = "exam" if found["kind"] == "four_year" else "approved"
        await keep_moment(found, state, "approval", (), evidence)
        if state == "exam":
            await close_turn(ref)
            await want_exam(
                found,
                "inspection",
                card_number=found["number"],
                due_on=found["due_on"].isoformat(),
            )
            await tell_both(found, "inspection_exam")
        else:
            await give_unit(
                found,
                ref,
                title=title_of(found),
                step="扫码完成",
                note="本人或管理员扫证件二维码",
                path=path_of(inspection),
                due_at=end_of(found["due_on"]),
            )
            await tell_both(found, "inspection_approved", due=words(found["due_on"]))
        return state
