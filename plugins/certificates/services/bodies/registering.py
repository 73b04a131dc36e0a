# SPDX-License-Identifier: Apache-2.0
"""A body registers itself at the public door; the office opens its account."""

from core.api import clock
from core.api.db import execute, lock_subjects, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.people import (
    clean,
    decrypt,
    encrypt,
    found_organisation,
    mask_id_number,
    mask_phone,
    organisation,
    organisation_by_code,
    phone_problem,
    read_id_number,
    unified_code_problem,
)
from core.api.turns import close_turn
from plugins.certificates.facts import BodyChanged
from plugins.certificates.forms import (
    DecisionForm,
    RegistrationForm,
)
from plugins.certificates.queries.bodies import body_row, registration_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    Actor,
    give_office,
    must_review,
    place_of,
)
from plugins.certificates.services.bodies.base import (
    ID_NUMBER,
    PHONE,
    ask_superior,
    ask_unit,
    body_ref,
    enter_body,
    record_act,
    registration_ref,
    superior_done,
)
from plugins.certificates.services.bodies.including import is_superior, open_account


async def register(form: RegistrationForm) -> int:
    """A body registers itself at the public door. Returns the registration's id."""
    errors = {
        "unified_code": unified_code_problem(form.unified_code),
        "phone": phone_problem(clean(form.phone)),
    }
    read = read_id_number(form.id_number, clock.today())
    if isinstance(read, str):
        errors["id_number"] = read
    office = await organisation(form.reviewer)
    if office is None or office.kind != "justice":
        errors["reviewer"] = "请选择负责审核的法制机构。"
    superior = None
    if form.kind != "first":
        superior = await organisation_by_code(clean(form.superior_code))
        if superior is None:
            errors["superior_code"] = "没有这个统一社会信用代码的单位，请填上级的代码。"
    if await organisation_by_code(clean(form.unified_code)):
        errors["unified_code"] = "这个单位已经登记，请用原来的账号登录。"
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    assert office is not None
    number, phone = clean(form.id_number), clean(form.phone)
    registration: int = await value(
        """insert into certificates_registration
             (name, kind, unified_code, superior, superior_lo, admin_name, admin_id_number,
              admin_id_masked, admin_phone, admin_phone_masked, reviewer, reviewer_lo,
              reviewer_region_lo, at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, 0)
           returning id""",
        form.name.strip(),
        form.kind,
        clean(form.unified_code),
        superior.id if superior else None,
        superior.lo if superior else 0,
        form.admin_name.strip(),
        encrypt(number, ID_NUMBER),
        mask_id_number(number),
        encrypt(phone, PHONE),
        mask_phone(phone),
        office.id,
        office.lo,
        office.region_lo,
        clock.now(),
    )
    found = await registration_row(registration)
    assert found is not None
    await give_office(
        found,
        registration_ref(registration),
        title=f"{form.name.strip()}申请注册",
        step="账户审核",
        path=f"/certificates/registrations/{registration}",
    )
    await ask_superior(
        registration_ref(registration), found, f"/certificates/registrations/{registration}"
    )
    await record(
        "certificates.body_registered",
        registration_ref(registration),
        BodyChanged(registration, "registered"),
        place_of(found),
    )
    return registration


async def include_registration(who: Actor, registration: int) -> None:
    """The superior includes a body that is not approved yet: neither comes first."""
    async with transaction(who.wide):
        found = await registration_row(registration)
        if found is None or not is_superior(who, found):
            raise NotFound
        if found["included_at"] is not None or found["state"] != "submitted":
            raise Conflict("已经处理过了。")
        await execute(
            "update certificates_registration set included_at = $2, included_by = $3 where id = $1",
            registration,
            clock.now(),
            who.user_id,
        )
        await superior_done(registration_ref(registration))


async def open_registration(who: Actor, registration: int, form: DecisionForm) -> tuple[int, str]:
    """The legal office lets a registered body in. Returns the body and the slip, shown once."""
    async with transaction(who.wide):
        await lock_subjects(registration_ref(registration))
        found = await registration_row(registration)
        if found is None:
            raise NotFound
        must_review(who, found)
        if found["state"] != "submitted":
            raise Conflict("这份注册已经处理过了。")
        if form.decision != "pass":
            if len(form.reason.strip()) < 2:
                raise Invalid({"reason": "不予注册要写明理由。"})
            await execute(
                """update certificates_registration set state = 'rejected', reason = $2,
                     decided_at = $3, decided_by = $4 where id = $1""",
                registration,
                form.reason.strip(),
                clock.now(),
                who.user_id,
            )
            await close_turn(registration_ref(registration))
            return 0, ""
        office = await organisation(found["reviewer"])
        assert office is not None
        unit = await found_organisation(
            found["name"],
            rules.ORGANISATION_KINDS[found["kind"]],
            office.region,
            parent=found["superior"],
            unified_code=found["unified_code"],
        )
        superior = await organisation(found["superior"]) if found["superior"] else None
        body = await enter_body(unit, found["kind"], "registered", superior)
        sealed = await row(
            "select admin_id_number, admin_phone, included_at, included_by"
            " from certificates_registration where id = $1",
            registration,
        )
        assert sealed is not None
        number = decrypt(sealed["admin_id_number"], ID_NUMBER)
        phone = decrypt(sealed["admin_phone"], PHONE)
        await execute(
            """update certificates_body set admin_name = $2, admin_phone = $3,
                 admin_phone_masked = $4, included_at = $5, included_by = $6 where id = $1""",
            body,
            found["admin_name"],
            encrypt(phone, PHONE),
            mask_phone(phone),
            sealed["included_at"],
            sealed["included_by"],
        )
        slip = await open_account(who, unit, found["admin_name"], number, phone)
        await execute(
            """update certificates_registration set state = 'opened', organisation = $2,
                 decided_at = $3, decided_by = $4 where id = $1""",
            registration,
            unit.id,
            clock.now(),
            who.user_id,
        )
        await close_turn(registration_ref(registration))
        await ask_unit(body)
        await ask_superior(body_ref(body), await body_row(body), f"/certificates/bodies/{body}")
        await record_act(body, "opened", place_of({"region_lo": unit.region_lo, "org_lo": unit.lo}))
    return body, slip
