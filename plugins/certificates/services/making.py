# SPDX-License-Identifier: Apache-2.0
"""制证 and 发证: the number is given out once, the card is in force from the day it is handed over."""

import secrets
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import execute, transaction, value
from core.api.deadlines import anniversary, term_end
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.numbers import next_number
from core.api.people import OrganisationRow, move_person, organisation, person
from core.api.regions import region
from core.api.turns import close_turn
from plugins.certificates.facts import CardMade
from plugins.certificates.forms import IssueForm, MakeForm
from plugins.certificates.rules import applying as rules
from plugins.certificates.services.applying import path_of, take
from plugins.certificates.services.base import (
    MAKE,
    SUBMIT,
    Actor,
    CertificateSettings,
    give_office,
    must_review,
    place_of,
    request_ref,
    settings_in,
    tell,
    unit_name_of,
)
from plugins.certificates.services.cards import Particulars, announce, enter_period
from plugins.certificates.services.register import enter_officer
from plugins.certificates.services.signing import ask_to_sign


async def make(who: Actor, request: int, form: MakeForm) -> int:
    """Give out the number and put the card together. Returns the certificate's id."""
    async with transaction(who.wide):
        found = await take(who, request)
        must_review(who, found)
        if not who.may(MAKE):
            raise Refused("制证由有制证权限的人办理。")
        if refused := rules.why_not(found["state"], "make"):
            raise Conflict(refused)
        today = clock.today()
        if (form.valid_from - today).days > 60 or (today - form.valid_from).days > 30:
            raise Invalid({"valid_from": "有效期起应在前 30 天到后 60 天之间。"})
        unit = await organisation(found["organisation"])
        if unit is None:
            raise NotFound
        certificate, number = await _put_together(found, unit, form.valid_from)
        await execute(
            """update certificates_request set state = 'made', certificate = $2, made_at = $3
               where id = $1""",
            request,
            certificate,
            clock.now(),
        )
        await record(
            "certificates.card_made",
            request_ref(request),
            CardMade(request, certificate, number),
            place_of(found),
        )
        await ask_to_sign()  # the face is printed before the card is in force
        await give_office(
            found,
            request_ref(request),
            title=f"{found['name']}的执法证申领",
            step="发证",
            path=path_of(request),
            permission=MAKE,
        )
        await tell(
            "card_made",
            request_ref(request),
            place_of(found),
            person=found["person"],
            office=SUBMIT,
            name=found["name"],
            number=number,
        )
    return certificate


async def _put_together(
    found: dict[str, Any], unit: OrganisationRow, valid_from: date
) -> tuple[int, str]:
    holder = await person(found["person"])
    if holder is None:
        raise NotFound
    if holder.organisation != unit.id:
        # He left his old unit with his old card; now he belongs to the one that applied for him.
        holder = await move_person(holder.id, unit.id, position=found["position"])
    settings = await settings_in(unit.region_lo)
    home = await region(unit.region)
    officer = await value(
        "select id from certificates_officer where person = $1 and closed_at is null"
        " and organisation = $2",
        holder.id,
        unit.id,
    )
    if officer is None:
        officer = await enter_officer(
            holder, unit, category=found["category"], position=found["position"], card=None
        )
    await execute(
        "update certificates_officer set photo = $2 where id = $1", officer, found["photo"]
    )
    number = await next_card_number(unit, settings)
    valid_until = term_end(valid_from, settings.valid_years)
    certificate: int = await value(
        """insert into certificates_certificate
             (officer, person, number, kind, token, holder_name, unit_name, region_name, category,
              powers, photo, valid_from, valid_until, inspection_due, created_at, region_lo,
              org_lo, published)
           values ($1, $2, $3, 'local', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                   false)
           returning id""",
        officer,
        holder.id,
        number,
        secrets.token_urlsafe(18),
        holder.name,
        await unit_name_of(unit),
        home.name if home else "",
        found["category"],
        found["powers"],
        found["photo"],
        valid_from,
        valid_until,
        anniversary(valid_from, settings.inspection_short_years),
        clock.now(),
        unit.region_lo,
        unit.lo,
    )
    return certificate, number


async def next_card_number(unit: OrganisationRow, settings: CertificateSettings) -> str:
    """The next free number by the deployment's pattern; one that was ever used is passed over."""
    home = await region(unit.region)
    code = await _unit_code(unit)
    if problem := rules.pattern_problem(settings.number_pattern):
        raise Refused(f"执法证号的编排规则有误：{problem}")
    for _ in range(10_000):
        serial = await next_number("certificates.card", unit.id, 0)
        try:
            number = rules.number_from(
                settings.number_pattern,
                {
                    "region": home.code if home else "",
                    "unit": code,
                    "serial": serial,
                    "year": clock.today().year,
                },
            )
        except ValueError as error:
            raise Refused("本单位的证号流水已经用完，请联系系统管理员调整编排规则。") from error
        if not await value("select 1 from certificates_certificate where number = $1", number):
            return number
    raise Refused("连着一万个号码都用过了，请联系系统管理员调整编排规则。")


async def _unit_code(unit: OrganisationRow) -> int:
    known = await value("select code from certificates_unit_code where organisation = $1", unit.id)
    if known is not None:
        return int(known)
    code = await next_number("certificates.unit", unit.region, 0)
    return int(
        await value(
            """insert into certificates_unit_code (organisation, code, region_lo, org_lo)
               values ($1, $2, $3, $4)
               on conflict (organisation) do update set code = certificates_unit_code.code
               returning code""",
            unit.id,
            code,
            unit.region_lo,
            unit.lo,
        )
    )


async def issue(who: Actor, request: int, form: IssueForm) -> None:
    """发证: the card is in its holder's hand, and from this day on it is in force."""
    async with transaction(who.wide):
        found = await take(who, request)
        must_review(who, found)
        if not who.may(MAKE):
            raise Refused("发证由有制证权限的人办理。")
        if refused := rules.why_not(found["state"], "issue"):
            raise Conflict(refused)
        if found["correction"]:
            raise Refused(f"{found['correction']}，先决定证件维持还是收回，再发证。")
        if form.issued_on > clock.today():
            raise Invalid({"issued_on": "发证日期不能晚于今天。"})
        if found["made_at"] and form.issued_on < clock.local(found["made_at"]).date():
            raise Invalid({"issued_on": "发证日期不能早于制证日期。"})
        since = max(form.issued_on, found["valid_from"])
        place = place_of(found)
        await execute(
            "update certificates_certificate set published = true where id = $1",
            found["certificate"],
        )
        await execute(
            "update certificates_request set state = 'issued', issued_on = $2 where id = $1",
            request,
            form.issued_on,
        )
        await enter_period(found["certificate"], "valid", since, "发证", place)
        await announce(
            found["certificate"],
            found["person"],
            found["number"],
            "valid",
            since,
            Particulars(found["number"], found["valid_from"], found["valid_until"], None),
            place,
            reason="发证",
        )
        await close_turn(request_ref(request))
        await tell(
            "card_issued",
            request_ref(request),
            place,
            person=found["person"],
            office=SUBMIT,
            name=found["name"],
            number=found["number"],
        )
