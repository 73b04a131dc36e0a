# SPDX-License-Identifier: Apache-2.0
"""Where figures are read: a region with everything below it, or one organisation.

What a scope does not hold does not exist for it: a neighbour's page is not found, and neither
is that of the region above.
"""

from dataclasses import dataclass

from core.api.db import EVERYTHING, Scope, rows
from core.api.people import OrganisationRow, organisation, organisation_at
from core.api.regions import REGIONS, RegionRow, children, path, region, region_at


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the way down; without a path where one may not look."""

    title: str
    path: str = ""


@dataclass(frozen=True)
class Spot:
    """A place to look at. With ``unit`` only that organisation counts.

    Who may not see all organisations of the region reads the figures of his own ``house``, and
    the page says so: without it the numbers of one department would stand under the county's name.
    """

    region: RegionRow
    above: tuple[RegionRow, ...]
    unit: OrganisationRow | None = None
    house: OrganisationRow | None = None

    @property
    def title(self) -> str:
        if self.unit:
            return self.unit.name
        if self.house:
            here = "" if self.house.region_lo == self.region.lo else f"（{self.region.name}）"
            return f"{self.house.name}及所属单位{here}"
        return self.region.name

    @property
    def path(self) -> str:
        return f"/dashboards/unit/{self.unit.id}" if self.unit else region_path(self.region.id)

    @property
    def params(self) -> dict[str, str]:
        """As the address of the rows names it."""
        where = {"region": str(self.region.id)}
        return {**where, "unit": str(self.unit.id)} if self.unit else where

    def crumbs(self, scope: Scope) -> list[Crumb]:
        """From the highest region one may see down to here; this one without a link."""
        found = [
            Crumb(each.name, region_path(each.id) if covered(scope, each) else "")
            for each in self.above
            if each.level > 0 or covered(scope, each)
        ]
        if self.unit:
            return [*found, Crumb(self.unit.name)]
        return [*found[:-1], Crumb(self.region.name)]


def region_path(region_id: int) -> str:
    return f"/dashboards/region/{region_id}"


def covered(scope: Scope, place: RegionRow) -> bool:
    """Whether the scope holds the whole region."""
    return scope.region.covers(place.interval)


def wide(scope: Scope) -> bool:
    """Whether the scope holds all organisations of its regions, so that totals may be read."""
    return scope.organisation == EVERYTHING


async def spot_of(scope: Scope, region_id: int) -> Spot | None:
    """The region's page, if the scope holds the region."""
    found = await region(region_id)
    if found is None or not covered(scope, found):
        return None
    house = None if wide(scope) else await organisation_at(scope.organisation.lo)
    return Spot(found, tuple(await path(found.lo)), house=house)


async def home_of(scope: Scope) -> Spot | None:
    """The visitor's own region; whoever is bound to an organisation alone begins at the top."""
    found = await region_at(max(scope.region.lo, REGIONS.root.lo))
    return await spot_of(scope, found.id) if found else None


async def unit_of(scope: Scope, organisation_id: int) -> Spot | None:
    """The organisation's page, if the scope holds it."""
    found = await organisation(organisation_id)
    if found is None or found.region_lo not in scope.region or found.lo not in scope.organisation:
        return None
    home = await region_at(found.region_lo)
    if home is None:
        return None
    return Spot(home, tuple(await path(home.lo)), found)


async def regions_below(spot: Spot) -> list[RegionRow]:
    """The regions directly below, closed ones too: what happened there has not gone."""
    return [] if spot.unit else await children(spot.region.id, closed=True)


async def merged_into(spot: Spot) -> list[dict[str, object]]:
    """Which regions were merged into this one: their earlier figures count here."""
    return await rows(
        "select name, valid_to from core_region where successor = $1 and valid_to is not null"
        " order by valid_to desc, id",
        spot.region.id,
    )
