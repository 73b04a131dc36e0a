# SPDX-License-Identifier: Apache-2.0
"""The bureau's typed acts: 受理、移交、不予受理、告知结果, and what goes with them."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import hand_over
from core.api.custody import request_opening
from core.api.db import Place, SubjectRef, execute, json, retried, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import again
from core.api.numbers import next_number
from core.api.people import OrganisationRow, organisation, person
from core.api.regions import region
from core.api.turns import close_turn
from plugins.complaints import facts, queries
from plugins.complaints.rules import flow
from plugins.complaints.rules.intake import VERIFIED
from plugins.complaints.services.answering import FOUNDED
from plugins.complaints.services.filing import WORDS
from plugins.complaints.services.matters import (
    Actor,
    bureau_rests,
    change,
    copy_ref,
    elsewhere,
    give_bureau,
    handled,
    person_ref,
    place_of,
    ref,
    refuse,
    register,
    standing,
    take,
    tell_body,
    tell_bureau,
    tell_reporter,
)
from plugins.complaints.services.media import keep_media
from plugins.complaints.services.pushing import (
    end_copy,
    end_merged,
    refuse_leaks,
    start_own_clock,
    why_elsewhere,
)


@retried
async def accept(who: Actor, complaint: int) -> None:
    """受理: it stays among 未处理; the reporter reads that somebody has taken it up."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_accept(standing(it)))
        await change(complaint, state=flow.ACCEPTED, handler_name=who.name)
        await _acted("complaints.accepted", it, who.name)
        await tell_reporter(it, "complaints.progress", "已受理")


async def _acted(kind: str, it: Mapping[str, Any], words: str = "") -> None:
    await record(kind, ref(it["id"]), facts.Acted(it["id"], it["number"], words), place_of(it))


@retried
async def reject(who: Actor, complaint: int, ground: str, reason: str) -> None:
    """不予受理, with its ground and a reason the reporter reads."""
    if ground not in flow.REJECTIONS:
        raise Invalid({"ground": "请选择不予受理的理由。"})
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明理由，举报人会看到，至少 5 个字。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_reject(standing(it)))
        words = f"{flow.REJECTIONS[ground]}。{reason.strip()}"
        await _reject(it, who, ground, words)
        # Who reported the same matter waits for the same word.
        for each in await queries.merged_into(complaint):
            await _reject(each, who, ground, words)
            await end_merged(each)


async def _reject(it: Mapping[str, Any], who: Actor, ground: str, words: str) -> None:
    now = clock.now()
    await change(
        it["id"],
        state=flow.REJECTED,
        result=words,
        told_at=now,
        closed_at=now,
        late=False,
        **handled(who, it),
    )
    await record(
        "complaints.rejected",
        ref(it["id"]),
        facts.Rejected(it["id"], it["number"], ground, flow.REJECTIONS[ground]),
        place_of(it),
    )
    await bureau_rests(it)
    await tell_reporter(it, "complaints.told", f"不予受理：{words}")


@retried
async def tell_result(who: Actor, complaint: int, founded: str, text: str) -> None:
    """告知结果: closes it, and those merged into it; each reporter gets his answer (S3-23)."""
    if founded not in FOUNDED:
        raise Invalid({"founded": "请选择核查结论。"})
    if len(text.strip()) < 5:
        raise Invalid({"text": "写明核查结果和处理情况，举报人会看到，至少 5 个字。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_tell(standing(it)))
        await _tell(it, who, founded, text.strip())
        async with transaction(register()):
            for copy in await queries.open_copies(complaint):
                await end_copy(copy["id"], copy["clock"])
        for each in await queries.merged_into(complaint):
            await _tell(each, who, founded, text.strip())
            await end_merged(each)


async def _tell(it: Mapping[str, Any], who: Actor, founded: str, text: str) -> None:
    now = clock.now()
    await change(
        it["id"],
        state=flow.TOLD,
        founded=founded,
        result=text,
        told_at=now,
        closed_at=now,
        late=False,
        **handled(who, it),
    )
    await record(
        "complaints.result_told",
        ref(it["id"]),
        facts.ResultTold(it["id"], it["number"], founded, it["officer"], it["body"]),
        place_of(it),
    )
    if it["kind"] == "praise" and founded != "no":
        # What was found true counts for the officer, passed on to his unit or not.
        await record(
            "complaints.praised",
            ref(it["id"]),
            facts.Praised(it["id"], it["number"], it["body"], it["officer"]),
            place_of(it),
        )
    await bureau_rests(it)
    await tell_reporter(it, "complaints.told", text)


# --- 移交 --------------------------------------------------------------------------------------


@retried
async def transfer(who: Actor, complaint: int, referral: str, to: str, reason: str) -> int:
    """移交 to an authority outside the platform: it goes on there, the result is still told here."""
    if referral not in flow.REFERRALS or referral == "bureau":
        raise Invalid({"referral": "请选择移交给哪一类机关。"})
    if len(to.strip()) < 2:
        raise Invalid({"to": "写明接收机关的全称。"})
    if len(reason.strip()) < 2:
        raise Invalid({"reason": "写明移交的理由。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_transfer(standing(it)))
        await _transferred(it, who, referral, to.strip(), reason.strip(), 0)
    return complaint


@retried
async def transfer_to_bureau(who: Actor, complaint: int, organ: int, reason: str) -> int:
    """移交 to another bureau of the platform: it gets a row of its own, with copies of the files.

    Nothing changes its place; the sender's row stays, closed as 移交 and linked (the reporter
    goes on seeing one matter). The envelope stays with the custodians it was sealed for.
    """
    if len(reason.strip()) < 2:
        raise Invalid({"reason": "写明移交的理由。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_transfer(standing(it)))
        to = await organisation(organ)
        if to is None or to.id == it["organ"]:
            raise Invalid({"organ": "请选择另一个司法行政机关。"})
        home = await region(to.region)
        if home is None:
            raise Invalid({"organ": "请选择另一个司法行政机关。"})
        made = await _hand_over(it, to, who, reason.strip())
        # What was merged into it goes along: each reporter keeps his thread and his date.
        for each in await queries.merged_into(complaint):
            await _hand_over(each, to, who, reason.strip(), merged_to=made)
    return made


async def _hand_over(
    it: Mapping[str, Any], to: OrganisationRow, who: Actor, reason: str, *, merged_to: int = 0
) -> int:
    media = [
        (each, await queries.received_of(each["file"])) for each in await queries.media_of(it["id"])
    ]

    async def receive(_sent: SubjectRef, place: Place) -> SubjectRef:
        made = await _successor(it, to.id, place)
        copies = [await again(received, each["name"]) for each, received in media]
        await keep_media(made["id"], copies, place, sealed=it["sealed"])
        if merged_to:
            async with transaction(register()):
                more = {"merged_to": merged_to, "clock": it["clock"]}
                await change(made["id"], state=flow.MERGED, **more)
        else:
            await give_bureau(made, "审核处理（移交来的）")
            await tell_bureau("complaints.filed", made)
        return ref(made["id"])

    done = await hand_over(ref(it["id"]), to.region, to.id, receive)
    await _transferred(it, who, "bureau", to.name, reason, done.received.id)
    return done.received.id


async def _transferred(
    it: Mapping[str, Any], who: Actor, referral: str, to: str, reason: str, successor: int
) -> None:
    await change(
        it["id"],
        state=flow.TRANSFERRED,
        referral=referral,
        referral_to=to[:120],
        successor=successor,
        **handled(who, it),
        **({"closed_at": clock.now()} if successor else {}),
    )
    await record(
        "complaints.transferred",
        ref(it["id"]),
        facts.Transferred(it["id"], it["number"], to[:120], reason, successor),
        place_of(it),
    )
    await bureau_rests(it)
    await tell_reporter(it, "complaints.progress", f"已移交{to}")


KEPT = (
    "door, kind, target, enforcement_type, account, happened_on, department, department_name, body,"
    " body_name, body_typed, officer, officer_name, certificate, scanned, scanned_text, told_on_site,"
    " wants_procedure, sealed, alias, reporter, reporter_name, contact, envelope, marks, salt,"
    " digest, said_at, filed_at"
)


async def _successor(it: Mapping[str, Any], organ: int, place: Place) -> dict[str, Any]:
    """The receiver's row; the receipt's code stays with the first one, which leads here."""
    async with transaction(register()):
        now = clock.now()
        serial = await next_number(f"complaints.{it['kind']}", organ, clock.today().year)
        number = f"{WORDS[it['kind']]}〔{clock.today().year}〕{serial}号"
        steps = [*it["route"], f"{it['number']}移交到这里。"]
        made: int = await value(
            f"insert into complaints_complaint (number, organ, {KEPT}, route, active_at, origin,"
            " region_lo, org_lo, state, late, handler_name, result, founded, referral,"
            " referral_to, successor, merged_to, news, disposal, disposal_by, disposal_reason, proof)"
            f" select $2, $3, {KEPT}, $4::jsonb, $5, coalesce(nullif(origin, 0), id), $6, $7,"
            " 'submitted', false, '', '', '', '', '', 0, 0, false, '', 0, '', ''"
            " from complaints_complaint where id = $1 returning id",
            it["id"],
            number,
            organ,
            json(steps),
            now,
            place.region_lo,
            place.org_lo,
        )
        found = await row("select * from complaints_complaint where id = $1", made)
        assert found is not None
        return found


# --- matching, merging, supervision, identity ---------------------------------------------------


@retried
async def match_body(who: Actor, complaint: int, body: int) -> None:
    """匹配主体: what was typed is now a unit of the register (S0-16)."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        if it["state"] not in flow.UNHANDLED:
            raise Refused("已经办理的不能再改主体。")
        found = await organisation(body)
        if found is None or found.valid_to is not None:
            raise Invalid({"body": "请选择登记在册的单位。"})
        if reasons := why_elsewhere(it, found):
            raise Invalid({"body": reasons[0]})
        typed = it["body_typed"] if it["body_typed"] is not None else it["body_name"]
        # Whom the bureau has named belongs to the unit it was then.
        named = it["officer"] and it["scanned"] != VERIFIED and it["body"] != found.id
        await change(
            complaint,
            body=found.id,
            body_name=found.name,
            body_typed=typed,
            **({"officer": 0, "officer_name": ""} if named else {}),
        )
        await _acted("complaints.matched", it, f"{it['body_name'] or '未写明'} → {found.name}")


@retried
async def identify_officer(who: Actor, complaint: int, officer: int, reason: str) -> None:
    """认定执法人员: of whom it is, when nobody scanned his card; his body's copy says so too.

    From then on it stands where a scanned one stands: in his readiness for the inspection (S3-21).
    """
    async with transaction(who.scope):
        it = await take(who, complaint, person_ref(officer))
        refuse(flow.why_not_identify(standing(it), target=it["target"], scanned=it["scanned"]))
        unit = await organisation(it["body"]) if it["body"] else None
        if unit is None:
            raise Invalid({"officer": "先匹配主体，再认定执法人员。"})
        found = await person(officer)
        if found is None or found.closed or not unit.lo <= found.org_lo <= unit.hi:
            raise Invalid({"officer": f"请选择{unit.name}的在岗人员。"})
        if found.id == it["officer"]:
            raise Conflict("已经认定为这个人。")
        refuse_leaks(it, "reason", reason)
        await change(complaint, officer=found.id, officer_name=found.name[:60], news=it["news"])
        await _acted(
            "complaints.identified",
            it,
            f"{it['officer_name'] or '没有写明'} → {found.name}，依据：{reason.strip()}",
        )
        async with transaction(register()):
            for copy in await queries.open_copies(complaint):
                await execute(
                    "update complaints_copy set officer = $2, officer_name = $3 where id = $1",
                    copy["id"],
                    found.id,
                    found.name[:60],
                )
                await tell_body("complaints.note", copy, f"被投诉的执法人员认定为{found.name}。")


@retried
async def merge(who: Actor, complaint: int, into: int) -> None:
    """并案: handled together from now on; this reporter keeps a date of his own (C1-17)."""
    async with transaction(who.scope):
        it = await take(who, complaint, ref(into))
        other = await row("select * from complaints_complaint where id = $1 for update", into)
        if other is None or await queries.find(into, who.scope) is None:
            raise NotFound("没有找到要并入的那一件，或者不在你的管理范围内。")
        if why := await elsewhere(who.region_lo, other):
            raise Refused(why)
        refuse(flow.why_not_merge(standing(it), standing(other), same=complaint == into))
        async with transaction(register()):
            clock_id = it["clock"]
            for copy in await queries.open_copies(complaint):
                # His period has begun already: it goes on unchanged, the body answers once.
                clock_id = copy["clock"]
                await execute(
                    "update complaints_copy set state = 'merged' where id = $1", copy["id"]
                )
                await close_turn(copy_ref(copy["id"]))
            if clock_id is None and await queries.open_copies(into):
                clock_id = await start_own_clock(it)
            await change(
                complaint, state=flow.MERGED, merged_to=into, clock=clock_id, **handled(who, it)
            )
            # What was merged into this one before goes along.
            await execute(
                "update complaints_complaint set merged_to = $2 where merged_to = $1",
                complaint,
                into,
            )
        await record(
            "complaints.merged",
            ref(complaint),
            facts.Merged(complaint, it["number"], into, other["number"]),
            place_of(it),
        )
        await bureau_rests(it)
        await tell_reporter(it, "complaints.progress", "与同一件事的举报一并办理，你的期限不变")


@retried
async def propose_supervision(who: Actor, complaint: int, reason: str) -> None:
    """A complaint starts a case supervision: said as a fact, whoever supervises hears it."""
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明建议监督的理由，至少 5 个字。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(flow.why_not_supervise(standing(it), proposed=it["proposed_at"] is not None))
        await execute(
            "update complaints_complaint set proposed_at = $2, active_at = $2 where id = $1",
            complaint,
            clock.now(),
        )
        await record(
            "complaints.supervision_proposed",
            ref(complaint),
            facts.Proposed(complaint, it["number"], it["body"], it["officer"], reason.strip()),
            place_of(it),
        )


async def ask_identity(who: Actor, complaint: int, reason: str) -> int:
    """Ask two custodians to open who reported; nothing tells whether there is anything to open."""
    async with transaction(who.scope):
        it = await take(who, complaint)
        if not it["sealed"]:
            raise Conflict("举报人没有要求保密。")
        return await request_opening(
            it["envelope"],
            it["region_lo"],
            reason,
            subject=ref(complaint),
            title=f"{it['number']}的举报人",
            asked_by_name=who.name,
        )
