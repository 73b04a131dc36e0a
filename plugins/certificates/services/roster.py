# SPDX-License-Identifier: Apache-2.0
"""A sheet of officers: previewed, applied, taken back."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
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
    rows,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import (
    OrganisationRow,
    close_person,
    decrypt,
    encrypt,
    mask_id_number,
    organisation,
)
from plugins.certificates.facts import ImportChanged
from plugins.certificates.forms import OfficerForm
from plugins.certificates.queries import batch_of
from plugins.certificates.services.cards import enter_period, read_particulars
from plugins.certificates.services.register import enter_officer, find_or_enter_person

_SEALED = "certificates.batch.id_number"


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
    card = read_particulars(form)
    holder = await find_or_enter_person(form, body)
    await enter_officer(
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
                await enter_period(
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
