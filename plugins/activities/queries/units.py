# SPDX-License-Identifier: Apache-2.0
"""Units and places by their names."""

from core.api.db import literal, rows
from core.api.regions import REGIONS, path
from plugins.activities.rules.records import Unit

UNIT_KINDS = ("body", "department", "second", "entrusted", "government")


async def units_named(text: str, region_lo: int, *, limit: int = 12) -> list[Unit]:
    """Units whose name holds ``text``: those nearest to the region first.

    Near are the region's own, then those of the regions above it; elsewhere a supervisor may have
    been invited as well.
    """
    above = list(REGIONS.ancestors(region_lo)) if region_lo else []
    own = REGIONS.interval(region_lo)
    found = await rows(
        """select o.id, o.name, o.lo, coalesce(g.name, '') as place from core_organisation o
           left join core_region g on g.lo = o.region_lo and g.valid_to is null
           where o.valid_to is null and o.kind = any($2::text[])
             and (o.name ilike '%' || $1 || '%' or o.short_name ilike '%' || $1 || '%')
           order by case when o.region_lo between $3 and $4 then 0
                         when o.region_lo = any($5::int8[]) then 1 else 2 end,
             char_length(o.name), o.lo limit $6""",
        literal(text),
        list(UNIT_KINDS),
        own.lo,
        own.hi,
        above,
        limit,
    )
    return [Unit(each["id"], each["name"], each["lo"], each["place"]) for each in found]


async def units_called(name: str) -> list[Unit]:
    """The units that bear exactly this name."""
    found = await rows(
        """select id, name, lo from core_organisation where name = $1 and valid_to is null
           and kind = any($2::text[]) order by lo limit 50""",
        " ".join(name.split()),
        list(UNIT_KINDS),
    )
    return [Unit(each["id"], each["name"], each["lo"]) for each in found]


async def units_near(region_lo: int, *, limit: int = 120) -> list[str]:
    """Names of units of a region and of those above it, to choose from without a network."""
    above = list(REGIONS.ancestors(region_lo)) if region_lo else []
    found = await rows(
        """select name from core_organisation where valid_to is null and kind = any($1::text[])
           and region_lo = any($2::int8[]) order by region_lo desc, lo limit $3""",
        list(UNIT_KINDS),
        above,
        limit,
    )
    return [str(each["name"]) for each in found]


async def place_words(region_lo: int) -> str:
    """省（自治区）、盟市、旗县区 as one line."""
    return " ".join(each.name for each in (await path(region_lo))[1:])
