# SPDX-License-Identifier: Apache-2.0
"""Rows of the core for tests; plugins' factories live with the plugins' tests.

Every function runs in the open transaction: in a ``db`` test it acts as the owner, in a
``fresh_db`` test wrap it in ``transaction(Scope.platform("test"))``.
"""

import itertools
from dataclasses import dataclass

from core.api.plugin import Place
from core.db import EVERYTHING, Scope, transaction
from core.intervals import Interval
from core.people import services as people
from core.people.queries import OrganisationRow, PersonRow
from core.regions import services as regions
from core.regions.queries import RegionRow, country, region_by_code
from core.regions.rules import Division

SETTING_UP = Scope.platform("test data")
_numbers = itertools.count(1)

DIVISIONS = (
    Division(1, "150000", "", "内蒙古自治区"),
    Division(1, "370000", "", "山东省"),
    Division(2, "150600", "150000", "鄂尔多斯市"),
    Division(2, "150800", "150000", "巴彦淖尔市"),
    Division(2, "371000", "370000", "威海市"),
    Division(3, "150626", "150600", "乌审旗"),
    Division(3, "150802", "150800", "临河区"),
    Division(3, "150822", "150800", "磴口县"),
    Division(3, "371002", "371000", "环翠区"),
    Division(4, "150822100", "150822", "巴彦高勒镇"),
)


@dataclass(frozen=True)
class RegionTree:
    """Province, city, two counties and a town, and the same elsewhere for what must not leak."""

    country: RegionRow
    province: RegionRow
    city: RegionRow
    county: RegionRow
    other_county: RegionRow
    town: RegionRow
    other_city: RegionRow
    far_county: RegionRow
    """In another province."""


async def region_tree() -> RegionTree:
    """Import the small list of ``DIVISIONS``; calling it again finds the same rows."""
    async with transaction(SETTING_UP):
        await regions.import_regions(divisions=DIVISIONS)
        found = {}
        for name, code in (
            ("province", "15"),
            ("city", "1508"),
            ("county", "150822"),
            ("other_county", "150802"),
            ("town", "150822100"),
            ("other_city", "1506"),
            ("far_county", "371002"),
        ):
            each = await region_by_code(code)
            assert each is not None
            found[name] = each
        return RegionTree(country=await country(), **found)


async def organisation(
    region: RegionRow,
    name: str = "",
    kind: str = "body",
    parent: OrganisationRow | None = None,
    **more: str,
) -> OrganisationRow:
    """An organisation of ``region``; without a name it gets one nobody else has."""
    async with transaction(SETTING_UP):
        return await people.found_organisation(
            name or f"测试机构{next(_numbers)}",
            kind,
            region.id,
            parent=None if parent is None else parent.id,
            **more,
        )


async def person(organ: OrganisationRow, name: str = "", **more: object) -> PersonRow:
    """A person of ``organ``; ``id_number``, ``phone``, ``position``, ``heads`` as in the service."""
    async with transaction(SETTING_UP):
        return await people.enter_person(name or f"测试{next(_numbers)}", organ.id, **more)  # type: ignore[arg-type]


def scope_of(
    region: RegionRow | Interval,
    organ: OrganisationRow | Interval | None = None,
    *,
    person: int = 0,
    actor: int = 0,
) -> Scope:
    """The scope of somebody of that region and, if given, organisation."""
    inside = region if isinstance(region, Interval) else region.interval
    own = EVERYTHING if organ is None else organ if isinstance(organ, Interval) else organ.interval
    return Scope(inside, own, person=person, actor=actor)


def place_of(organ: OrganisationRow) -> Place:
    """Where rows of an organisation lie."""
    return Place(organ.region_lo, organ.lo)
