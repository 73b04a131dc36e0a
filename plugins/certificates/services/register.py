# SPDX-License-Identifier: Apache-2.0
"""Entering a person as an officer."""

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    current_scope,
    lock_subjects,
    transaction,
    value,
)
from core.api.errors import Invalid, NotFound
from core.api.facts import record
from core.api.people import (
    OrganisationRow,
    PersonRow,
    decrypt,
    enter_person,
    organisation,
    person,
    person_by_id_number,
)
from plugins.certificates.facts import OfficerRegistered
from plugins.certificates.forms import OfficerForm
from plugins.certificates.queries.applying import forced_entry
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.cards import Particulars, enter_certificate, read_particulars
from plugins.certificates.services.entering import ID_NUMBER


async def register_officer(form: OfficerForm) -> int:
    """Enter a person as officer by hand (填报人员), with the certificate when there is one.

    An identity number that is already known joins the existing person. Returns the officer's id.
    Raises Invalid per field. Records ``certificates.officer_registered``.
    """
    particulars = read_particulars(form)
    async with transaction():
        body = await organisation(form.organisation)
        if body is None:
            raise Invalid({"organisation": "请选择单位。"})
        holder = await find_or_enter_person(form, body)
        await _must_not_be_struck_off(holder)
        return await enter_officer(
            holder, body, category=form.category, position=form.position, card=particulars
        )


async def _must_not_be_struck_off(holder: PersonRow) -> None:
    """Nobody comes back by way of the register whom an application would refuse (S2-26)."""
    everywhere = Scope.platform("强制注销名单对所有地区有效", actor=current_scope().actor)
    async with transaction(everywhere):
        sealed = await value("select id_number from core_person where id = $1", holder.id)
        if sealed is not None and await forced_entry(digest_of(decrypt(sealed, ID_NUMBER))):
            raise Invalid({"id_number": STRUCK_OFF})


async def find_or_enter_person(form: OfficerForm, body: OrganisationRow) -> PersonRow:
    if form.person is not None:
        found = await person(form.person)
        if found is None:
            raise NotFound
        return found
    if form.id_number:
        known = await person_by_id_number(form.id_number)
        if known is not None:
            if known.organisation != body.id:
                raise Invalid(
                    {"id_number": f"这个身份证号已登记在{known.name}名下，属于另一个单位。"}
                )
            if known.name != form.name.strip():
                raise Invalid({"name": f"这个身份证号登记的姓名是“{known.name}”，请核对。"})
            return known
    return await enter_person(
        form.name,
        body.id,
        id_number=form.id_number,
        phone=form.phone,
        position=form.position,
    )


async def enter_officer(
    holder: PersonRow,
    body: OrganisationRow,
    *,
    category: str,
    position: str,
    card: Particulars | None,
    batch: int | None = None,
) -> int:
    await lock_subjects(SubjectRef("core.person", holder.id))
    taken = await value(
        "select id from certificates_officer where person = $1 and closed_at is null", holder.id
    )
    if taken:
        raise Invalid({"name": f"{holder.name}已经登记为执法人员。"})
    place = Place(body.region_lo, body.lo)
    officer = await value(
        """insert into certificates_officer (person, name, organisation, category, position, batch,
                                             created_at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           on conflict (person) do update set closed_at = null, organisation = excluded.organisation,
             category = excluded.category, position = excluded.position, batch = excluded.batch,
             region_lo = excluded.region_lo, org_lo = excluded.org_lo
           returning id""",
        holder.id,
        holder.name,
        body.id,
        category,
        position or holder.position,
        batch,
        clock.now(),
        place.region_lo,
        place.org_lo,
    )
    if batch is None:
        # A batch records one fact for all its officers, else 50,000 rows would be 50,000 facts.
        await record(
            "certificates.officer_registered",
            SubjectRef("certificates.officer", officer),
            OfficerRegistered(officer, holder.id, body.id),
            place,
        )
    if card is not None:
        await enter_certificate(officer, holder, body, category, card)
    return int(officer)
