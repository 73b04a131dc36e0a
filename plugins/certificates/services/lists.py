# SPDX-License-Identifier: Apache-2.0
"""在编名单 and 强制注销名单: every import is a version, nothing in one is ever rewritten."""

import hashlib
from typing import Any

from core.api import clock
from core.api.db import (
    Place,
    SubjectRef,
    current_scope,
    execute,
    json,
    lock_subjects,
    row,
    transaction,
    value,
)
from core.api.errors import Conflict, NotFound, Refused
from core.api.facts import record
from core.api.imports import Sheet
from core.api.people import mask_id_number
from core.api.regions import region_at
from plugins.certificates.facts import ListEntryRemoved, ListImported
from plugins.certificates.services.applying import digest_of
from plugins.certificates.services.base import Actor

PROVINCE = 1
"""Level of the regions that may take somebody off the forced-cancel list (S2-26)."""


async def import_list(who: Actor, kind: str, sheet: Sheet, content: bytes, filename: str) -> int:
    """Keep a sheet as the next version of a list of the region. Returns the version's id.

    Rows with a fault stay outside and are listed with the version, so that nobody counts on them.
    """
    place = Place(who.region_lo)
    digest = hashlib.sha256(content).hexdigest()
    async with transaction(who.wide):
        await lock_subjects(SubjectRef("certificates.lists", who.region_lo))
        version = 1 + int(
            await value(
                "select coalesce(max(version), 0) from certificates_list"
                " where kind = $1 and region_lo = $2",
                kind,
                who.region_lo,
            )
        )
        good = {each["row"] for each in sheet.good}
        faults = [f"第 {each.row} 行 {each.column}：{each.text}" for each in sheet.faults[:200]]
        listed: int = await value(
            """insert into certificates_list (kind, version, filename, digest, entries, skipped,
                 created_by, created_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) returning id""",
            kind,
            version,
            filename[:200],
            digest,
            len(good),
            json(faults),
            who.user_id,
            clock.now(),
            who.region_lo,
        )
        await _enter_rows(listed, kind, [each for each in sheet.rows if each["row"] in good], place)
        await record(
            "certificates.list_imported",
            SubjectRef("certificates.list", listed),
            ListImported(listed, kind, version, len(good), digest),
            place,
        )
    return listed


async def _enter_rows(listed: int, kind: str, lines: list[dict[str, Any]], place: Place) -> None:
    numbers = [each["id_number"] for each in lines]
    await execute(
        """insert into certificates_list_entry
             (list, kind, id_number_hash, id_number_masked, name, unit, reason, since, region_lo,
              org_lo)
           select $1, $2, h, m, n, u, r, s, $9, 0
           from unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::date[])
             as e(h, m, n, u, r, s)""",
        listed,
        kind,
        [digest_of(each) for each in numbers],
        [mask_id_number(each) for each in numbers],
        [each["name"][:60] for each in lines],
        [each.get("unit", "")[:120] for each in lines],
        [each.get("reason", "")[:300] for each in lines],
        [clock.today()] * len(lines),
        place.region_lo,
    )


async def put_on_forced_list(
    digest: bytes,
    masked: str,
    name: str,
    unit: str,
    reason: str,
    evidence: int | None,
    place: Place,
) -> int:
    """Somebody is struck off for good: every later application meets this row (S2-25)."""
    return int(
        await value(
            """insert into certificates_list_entry
                 (kind, id_number_hash, id_number_masked, name, unit, reason, evidence, since,
                  region_lo, org_lo)
               values ('forced', $1, $2, $3, $4, $5, $6, $7, $8, 0) returning id""",
            digest,
            masked,
            name,
            unit,
            reason[:300],
            evidence,
            clock.today(),
            place.region_lo,
        )
    )


async def may_remove(who: Actor) -> bool:
    """Only the province takes somebody off the forced-cancel list (S2-26)."""
    home = await region_at(who.region_lo)
    return home is not None and home.level <= PROVINCE


async def remove_entry(who: Actor, entry: int, reason: str) -> None:
    """Take a person off the forced-cancel list, with the reason; the row stays."""
    async with transaction(who.scope):
        found = await row(
            "select id, kind, removed_at, region_lo, org_lo from certificates_list_entry"
            " where id = $1",
            entry,
        )
        if found is None or found["kind"] != "forced":
            raise NotFound
        if not await may_remove(who):
            raise Refused("移出强制注销名单由省级办理，请逐级上报。")
        if found["removed_at"] is not None:
            raise Conflict("已经移出名单。")
        await execute(
            """update certificates_list_entry set removed_at = $2, removed_by = $3,
                 removed_reason = $4 where id = $1""",
            entry,
            clock.now(),
            current_scope().actor,
            reason[:300],
        )
        await record(
            "certificates.list_entry_removed",
            SubjectRef("certificates.list_entry", entry),
            ListEntryRemoved(entry, reason),
            Place(found["region_lo"]),
        )
