# SPDX-License-Identifier: Apache-2.0
"""Regions, bureaus, units: what a complaint is routed and matched by."""

from collections.abc import Sequence

from core.api.db import Interval, column, rows
from core.api.people import organisation, persons_of
from core.api.regions import REGIONS
from plugins.complaints.rules.intake import Unit
from plugins.complaints.rules.routing import Organ, Place

PATH = (
    "select lo, name from core_region where lo = any($1::int8[]) and hi >= $2 order by lo, hi desc"
)


async def region_path(region_lo: int) -> list[Place]:
    """The regions from the country down to this one."""
    if not region_lo:
        return []
    found = await rows(PATH, list(REGIONS.ancestors(region_lo)), region_lo)
    return [Place(each["lo"], each["name"]) for each in found]


async def region_path_of_organisation(organisation: int) -> list[Place]:
    """The regions from the country down to where an organisation belongs."""
    found = await column("select region_lo from core_organisation where id = $1", organisation)
    return await region_path(int(found[0])) if found else []


async def organs_of(regions: Sequence[int]) -> dict[int, Organ]:
    """The bureau named for each of some regions, by the region's ``lo``."""
    found = await rows(
        "select r.lo as region_lo, o.id, o.lo, o.name from core_competent_organ c"
        " join core_region r on r.id = c.region"
        " join core_organisation o on o.id = c.organisation"
        " where c.function = 'supervision' and r.lo = any($1::int8[]) and o.valid_to is null",
        list(regions),
    )
    return {each["region_lo"]: Organ(each["id"], each["lo"], each["name"]) for each in found}


async def bureaus(but: int = 0) -> list[tuple[int, str]]:
    """All bureaus a matter may be handed to, for a selection."""
    found = await rows(
        "select distinct o.id, o.name, o.lo from core_competent_organ c"
        " join core_organisation o on o.id = c.organisation"
        " where c.function = 'supervision' and o.valid_to is null and o.id <> $1 order by o.lo",
        but,
    )
    return [(each["id"], each["name"]) for each in found]


async def regions_below(region: Interval) -> list[Place]:
    """The regions of a scope down to counties, for the configuration page."""
    found = await rows(
        "select lo, name from core_region where lo between $1 and $2 and level <= 3"
        " and valid_to is null order by lo, hi desc limit 500",
        region.lo,
        region.hi,
    )
    return [Place(each["lo"], each["name"]) for each in found]


async def officers_of(body: int, known: int) -> list[tuple[int, str]]:
    """The people of a unit, without the one it is known to be, as the open scope sees them."""
    unit = await organisation(body)
    if unit is None:
        return []
    found = await persons_of(Interval(unit.lo, unit.hi))
    return [
        (each.id, f"{each.name}　{each.position}".strip()) for each in found if each.id != known
    ]


async def units_for(region_lo: int) -> list[Unit]:
    """The units a reporter may choose: those of his region and of every region above it.

    A complaint in a county may be about the prefecture's agency as well.
    """
    above = list(REGIONS.ancestors(region_lo)) if region_lo else []
    own = REGIONS.interval(region_lo) if region_lo else Interval(1, 0)
    found = await rows(
        "select o.id, o.name, o.lo, o.hi from core_organisation o"
        " where o.kind in ('department', 'body', 'second', 'entrusted', 'government')"
        " and o.valid_to is null and (o.region_lo = any($1::int8[])"
        " or o.region_lo between $2 and $3) order by o.region_lo desc, o.lo limit 1500",
        above,
        own.lo,
        own.hi,
    )
    return [Unit(each["id"], each["name"], each["lo"], each["hi"]) for each in found]
