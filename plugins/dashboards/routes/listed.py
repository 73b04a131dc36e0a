# SPDX-License-Identifier: Apache-2.0
"""The rows behind a number, each leading to its own page by whoever owns it."""

from typing import Any

from core.api.access import requires, visitor
from core.api.clock import today
from core.api.db import SubjectRef, transaction
from core.api.errors import NotFound
from core.api.web import (
    Params,
    Request,
    Response,
    describe,
    export,
    get,
    number_of,
    page,
    wants_xlsx,
)
from plugins.dashboards.queries import spots
from plugins.dashboards.queries.entries import ENTRIES, conditions, measure_of
from plugins.dashboards.queries.spots import Spot
from plugins.dashboards.routes.asking import READ
from plugins.dashboards.routes.board import NO_PLACE, NO_UNIT
from plugins.dashboards.rules.measures import BY_KEY, CLASS_TITLES
from plugins.dashboards.rules.periods import period_of


async def _place(params: Params, scope: Any) -> tuple[Spot, int | None]:
    """The spot and the organisation the address names; not found outside the scope."""
    unit = number_of(params.get("unit"))
    if unit:
        found = await spots.unit_of(scope, unit)
        if found is None or found.unit is None:
            raise NotFound(NO_UNIT)
        return found, found.unit.lo
    region = number_of(params.get("region"))
    spot = await (spots.home_of(scope) if region is None else spots.spot_of(scope, region))
    if spot is None:
        raise NotFound(NO_PLACE)
    return spot, unit


@get("/rows", guards=[requires(READ)])
async def list_rows(request: Request) -> Response:
    """Exactly the entries a number counts."""
    who, params = visitor(request), Params.of(request)
    async with transaction(who.scope):
        spot, org_lo = await _place(params, who.scope)
        own = bool(params.get("own")) or org_lo is not None
        where, args = conditions(spot, org_lo, params, own=own)
        if wants_xlsx(request):
            found = await ENTRIES.export(request, who.scope, where=where, args=args)
            return await export(request, ENTRIES, found)
        listing = await ENTRIES.page(request, who.scope, where=where, args=args)
        refs = [SubjectRef(row["subject_kind"], row["subject_id"]) for row in listing.rows]
        labels = await describe(refs, who.scope, who.permissions)
    for row in listing.rows:
        label = labels.get(SubjectRef(row["subject_kind"], row["subject_id"]))
        row["href"] = label.path if label else ""
        row["class_title"] = CLASS_TITLES.get(row["power_class"], "未分类")
    back = {"period": "own", "from": params.get("from"), "to": params.get("to")}
    return page(
        request,
        "dashboards/rows.html",
        listing=listing,
        spot=spot,
        own=own and not spot.unit,
        measure=BY_KEY[measure_of(params)],
        period=period_of(today(), "own", params.get("from"), params.get("to"))
        if params.get("from")
        else None,
        crumbs=spot.crumbs(who.scope),
        back={key: value for key, value in back.items() if value},
    )


ROUTES = [list_rows]
