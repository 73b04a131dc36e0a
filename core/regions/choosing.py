# SPDX-License-Identifier: Apache-2.0
"""Which region a page of the administration is about, and the way to others.

Administrators of the platform choose among all regions, everybody else within his own. A region
outside is 404, like any row outside one's scope.
"""

from dataclasses import dataclass
from typing import Any

from litestar import Request

from core.auth.visitor import Visitor
from core.errors import NotFound
from core.forms import number_of
from core.intervals import REGIONS, Interval
from core.regions.queries import RegionRow, children, country, find, path, region
from core.scope import Scope

Req = Request[Any, Any, Any]
BELOW = 60
"""How many regions below are offered at once; beyond that one searches."""


@dataclass(frozen=True)
class Chosen:
    """A region, the regions above it that may be chosen, those below, and what was searched."""

    region: RegionRow
    path: tuple[RegionRow, ...]
    below: tuple[RegionRow, ...]
    more: int
    query: str
    found: tuple[RegionRow, ...]
    names: dict[int, str]
    """The names of the found regions' parents, by id: there are many 城关镇."""
    inside: Interval

    @property
    def id(self) -> int:
        return self.region.id

    @property
    def name(self) -> str:
        return self.region.name


def reach_of(who: Visitor) -> Interval:
    """The part of the region tree somebody administers; his own, or the whole country."""
    return Interval(who.region.lo, who.region.hi) if who.region.id else REGIONS.root


def office_of(who: Visitor, reason: str) -> Scope:
    """The scope of administrative work: every organisation of the regions in reach.

    A role that reaches no further than its organisation stays within it, whatever rights the
    office has given to it.
    """
    if not who.region.id:
        return Scope.platform(reason, actor=who.user_id)
    if who.reach == "organisation":
        return who.scope
    return Scope(reach_of(who), Scope.platform(reason).organisation, actor=who.user_id)


async def choose(request: Req, who: Visitor, name: str = "region") -> Chosen:
    """The region asked for in the address, else one's own, else the country."""
    inside = reach_of(who)
    asked = request.query_params.get(name, "")
    wanted = number_of(asked) if asked else who.region.id
    if asked and not wanted:
        raise NotFound
    place = await region(wanted) if wanted else await country()
    if place is None or place.lo not in inside:
        raise NotFound
    query = request.query_params.get("place", "").strip()[:60]
    found = await find(query, within=inside) if query else []
    above = [each for each in await path(place.lo) if each.lo in inside]
    below = await children(place.id)
    names = {}
    for each in found:
        if each.parent is not None and each.parent not in names:
            parent = await region(each.parent)
            names[each.parent] = parent.name if parent and parent.level else ""
    return Chosen(
        place,
        tuple(above),
        tuple(below[:BELOW]),
        max(0, len(below) - BELOW),
        query,
        tuple(found),
        names,
        inside,
    )
