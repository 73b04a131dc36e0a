# SPDX-License-Identifier: Apache-2.0
"""A body enters itself, completes its information and hands it in."""

from core.api import clock
from core.api.db import execute, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import (
    change_organisation,
    clean,
    encrypt,
    mask_phone,
    organisation,
    organisation_by_code,
    phone_problem,
    unified_code_problem,
)
from plugins.certificates.forms import (
    BodyForm,
)
from plugins.certificates.queries.bodies import body_of, body_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    Actor,
    give_office,
    place_of,
)
from plugins.certificates.services.bodies.base import (
    PHONE,
    ask_superior,
    ask_unit,
    body_ref,
    enter_body,
    info_of,
    own_body,
    record_act,
)


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
        await ask_unit(body)
        await record_act(
            body, "entered", place_of({"region_lo": home.region_lo, "org_lo": home.lo})
        )
        return body


async def complete(who: Actor, body: int, form: BodyForm) -> None:
    """完善资料; a body that was approved has to be approved again after a change.

    Saving what already stands there changes nothing.
    """
    phone = clean(form.admin_phone)
    errors = {
        "admin_phone": phone_problem(phone) if phone else "",
        "basis_url": rules.link_problem(form.basis_url.strip()),
        "unified_code": unified_code_problem(form.unified_code) if form.unified_code else "",
    }
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    async with transaction(who.wide):
        found = await own_body(who, body)
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
        saved = {
            "kind": kind,
            "origin": origin,
            "superior": superior,
            "unified_code": code,
            "civil_quota": form.civil_quota,
            "civil_actual": form.civil_actual,
            "career_quota": form.career_quota,
            "career_actual": form.career_actual,
            "other_quota": form.other_quota,
            "other_actual": form.other_actual,
            "admin_name": form.admin_name.strip(),
            "basis": form.basis.strip(),
            "basis_url": form.basis_url.strip(),
        }
        if not phone and all(found[key] == each for key, each in saved.items()):
            return
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
        if found["state"] == "approved":
            await ask_unit(body)
        await ask_superior(body_ref(body), await body_row(body), f"/certificates/bodies/{body}")
        await record_act(body, "completed", place_of(found))


async def submit(who: Actor, body: int) -> None:
    """Hand the account in to the legal office of the same level."""
    async with transaction(who.wide):
        found = await own_body(who, body)
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
        await record_act(body, "submitted", place_of(found))
