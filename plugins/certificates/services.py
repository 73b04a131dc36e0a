# SPDX-License-Identifier: Apache-2.0
"""Keeping the officer register: registering, certificates and their states, importing, undoing."""

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from core.api import clock
from core.api.db import (
    Place,
    SubjectRef,
    current_scope,
    execute,
    json,
    lock_subjects,
    row,
    rows,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import (
    OrganisationRow,
    PersonRow,
    close_person,
    decrypt,
    encrypt,
    enter_person,
    mask_id_number,
    organisation,
    person,
    person_by_id_number,
)
from core.api.regions import region
from plugins.certificates.forms import CertificateForm, OfficerForm, StateForm
from plugins.certificates.queries import batch_of, cards_of, find_officer
from plugins.certificates.rules import (
    Card,
    change_refused,
    check_dates,
    check_number,
)

_SEALED = "certificates.batch.id_number"


class OfficerRegistered(msgspec.Struct):
    """A person entered the register."""

    officer: int
    person: int
    organisation: int


class CertificateChanged(msgspec.Struct):
    """A certificate was registered or changed its state; others may show its number."""

    certificate: int
    person: int
    number: str
    state: str
    since: str
    valid_from: str
    valid_until: str
    reason: str = ""


class ImportChanged(msgspec.Struct):
    """A sheet was applied or undone: one fact for the whole batch."""

    batch: int
    organisation: int
    officers: int
    digest: str


@dataclass(frozen=True)
class Particulars:
    """A certificate as it is about to be registered."""

    number: str
    valid_from: date
    valid_until: date
    inspection_due: date | None


async def register_officer(form: OfficerForm) -> int:
    """Enter a person as officer by hand (填报人员), with the certificate when there is one.

    An identity number that is already known joins the existing person. Returns the officer's id.
    Raises Invalid per field. Records ``certificates.officer_registered``.
    """
    particulars = _read_particulars(form)
    async with transaction():
        body = await organisation(form.organisation)
        if body is None:
            raise Invalid({"organisation": "请选择单位。"})
        holder = await _find_or_enter_person(form, body)
        return await _enter_officer(
            holder, body, category=form.category, position=form.position, card=particulars
        )


async def _find_or_enter_person(form: OfficerForm, body: OrganisationRow) -> PersonRow:
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


async def _enter_officer(
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
        await _enter_certificate(officer, holder, body, category, card)
    return int(officer)


async def register_certificate(officer: int, form: CertificateForm) -> int:
    """Give a registered officer a certificate. Returns its id. Raises Invalid, NotFound."""
    card = _checked(form.number, form.valid_from, form.valid_until, form.inspection_due)
    async with transaction():
        found = await find_officer(officer, current_scope())
        if found is None:
            raise NotFound
        if found["closed_at"] is not None:
            raise Refused("这个人已经离岗，不能再登记执法证。")
        body, holder = await organisation(found["organisation"]), await person(found["person"])
        if body is None or holder is None:
            raise NotFound
        return await _enter_certificate(officer, holder, body, found["category"], card)


async def _enter_certificate(
    officer: int, holder: PersonRow, body: OrganisationRow, category: str, card: Particulars
) -> int:
    await lock_subjects(SubjectRef("core.person", holder.id))
    home = await region(body.region)
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
        body.name,
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
    await _enter_period(certificate, "valid", card.valid_from, "登记", place)
    await _announce(certificate, holder.id, card.number, "valid", card.valid_from, card, place)
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
        await _enter_period(certificate, form.state, form.since, form.reason, place)
        await _announce(
            certificate,
            found["person"],
            found["number"],
            form.state,
            form.since,
            _particulars_of(card),
            place,
            reason=form.reason,
        )


async def _enter_period(
    certificate: int, state: str, since: date, reason: str, place: Place
) -> None:
    await execute(
        """insert into certificates_period (certificate, state, since, reason, recorded_at,
                                            recorded_by, region_lo, org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, true)""",
        certificate,
        state,
        since,
        reason,
        clock.now(),
        current_scope().actor,
        place.region_lo,
        place.org_lo,
    )


async def _announce(
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


def _particulars_of(card: Card) -> Particulars:
    return Particulars(card.number, card.valid_from, card.valid_until, card.inspection_due)


def _read_particulars(form: OfficerForm) -> Particulars | None:
    if not form.number:
        if form.valid_from or form.valid_until:
            raise Invalid({"number": "填了有效期就要填执法证号。"})
        return None
    if form.valid_from is None or form.valid_until is None:
        missing = "valid_from" if form.valid_from is None else "valid_until"
        raise Invalid({missing: "填了执法证号就要填有效期。"})
    return _checked(form.number, form.valid_from, form.valid_until, form.inspection_due)


def _checked(number: str, valid_from: date, valid_until: date, due: date | None) -> Particulars:
    number = number.strip().upper()
    errors = {"number": check_number(number), "valid_until": check_dates(valid_from, valid_until)}
    if wrong := {name: text for name, text in errors.items() if text}:
        raise Invalid(wrong)
    return Particulars(number, valid_from, valid_until, due)


# --- imports ---------------------------------------------------------------------------------


async def preview_import(body: int, sheet: Sheet, content: bytes, filename: str) -> int:
    """Keep a sheet that was read, with every fault by row; nothing is registered yet.

    Identity numbers are stored sealed. Returns the batch's id.
    """
    async with transaction():
        holder = await organisation(body)
        if holder is None:
            raise Invalid({"organisation": "请选择单位。"})
        faults = {
            str(one.row): [
                f"{each.column}：{each.text}" for each in sheet.faults if each.row == one.row
            ]
            for one in sheet.faults
        }
        await _find_known(sheet, faults)
        lines = [_seal(one) for one in sheet.rows]
        return int(
            await value(
                """insert into certificates_batch (organisation, filename, digest, state, rows,
                       faults, created_by, created_at, region_lo, org_lo)
                   values ($1, $2, $3, 'preview', $4, $5, $6, $7, $8, $9) returning id""",
                holder.id,
                filename[:200],
                hashlib.sha256(content).hexdigest(),
                json(lines),
                json(faults),
                current_scope().actor,
                clock.now(),
                holder.region_lo,
                holder.lo,
            )
        )


def _seal(line: dict[str, Any]) -> dict[str, Any]:
    """The row as it is kept: the identity number encrypted, and masked for the preview."""
    number = line["id_number"]
    sealed = b64encode(encrypt(number, _SEALED)).decode() if number else ""
    rest = {key: text for key, text in line.items() if key != "id_number"}
    return {**rest, "id_sealed": sealed, "id_masked": mask_id_number(number) if number else ""}


async def _find_known(sheet: Sheet, faults: dict[str, list[str]]) -> None:
    """Numbers that stand twice in the sheet or are registered already."""
    registered = {
        one["number"]
        for one in await rows(
            "select number from certificates_certificate where number = any($1::text[])",
            [one["number"] for one in sheet.rows if one["number"]],
        )
    }
    seen: dict[str, int] = {}
    for one in sheet.rows:
        number = one["number"]
        if number and number in registered:
            faults.setdefault(str(one["row"]), []).append(f"执法证号：{number} 已经登记过。")
        for key, title in (("number", "执法证号"), ("id_number", "身份证号")):
            if one[key] and one[key] in seen:
                faults.setdefault(str(one["row"]), []).append(
                    f"{title}：与第 {seen[one[key]]} 行重复。"
                )
            elif one[key]:
                seen[one[key]] = one["row"]


async def apply_import(batch: int) -> int:
    """Register every good row of a previewed sheet. Returns how many officers it made.

    Applying twice is refused, so a doubled submit does nothing.
    """
    async with transaction():
        await lock_subjects(SubjectRef("certificates.batch", batch))
        found = await batch_of(batch, current_scope())
        if found is None:
            raise NotFound
        if found["state"] != "preview":
            raise Conflict("这次导入已经写入过了。")
        body = await organisation(found["organisation"])
        if body is None:
            raise NotFound
        faults: dict[str, list[str]] = msgspec.json.decode(found["faults"])
        made = 0
        for line in msgspec.json.decode(found["rows"]):
            if str(line["row"]) in faults:
                continue
            try:
                async with transaction():
                    await _register_line(line, body, batch)
                made += 1
            except Invalid as error:
                faults.setdefault(str(line["row"]), []).extend(error.errors.values())
        await execute(
            "update certificates_batch set state = 'applied', applied_at = $2, faults = $3 "
            "where id = $1",
            batch,
            clock.now(),
            json(faults),
        )
        await record(
            "certificates.import_applied",
            SubjectRef("certificates.batch", batch),
            ImportChanged(batch, body.id, made, found["digest"]),
            Place(body.region_lo, body.lo),
        )
    return made


async def _register_line(line: Mapping[str, Any], body: OrganisationRow, batch: int) -> None:
    form = OfficerForm(
        name=line["name"],
        organisation=body.id,
        id_number=decrypt(b64decode(line["id_sealed"]), _SEALED) if line["id_sealed"] else "",
        phone=line.get("phone", ""),
        position=line.get("position", ""),
        category=line.get("category", ""),
        number=line["number"],
        valid_from=_day(line["valid_from"]),
        valid_until=_day(line["valid_until"]),
        inspection_due=_day(line.get("inspection_due", "")),
    )
    card = _read_particulars(form)
    holder = await _find_or_enter_person(form, body)
    await _enter_officer(
        holder, body, category=form.category, position=form.position, card=card, batch=batch
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


async def undo_import(batch: int) -> int:
    """Take an applied sheet back: its officers leave, its certificates are cancelled.

    Refused when one of them has acted since, because rows that facts refer to must stay as they
    were. Returns how many officers left.
    """
    async with transaction():
        await lock_subjects(SubjectRef("certificates.batch", batch))
        found = await batch_of(batch, current_scope())
        if found is None:
            raise NotFound
        if found["state"] != "applied":
            raise Conflict("只有已写入的导入可以撤销。")
        officers = await rows(
            """select o.id, o.person, o.name,
                      (select count(*) from certificates_period p
                       join certificates_certificate c on c.id = p.certificate
                       where c.officer = o.id and p.reason <> '登记') as changes
               from certificates_officer o where o.batch = $1 and o.closed_at is null""",
            batch,
        )
        changed = [one["name"] for one in officers if one["changes"]]
        if changed:
            raise Refused(
                f"{'、'.join(changed[:5])}的证件状态已经变更过，不能整批撤销，请逐人办理。"
            )
        today = clock.today()
        place = Place(found["region_lo"], found["org_lo"])
        for one in officers:
            for card in await rows(
                "select id, valid_from from certificates_certificate where officer = $1", one["id"]
            ):
                await execute(
                    "update certificates_period set until = $2 where certificate = $1 and until is null",
                    card["id"],
                    max(today, card["valid_from"]),
                )
                await _enter_period(
                    card["id"], "cancelled", max(today, card["valid_from"]), "撤销导入", place
                )
            await close_person(one["person"], "撤销导入")
        await execute(
            "update certificates_officer set closed_at = $2 where batch = $1 and closed_at is null",
            batch,
            clock.now(),
        )
        await execute(
            "update certificates_batch set state = 'undone', undone_at = $2 where id = $1",
            batch,
            clock.now(),
        )
        await record(
            "certificates.import_undone",
            SubjectRef("certificates.batch", batch),
            ImportChanged(batch, found["organisation"], len(officers), found["digest"]),
            place,
        )
    return len(officers)
