# SPDX-License-Identifier: Apache-2.0
"""Reading a sheet, showing what it would do, doing it, taking it back."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth.visitor import Visitor
from core.errors import Conflict, Forbidden, Invalid, JianduError, NotFound, Refused
from core.facts.services import record
from core.imports.facts import ImportActed
from core.imports.kinds import ALL, Kind, plain
from core.imports.reading import SheetError, take_sheet
from core.keys.cipher import decrypt, encrypt
from core.keys.masking import mask_id_number, mask_phone
from core.regions.choosing import office_of
from core.scope import Scope

SEALED = "core.import.cell"
MOST_ROWS = 5000
"""A preview tries every row; more would keep the page waiting for minutes."""
MASKS = {"id_number": mask_id_number, "phone": mask_phone}


class _RollBack(Exception):
    """The way out of a trial."""


def scope_of(who: Visitor) -> Scope:
    """Where somebody may import: in his organisation, his region, or everywhere."""
    if who.organisation is not None:
        return who.scope
    return office_of(who, "units, people and accounts are brought in by their administrators")


def kind_of(who: Visitor, key: str) -> Kind:
    """The kind of sheet, if the visitor may bring in such things at all."""
    kind = ALL.get(key)
    if kind is None:
        raise NotFound
    if not who.may(kind.permission):
        raise Forbidden((kind.permission,))
    return kind


def kinds_for(who: Visitor) -> list[Kind]:
    """What the visitor may import."""
    return [each for each in ALL.values() if who.may(each.permission)]


def _said(error: JianduError) -> list[str]:
    if isinstance(error, Invalid):
        return list(error.errors.values())
    if isinstance(error, Refused):
        return [each.text for each in error.reasons]
    return [str(error)]


async def _enter_all(
    who: Visitor, kind: Kind, rows: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Enter every row in a savepoint of its own; ids and faults by row number.

    A unit may stand above its superior in the sheet, so what failed is tried again as long as
    anything else succeeded.
    """
    made: dict[str, int] = {}
    faults: dict[str, list[str]] = {}
    left = list(rows)
    while left:
        faults, again = {}, []
        for row in left:
            number = str(row["row"])
            try:
                async with db.transaction():
                    made[number] = await kind.enter(who, row)
            except JianduError as error:
                faults[number] = _said(error)
                again.append(row)
        if len(again) == len(left) or kind.key != "organisations":
            break
        left = again
    return made, faults


async def preview(who: Visitor, key: str, content: bytes, filename: str) -> int:
    """Read a sheet and try every row; nothing but the preview stays. Its id."""
    kind = kind_of(who, key)
    sheet = await take_sheet(content, kind.columns, filename=filename)
    if len(sheet.rows) > MOST_ROWS:
        raise SheetError(f"表里有 {len(sheet.rows):,} 行，一次最多 {MOST_ROWS:,} 行，请分成几份。")
    faults: dict[str, list[str]] = {}
    for fault in sheet.faults:
        faults.setdefault(str(fault.row), []).append(f"{fault.column}：{fault.text}")
    rows = [{"row": row["row"], **plain(row, kind.columns)} for row in sheet.rows]
    tried = [row for row in rows if str(row["row"]) not in faults]
    async with db.transaction(scope_of(who)):
        try:
            async with db.transaction():
                made, wrong = await _enter_all(who, kind, tried)
                raise _RollBack  # noqa: TRY301 - a trial, whatever came of it
        except _RollBack:
            pass
        faults.update(wrong)
        batch: int = await db.value(
            "insert into core_import (kind, filename, digest, state, rows, faults, made, good,"
            " created_at, created_by, region_lo, org_lo)"
            " values ($1, $2, $3, 'preview', $4, $5, '{}', $6, $7, $8, $9, $10) returning id",
            key,
            filename[:200] or "未命名",
            hashlib.sha256(content).hexdigest(),
            db.json([_seal(row, kind) for row in rows]),
            db.json(faults),
            len(made),
            clock.now(),
            who.user_id,
            who.region.lo if who.region.id else 0,
            who.organisation.lo if who.organisation else 0,
        )
    return batch


def _seal(row: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    sealed = dict(row)
    for key in kind.secret:
        if text := sealed.pop(key, ""):
            sealed[f"{key}_masked"] = MASKS[key](text)
            sealed[f"{key}_sealed"] = b64encode(encrypt(text, SEALED)).decode()
    return sealed


def _open(row: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    opened = dict(row)
    for key in kind.secret:
        sealed = opened.pop(f"{key}_sealed", "")
        opened.pop(f"{key}_masked", None)
        opened[key] = decrypt(b64decode(sealed), SEALED) if sealed else ""
    return opened


async def _locked(who: Visitor, batch: int) -> tuple[dict[str, Any], Kind]:
    await db.lock_subjects(SubjectRef("core.import", batch))
    found = await db.row("select * from core_import where id = $1", batch)
    if found is None:
        raise NotFound
    return found, kind_of(who, found["kind"])


async def find_import(who: Visitor, batch: int) -> tuple[dict[str, Any], Kind]:
    """A sheet with its rows, numbers masked."""
    found = await db.row("select * from core_import where id = $1", batch)
    if found is None:
        raise NotFound
    return found, kind_of(who, found["kind"])


async def imports_of(who: Visitor) -> list[dict[str, Any]]:
    """The sheets brought in before, newest first."""
    keys = [each.key for each in kinds_for(who)]
    return await db.rows(
        "select i.id, i.kind, i.filename, i.state, i.good, i.created_at, u.name as by"
        " from core_import i left join core_user u on u.id = i.created_by"
        " where i.kind = any($1::text[]) order by i.id desc limit 50",
        keys,
    )


async def apply(who: Visitor, batch: int) -> tuple[int, int]:
    """Enter the rows that had no fault; how many were entered, and how many fail by now."""
    async with db.transaction(scope_of(who)):
        found, kind = await _locked(who, batch)
        if found["state"] != "preview":
            raise Conflict("这张表已经导入过，或者已经撤销。")
        rows = [_open(row, kind) for row in found["rows"]]
        good = [row for row in rows if str(row["row"]) not in found["faults"]]
        made, wrong = await _enter_all(who, kind, good)
        if not made:
            raise Refused(
                "没有一行可以写入。", *[text for texts in wrong.values() for text in texts]
            )
        await db.execute(
            "update core_import set state = 'applied', applied_at = $2, made = $3, faults = $4,"
            " good = $5 where id = $1",
            batch,
            clock.now(),
            db.json(made),
            db.json({**found["faults"], **wrong}),
            len(made),
        )
        await _record("core.import.applied", batch, found, kind, len(made))
    return len(made), len(wrong)


async def undo(who: Visitor, batch: int) -> int:
    """Take everything back that was entered; all of it or nothing."""
    async with db.transaction(scope_of(who)):
        found, kind = await _locked(who, batch)
        if found["state"] != "applied":
            raise Conflict("这张表没有导入，或者已经撤销。")
        reasons: list[str] = []
        # The last first: a unit is closed before the one above it. PostgreSQL does not keep the
        # order of a JSON object, the numbers of the rows do.
        for number, entered in sorted(found["made"].items(), key=lambda pair: -pair[1]):
            try:
                async with db.transaction():
                    await kind.take_back(who, entered)
            except JianduError as error:
                reasons += [f"第 {number} 行：{text}" for text in _said(error)]
        if reasons:
            more = [f"另有 {len(reasons) - 20} 处。"] if len(reasons) > 20 else []
            raise Refused("不能整批撤销，没有改动。", *reasons[:20], *more)
        await db.execute(
            "update core_import set state = 'undone', undone_at = $2 where id = $1",
            batch,
            clock.now(),
        )
        await _record("core.import.undone", batch, found, kind, len(found["made"]))
    return len(found["made"])


async def _record(fact: str, batch: int, found: Mapping[str, Any], kind: Kind, rows: int) -> None:
    await record(
        fact,
        SubjectRef("core.import", batch),
        ImportActed(
            batch=batch,
            kind=kind.key,
            title=kind.title,
            filename=found["filename"],
            digest=found["digest"],
            rows=rows,
        ),
        Place(found["region_lo"], found["org_lo"]),
    )
