# SPDX-License-Identifier: Apache-2.0
"""Putting power items in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from core.api import clock
from core.api.db import current_scope, execute, json, lock_subjects, row, transaction, value
from core.api.errors import Invalid
from core.api.facts import record
from core.api.people import OrganisationRow, organisation
from core.api.plugin import Place, SubjectRef
from core.api.regions import RegionRow, region
from plugins.powers.rules import Definition, ReadingError, digest_of, find_faults, read_item
from plugins.powers.rules.comparing import same
from plugins.powers.rules.writing import bare

HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Entered:
    """What entering an item did."""

    item: int
    number: int
    changed: bool


@cache
def shipped_procedures() -> Mapping[str, str]:
    """The procedures items may name, by file name."""
    return {
        one.stem: one.read_text("utf-8") for one in sorted((HERE / "procedures").glob("*.toml"))
    }


@cache
def shipped_items() -> Mapping[str, str]:
    """The item files that come with the platform, by file name."""
    return {one.stem: one.read_text("utf-8") for one in sorted((HERE / "items").glob("*.toml"))}


async def enter_item(text: str, body: int, *, source: str = "") -> Entered:
    """Enter the item written in ``text`` as a power of the organisation ``body``, in force now.

    The same text again changes nothing; a changed text becomes the next version and supersedes
    the one before, while running cases stay on theirs. Raises Invalid with every reason in
    Chinese. Records ``powers.version_effective``.
    """
    try:
        read = read_item(text, shipped_procedures(), where=source)
    except ReadingError as error:
        raise Invalid({"text": " ".join(error.reasons)}) from error
    if faults := find_faults(read):
        raise Invalid({"text": " ".join(faults)})
    async with transaction():
        holder = await organisation(body)
        audience = await region(holder.region) if holder else None
        if holder is None or audience is None:
            raise Invalid({"body": "没有这个执法主体。"})
        return await _put_in_force(read, holder, audience, source)


async def _put_in_force(
    read: Definition, holder: OrganisationRow, audience: RegionRow, source: str
) -> Entered:
    """The item of that code, made if it is new, and its next version if it says something new."""
    item = await value(
        """insert into powers_item (code, title, power_class, organisation, current, created_at,
                                    region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9)
           on conflict (organisation, code) do update set title = excluded.title
           returning id""",
        read.code,
        read.title,
        read.power_class,
        holder.id,
        clock.now(),
        audience.lo,
        holder.lo,
        audience.lo,
        audience.hi,
    )
    await lock_subjects(SubjectRef("powers.item", item))
    last = await row(
        "select number, definition from powers_version where item = $1 order by number desc limit 1",
        item,
    )
    placed = place_item(
        msgspec.structs.replace(read, number_prefix=f"{audience.name[:1]}{read.number_prefix}"),
        holder,
        audience,
    )
    if last and same(msgspec.convert(last["definition"], Definition), placed):
        return Entered(item, last["number"], changed=False)
    number = await publish_version(placed, item, last["number"] if last else 0, source)
    return Entered(item, number, changed=True)


def place_item(definition: Definition, holder: OrganisationRow, audience: RegionRow) -> Definition:
    """The item as a power of ``holder``, whatever a file said about whose it is."""
    return msgspec.structs.replace(
        definition,
        item=0,
        version=0,
        organisation=holder.id,
        org_lo=holder.lo,
        region_lo=audience.lo,
        aud_lo=audience.lo,
        aud_hi=audience.hi,
        effective_from="",
    )


async def publish_version(placed: Definition, item: int, last: int, source: str) -> int:
    """Put the placed definition in force as the version after ``last``; the caller holds the item.

    The version before is in force until this moment. Records ``powers.version_effective``.
    """
    moment, number = clock.now(), last + 1
    definition = msgspec.structs.replace(
        placed, item=item, version=number, effective_from=moment.isoformat()
    )
    await execute(
        "update powers_version set effective_to = $2 where item = $1 and effective_to is null",
        item,
        moment,
    )
    await execute(
        """insert into powers_version (item, number, definition, digest, effective_from, entered_by,
                                       source, region_lo, org_lo, aud_lo, aud_hi)
           values ($1, $2, $3::jsonb, $4, $5, $6, $7, $8, $9, $10, $11)""",
        item,
        number,
        json(msgspec.to_builtins(definition)),
        digest_of(bare(definition)),
        moment,
        current_scope().actor,
        source,
        definition.region_lo,
        definition.org_lo,
        definition.aud_lo,
        definition.aud_hi,
    )
    await execute(
        "update powers_item set current = $2, code = $3, title = $4, power_class = $5"
        " where id = $1",
        item,
        number,
        definition.code,
        definition.title,
        definition.power_class,
    )
    place = Place(definition.region_lo, definition.org_lo)
    await record("powers.version_effective", SubjectRef("powers.item", item), definition, place)
    return number
