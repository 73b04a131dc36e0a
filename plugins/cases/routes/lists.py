# SPDX-License-Identifier: Apache-2.0
"""The list of cases and the eight-class overview, counted by the list's own query."""

from typing import Any

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.plugin import SubjectRef
from core.api.turns import holds
from core.api.web import Request, Response, export, get, is_htmx, page, partial, wants_xlsx
from plugins.cases.queries import CASES, MINE, SUBJECT, overview, path_of
from plugins.cases.rules.definition import class_title
from plugins.cases.rules.flow import CASE_STATES

READ = "cases.case.read"


@get("/", guards=[requires(READ)])
async def list_cases(request: Request) -> Response:
    """Cases: running, closed or all, filtered and sorted; or the same rows as a workbook."""
    who = visitor(request)
    mine = request.query_params.get("who") == "me"
    where, args = (MINE, [who.person_id]) if mine else ("", [])
    async with transaction(who.scope):
        if wants_xlsx(request):
            rows = await CASES.export(request, who.scope, where=where, args=args)
            return await export(request, CASES, [_in_words(r) for r in rows])
        listing = await CASES.page(request, who.scope, where=where, args=args, tab_counts=True)
        refs = [SubjectRef(SUBJECT, r["id"]) for r in listing.rows]
        turns = await holds(refs, who) if refs else {}
    for r in listing.rows:
        found = turns.get(SubjectRef(SUBJECT, r["id"]))
        r["hold"] = found[0] if found else None
        r["href"] = path_of(r["id"])
        r["state_title"] = CASE_STATES.get(r["state"], r["state"])
        r["class_title"] = class_title(r["power_class"])
    query = request.url.query
    ledger_href = f"/cases/ledger?{query}" if query else "/cases/ledger"
    return page(request, "cases/list.html", listing=listing, ledger_href=ledger_href)


def _in_words(r: dict[str, Any]) -> dict[str, Any]:
    lamps = {"red": "红灯", "yellow": "黄灯"}
    return {**r, "lamp": lamps.get(r["lamp"], "")}


@get("/cards/overview", guards=[requires(READ)])
async def show_overview(request: Request) -> Response:
    """The eight classes with running and closed cases and lamps; every number opens its list."""
    who = visitor(request)
    year = clock.today().year
    async with transaction(who.scope):
        lines = await overview(who.scope, year)
    total = {
        name: sum(getattr(line, name) for line in lines)
        for name in ("running", "done", "red", "yellow")
    }
    context: dict[str, Any] = {
        "lines": lines,
        "total": total,
        "year": year,
        "place": who.place_name,
    }
    if is_htmx(request):
        return partial(request, "cases/_overview.html", **context)
    return page(request, "cases/overview.html", **context)


LISTS = (list_cases, show_overview)
