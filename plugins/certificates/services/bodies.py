# SPDX-License-Identifier: Apache-2.0
"""Bodies and their accounts: complete, hand in, review, include, entrust, divide, open."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.accounts import create_account, grant_role, issue_slip, login_of_pinyin
from core.api.db import SubjectRef, execute, lock_subjects, row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep, publish
from core.api.people import (
    OrganisationRow,
    change_organisation,
    clean,
    decrypt,
    encrypt,
    enter_person,
    found_organisation,
    mask_id_number,
    mask_phone,
    move_person,
    organisation,
    organisation_by_code,
    person_by_id_number,
    phone_problem,
    read_id_number,
    unified_code_problem,
)
from core.api.turns import close_turn
from plugins.certificates.facts import BodyChanged, LetterKept
from plugins.certificates.forms import (
    BodyForm,
    CreateBodyForm,
    DecisionForm,
    DivideForm,
    LetterForm,
    RegistrationForm,
)
from plugins.certificates.queries.bodies import body_of, body_row, registration_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    BODIES_WRITE,
    BODY,
    INCLUDE,
    REGISTRATION,
    Actor,
    give_office,
    give_unit,
    must_review,
    must_submit,
    place_of,
    reviewer_of,
    tell,
)

PHONE, ID_NUMBER = "certificates.body.phone", "certificates.registration.id_number"
LETTER = "certificates.letter"


def body_ref(body: int) -> SubjectRef:
    return SubjectRef(BODY, body)


def registration_ref(registration: int) -> SubjectRef:
    return SubjectRef(REGISTRATION, registration)


def info_of(body: Mapping[str, Any]) -> rules.Info:
    """What the body has said about itself so far."""
    return rules.Info(
        kind=body["kind"],
        unified_code=body["unified_code"],
        staffing=tuple(body[key] for key, _ in rules.STAFFING),
        admin_phone=bool(body["admin_phone_masked"]),
        basis=body["basis"],
        basis_url=body["basis_url"],
        superior=body["superior"],
    )


async def must_be_open(unit: OrganisationRow) -> None:
    """Refuse business until every condition of the unit's account holds (S2-15)."""
    if reasons := rules.closed_because(await body_of(unit.id), clock.today()):
        raise Refused(*reasons)


async def _record(body: int, act: str, place: Any, reason: str = "") -> None:
    await record("certificates.body_changed", body_ref(body), BodyChanged(body, act, reason), place)


async def enter_body(
    unit: OrganisationRow, kind: str, origin: str, superior: OrganisationRow | None
) -> int:
    """The row of an organisation as a body, if there is none yet."""
    office = await reviewer_of(unit)
    return int(
        await value(
            """insert into certificates_body (organisation, kind, origin, superior, superior_lo,
                 reviewer_lo, reviewer_region_lo, created_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (organisation) do update set organisation = excluded.organisation
               returning id""",
            unit.id,
            kind,
            origin,
            superior.id if superior else None,
            superior.lo if superior else 0,
            office.lo if office else 0,
            office.region_lo if office else 0,
            clock.now(),
            unit.region_lo,
            unit.lo,
        )
    )


async def _own(who: Actor, body: int) -> dict[str, Any]:
    """The body, locked, if its own account acts."""
    await lock_subjects(body_ref(body))
    found = await body_row(body)
    if found is None or not who.sees(found):
        raise NotFound
    await must_submit(who, found, BODIES_WRITE)
    return found


async def begin(who: Actor, unit: int) -> int:
    """An existing organisation enters itself as a body, to complete its information."""
    async with transaction(who.wide):
        home = await organisation(unit)
        if home is None or not who.scope.may_write(
            place_of({"region_lo": home.region_lo, "org_lo": home.lo})
        ):
            raise NotFound
        known = await body_of(unit)
        if known is not None:
            return int(known["id"])
        kind = rules.kind_of(home.kind)
        above = await organisation(home.parent) if kind != "first" and home.parent else None
        body = await enter_body(
            home, kind, "existing" if kind == "first" else "existing_second", above
        )
        await _record(body, "entered", place_of({"region_lo": home.region_lo, "org_lo": home.lo}))
        return body


async def complete(who: Actor, body: int, form: BodyForm) -> None:
    """完善资料; a body that was approved has to be approved again after a change."""
    phone = clean(form.admin_phone)
    errors = {
        "admin_phone": phone_problem(phone) if phone else "",
        "basis_url": rules.link_problem(form.basis_url.strip()),
        "unified_code": unified_code_problem(form.unified_code) if form.unified_code else "",
    }
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    async with transaction(who.wide):
        found = await _own(who, body)
        kind = "second" if form.is_second and found["kind"] == "first" else found["kind"]
        superior = found["superior"]
        superior_lo = found["superior_lo"]
        origin = found["origin"]
        if kind != "first" and form.superior_code:
            above = await organisation_by_code(clean(form.superior_code))
            if above is None:
                raise Invalid({"superior_code": "没有这个统一社会信用代码的单位，请核对。"})
            if above.id == found["organisation"]:
                raise Invalid({"superior_code": "上级不能是本单位。"})
            superior, superior_lo = above.id, above.lo
        if found["kind"] == "first":
            origin = "existing_second" if kind == "second" else "existing"
            if form.shared and kind == "first":
                origin = "shared"
        code = clean(form.unified_code) or found["unified_code"]
        if code != found["unified_code"]:
            other = await organisation_by_code(code)
            if other is not None and other.id != found["organisation"]:
                raise Invalid({"unified_code": f"这个代码已登记在{other.name}名下。"})
            unit = await organisation(found["organisation"])
            assert unit is not None
            await change_organisation(
                unit.id, name=unit.name, short_name=unit.short_name, unified_code=code
            )
        await execute(
            """update certificates_body set kind = $2, origin = $3, superior = $4,
                 superior_lo = $5, civil_quota = $6, civil_actual = $7, career_quota = $8,
                 career_actual = $9, other_quota = $10, other_actual = $11, admin_name = $12,
                 basis = $13, basis_url = $14,
                 included_at = case when superior is distinct from $4 then null
                   else included_at end,
                 state = case when state = 'approved' then 'draft' else state end
               where id = $1""",
            body,
            kind,
            origin,
            superior,
            superior_lo,
            form.civil_quota,
            form.civil_actual,
            form.career_quota,
            form.career_actual,
            form.other_quota,
            form.other_actual,
            form.admin_name.strip(),
            form.basis.strip(),
            form.basis_url.strip(),
        )
        if phone:
            await execute(
                "update certificates_body set admin_phone = $2, admin_phone_masked = $3"
                " where id = $1",
                body,
                encrypt(phone, PHONE),
                mask_phone(phone),
            )
        await _record(body, "completed", place_of(found))


async def submit(who: Actor, body: int) -> None:
    """Hand the account in to the legal office of the same level."""
    async with transaction(who.wide):
        found = await _own(who, body)
        if found["state"] not in ("draft", "returned"):
            raise Conflict(f"这个账户现在是“{rules.STATES[found['state']][1]}”，不用提交。")
        if lacks := rules.missing(info_of(found)):
            raise Refused("资料不完整，还缺：" + "、".join(lacks) + "。")
        if found["kind"] == "entrusted" and found["letter_until"] is None:
            raise Refused("受委托单位要先上传盖章的委托书。")
        await execute(
            """update certificates_body set state = 'submitted', submitted_at = $2,
                 submitted_by = $3, reason = '' where id = $1""",
            body,
            clock.now(),
            who.user_id,
        )
        await give_office(
            found,
            body_ref(body),
            title=f"{found['name']}的执法主体账户",
            step="账户审核",
            path=f"/certificates/bodies/{body}",
        )
        await _record(body, "submitted", place_of(found))


async def decide(who: Actor, body: int, form: DecisionForm, reviewer: int | None) -> None:
    """账户审核; the office may also say who reviews this body's papers from now on."""
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not who.sees(found):
            raise NotFound
        must_review(who, found)
        if found["state"] != "submitted":
            raise Conflict(f"这个账户现在是“{rules.STATES[found['state']][1]}”，不能审核。")
        if form.decision != "pass" and len(form.reason.strip()) < 2:
            raise Invalid({"reason": "退回要写明理由，主体会看到。"})
        state = "approved" if form.decision == "pass" else "returned"
        await execute(
            """update certificates_body set state = $2, reason = $3, decided_at = $4,
                 decided_by = $5 where id = $1""",
            body,
            state,
            form.reason.strip(),
            clock.now(),
            who.user_id,
        )
        if reviewer:
            await _appoint(found, reviewer)
        ref = body_ref(body)
        if state == "approved":
            await close_turn(ref)
            await tell(
                "body_approved", ref, place_of(found), office=BODIES_WRITE, name=found["name"]
            )
        else:
            await give_unit(
                found,
                ref,
                title=f"{found['name']}的执法主体账户",
                step="完善资料",
                path=f"/certificates/bodies/{body}",
                permission=BODIES_WRITE,
                note=form.reason.strip()[:100],
            )
            await tell(
                "body_returned",
                ref,
                place_of(found),
                office=BODIES_WRITE,
                name=found["name"],
                reason=form.reason.strip(),
            )
        await _record(body, state, place_of(found), form.reason.strip())


async def _appoint(found: Mapping[str, Any], reviewer: int) -> None:
    office = await organisation(reviewer)
    if office is None or office.kind not in ("justice", "justice_office"):
        raise Invalid({"reviewer": "请选择司法局或司法所。"})
    await execute(
        """update certificates_body set reviewer = $2, reviewer_lo = $3, reviewer_region_lo = $4
           where id = $1""",
        found["id"],
        office.id,
        office.lo,
        office.region_lo,
    )


async def include(who: Actor, body: int) -> None:
    """纳入: the superior takes the body into its account; before or after the approval."""
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not _is_superior(who, found):
            raise NotFound
        if found["included_at"] is not None:
            raise Conflict("已经纳入。")
        await execute(
            "update certificates_body set included_at = $2, included_by = $3 where id = $1",
            body,
            clock.now(),
            who.user_id,
        )
        await _record(body, "included", place_of(found))
        await tell(
            "body_included",
            body_ref(body),
            place_of(found),
            office=BODIES_WRITE,
            name=found["name"],
        )


def _is_superior(who: Actor, found: Mapping[str, Any]) -> bool:
    """Whether he acts for the first-level body above, and not for the subordinate itself."""
    return (
        who.may(INCLUDE)
        and who.organisation is not None
        and bool(found["superior_lo"])
        and found["superior_lo"] in who.organisation
    )


def may_include(who: Actor, found: Mapping[str, Any]) -> bool:
    """Whether the button is his."""
    return found["included_at"] is None and found["kind"] != "first" and _is_superior(who, found)


async def keep_letter(who: Actor, body: int, form: LetterForm, paper: Received | None) -> None:
    """委托书: a PDF with its term; published at once, the one before it withdrawn."""
    if paper is None or paper.media_type != "application/pdf":
        raise Invalid({"file": "请上传盖章的委托书，PDF 格式。"})
    if problem := rules.letter_problem(form.valid_from, form.valid_until):
        raise Invalid({"valid_until": problem})
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not (who.sees(found) or _is_superior(who, found)):
            raise NotFound
        if not _is_superior(who, found):
            await _own(who, body)
        if found["kind"] != "entrusted":
            raise Refused("只有受委托单位要委托书。")
        place = place_of(found)
        stored = await keep(paper, place=place, purpose=LETTER)
        await publish(stored.id)
        await execute(
            "update certificates_letter set withdrawn_at = $2 where body = $1"
            " and withdrawn_at is null",
            body,
            clock.now(),
        )
        letter: int = await value(
            """insert into certificates_letter (body, unit_name, superior_name, file, valid_from,
                 valid_until, created_at, created_by, region_lo, org_lo, published)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true) returning id""",
            body,
            found["name"],
            found["superior_name"] or "",
            stored.id,
            form.valid_from,
            form.valid_until,
            clock.now(),
            who.user_id,
            place.region_lo,
            place.org_lo,
        )
        await execute(
            "update certificates_body set letter_from = $2, letter_until = $3 where id = $1",
            body,
            form.valid_from,
            form.valid_until,
        )
        await record(
            "certificates.letter_kept",
            body_ref(body),
            LetterKept(body, letter, form.valid_until.isoformat()),
            place,
        )


async def divide(who: Actor, body: int, form: DivideForm) -> int:
    """Give the people of a shared account to the bodies they belong to. Returns how many moved."""
    async with transaction(who.wide):
        found = await _own(who, body)
        moved = 0
        for officer, target in zip(form.officer, form.target, strict=False):
            if not target:
                continue
            unit = await organisation(target)
            if unit is None or not (found["lo"] <= unit.lo <= found["hi"]):
                raise Invalid({"target": "只能划分到本单位的下属机构。"})
            held = await row(
                "select id, person from certificates_officer where id = $1 and organisation = $2"
                " and closed_at is null",
                officer,
                found["organisation"],
            )
            if held is not None and unit.id != found["organisation"]:
                await place_officer(held["id"], held["person"], unit)
                moved += 1
        if form.finished:
            await execute(
                "update certificates_body set divided_at = $2 where id = $1", body, clock.now()
            )
        await _record(body, "divided", place_of(found), f"{moved} 人")
    return moved


async def place_officer(officer: int, person: int, unit: OrganisationRow) -> None:
    """An officer and his cards now belong to another unit; what he did stays where it was."""
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


# --- new bodies ------------------------------------------------------------------------------


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
        if found is None or not _is_superior(who, found):
            raise NotFound
        if found["included_at"] is not None or found["state"] != "submitted":
            raise Conflict("已经处理过了。")
        await execute(
            "update certificates_registration set included_at = $2, included_by = $3 where id = $1",
            registration,
            clock.now(),
            who.user_id,
        )


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
        slip = await _open_account(who, unit, found["admin_name"], number, phone)
        await execute(
            """update certificates_registration set state = 'opened', organisation = $2,
                 decided_at = $3, decided_by = $4 where id = $1""",
            registration,
            unit.id,
            clock.now(),
            who.user_id,
        )
        await close_turn(registration_ref(registration))
        await _record(body, "opened", place_of({"region_lo": unit.region_lo, "org_lo": unit.lo}))
    return body, slip


async def _open_account(
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
        slip = await _open_account(
            who, unit, form.admin_name.strip(), clean(form.id_number), clean(form.phone)
        )
        await _record(body, "created", place_of({"region_lo": unit.region_lo, "org_lo": unit.lo}))
    return body, slip


async def units_below(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The subordinate organisations the people of a shared account may go to."""
    return await rows(
        """select id, name from core_organisation where lo between $1 and $2 and id <> $3
             and kind in ('second', 'entrusted') and valid_to is null order by lo""",
        body["lo"],
        body["hi"],
        body["organisation"],
    )


async def people_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The officers that stand in the body's own account."""
    return await rows(
        """select id, name, position from certificates_officer
           where organisation = $1 and closed_at is null order by name limit 500""",
        body["organisation"],
    )
