# SPDX-License-Identifier: Apache-2.0
"""The superior takes a body into its account or creates one below it; whose officers are whose."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.accounts import create_account, grant_role, issue_slip, login_of_pinyin
from core.api.db import execute, lock_subjects, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import (
    OrganisationRow,
    clean,
    encrypt,
    enter_person,
    found_organisation,
    mask_phone,
    move_person,
    organisation,
    person_by_id_number,
    phone_problem,
    read_id_number,
)
from plugins.certificates.forms import CreateBodyForm
from plugins.certificates.queries.bodies import body_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    BODIES_WRITE,
    INCLUDE,
    Actor,
    place_of,
    tell,
    unit_name_of,
)
from plugins.certificates.services.bodies.base import (
    PHONE,
    ask_unit,
    body_ref,
    enter_body,
    record_act,
    superior_done,
)


async def include(who: Actor, body: int) -> None:
    """纳入: the superior takes the body into its account; before or after the approval."""
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not is_superior(who, found):
            raise NotFound
        if found["included_at"] is not None:
            raise Conflict("已经纳入。")
        await execute(
            "update certificates_body set included_at = $2, included_by = $3 where id = $1",
            body,
            clock.now(),
            who.user_id,
        )
        await superior_done(body_ref(body))
        await record_act(body, "included", place_of(found))
        await tell(
            "body_included",
            body_ref(body),
            place_of(found),
            office=BODIES_WRITE,
            name=found["name"],
        )


def is_superior(who: Actor, found: Mapping[str, Any]) -> bool:
    """Whether he acts for the first-level body above, and not for the subordinate itself."""
    return (
        who.may(INCLUDE)
        and who.organisation is not None
        and bool(found["superior_lo"])
        and found["superior_lo"] in who.organisation
    )


def may_include(who: Actor, found: Mapping[str, Any]) -> bool:
    """Whether the button is his."""
    return found["included_at"] is None and found["kind"] != "first" and is_superior(who, found)


async def place_officer(officer: int, person: int, unit: OrganisationRow) -> None:
    """An officer and his cards now belong to another unit; what he did stays where it was.

    The face says the name of the unit he comes to, as if he had been registered there; whoever
    calls this asks for new signatures.
    """
    await move_person(person, unit.id)
    for table, key in (
        ("certificates_officer", "id"),
        ("certificates_certificate", "officer"),
    ):
        await execute(
            f"update {table} set region_lo = $2, org_lo = $3 where {key} = $1",
            officer,
            unit.region_lo,
            unit.lo,
        )
    await execute(
        """update certificates_period set region_lo = $2, org_lo = $3 where certificate in
             (select id from certificates_certificate where officer = $1)""",
        officer,
        unit.region_lo,
        unit.lo,
    )
    await execute(
        "update certificates_officer set organisation = $2 where id = $1", officer, unit.id
    )
    await execute(
        """update certificates_certificate c set unit_name = $2 where officer = $1
             and valid_until >= $3 and not exists (
               select 1 from certificates_period p where p.certificate = c.id
                 and p.until is null and p.state in ('cancelled', 'revoked'))""",
        officer,
        await unit_name_of(unit),
        clock.today(),
    )


async def create_below(who: Actor, form: CreateBodyForm) -> tuple[int, str]:
    """The superior creates a subordinate body with its account; it is included at once."""
    errors = {"phone": phone_problem(clean(form.phone))}
    read = read_id_number(form.id_number, clock.today())
    if isinstance(read, str):
        errors["id_number"] = read
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    async with transaction(who.wide):
        above = await organisation(form.superior)
        if (
            above is None
            or not who.may(INCLUDE)
            or not who.scope.may_write(place_of({"region_lo": above.region_lo, "org_lo": above.lo}))
        ):
            raise NotFound
        unit = await found_organisation(
            form.name,
            rules.ORGANISATION_KINDS[form.kind],
            above.region,
            parent=above.id,
            unified_code=form.unified_code,
        )
        body = await enter_body(unit, form.kind, "created", above)
        await execute(
            """update certificates_body set included_at = $2, included_by = $3, admin_name = $4,
                 admin_phone = $5, admin_phone_masked = $6 where id = $1""",
            body,
            clock.now(),
            who.user_id,
            form.admin_name.strip(),
            encrypt(clean(form.phone), PHONE),
            mask_phone(clean(form.phone)),
        )
        slip = await open_account(
            who, unit, form.admin_name.strip(), clean(form.id_number), clean(form.phone)
        )
        await ask_unit(body)
        await record_act(
            body, "created", place_of({"region_lo": unit.region_lo, "org_lo": unit.lo})
        )
    return body, slip


async def open_account(
    who: Actor, unit: OrganisationRow, name: str, number: str, phone: str
) -> str:
    """The administrator of a new body: person, account, role; the slip is shown once."""
    known = await person_by_id_number(number)
    if known is not None and known.organisation != unit.id:
        raise Refused(f"{name}已经登记在别的单位，请另指定管理员，或先办理调出。")
    admin = known or await enter_person(name, unit.id, id_number=number, phone=phone)
    login = await login_of_pinyin(name)
    user = await create_account(login, name, person=admin.id, by=who.user_id)
    await grant_role(user, "body_admin", organisation=unit.id, by=who.user_id)
    return f"{login} {await issue_slip(user, who.user_id)}"
