# SPDX-License-Identifier: Apache-2.0
"""Numbers for everybody: whole years, region by region, small numbers hidden."""

from litestar.params import FromQuery

from core.api.access import public
from core.api.clock import today
from core.api.db import Scope, rows, transaction
from core.api.errors import NotFound
from core.api.regions import RegionRow, children, country, path, region
from core.api.web import Request, Response, get, limit, page
from plugins.dashboards.rules.hiding import SMALLEST, Shown, by_child, gathered
from plugins.dashboards.rules.measures import BY_KEY, PUBLIC

ANYBODY = public("numbers of cases and complaints by region, small ones hidden, are published")
READER = Scope.platform("published totals of all regions, small numbers hidden").read_only()
YEARS = 3


async def _own(place: RegionRow, year: int) -> dict[str, dict[int, int]]:
    """By measure what happened at each region itself: the smallest parts of every sum."""
    found = await rows(
        "select f.region_lo, f.measure, sum(f.n)::int8 as n from dashboards_figure f"
        " where not f.whole and f.power_class = '' and f.measure = any($1::text[])"
        " and f.region_lo between $2 and $3 and f.month between $4 and $5 group by 1, 2",
        list(PUBLIC),
        place.lo,
        place.hi,
        year * 100 + 1,
        year * 100 + 12,
    )
    numbers: dict[str, dict[int, int]] = {key: {} for key in PUBLIC}
    for each in found:
        numbers[each["measure"]][each["region_lo"]] = each["n"]
    return numbers


@get("/public", opt=ANYBODY)
async def show_public(
    request: Request, region_id: FromQuery[int] = 0, year: FromQuery[int] = 0
) -> Response:
    """A region and the regions below it."""
    limit(request, "dashboards.public")
    current = today().year
    chosen = year if current - YEARS < year <= current else current
    async with transaction(READER):
        place = await (region(region_id) if region_id > 0 else country())
        if place is None:
            raise NotFound("没有这个地区。")
        below = await children(place.id)
        above = await path(place.lo)
        own = await _own(place, chosen)
    cells: dict[str, list[Shown]] = {
        key: by_child(own[key], [(each.lo, each.hi) for each in below]) for key in PUBLIC
    }
    lines = [(each, {key: cells[key][at] for key in PUBLIC}) for at, each in enumerate(below)]
    shown = [
        (each, numbers) for each, numbers in lines if any(n.n or n.hidden for n in numbers.values())
    ]
    at_place = {key: gathered([own[key].get(place.lo, 0)]) for key in PUBLIC}
    total = {key: gathered(own[key].values()) for key in PUBLIC}
    return page(
        request,
        "dashboards/public.html",
        place=place,
        above=above[:-1],
        lines=shown,
        at_place=at_place,
        total=total,
        measures=[BY_KEY[key] for key in PUBLIC],
        year=chosen,
        years=range(current, current - YEARS, -1),
        smallest=SMALLEST,
    )


ROUTES = [show_public]
