# SPDX-License-Identifier: Apache-2.0
"""注销, 强制注销, 暂扣, 吊销, transfers and renamings: each with its paper, each to the day."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.db import execute, lock_subjects, row, rows, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import (
    OrganisationRow,
    change_organisation,
    change_person,
    decrypt,
    organisation,
    person,
)
from plugins.certificates.facts import CardAct, Renamed, Transferred
from plugins.certificates.forms import BasicsForm, DailyForm, RenameForm, StateForm, TransferForm
from plugins.certificates.queries.applying import forced_entry
from plugins.certificates.queries.bodies import body_of, body_row
from plugins.certificates.queries.inspecting import open_inspection
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.rules.daily import ACTS, acts_for
from plugins.certificates.services.applying import PAPER, PHOTO, digest_of
from plugins.certificates.services.base import (
    BODIES_WRITE,
    SUBMIT,
    Actor,
    acts_for_unit,
    must_review,
    person_ref,
    place_of,
    reviewer_of,
    tell,
)
from plugins.certificates.services.bodies import body_ref, place_officer
from plugins.certificates.services.cards import certificate_ref, change_state
from plugins.certificates.services.ending import end_inspection, end_requests
from plugins.certificates.services.lists import put_on_forced_list
from plugins.certificates.services.signing import ask_to_sign

_CARD = """select c.id, c.officer, c.person, c.number, c.holder_name as name, c.unit_name,
    c.valid_from, c.valid_until, c.inspection_due, c.published, c.photo, c.region_lo, c.org_lo,
    c.token, o.organisation, o.closed_at, g.name as organisation_name, p.state, p.since,
    n.id_number_masked, n.phone_masked, o.position, o.category
  from certificates_certificate c
  join certificates_officer o on o.id = c.officer
  join core_organisation g on g.id = o.organisation
  left join core_person n on n.id = c.person
  left join lateral (select p.state, p.since from certificates_period p
    where p.certificate = c.id order by p.since desc, p.id desc limit 1) p on true
  where c.id = $1"""


async def card_row(certificate: int) -> dict[str, Any] | None:
    """A card with its holder and its reviewing office, under the open scope."""
    found = await row(_CARD, certificate)
    if found is None:
        return None
    unit = await organisation(found["organisation"])
    office = await reviewer_of(unit) if unit else None
    found["reviewer_lo"] = office.lo if office else 0
    found["reviewer_region_lo"] = office.region_lo if office else 0
    return found


async def take(who: Actor, certificate: int) -> dict[str, Any]:
    """The card, its holder locked, if he may see it."""
    found = await card_row(certificate)
    if found is None or not who.sees(found):
        raise NotFound
    await lock_subjects(person_ref(found["person"]))
    found = await card_row(certificate)
    assert found is not None
    return found


async def act(who: Actor, certificate: int, form: DailyForm, paper: Received | None) -> None:
    """Do one of the acts of ``rules.daily`` with its paper; what follows follows here."""
    if paper is None:
        raise Invalid({"evidence": "请上传依据。"})
    async with transaction(who.wide):
        found = await take(who, certificate)
        doing = ACTS[form.act]
        if doing.office or not await acts_for_unit(who, found):
            must_review(who, found)
        if form.act not in {key for key, _ in acts_for(found["state"] or "", office=True)}:
            raise Refused(f"证件现在的状态不能办{doing.title}。")
        place = place_of(found)
        if doing.leaves:
            await end_inspection(certificate, f"{doing.title}：{form.reason}")
        stored = await keep(paper, place=place, purpose=PAPER)
        await change_state(
            certificate,
            StateForm(doing.state, form.since, f"{doing.title}：{form.reason}"),  # type: ignore[arg-type]
        )
        await execute(
            """insert into certificates_cancellation
                 (certificate, person, name, kind, reason, evidence, since, by, at, region_lo,
                  org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
            certificate,
            found["person"],
            found["name"],
            form.act,
            form.reason,
            stored.id,
            form.since,
            who.user_id,
            clock.now(),
            place.region_lo,
            place.org_lo,
        )
        if doing.leaves:
            await execute(
                "update certificates_officer set closed_at = $2 where id = $1",
                found["officer"],
                clock.now(),
            )
        if doing.listed:
            await _strike_off(found, form.reason, stored.id)
        await record(
            "certificates.card_act",
            person_ref(found["person"]),
            CardAct(certificate, found["person"], found["number"], form.act, form.reason),
            place,
        )
        await tell(
            "card_act",
            certificate_ref(certificate),
            place,
            person=found["person"],
            office=SUBMIT,
            name=found["name"],
            number=found["number"],
            act=doing.title,
            reason=form.reason,
        )


async def _strike_off(found: dict[str, Any], reason: str, evidence: int) -> None:
    """强制注销: the number goes on the list, applications under way end."""
    sealed = await row(
        "select id_number, id_number_masked from core_person where id = $1", found["person"]
    )
    if sealed is None or sealed["id_number"] is None:
        raise Refused("这个人没有登记身份证号，列不进强制注销名单，请先补上。")
    digest = digest_of(decrypt(sealed["id_number"], "person.id_number"))
    await put_on_forced_list(
        digest,
        sealed["id_number_masked"],
        found["name"],
        found["organisation_name"],
        reason,
        evidence,
        place_of(found),
    )
    await end_requests(found["person"], f"强制注销：{reason}")


async def transfer(who: Actor, certificate: int, form: TransferForm) -> None:
    """An officer goes to another body of the same office; the number stays, the face changes."""
    async with transaction(who.wide):
        found = await take(who, certificate)
        must_review(who, found)
        unit = await organisation(form.organisation)
        if unit is None or unit.valid_to is not None:
            raise Invalid({"organisation": "请选择单位。"})
        if unit.id == found["organisation"]:
            raise Invalid({"organisation": "已经在这个单位。"})
        office = await reviewer_of(unit)
        if office is None or not who.reviews(
            {"reviewer_lo": office.lo, "reviewer_region_lo": office.region_lo}
        ):
            raise Invalid({"organisation": "调入单位不归本机构审核，请由上级办理。"})
        if await open_inspection(certificate):
            raise Refused("年审还没有办完，办完再调动。")
        if found["closed_at"] is not None:
            raise Refused("这个人已经离岗，不能调动。")
        await place_officer(found["officer"], found["person"], unit)
        await execute(
            """insert into certificates_transfer (person, name, before, after, reason, at, by,
                 region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            found["person"],
            found["name"],
            found["organisation"],
            unit.id,
            form.reason,
            clock.now(),
            who.user_id,
            unit.region_lo,
            unit.lo,
        )
        await record(
            "certificates.officer_transferred",
            person_ref(found["person"]),
            Transferred(found["officer"], found["person"], found["organisation"], unit.id),
            place_of({"region_lo": unit.region_lo, "org_lo": unit.lo}),
        )
        await _tell_both_units(found, unit, form.reason)
        await ask_to_sign()


async def _tell_both_units(found: dict[str, Any], unit: OrganisationRow, reason: str) -> None:
    """The officer and the unit he comes to read his card; the one he left its own page."""
    words = {
        "name": found["name"],
        "number": found["number"],
        "before": found["organisation_name"],
        "after": unit.name,
        "reason": reason,
    }
    there = place_of({"region_lo": unit.region_lo, "org_lo": unit.lo})
    await tell(
        "transferred",
        certificate_ref(found["id"]),
        there,
        person=found["person"],
        office=SUBMIT,
        **words,
    )
    left = await body_of(found["organisation"])
    await tell(
        "transferred_away",
        body_ref(left["id"] if left else 0),
        place_of(found),
        office=SUBMIT,
        **words,
    )


async def rename(who: Actor, body: int, form: RenameForm, paper: Received | None) -> int:
    """执法主体名称变更: its own faces and those of its entrusted units say the new name.

    Returns how many faces. Second-level bodies carry their own names and stay as they are. Cards
    in the hand stay good: the public page knows the name they were printed with.
    """
    if paper is None:
        raise Invalid({"evidence": "请上传更名文件。"})
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not who.sees(found):
            raise NotFound
        must_review(who, found)
        if form.name.strip() == found["name"]:
            raise Invalid({"name": "新名称和现在的一样。"})
        place = place_of(found)
        stored = await keep(paper, place=place, purpose=PAPER)
        unit = await change_organisation(
            found["organisation"],
            name=form.name,
            short_name=form.short_name,
            unified_code=found["unified_code"],
        )
        renaming: int = await value(
            """insert into certificates_renaming (organisation, before, after, evidence, at, by,
                 region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8) returning id""",
            unit.id,
            found["name"],
            unit.name,
            stored.id,
            clock.now(),
            who.user_id,
            place.region_lo,
            place.org_lo,
        )
        faces = await _new_faces(renaming, unit.id, unit.name, clock.today())
        await execute("update certificates_renaming set faces = $2 where id = $1", renaming, faces)
        await record(
            "certificates.body_renamed",
            body_ref(body),
            Renamed(body, found["name"], unit.name, faces),
            place,
        )
        await tell(
            "body_renamed",
            body_ref(body),
            place,
            office=BODIES_WRITE,
            before=found["name"],
            after=unit.name,
            faces=faces,
        )
        await ask_to_sign()
    return faces


async def _new_faces(renaming: int, unit: int, name: str, today: date) -> int:
    """Whose face carries the name: the unit's officers and those of its entrusted units."""
    changed = await rows(
        """update certificates_certificate c set unit_name = $2
           from certificates_officer o join core_organisation g on g.id = o.organisation,
                certificates_certificate old
           where o.id = c.officer and old.id = c.id and o.closed_at is null
             and (g.id = $1 or (g.kind = 'entrusted' and g.parent = $1))
             and c.unit_name <> $2
           returning c.id, old.unit_name as before, c.region_lo, c.org_lo""",
        unit,
        name,
    )
    for each in changed:
        await execute(
            """insert into certificates_face_name (certificate, renaming, before, until, region_lo,
                 org_lo)
               values ($1, $2, $3, $4, $5, $6)""",
            each["id"],
            renaming,
            each["before"],
            today,
            each["region_lo"],
            each["org_lo"],
        )
    return len(changed)


async def complete_basics(
    who: Actor, officer: int, form: BasicsForm, photo: Received | None
) -> None:
    """完善基本信息 before an inspection: telephone and ID number, and a newer photo (S2-21).

    Done by the unit, or by the officer himself, who cannot change his ID number.
    """
    async with transaction(who.wide):
        found = await row(
            "select id, person, name, position, region_lo, org_lo from certificates_officer"
            " where id = $1 and closed_at is null",
            officer,
        )
        if found is None:
            raise NotFound
        own = bool(who.person_id) and who.person_id == found["person"]
        if not own and not await acts_for_unit(who, found):
            raise NotFound
        holder = await person(found["person"])
        if holder is None:
            raise NotFound
        number = form.id_number.strip()
        if number and holder.id_number_masked and own:
            raise Invalid({"id_number": "身份证号由单位更正。"})
        # Whoever was registered without a number meets the list when the number comes.
        if number and await forced_entry(digest_of(number)):
            raise Invalid({"id_number": STRUCK_OFF})
        await change_person(
            holder.id,
            name=holder.name,
            position=holder.position,
            heads=holder.heads,
            phone=form.phone or None,
            id_number=number or None,
        )
        if photo is not None:
            stored = await keep(photo, place=place_of(found), purpose=PHOTO)
            await execute(
                "update certificates_officer set photo = $2 where id = $1", officer, stored.id
            )
