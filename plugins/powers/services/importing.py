# SPDX-License-Identifier: Apache-2.0
"""Importing a list of powers: preview, drafts, undo (S4-5).

The sheet says which powers a body holds and on what basis; the steps, forms and points come from
the procedure of the class. What comes of it are drafts: every item goes the same way into force
as any other (S1-9), and the document that hands the powers over stands in each.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from anyio import to_thread

from core.api import clock
from core.api.db import Place, json, row, rows, scope_conditions, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.imports import Sheet
from core.api.people import organisation
from core.api.regions import region
from plugins.powers.rules import Basis, Definition, find_faults, read_item
from plugins.powers.rules import approval as rules
from plugins.powers.rules.writing import write_item
from plugins.powers.services import drafting
from plugins.powers.services.drafting import Actor
from plugins.powers.services.entering import shipped_procedures
from plugins.powers.sheet import ImportedItem, read_items

PREVIEW, APPLIED, UNDONE = "preview", "applied", "undone"


async def preview(who: Actor, body: int, document: str, sheet: Sheet, filename: str) -> int:
    """Keep what a sheet says together with what is wrong with it; nothing else is changed."""
    who.must(rules.EDIT, "事项由行权机关编制。")
    async with transaction(who.scope):
        holder = await organisation(body)
        audience = await region(holder.region) if holder else None
        place = Place(audience.lo, holder.lo) if holder and audience else None
        if place is None or not who.scope.may_write(place):
            raise Invalid({"organisation": "没有这个执法主体，或者不在你的管理范围内。"})
        taken = [
            each["code"]
            for each in await rows("select code from powers_item where organisation = $1", body)
        ]
        items, faults = read_items(sheet, taken)
        # A thousand items take seconds; others are served meanwhile.
        for number, wrong in (await to_thread.run_sync(_unfit, items)).items():
            faults.setdefault(number, []).extend(wrong)
        found: int = await value(
            """insert into powers_import (organisation, document, filename, state, items, faults,
                 drafts, created_by_name, created_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, '{}'::jsonb, $7, $8, $9, $10)
               returning id""",
            body,
            document,
            filename[:200],
            PREVIEW,
            json(msgspec.to_builtins(items)),
            json({str(key): said for key, said in faults.items()}),
            who.name,
            clock.now(),
            place.region_lo,
            place.org_lo,
        )
        return found


def _unfit(items: Sequence[ImportedItem]) -> dict[int, list[str]]:
    """What would keep each item from being used, by row."""
    return {one.row: wrong for one in items if (wrong := find_faults(as_definition(one)))}


def as_definition(one: ImportedItem) -> Definition:
    """The item with the steps, forms and points of its procedure."""
    text = f"procedure = {msgspec.json.encode(one.procedure).decode()}\ncode = ''\ntitle = ''"
    return msgspec.structs.replace(
        read_item(text, shipped_procedures()),
        code=one.code,
        title=one.title,
        power_class=one.power_class,
        number_prefix=one.number_prefix,
        basis=[Basis(basis.law, basis.article, basis.text) for basis in one.basis],
    )


async def find_import(number: int, who: Actor, *, lock: bool = False) -> dict[str, Any]:
    """The import, if the scope holds it. Inside the caller's transaction."""
    condition, args = scope_conditions(who.scope, "i", start=2)
    found = await row(
        f"""select i.*, o.name as body from powers_import i
            join core_organisation o on o.id = i.organisation
            where i.id = $1 and {condition} {"for update of i" if lock else ""}""",
        number,
        *args,
    )
    if found is None:
        raise NotFound("没有找到这次导入，或者不在你的管理范围内。")
    found["items"] = msgspec.convert(found["items"], list[ImportedItem])
    return found


async def imports_of(who: Actor) -> list[dict[str, Any]]:
    """The last imports the scope holds, newest first. Inside the caller's transaction."""
    condition, args = scope_conditions(who.scope, "i")
    return await rows(
        f"""select i.id, i.filename, i.document, i.state, i.created_at, i.created_by_name,
                   jsonb_array_length(i.items) as items, o.name as body
            from powers_import i join core_organisation o on o.id = i.organisation
            where {condition} order by i.id desc limit 50""",
        *args,
    )


async def apply(who: Actor, number: int) -> int:
    """Make a draft of every item without a fault; how many. A second time is refused."""
    async with transaction(who.scope):
        found = await find_import(number, who, lock=True)
        if found["state"] != PREVIEW:
            raise Refused("这次导入已经写入或者撤销了，不能再写入。")
        faults, drafts = dict(found["faults"]), {}
        for one in found["items"]:
            if str(one.row) in faults:
                continue
            source = f"{found['document']} {found['filename']} 第 {one.row} 行".strip()
            text = write_item(as_definition(one), source)
            try:
                draft = await drafting.import_draft(who, text, found["organisation"], 0, source)
            except Invalid as error:
                # Somebody else entered the code since the preview: that row, not the whole list.
                faults[str(one.row)] = list(error.errors.values())
            else:
                drafts[one.code] = draft
        await _close(number, APPLIED, "applied_at", faults, drafts)
        return len(drafts)


async def undo(who: Actor, number: int) -> tuple[int, int]:
    """Withdraw the drafts that are still drafts; how many, and how many are on their way."""
    async with transaction(who.scope):
        found = await find_import(number, who, lock=True)
        if found["state"] != APPLIED:
            raise Refused("这次导入没有写入，或者已经撤销了。")
        withdrawn = 0
        for draft in found["drafts"].values():
            try:
                async with transaction():
                    await drafting.withdraw_draft(who, draft)
            except (Refused, NotFound):
                continue
            withdrawn += 1
        await _close(number, UNDONE, "undone_at", found["faults"], found["drafts"])
        return withdrawn, len(found["drafts"]) - withdrawn


async def _close(number: int, state: str, moment: str, faults: Any, drafts: Any) -> None:
    await value(
        f"""update powers_import set state = $2, {moment} = $3, faults = $4::jsonb,
                   drafts = $5::jsonb where id = $1 returning id""",
        number,
        state,
        clock.now(),
        json(faults),
        json(drafts),
    )
