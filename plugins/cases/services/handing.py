# SPDX-License-Identifier: Apache-2.0
"""移送: handing a case over to a body of another place, and what that body does with it.

The file stays here, closed as 移交 and readable as before; the other body gets a referral with a
copy of the party and of the material. It cannot send it back or on: an organ that holds itself
not competent asks the common superior (《市场监督管理行政处罚程序规定》第十四条).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.api import clock
from core.api.access import hand_over
from core.api.db import Scope, execute, json, retried, row, transaction, value
from core.api.deadlines import stop_clock
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import OpenFile, Received, keep, open_, receive
from core.api.messages import notify
from core.api.people import OrganisationRow, decrypt, encrypt, organisation
from core.api.plugin import Place, SubjectRef
from plugins.cases.queries import (
    REFERRAL,
    CaseFile,
    item_version,
    load_case,
    party_of,
    referral_of,
    subject_of,
)
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.event import ReferralAnswered
from plugins.cases.rules.flow import OPEN, SUPERSEDED
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services.acting import (
    Actor,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    running_clocks,
    tell,
)
from plugins.cases.services.officers import Choice
from plugins.cases.services.opening import Opening, open_case, party_in_full
from plugins.cases.services.turns import take_turn_away

RECEIVING_KINDS = ("body", "second", "department", "entrusted")
SEALED = "cases.referral.party"


def handing_refusal(file: CaseFile, actor: Actor) -> str:
    """Why the case cannot be handed over by the actor; empty when it can."""
    if not actor.approves:
        return "移送其他单位由负责人批准，你现在的角色没有批准权限。"
    if file.row["state"] not in ("open", "suspended"):
        return "案件已经办结。"
    served = any(
        v["state"] == "submitted" and file.definition.step(v["step"]).kind == "service"
        for v in file.visits
    )
    return "决定已经送达，不再移送。" if served else ""


async def receiving_body(file: CaseFile, to_organisation: int) -> OrganisationRow:
    """The body a case can be handed to; ``Invalid`` for one that cannot take it."""
    found = await organisation(to_organisation)
    if found is None or found.valid_to is not None or found.kind not in RECEIVING_KINDS:
        raise Invalid({"to_organisation": "请选择接收单位。"})
    if file.row["body_lo"] <= found.lo <= file.row["body_hi"]:
        raise Invalid({"to_organisation": "接收单位就在本单位内部，换人主办请用移交。"})
    return found


async def hand_over_case(
    actor: Actor, case: int, to_organisation: int, reason: str, *, token: str = ""
) -> int:
    """Hand the case to another body, with reason; the referral that body received.

    The material is copied before the transaction: a video must not hold a connection.
    """
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明移送的理由和依据。"})
    if len(reason) > 400:
        raise Invalid({"reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "hand_over"):
            return 0
        refusal = handing_refusal(file, actor)
        if refusal:
            raise Refused(refusal)
        await receiving_body(file, to_organisation)
        material = await _material(file)
    copies = [
        await receive(each.pieces(), each.file.name, max_bytes=each.size + 1) for each in material
    ]
    return await _hand_over(actor, case, to_organisation, reason, copies, token)


async def _material(file: CaseFile) -> list[OpenFile]:
    """The originals of all evidence that counts, each file once."""
    live = {v["id"] for v in file.visits if v["state"] in (OPEN, "submitted")}
    wanted = dict.fromkeys(
        e["file"] for e in file.evidence if e["voided_at"] is None and e["visit"] in live
    )
    return [await open_(each, original=True) for each in wanted]


@retried
async def _hand_over(
    actor: Actor,
    case: int,
    to_organisation: int,
    reason: str,
    copies: Sequence[Received],
    token: str,
) -> int:
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        refusal = handing_refusal(file, actor)
        if refusal:
            raise Refused(refusal)
        to = await receiving_body(file, to_organisation)
        party = await party_of(actor.scope, case)
        sealed = encrypt(msgspec.json.encode(party_in_full(party)).decode(), SEALED)
        unit = actor.organisation
        shown = {
            k: party.get(k) or ""
            for k in ("kind", "name_shown", "code", "id_number_masked", "address_shown")
        }

        async def take(_sent: SubjectRef, place: Place) -> SubjectRef:
            kept = [await keep(each, place=place, purpose="cases.referral") for each in copies]
            made = await value(
                """insert into cases_referral (from_case, from_number, from_unit, from_region_lo,
                     from_org_lo, organisation, title, party, sealed, reason, files, state,
                     received_at, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11::jsonb, 'waiting',
                     $12, $13, $14) returning id""",
                case,
                file.row["case_number"],
                (unit.name if unit else file.row["body_name"])[:200],
                file.place.region_lo,
                file.place.org_lo,
                to.id,
                file.row["title"],
                json(shown),
                sealed,
                reason,
                json([{"id": k.id, "name": k.name, "sha256": k.sha256} for k in kept]),
                clock.now(),
                place.region_lo,
                place.org_lo,
            )
            return SubjectRef(REFERRAL, int(made))

        done = await hand_over(file.subject, to.region, to.id, take)
        await _close_here(file, actor, to, reason)
        await remember(file, actor, token, "hand_over")
        return done.received.id


async def _close_here(file: CaseFile, actor: Actor, to: OrganisationRow, reason: str) -> None:
    """The sender's file ends as it stands: the open entry kept, no clock, nobody's turn."""
    now, visit, step = clock.now(), file.open_visit, file.step
    marks = await face_of(file, step.key, visit["number"] if visit else 0, step.stage)
    said = f"移送{to.name}：{reason}"
    for each in await running_clocks(file):
        await stop_clock(each.id)
    if visit is not None:
        visit.update(state=SUPERSEDED, ended_at=now)
        await execute(
            "update cases_visit set state = 'superseded', ended_at = $2, ended_reason = $3"
            " where id = $1",
            visit["id"],
            now,
            said[:500],
        )
    file.row.update(state="transferred", closed_at=now, visit=None)
    await execute(
        """update cases_case set state = 'transferred', closed_at = $2, visit = null,
             due_at = null, outcome = '移送', handed_to = $3 where id = $1""",
        file.id,
        now,
        to.name[:200],
    )
    await take_turn_away(file)
    for kind in ("handed_over", "closed"):
        await tell(
            file,
            compose(
                file,
                actor,
                kind,
                visit=visit,
                step=step,
                clocks=marks,
                reason=said,
                approver=actor.person,
            ),
        )


# --- the receiving body --------------------------------------------------------------------------


async def _waiting(actor: Actor, referral: int) -> dict[str, Any]:
    found = await referral_of(actor.scope, referral, lock=True)
    if found is None:
        raise NotFound("没有找到这件移送，可能不在你的管理范围内。")
    if found["state"] != "waiting":
        raise Refused("这件移送已经处理过了。")
    return found


async def open_referral(
    actor: Actor, referral: int, item: int, title: str, *, token: str = ""
) -> int:
    """Open a case from a referral: the party as it was handed over, the source named."""
    async with transaction(actor.scope):
        found = await _waiting(actor, referral)
        if await item_version(actor.scope, item) is None:
            raise Invalid({"item": "这个事项已经更新或停用，请重新选择。"})
        full = msgspec.json.decode(decrypt(found["sealed"], SEALED), type=dict[str, str])
        kind = str(found["party"].get("kind") or "organisation")
        opening = Opening(
            item_version=item,
            title=title or found["title"],
            source="transferred",
            source_note=f"{found['from_unit']}移送，原案号 {found['from_number']}",
            party=PartyDraft(
                kind,
                full.get("name", ""),
                str(found["party"].get("code") or ""),
                full.get("id_number", ""),
                full.get("legal_representative", ""),
                full.get("address", ""),
                full.get("phone", ""),
            ),
            officers=(Choice(actor.person, "lead"),),
            token=token,
            same_party_confirmed=True,
        )
        case = await open_case(actor, opening)
        file = await load_case(actor.scope, case)
        assert file is not None
        await execute("update cases_referral set opened_case = $2 where id = $1", referral, case)
        await _answer(
            actor,
            found,
            "opened",
            f"{file.row['department_name']}已立案，案号 {file.row['case_number']}",
        )
        return case


async def decline_referral(actor: Actor, referral: int, reason: str) -> None:
    """No case is opened: the reason is told to the body that handed it over."""
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明不予立案的理由。"})
    if len(reason) > 200:
        raise Invalid({"reason": "理由最多 200 个字。"})
    async with transaction(actor.scope):
        found = await _waiting(actor, referral)
        await _answer(actor, found, "declined", f"不予立案：{reason}")


async def _answer(actor: Actor, found: Mapping[str, Any], state: str, sentence: str) -> None:
    await execute(
        """update cases_referral set state = $2, answer = $3, answered_at = $4,
             answered_by_name = $5 where id = $1""",
        found["id"],
        state,
        sentence[:300],
        clock.now(),
        actor.name[:60],
    )
    await record(
        "cases.referral_answered",
        SubjectRef(REFERRAL, found["id"]),
        ReferralAnswered(
            referral=found["id"],
            from_case=found["from_case"],
            from_number=found["from_number"],
            from_region_lo=found["from_region_lo"],
            from_org_lo=found["from_org_lo"],
            state=state,
            sentence=sentence[:300],
        ),
        Place(found["region_lo"], found["org_lo"]),
    )


async def note_answer(payload: Mapping[str, Any]) -> None:
    """The answer travels back as a fact: it stands on the sender's file, and its people are told."""
    told = msgspec.convert(payload, ReferralAnswered)
    place = Place(told.from_region_lo, told.from_org_lo)
    async with transaction(Scope.of_place(place, reason="移送的结果写回原案件")):
        known = await row(
            """update cases_case set handed_answer = $2 where id = $1 and state = 'transferred'
               and handed_answer <> $2 returning opened_by, case_number""",
            told.from_case,
            told.sentence,
        )
        if known is not None:
            await notify(
                "cases.referral_answered",
                [known["opened_by"]],
                subject_of(told.from_case),
                {"number": known["case_number"], "sentence": told.sentence},
                place,
            )
