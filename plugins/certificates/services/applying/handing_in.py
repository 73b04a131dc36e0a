# SPDX-License-Identifier: Apache-2.0
"""The unit hands in an application, and puts right what was found wrong."""

from core.api import clock
from core.api.db import execute, transaction, value
from core.api.errors import Conflict, Invalid
from core.api.facts import record
from core.api.files import Received, keep
from core.api.people import (
    clean,
    encrypt,
    mask_id_number,
    mask_phone,
    organisation,
    phone_problem,
)
from plugins.certificates.facts import (
    Applied,
)
from plugins.certificates.forms import CorrectForm, RequestForm
from plugins.certificates.rules import applying as rules
from plugins.certificates.services.applying.base import NUMBER, PHONE, PHOTO, digest_of, take
from plugins.certificates.services.applying.checking import check
from plugins.certificates.services.base import (
    Actor,
    must_submit,
    place_of,
    request_ref,
    reviewer_of,
)
from plugins.certificates.services.bodies import must_be_open


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
        await check(request)
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
        return await check(request)
