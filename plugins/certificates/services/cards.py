# SPDX-License-Identifier: Apache-2.0
"""A certificate and the states it is in: entered once, changed by the day."""

import secrets
from dataclasses import dataclass
from datetime import date

from core.api import clock
from core.api.db import (
    Place,
    SubjectRef,
    current_scope,
    execute,
    lock_subjects,
    row,
    transaction,
    value,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.people import (
    OrganisationRow,
    PersonRow,
    organisation,
    person,
)
from core.api.regions import region
from plugins.certificates.facts import CertificateChanged
from plugins.certificates.forms import CertificateForm, OfficerForm, StateForm
from plugins.certificates.queries import cards_of, find_officer
from plugins.certificates.rules import (
    Card,
    change_refused,
    check_dates,
    check_number,
)
from plugins.certificates.rules.applying import unit_on_card


@dataclass(frozen=True)
class Particulars:
    """A certificate as it is about to be registered."""

    number: str
    valid_from: date
    valid_until: date
    inspection_due: date | None


async def register_certificate(officer: int, form: CertificateForm) -> int:
    """Give a registered officer a certificate. Returns its id. Raises Invalid, NotFound."""
    card = checked(form.number, form.valid_from, form.valid_until, form.inspection_due)
    async with transaction():
        found = await find_officer(officer, current_scope())
        if found is None:
            raise NotFound
        if found["closed_at"] is not None:
            raise Refused("这个人已经离岗，不能再登记执法证。")
        body, holder = await organisation(found["organisation"]), await person(found["person"])
        if body is None or holder is None:
            raise NotFound
        return await enter_certificate(officer, holder, body, found["category"], card)


async def enter_certificate(
    officer: int, holder: PersonRow, body: OrganisationRow, category: str, card: Particulars
) -> int:
    await lock_subjects(SubjectRef("core.person", holder.id))
    home = await region(body.region)
    above = await organisation(body.parent) if body.parent else None
    place = Place(body.region_lo, body.lo)
    certificate = await value(
        """insert into certificates_certificate
             (officer, person, number, kind, token, holder_name, unit_name, region_name, category,
              valid_from, valid_until, inspection_due, created_at, region_lo, org_lo, published)
           values ($1, $2, $3, 'local', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, true)
           on conflict (number) do nothing returning id""",
        officer,
        holder.id,
        card.number,
        secrets.token_urlsafe(18),
        holder.name,
        unit_on_card(body.kind, body.name, above.name if above else ""),
        home.name if home else "",
        category,
        card.valid_from,
        card.valid_until,
        card.inspection_due,
        clock.now(),
        place.region_lo,
        place.org_lo,
    )
    if certificate is None:
        raise Invalid({"number": f"执法证号 {card.number} 已经登记过，证号不能重复使用。"})
    await enter_period(certificate, "valid", card.valid_from, "登记", place)
    await announce(certificate, holder.id, card.number, "valid", card.valid_from, card, place)
    return int(certificate)


async def change_state(certificate: int, form: StateForm) -> None:
    """Suspend, revoke, cancel or restore a certificate from a day on, with the reason.

    The earlier state keeps its own days, so a judgement about an earlier day stays as it was.
    Raises Invalid, NotFound. Records ``certificates.certificate_changed``.
    """
    async with transaction():
        found = await row(
            """select c.id, c.person, c.number, c.valid_from, c.valid_until, c.inspection_due,
                      c.region_lo, c.org_lo
               from certificates_certificate c join certificates_officer o on o.id = c.officer
               where c.id = $1""",
            certificate,
        )
        place = Place(found["region_lo"], found["org_lo"]) if found else None
        if found is None or place is None or not current_scope().may_write(place):
            raise NotFound
        await lock_subjects(SubjectRef("core.person", found["person"]))
        cards = (await cards_of([found["person"]])).get(found["person"], [])
        card = next(one for one in cards if one.id == certificate)
        if refused := change_refused(card, form.state, form.since, clock.today()):
            raise Invalid({"since": refused})
        await execute(
            "update certificates_period set until = $2 where certificate = $1 and until is null",
            certificate,
            form.since,
        )
        await enter_period(certificate, form.state, form.since, form.reason, place)
        await announce(
            certificate,
            found["person"],
            found["number"],
            form.state,
            form.since,
            particulars_of(card),
            place,
            reason=form.reason,
        )


def certificate_ref(certificate: int) -> SubjectRef:
    return SubjectRef("certificates.certificate", certificate)


async def enter_period(
    certificate: int,
    state: str,
    since: date,
    reason: str,
    place: Place,
    *,
    until: date | None = None,
) -> None:
    """Write down a state; whoever calls it ends the one before."""
    await execute(
        """insert into certificates_period (certificate, state, since, until, reason, recorded_at,
                                            recorded_by, region_lo, org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, true)""",
        certificate,
        state,
        since,
        until,
        reason,
        clock.now(),
        current_scope().actor,
        place.region_lo,
        place.org_lo,
    )


async def announce(
    certificate: int,
    holder: int,
    number: str,
    state: str,
    since: date,
    card: Particulars,
    place: Place,
    *,
    reason: str = "",
) -> None:
    await record(
        "certificates.certificate_changed",
        SubjectRef("certificates.certificate", certificate),
        CertificateChanged(
            certificate,
            holder,
            number,
            state,
            since.isoformat(),
            card.valid_from.isoformat(),
            card.valid_until.isoformat(),
            reason,
        ),
        place,
    )


def particulars_of(card: Card) -> Particulars:
    return Particulars(card.number, card.valid_from, card.valid_until, card.inspection_due)


def read_particulars(form: OfficerForm) -> Particulars | None:
    if not form.number:
        if form.valid_from or form.valid_until:
            raise Invalid({"number": "填了有效期就要填执法证号。"})
        return None
    if form.valid_from is None or form.valid_until is None:
        missing = "valid_from" if form.valid_from is None else "valid_until"
        raise Invalid({missing: "填了执法证号就要填有效期。"})
    return checked(form.number, form.valid_from, form.valid_until, form.inspection_due)


def checked(number: str, valid_from: date, valid_until: date, due: date | None) -> Particulars:
    number = number.strip().upper()
    errors = {"number": check_number(number), "valid_until": check_dates(valid_from, valid_until)}
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    return Particulars(number, valid_from, valid_until, due)
