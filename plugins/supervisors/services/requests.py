# SPDX-License-Identifier: Apache-2.0
"""申请: 继任 and 辞职 of a sitting supervisor, with their review (S0-24, C13-05)."""

from datetime import timedelta
from typing import Any

from core.api import clock
from core.api.credentials import credentials_changed
from core.api.db import (
    execute,
    json,
    lock_subjects,
    retried,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from plugins.supervisors.facts import Requested
from plugins.supervisors.forms import RequestDecisionForm
from plugins.supervisors.queries.applications import application_row, open_of
from plugins.supervisors.queries.terms import (
    as_term,
    current_term,
    request_row,
    term_row,
    terms_of,
)
from plugins.supervisors.rules.terms import why_not_renew
from plugins.supervisors.services.appointing import words_of
from plugins.supervisors.services.base import (
    Actor,
    ask_gate,
    note_term,
    office_scope,
    organ_of,
    person_ref,
    place_of,
    settings_in,
    term_ref,
)
from plugins.supervisors.services.deciding import open_notice
from plugins.supervisors.services.ending import end_what_follows, refuse_ended, take_term
from plugins.supervisors.services.turning import TITLES, turn_of_term

OWN = "a supervisor applies on his phone; the bureau's rows are written for him"


async def why_not_request(term: dict[str, Any], kind: str) -> list[str]:
    """Why this may not be applied for now; empty when it may."""
    if term["state"] != "active":
        return ["聘期已经结束。"]
    if kind == "resignation":
        return ["已经批准辞职。"] if term["ended_on"] else []
    settings = await settings_in(term["region_lo"])
    history = [as_term(each) for each in await terms_of(term["person"])]
    reasons = why_not_renew(
        history,
        as_term(term),
        clock.today(),
        maximum=settings.max_consecutive_terms,
        gap_months=settings.term_gap_months,
        opens_days=settings.renewal_opens_days,
    )
    if term["ended_on"]:
        reasons.append("已经批准辞职，不能申请继任。")
    if not reasons and await open_of(term["person"]):
        reasons.append("继任正在办理，请在“办证进度”里查看。")
    return reasons


@retried
async def file_request(who: Actor, kind: str, reason: str) -> int:
    """Apply for 继任 or 辞职. Records ``supervisors.requested``; the bureau's turn begins."""
    async with transaction(who.scope):
        mine = await current_term(who.person_id, clock.today())
    if mine is None:
        raise Refused("你现在没有聘期。")
    if kind == "resignation" and len(reason) < 2:
        raise Invalid({"reason": "请写明辞职的原因。"})
    async with transaction(office_scope(place_of(mine), OWN, actor=who.user_id)):
        await lock_subjects(person_ref(who.person_id))
        found = await term_row(mine["id"])
        if found is None or found["person"] != who.person_id:
            raise NotFound
        if refused := await why_not_request(found, kind):
            raise Refused(*refused)
        request = await value(
            """insert into supervisors_request
                 (term, kind, name, reason, state, answer, at, decided_by, person, region_lo,
                  org_lo)
               values ($1, $2, $3, $4, 'submitted', '', $5, 0, $6, $7, $8)
               on conflict do nothing returning id""",
            found["id"],
            kind,
            found["name"],
            reason,
            clock.now(),
            found["person"],
            found["region_lo"],
            found["org_lo"],
        )
        if request is None:
            raise Conflict(f"你已经提交过{TITLES[kind]}申请，正在审核。")
        await turn_of_term(found)
        await record(
            "supervisors.requested",
            term_ref(found["id"]),
            Requested(found["person"], found["id"], request, kind),
            place_of(found),
        )
        organ = await organ_of(found["region_lo"])
        event = "renewal_asked" if kind == "renewal" else "resignation_asked"
        await note_term(found, event, organ=organ.name if organ else "司法局")
        return int(request)


@retried
async def withdraw_request(who: Actor, kind: str) -> None:
    """Take an application for 继任 or 辞职 back, as long as it is not decided.

    Records ``supervisors.request_withdrawn``; the bureau's turn says what is left.
    """
    async with transaction(who.scope):
        mine = await current_term(who.person_id, clock.today())
    if mine is None:
        raise Refused("你现在没有聘期。")
    async with transaction(office_scope(place_of(mine), OWN, actor=who.user_id)):
        await lock_subjects(person_ref(who.person_id))
        found = await term_row(mine["id"])
        if found is None or found["person"] != who.person_id:
            raise NotFound
        request = await value(
            """update supervisors_request set state = 'withdrawn', decided_at = $3
               where term = $1 and kind = $2 and state = 'submitted' returning id""",
            found["id"],
            kind,
            clock.now(),
        )
        if request is None:
            raise Conflict(f"没有正在审核的{TITLES[kind]}申请，可能刚刚审核完。")
        await turn_of_term(found)
        await record(
            "supervisors.request_withdrawn",
            term_ref(found["id"]),
            Requested(found["person"], found["id"], request, kind, "withdrawn"),
            place_of(found),
        )


@retried
async def decide_request(who: Actor, request: int, form: RequestDecisionForm) -> int:
    """The bureau's review; the term's id. A 继任 that passes goes on to 公示."""
    async with transaction(who.scope):
        seen = await request_row(request)
        if seen is None:
            raise NotFound
        found = await take_term(who, seen["term"])
        asked = await request_row(request)
        if asked is None or asked["state"] != "submitted":
            raise Conflict("这份申请已经审核过了。")
        refuse_ended(found)
        passed = form.decision == "pass"
        if not passed and len(form.reason) < 2:
            raise Invalid({"reason": "不批准要写明理由，申请人会看到。"})
        await execute(
            """update supervisors_request set state = $2, answer = $3, decided_at = $4,
                      decided_by = $5, last_day = $6 where id = $1""",
            request,
            "approved" if passed else "refused",
            form.reason,
            clock.now(),
            who.user_id,
            form.last_day if asked["kind"] == "resignation" and passed else None,
        )
        await turn_of_term(found)
        if asked["kind"] == "renewal":
            await _decide_renewal(found, form, passed=passed)
        else:
            await _decide_resignation(who, found, form, passed=passed)
        await record(
            "supervisors.request_decided",
            term_ref(found["id"]),
            Requested(
                found["person"], found["id"], request, asked["kind"], form.decision, form.reason
            ),
            place_of(found),
        )
        return int(found["id"])


async def _decide_renewal(
    found: dict[str, Any], form: RequestDecisionForm, *, passed: bool
) -> None:
    if not passed:
        await note_term(found, "renewal_refused", reason=form.reason)
        return
    if refused := await why_not_request(found, "renewal"):
        raise Refused(*refused)
    blockers, _silent = await ask_gate(found["person"])
    if blockers:
        raise Refused("不得从行政执法人员中聘请（第二条）。" + "".join(blockers))
    before = await application_row(found["application"])
    assert before is not None
    application = await value(
        """insert into supervisors_application
             (name, sex, birth_date, route, renewal, source, industry, employer,
              recommending_unit, legal_qualified, region, region_name, photo, declared, checked,
              state, account, login, submitted_at, reason, decided_by, person, region_lo, org_lo)
           values ($1, $2, $3, $4, true, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb,
                   $14::jsonb, 'review', $15, $16, $17, '', 0, $18, $19, $20) returning id""",
        before["name"],
        before["sex"],
        before["birth_date"],
        before["route"],
        before["source"],
        before["industry"],
        before["employer"],
        before["recommending_unit"],
        before["legal_qualified"],
        before["region"],
        before["region_name"],
        before["photo"],
        json(before["declared"]),
        json(before["checked"]),
        before["account"],
        before["login"],
        clock.now(),
        found["person"],
        found["region_lo"],
        found["org_lo"],
    )
    fresh = await application_row(application)
    assert fresh is not None
    starts = words_of(found["ends"] + timedelta(days=1))
    await note_term(found, "renewal_passed", starts=starts)
    await open_notice(fresh)


async def _decide_resignation(
    who: Actor, found: dict[str, Any], form: RequestDecisionForm, *, passed: bool
) -> None:
    if not passed:
        await note_term(found, "resignation_refused", reason=form.reason)
        return
    today = clock.today()
    last = form.last_day or today
    if last < today or last > found["ends"]:
        raise Invalid(
            {"last_day": f"请选今天到 {words_of(found['ends'])} 之间的一天，聘期到这一天为止。"}
        )
    await end_what_follows(found, "resigned", "已批准辞职，继任随之终止。", by=who.user_id)
    # The term ends with that day, in the night after it; until then he serves.
    await execute(
        "update supervisors_term set ended_on = $2, reason = $3 where id = $1",
        found["id"],
        last,
        form.reason or "本人申请辞职",
    )
    await execute("update supervisors_card set ended_on = $2 where term = $1", found["id"], last)
    await credentials_changed()
    await note_term(found, "resigned", ends=words_of(last))
