# SPDX-License-Identifier: Apache-2.0
"""Figures that name nobody, and where complaints would go: the configuration looked through."""

from datetime import date, timedelta

from core.api.access import requires, visitor
from core.api.clock import today
from core.api.db import transaction
from core.api.settings import settings_of
from core.api.web import Request, Response, get, page
from plugins.complaints import queries
from plugins.complaints.queries.figures import by_body
from plugins.complaints.rules import READ, figures, routing
from plugins.complaints.services import ComplaintSettings

YEAR = timedelta(days=364)


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _period(since: str, until: str) -> tuple[date, date]:
    """From and to, the last year by default; the calendar itself has a first day."""
    last = _day(until, today())
    first = _day(since, last - YEAR if last > date.min + YEAR else date.min)
    return min(first, last), last


@get("/figures", guards=[requires(READ)])
async def show_figures(request: Request) -> Response:
    """By unit and enforcement type; small numbers are hidden."""
    who = visitor(request)
    asked = request.query_params
    first, last = _period(asked.get("since", ""), asked.get("until", ""))
    async with transaction(who.scope):
        settings = await settings_of(ComplaintSettings, who.region.lo)
        table, columns = await by_body(who.scope, first, last)
    least = settings.smallest_number
    masked = figures.masked(table, least)
    lines = [
        {
            "name": name,
            "cells": masked[name],
            "total": figures.total(table[name], least),
        }
        for name in table
    ]
    return page(
        request,
        "complaints/figures.html",
        lines=lines,
        columns=columns,
        least=least,
        first=first,
        last=last,
        total=figures.total([n for numbers in table.values() for n in numbers], least),
    )


@get("/routing", guards=[requires(READ)])
async def show_routing(request: Request) -> Response:
    """Which bureau takes the complaints of each region, and which regions have none."""
    who = visitor(request)
    async with transaction(who.scope):
        regions = await queries.regions_below(who.scope.region)
        organs = await queries.organs_of([each.lo for each in regions])
        lines = []
        for each in regions:
            path = await queries.region_path(each.lo)
            known = await queries.organs_of([p.lo for p in path])
            went = routing.route("public", path, [], known)
            lines.append({"region": each.name, "organ": went.organ_name, "steps": went.steps})
    return page(
        request,
        "complaints/routing.html",
        lines=lines,
        gaps=[each.name for each in routing.gaps(regions, organs)],
    )


ROUTES = (show_figures, show_routing)
