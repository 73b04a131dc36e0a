# SPDX-License-Identifier: Apache-2.0
"""年审: applied for by the unit, approved by the legal office, finished by the scan or a new card.

Every moment asks the gate ``certificates.annual_review`` and keeps who was asked, who was silent
and who objected, whether it was stopped or went on.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from core.api import clock
from core.api.db import SubjectRef, execute, json, lock_subjects, transaction, value
from core.api.deadlines import term_end
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.gates import decide
from core.api.people import organisation
from core.api.plugin import Fact
from core.api.scan import resolve
from core.api.turns import close_turn
from plugins.certificates.facts import ExamResult, InspectionChanged, InspectionDone
from plugins.certificates.forms import DecisionForm, ResultForm
from plugins.certificates.queries.inspecting import due_officers, inspection_row
from plugins.certificates.queries.register import cards_of
from plugins.certificates.rules import Card
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.rules.applying import after_result
from plugins.certificates.services.applying import PAPER, unwant_exam, want_exam
from plugins.certificates.services.base import (
    MAKE,
    REVIEW,
    SUBMIT,
    Actor,
    give_office,
    give_unit,
    must_review,
    must_submit,
    person_ref,
    place_of,
    reviewer_of,
    settings_in,
    tell,
)
from plugins.certificates.services.bodies import must_be_open
from plugins.certificates.services.cards import Particulars, announce, enter_period

INSPECTION = "certificates.inspection"
GATE = "certificates.annual_review"


def inspection_ref(inspection: int) -> SubjectRef:
    return SubjectRef(INSPECTION, inspection)


def path_of(inspection: int) -> str:
    return f"/certificates/inspections/{inspection}"


def _title(found: Mapping[str, Any]) -> str:
    return f"{found['name']}的{rules.KINDS[found['kind']]}"


async def _card(person: int, certificate: int) -> Card:
    for each in (await cards_of([person])).get(person, []):
        if each.id == certificate:
            return each
    raise NotFound


async def ask(found: Mapping[str, Any], moment: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What stands against the inspection at this moment, and who had a say in it."""
    ref = person_ref(found["person"])
    verdict = await decide(
        GATE,
        [ref],
        clock.today(),
        {"kind": found["kind"], "moment": moment, "request": found["id"]},
    )
    blockers = [
        {
            "code": each.code,
            "text": each.text,
            "kind": each.subject.kind if each.subject else "",
            "id": each.subject.id if each.subject else 0,
        }
        for each in verdict.blockers.get(ref, ())
    ]
    evidence = {
        "at": clock.now().isoformat(),
        "asked": list(verdict.asked),
        "silent": list(verdict.silent),
        "objected": list(verdict.objected),
        "unavailable": list(verdict.unavailable),
        "blockers": [each["text"] for each in blockers],
    }
    return blockers, evidence


async def _keep(
    found: Mapping[str, Any],
    state: str,
    moment: str,
    blockers: Sequence[Mapping[str, Any]],
    evidence: Mapping[str, Any],
    reason: str = "",
) -> None:
    await execute(
        """update certificates_inspection set state = $2, blockers = $3, reason = $4,
             evidence = evidence || $5::jsonb where id = $1""",
        found["id"],
        state,
        json(list(blockers)),
        reason[:500],
        json({moment: dict(evidence)}),
    )
    await record(
        "certificates.inspection_changed",
        inspection_ref(found["id"]),
        InspectionChanged(
            found["id"],
            found["person"],
            found["certificate"],
            found["kind"],
            found["due_on"].isoformat(),
            state,
            moment,
            dict(evidence),
            reason,
        ),
        place_of(found),
    )


async def take(who: Actor, inspection: int) -> dict[str, Any]:
    """The inspection, locked, if he may see it: his unit's, his office's, or his own."""
    seen = await inspection_row(inspection)
    if seen is None or not (who.sees(seen) or seen["person"] == who.person_id):
        raise NotFound
    await lock_subjects(inspection_ref(inspection))
    found = await inspection_row(inspection)
    assert found is not None
    return found


async def apply(who: Actor, officers: Sequence[int]) -> tuple[list[int], list[str]]:
    """The unit applies for its officers. Returns the ids, and in words who could not be taken."""
    made: list[int] = []
    refused: list[str] = []
    if not officers:
        raise Refused("请先勾选要申请年审的人员。")
    async with transaction(who.wide):
        for each in await due_officers(list(dict.fromkeys(officers))):
            try:
                await must_submit(who, each)
                async with transaction():
                    made.append(await _apply_for(who, each))
            except NotFound:
                continue
            except Refused as error:
                refused.append(f"{each['name']}：{error}")
            except asyncpg.UniqueViolationError:
                refused.append(f"{each['name']}：已经申请过这次年审。")
    return made, refused


async def _apply_for(who: Actor, officer: Mapping[str, Any]) -> int:
    await lock_subjects(person_ref(officer["person"]))
    settings = await settings_in(officer["region_lo"])
    card = await _card(officer["person"], officer["certificate"])
    if problem := rules.may_apply(card, clock.today(), settings.inspection_window_days):
        raise Refused(problem)
    if lacks := rules.missing(officer["id_number_masked"] or "", officer["phone_masked"] or ""):
        raise Refused(f"基本信息不完整，缺{'、'.join(lacks)}，请先补齐。")
    unit = await organisation(officer["organisation"])
    if unit is None:
        raise NotFound
    await must_be_open(unit)
    office = await reviewer_of(unit)
    assert card.inspection_due is not None
    kind = rules.kind_of_due(
        card.valid_from, card.inspection_due, exam=settings.inspection_exam_years
    )
    inspection: int = await value(
        """insert into certificates_inspection
             (officer, certificate, person, name, organisation, kind, due_on, state, reviewer_lo,
              reviewer_region_lo, applied_at, applied_by, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, 'blocked', $8, $9, $10, $11, $12, $13)
           returning id""",
        officer["id"],
        officer["certificate"],
        officer["person"],
        officer["name"],
        officer["organisation"],
        kind,
        card.inspection_due,
        office.lo if office else 0,
        office.region_lo if office else 0,
        clock.now(),
        who.user_id,
        officer["region_lo"],
        officer["org_lo"],
    )
    found = await inspection_row(inspection)
    assert found is not None
    await _hand_in(found)
    return inspection


async def _hand_in(found: Mapping[str, Any]) -> str:
    blockers, evidence = await ask(found, "application")
    state = "blocked" if blockers else "applied"
    await _keep(found, state, "application", blockers, evidence)
    ref = inspection_ref(found["id"])
    if blockers:
        await give_unit(
            found,
            ref,
            title=_title(found),
            step="消除受阻事项",
            note=f"{len(blockers)} 项",
            path=path_of(found["id"]),
        )
        await _tell(found, "inspection_blocked", reason="".join(b["text"] for b in blockers)[:200])
    else:
        await give_office(
            found, ref, title=_title(found), step="年审审核", path=path_of(found["id"])
        )
        await _tell(found, "inspection_applied")
    return state


async def apply_again(who: Actor, inspection: int) -> str:
    """What stopped it is gone, or what was returned is put right."""
    async with transaction(who.wide):
        found = await take(who, inspection)
        await must_submit(who, found)
        if refused := rules.why_not(found["state"], "apply"):
            raise Conflict(refused)
        if lacks := rules.missing(found["id_number_masked"] or "", found["phone_masked"] or ""):
            raise Refused(f"基本信息不完整，缺{'、'.join(lacks)}，请先补齐。")
        return await _hand_in(found)


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
            await _keep(found, "returned", "approval", (), evidence, form.reason.strip())
            await give_unit(
                found,
                ref,
                title=_title(found),
                step="补正",
                note=form.reason.strip()[:100],
                path=path_of(inspection),
            )
            await _tell(found, "inspection_returned", reason=form.reason.strip())
            return "returned"
        if blockers:
            await _keep(found, "blocked", "approval", blockers, evidence)
            await give_unit(
                found, ref, title=_title(found), step="消除受阻事项", path=path_of(inspection)
            )
            reason = "".join(b["text"] for b in blockers)[:200]
            await _tell(found, "inspection_blocked", reason=reason)
            return "blocked"
        state = "exam" if found["kind"] == "four_year" else "approved"
        await _keep(found, state, "approval", (), evidence)
        if state == "exam":
            await close_turn(ref)
            await want_exam(
                found,
                "inspection",
                card_number=found["number"],
                due_on=found["due_on"].isoformat(),
            )
            await _tell(found, "inspection_exam")
        else:
            await give_unit(
                found,
                ref,
                title=_title(found),
                step="扫码完成",
                note="本人或管理员扫证件二维码",
                path=path_of(inspection),
                due_at=_end_of(found["due_on"]),
            )
            await _tell(found, "inspection_approved", due=words(found["due_on"]))
        return state


def _end_of(day: date) -> datetime:
    return datetime.combine(
        day + timedelta(days=1), datetime.min.time(), clock.SHANGHAI
    ).astimezone(UTC)


def words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


async def scan(who: Actor, inspection: int, code: str) -> list[str]:
    """Finish a two-year inspection by the code of the officer's own card.

    Bound to the person: the officer himself, or who administers his unit (S2-23). Returns what
    stands against it; empty when it is done.
    """
    async with transaction(who.wide):
        found = await take(who, inspection)
        own = bool(who.person_id) and who.person_id == found["person"]
        if not own:
            await must_submit(who, found)
        if refused := rules.why_not(found["state"], "scan"):
            raise Conflict(refused)
        text = code.strip()
        if text == found["number"]:
            raise Invalid({"code": "请扫证件上的二维码，输入证号不算。"})
        scanned = await resolve(text, who.wide)
        if scanned is None:
            raise Invalid({"code": "这不是执法证的二维码，或者已经损坏。"})
        if scanned != SubjectRef("certificates.officer", found["officer"]):
            raise Invalid({"code": f"扫的不是{found['name']}的证件，请扫本人的。"})
        card = await _card(found["person"], found["certificate"])
        if problem := rules.may_apply(card, clock.today(), 3660):
            raise Refused(problem)
        blockers, evidence = await ask(found, "scan")
        if blockers:
            await _keep(found, "approved", "scan", blockers, evidence)
            return [each["text"] for each in blockers]
        await _keep(found, "approved", "scan", (), evidence)
        await _finish(found, card, "self" if own else "unit", who.user_id)
    return []


async def _finish(found: Mapping[str, Any], card: Card, how: str, by: int) -> None:
    """Close the inspection, move the due date on, and write down the days that were missed."""
    today = clock.today()
    settings = await settings_in(found["region_lo"])
    place = place_of(found)
    ended, begun = rules.periods_after(card, rules.late_gap(card, today), today)
    for each in ended:
        await execute(
            "update certificates_period set until = $2 where certificate = $1 and until is null",
            card.id,
            each.until,
        )
    for each in begun:
        await enter_period(card.id, each.state, each.since, each.reason, place, until=each.until)
    following = rules.next_due(
        card.valid_from,
        found["due_on"],
        short=settings.inspection_short_years,
        exam=settings.inspection_exam_years,
    )
    valid_until = card.valid_until
    if how == "card":
        valid_until = max(valid_until, term_end(today, settings.valid_years))
        await execute(
            """update certificates_certificate c set photo = coalesce(o.photo, c.photo)
               from certificates_officer o where o.id = c.officer and c.id = $1""",
            card.id,
        )
    await execute(
        "update certificates_certificate set inspection_due = $2, valid_until = $3 where id = $1",
        card.id,
        following.due_on,
        valid_until,
    )
    await execute(
        """update certificates_inspection set state = 'done', done_on = $2, done_by = $3,
             done_how = $4, blockers = '[]' where id = $1""",
        found["id"],
        today,
        by,
        how,
    )
    await close_turn(inspection_ref(found["id"]))
    await record(
        "certificates.inspection_done",
        person_ref(found["person"]),
        InspectionDone(
            found["id"],
            found["person"],
            card.id,
            card.number,
            found["kind"],
            found["due_on"].isoformat(),
            today.isoformat(),
            following.due_on.isoformat(),
            how,
        ),
        place,
    )
    await announce(
        card.id,
        found["person"],
        card.number,
        "valid",
        today,
        Particulars(card.number, card.valid_from, valid_until, following.due_on),
        place,
        reason=f"{rules.KINDS[found['kind']]}完成",
    )
    await _tell(found, "inspection_done", next=words(following.due_on))


async def finish_with_card(who: Actor, inspection: int) -> None:
    """四年年审: the exam is passed, the new card is made and handed over."""
    async with transaction(who.wide):
        found = await take(who, inspection)
        must_review(who, found)
        if not who.may(MAKE):
            raise Refused("制证由有制证权限的人办理。")
        if refused := rules.why_not(found["state"], "finish"):
            raise Conflict(refused)
        card = await _card(found["person"], found["certificate"])
        if problem := rules.may_apply(card, clock.today(), 3660):
            raise Refused(problem)
        blockers, evidence = await ask(found, "scan")
        await _keep(found, "making", "scan", blockers, evidence)
        if not blockers:
            await _finish(found, card, "card", who.user_id)
    if blockers:
        raise Refused("".join(each["text"] for each in blockers))


async def enter_result(
    who: Actor, inspection: int, form: ResultForm, paper: Received | None
) -> str:
    """An exam held on paper, entered by the legal office with its score sheet."""
    if paper is None:
        raise Invalid({"evidence": "请上传成绩单。"})
    async with transaction(who.wide):
        found = await take(who, inspection)
        must_review(who, found)
        if found["state"] != "exam":
            raise Conflict("现在不能登记成绩。")
        stored = await keep(paper, place=place_of(found), purpose=PAPER)
        await execute(
            "update certificates_inspection set paper = $2, reason = $3 where id = $1",
            inspection,
            stored.id,
            form.reason.strip(),
        )
        await unwant_exam(found, "inspection", "成绩已由法制机构登记")
        return await _take_result(
            found,
            passed=form.passed == "yes",
            score=form.score,
            used=found["attempts_used"] + 1,
            allowed=max(2, found["attempts_allowed"]),
            at=clock.now(),
            by_hand=True,
        )


async def hear_result(fact: Fact) -> None:
    """A published result of somebody under inspection; after a regrade the newest counts."""
    said = fact.payload
    if said.get("purpose") != "inspection":
        return
    found = await inspection_row(int(said["request"]))
    if found is None or found["person"] != fact.subject.id:
        return
    await lock_subjects(inspection_ref(found["id"]))
    if found["result_at"] is not None and fact.at < found["result_at"]:
        return
    if rules.why_not(found["state"], "result"):
        if not said["passed"] and found["state"] == "done":
            await tell(
                "result_corrected",
                inspection_ref(found["id"]),
                place_of(found),
                office=REVIEW,
                name=found["name"],
            )
        return
    await _take_result(
        found,
        passed=bool(said["passed"]),
        score=int(said["score"]),
        used=int(said["attempts_used"]),
        allowed=int(said["attempts_allowed"]),
        at=fact.at,
        by_hand=False,
    )


async def _take_result(
    found: Mapping[str, Any],
    *,
    passed: bool,
    score: int,
    used: int,
    allowed: int,
    at: datetime,
    by_hand: bool,
) -> str:
    state = after_result(passed=passed, attempts_used=used, attempts_allowed=allowed)
    ref = inspection_ref(found["id"])
    try:
        async with transaction():
            await execute(
                """update certificates_inspection set state = $2, score = $3, attempts_used = $4,
                     attempts_allowed = $5, result_at = $6, result_by_hand = $7 where id = $1""",
                found["id"],
                state,
                score,
                used,
                allowed,
                at,
                by_hand,
            )
    except asyncpg.UniqueViolationError:
        return str(found["state"])  # a new inspection was begun after the first one had failed
    await record(
        "certificates.result_taken",
        ref,
        ExamResult(found["id"], "inspection", passed, score, by_hand, state),
        place_of(found),
    )
    if state == "making":
        await give_office(
            found,
            ref,
            title=_title(found),
            step="换发证件",
            path=path_of(found["id"]),
            permission=MAKE,
        )
        await _tell(found, "exam_passed", score=score)
    else:
        await close_turn(ref)
        await _tell(found, "exam_failed", score=score, left=max(0, allowed - used))
    return state


async def join(who: Actor, requests: Sequence[int]) -> int:
    """Applicants of this year who have no card yet go with the inspection's production (S2-20).

    The unit confirms their identity with it; the legal office sees the mark when it makes cards.
    """
    year = clock.today().year
    if not requests:
        raise Refused("请先勾选人员。")
    async with transaction(who.scope):
        return await execute(
            """update certificates_request set joined_inspection = $2
               where id = any($1::int8[]) and state in ('legal', 'exam', 'making')
                 and joined_inspection = 0""",
            list(requests),
            year,
        )


async def _tell(found: Mapping[str, Any], event: str, **params: object) -> None:
    await tell(
        event,
        inspection_ref(found["id"]),
        place_of(found),
        persons=[found["person"]],
        office=SUBMIT,
        name=found["name"],
        kind=rules.KINDS[found["kind"]],
        **params,
    )
