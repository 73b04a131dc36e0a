# SPDX-License-Identifier: Apache-2.0
"""新申领: hand in, check, review, examine, cancel; making and issuing are in ``making``."""

from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from core.api import clock
from core.api.db import execute, lock_subjects, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.extensions import contributions_in
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import (
    clean,
    decrypt,
    encrypt,
    enter_person,
    lookup_hash,
    mask_id_number,
    mask_phone,
    organisation,
    person_by_id_number,
    phone_problem,
    read_id_number,
)
from core.api.plugin import Fact
from core.api.regions import REGIONS
from core.api.turns import close_turn
from plugins.certificates.facts import (
    Applied,
    Checked,
    ExamResult,
    ExamUnwanted,
    ExamWanted,
    RequestDecided,
)
from plugins.certificates.forms import CorrectForm, DecisionForm, RequestForm, ResultForm
from plugins.certificates.queries.applying import (
    entry_in,
    forced_entry,
    living_card,
    newest_list,
    open_request_of,
    request_row,
)
from plugins.certificates.rules import applying as rules
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
    request_ref,
    reviewer_of,
    tell,
)
from plugins.certificates.services.bodies import must_be_open

NUMBER, PHONE, HASH = (
    "certificates.request.id_number",
    "certificates.request.phone",
    "certificates.id_number",
)
SOURCES = "certificates.identity_source"
PHOTO, PAPER = "certificates.photo", "certificates.paper"


class IdentitySource(msgspec.Struct, frozen=True):
    """A register that says whether a name and an ID number belong together."""

    title: str
    verify: Any
    """``async (id_number, name) -> "pass" | "fail" | "unavailable"``; raising is unavailable."""


def digest_of(number: str) -> bytes:
    """The keyed hash under which lists and applications find an ID number."""
    return lookup_hash(clean(number), HASH)


def path_of(request: int) -> str:
    return f"/certificates/requests/{request}"


async def take(who: Actor, request: int) -> dict[str, Any]:
    """The application, locked, if he may at least see it."""
    seen = await request_row(request)
    if seen is None or not who.sees(seen):
        raise NotFound
    await lock_subjects(request_ref(request))
    found = await request_row(request)
    assert found is not None
    return found


def _particulars(form: RequestForm | CorrectForm) -> dict[str, str]:
    phone = clean(form.phone)
    if phone and (problem := phone_problem(phone)):
        raise Invalid({"phone": problem})
    return {"phone": phone}


async def apply(who: Actor, form: RequestForm, photo: Received | None) -> int:
    """Hand in an application; the four checks are made at once. Returns its id."""
    if photo is None:
        raise Invalid({"photo": "请上传证件照。"})
    phone = _particulars(form)["phone"]
    number = clean(form.id_number)
    async with transaction(who.wide):
        unit = await organisation(form.organisation)
        if unit is None:
            raise Invalid({"organisation": "请选择单位。"})
        await must_submit(who, {"region_lo": unit.region_lo, "org_lo": unit.lo})
        await must_be_open(unit)
        office = await reviewer_of(unit)
        place = place_of({"region_lo": unit.region_lo, "org_lo": unit.lo})
        stored = await keep(photo, place=place, purpose=PHOTO)
        request: int = await value(
            """insert into certificates_request
                 (name, organisation, id_number, id_number_hash, id_number_masked, phone,
                  phone_masked, position, category, powers, photo, state, reviewer_lo,
                  reviewer_region_lo, submitted_at, submitted_by, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'checking', $12, $13, $14,
                       $15, $16, $17) returning id""",
            form.name.strip(),
            unit.id,
            encrypt(number, NUMBER),
            digest_of(number),
            mask_id_number(number),
            encrypt(phone, PHONE),
            mask_phone(phone),
            form.position.strip(),
            form.category.strip(),
            form.powers.strip(),
            stored.id,
            office.lo if office else 0,
            office.region_lo if office else 0,
            clock.now(),
            who.user_id,
            unit.region_lo,
            unit.lo,
        )
        await record(
            "certificates.applied",
            request_ref(request),
            Applied(request, form.name.strip(), unit.id),
            place,
        )
        await _check(request)
    return request


async def correct(who: Actor, request: int, form: CorrectForm, photo: Received | None) -> str:
    """Put right what was found wrong and have it checked again. Returns the state it is in."""
    phone = _particulars(form)["phone"]
    async with transaction(who.wide):
        found = await take(who, request)
        await must_submit(who, found)
        if refused := rules.why_not(found["state"], "check"):
            raise Conflict(refused)
        number = clean(form.id_number)
        await execute(
            """update certificates_request set name = $2, position = $3, category = $4,
                 powers = $5, reason = '' where id = $1""",
            request,
            form.name.strip(),
            form.position.strip(),
            form.category.strip(),
            form.powers.strip(),
        )
        if number:
            await execute(
                """update certificates_request set id_number = $2, id_number_hash = $3,
                     id_number_masked = $4 where id = $1""",
                request,
                encrypt(number, NUMBER),
                digest_of(number),
                mask_id_number(number),
            )
        if phone:
            await execute(
                "update certificates_request set phone = $2, phone_masked = $3 where id = $1",
                request,
                encrypt(phone, PHONE),
                mask_phone(phone),
            )
        if photo is not None:
            stored = await keep(photo, place=place_of(found), purpose=PHOTO)
            await execute(
                "update certificates_request set photo = $2 where id = $1", request, stored.id
            )
        return await _check(request)


async def _known(found: dict[str, Any], number: str) -> rules.Known:
    """Everything the four checks need to know, gathered over the whole country."""
    read = read_id_number(number, clock.today())
    problem = read if isinstance(read, str) else ""
    holder = None if problem else await person_by_id_number(number)
    forced = await forced_entry(found["digest"])
    other = await open_request_of(found["digest"], found["id"])
    regions = list(REGIONS.ancestors(found["region_lo"]))
    listed = await newest_list("establishment", regions)
    entry = await entry_in(listed["id"], found["digest"]) if listed else None
    blacklist = await newest_list("forced", regions)
    return rules.Known(
        id_problem=problem,
        source="" if problem else await _ask_sources(found, number),
        forced_reason=(forced["reason"] or "强制注销") if forced else "",
        forced_version=blacklist["version"] if blacklist else 0,
        holds_card=(await living_card(holder.id, clock.today()) or "") if holder else "",
        applies_at=other["organisation_name"] if other else "",
        establishment_version=listed["version"] if listed else 0,
        establishment_name=entry["name"] if entry else None,
    )


async def _ask_sources(found: dict[str, Any], number: str) -> str:
    answer = ""
    for each in await contributions_in(found["region_lo"], SOURCES):
        try:
            said = str(await each.value.verify(number, found["name"]))
        except Exception:  # noqa: BLE001 - a register out of reach passes nobody and fails nobody
            said = "unavailable"
        if said == "fail":
            return "fail"
        answer = "unavailable" if "unavailable" in (answer, said) else said
    return answer


async def _check(request: int) -> str:
    """Make the four checks, keep every answer, and hand the turn to whoever is next."""
    await lock_subjects(request_ref(request))
    found = await row(
        "select *, id_number_hash as digest from certificates_request where id = $1", request
    )
    assert found is not None
    number = decrypt(found["id_number"], NUMBER)
    checks = rules.judge(await _known(found, number), found["name"])
    state = rules.after_checks(checks)
    run = found["runs"] + 1
    for each in checks:
        await execute(
            """insert into certificates_check (request, run, key, outcome, sentence, version, at,
                                               region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            request,
            run,
            each.key,
            each.outcome,
            each.sentence,
            each.version,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    try:
        async with transaction():
            await execute(
                "update certificates_request set runs = $2, state = $3 where id = $1",
                request,
                run,
                state,
            )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("这个人正在别的单位申领，请刷新后查看核查结果。") from error
    place = place_of(found)
    await record(
        "certificates.checked",
        request_ref(request),
        Checked(request, run, {each.key: each.outcome for each in checks}, state),
        place,
    )
    title = f"{found['name']}的执法证申领"
    if state == "legal":
        await _find_holder(found, number)
        await give_office(
            found, request_ref(request), title=title, step="法制审核", path=path_of(request)
        )
        await tell(
            "request_checked", request_ref(request), place, office=SUBMIT, name=found["name"]
        )
    elif state == "rejected":
        await close_turn(request_ref(request))
        reason = next(each.sentence for each in checks if each.key == "forced_list")
        await execute(
            "update certificates_request set reason = $2 where id = $1", request, reason[:500]
        )
        await tell(
            "request_ended",
            request_ref(request),
            place,
            office=SUBMIT,
            name=found["name"],
            reason=reason,
        )
    else:
        failed = [rules.CHECKS[each.key] for each in checks if each.outcome != "pass"]
        await give_unit(
            found,
            request_ref(request),
            title=title,
            step="补正",
            note="未通过：" + "、".join(failed),
            path=path_of(request),
        )
    return state


async def _find_holder(found: dict[str, Any], number: str) -> None:
    """The person behind the application, entered when nobody is known by the number yet."""
    holder = await person_by_id_number(number)
    if holder is None:
        holder = await enter_person(
            found["name"],
            found["organisation"],
            id_number=number,
            phone=decrypt(found["phone"], PHONE) if found["phone"] else "",
            position=found["position"],
        )
    await execute(
        "update certificates_request set person = $2 where id = $1", found["id"], holder.id
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
            await _tell_both(found, "exam_wanted")
        elif state == "returned":
            await give_unit(
                found,
                request_ref(request),
                title=title,
                step="补正",
                note=form.reason.strip()[:100],
                path=path_of(request),
            )
            await _tell_both(found, "request_returned", reason=form.reason.strip())
        else:
            await close_turn(request_ref(request))
            await _tell_both(found, "request_ended", reason=form.reason.strip())
    return state


async def want_exam(
    found: dict[str, Any], purpose: str, *, card_number: str = "", due_on: str = ""
) -> None:
    """Announce that a person waits for a seat; whoever holds exams keeps the list."""
    await record(
        "certificates.exam_wanted",
        person_ref(found["person"]),
        ExamWanted(
            found["id"],
            purpose,
            found["person"],
            found["name"],
            found["organisation"],
            found["org_lo"],
            found["region_lo"],
            card_number,
            due_on,
        ),
        place_of(found),
    )


async def unwant_exam(found: dict[str, Any], purpose: str, reason: str) -> None:
    """He needs no seat any more."""
    await record(
        "certificates.exam_unwanted",
        person_ref(found["person"]),
        ExamUnwanted(found["id"], purpose, found["person"], reason),
        place_of(found),
    )


async def _tell_both(found: dict[str, Any], event: str, **params: object) -> None:
    await tell(
        event,
        request_ref(found["id"]),
        place_of(found),
        persons=[found["person"]] if found["person"] else [],
        office=SUBMIT,
        name=found["name"],
        **params,
    )


async def enter_result(who: Actor, request: int, form: ResultForm, paper: Received | None) -> str:
    """An exam held on paper: the reviewing office enters the score with its sheet."""
    if paper is None:
        raise Invalid({"evidence": "请上传成绩单。"})
    async with transaction(who.wide):
        found = await take(who, request)
        must_review(who, found)
        if found["state"] != "exam":
            raise Conflict(rules.why_not(found["state"], "result") or "现在不能登记成绩。")
        stored = await keep(paper, place=place_of(found), purpose=PAPER)
        await execute(
            "update certificates_request set evidence = $2, reason = $3 where id = $1",
            request,
            stored.id,
            form.reason.strip(),
        )
        await unwant_exam(found, "application", "成绩已由法制机构登记")
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
    """A result was published, for the first time or after a regrade: the newest counts."""
    said = fact.payload
    if said.get("purpose") != "application":
        return
    found = await request_row(int(said["request"]))
    if found is None or found["person"] != fact.subject.id:
        return
    await lock_subjects(request_ref(found["id"]))
    if found["result_at"] is not None and fact.at < found["result_at"]:
        return
    if found["state"] not in ("exam", "making", "failed"):
        # The card is made already: nothing is undone by itself, the office looks at it.
        if not said["passed"] and found["state"] in ("made", "issued"):
            await tell(
                "result_corrected",
                request_ref(found["id"]),
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
    found: dict[str, Any],
    *,
    passed: bool,
    score: int,
    used: int,
    allowed: int,
    at: datetime,
    by_hand: bool,
) -> str:
    state = rules.after_result(passed=passed, attempts_used=used, attempts_allowed=allowed)
    await execute(
        """update certificates_request set state = $2, score = $3, attempts_used = $4,
             attempts_allowed = $5, result_at = $6, result_by_hand = $7 where id = $1""",
        found["id"],
        state,
        score,
        used,
        allowed,
        at,
        by_hand,
    )
    ref = request_ref(found["id"])
    await record(
        "certificates.result_taken",
        ref,
        ExamResult(found["id"], "application", passed, score, by_hand, state),
        place_of(found),
    )
    if state == "making":
        await give_office(
            found,
            ref,
            title=f"{found['name']}的执法证申领",
            step="制证",
            path=path_of(found["id"]),
            permission=MAKE,
        )
        await _tell_both(found, "exam_passed", score=score)
    else:
        await close_turn(ref)
        left = max(0, allowed - used)
        await _tell_both(found, "exam_failed", score=score, left=left)
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
        await _tell_both(found, "request_ended", reason=reason)
