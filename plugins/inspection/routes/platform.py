# SPDX-License-Identifier: Apache-2.0
"""The pages of the 监察平台 (S1-2): 风险防控, 监察规则, 监察分析; 监察督办 is a plugin of its own."""

from typing import Any, cast

from core.api.access import Visitor, requires, visitor
from core.api.clock import now
from core.api.db import transaction
from core.api.extensions import contributions_in
from core.api.facts import Head, SubjectRef, newest_head
from core.api.web import (
    Column,
    Listing,
    Page,
    Params,
    Request,
    Response,
    describe,
    export,
    get,
    note_export,
    number_of,
    page,
    printed,
    wants_xlsx,
    xlsx_response,
)
from plugins.inspection.queries import analysis, register
from plugins.inspection.queries.analysis import BY_TITLES, By, Table
from plugins.inspection.queries.periods import Period, period_of
from plugins.inspection.routes.words import kind_titles

RULES = "inspection.rule.read"
ANALYSIS = "inspection.analysis.read"
PART = "inspection.analysis"
PRINTED_LINES = 1000
"""What is printed is read; longer lists are exported."""


@get("/risks", guards=[requires(RULES)])
async def list_risks(request: Request) -> Response:
    """风险防控: the risk points of all items in scope and the alarms at their steps."""
    who = visitor(request)
    period = period_of(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await register.RISKS.export(request, who.scope, **register.at(now()))
            await register.count_for_risks(found, who.scope, period)
            return await export(request, register.RISKS, found)
        listing = await register.RISKS.page(request, who.scope, **register.at(now()))
        await register.count_for_risks(listing.rows, who.scope, period)
        await _name_items(listing.rows, who)
    return page(
        request,
        "inspection/risks.html",
        listing=listing,
        period=period,
        print_href=_same(listing, "/inspection/risks/print"),
    )


@get("/risks/print", guards=[requires(RULES)])
async def print_risks(request: Request) -> Response:
    """The same lines on paper, under the same conditions and in the same order."""
    who = visitor(request)
    period = period_of(request)
    async with transaction(who.scope):
        listing = await register.RISKS.page(
            request, who.scope, size=PRINTED_LINES, **register.at(now())
        )
        await register.count_for_risks(listing.rows, who.scope, period)
        seal = await _traced(request, register.RISKS, "风险防控一览", len(listing.rows))
    return _paper(
        request, "inspection/risks_print.html", listing, period, "/inspection/risks", seal
    )


@get("/points", guards=[requires(RULES)])
async def list_points(request: Request) -> Response:
    """监察规则: every point in force, and how often it judged and fired."""
    who = visitor(request)
    period = period_of(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await register.POINTS.export(request, who.scope, **register.at(now()))
            await register.count_for_points(found, who.scope, period)
            return await export(request, register.POINTS, found)
        listing = await register.POINTS.page(request, who.scope, **register.at(now()))
        await register.count_for_points(listing.rows, who.scope, period)
        await _name_items(listing.rows, who)
    return page(
        request,
        "inspection/points.html",
        listing=listing,
        period=period,
        kinds=kind_titles(),
        print_href=_same(listing, "/inspection/points/print"),
    )


@get("/points/print", guards=[requires(RULES)])
async def print_points(request: Request) -> Response:
    """The same lines on paper, under the same conditions and in the same order."""
    who = visitor(request)
    period = period_of(request)
    async with transaction(who.scope):
        listing = await register.POINTS.page(
            request, who.scope, size=PRINTED_LINES, **register.at(now())
        )
        await register.count_for_points(listing.rows, who.scope, period)
        seal = await _traced(request, register.POINTS, "监察规则一览", len(listing.rows))
    return _paper(
        request, "inspection/points_print.html", listing, period, "/inspection/points", seal
    )


def _same(listing: Page, path: str) -> str:
    """Another address with the conditions and the order of this list."""
    return path + listing.url().removeprefix(listing.path)


async def _traced(request: Request, listing: Listing, title: str, rows: int) -> Head | None:
    conditions = listing.words_of(Params.of(request))
    return await printed(request, listing.key, title, rows=rows, conditions=conditions)


def _paper(
    request: Request,
    template: str,
    listing: Page,
    period: Period,
    path: str,
    seal: Head | None,
) -> Response:
    # Only the days are left out of the conditions: the sentence above the table names them.
    said = [c for c in listing.chips if c.title not in ("期间起", "期间止")]
    return page(
        request,
        template,
        listing=listing,
        period=period,
        conditions="；".join(f"{each.title}：{each.words}" for each in said),
        place=visitor(request).place_name,
        kinds=kind_titles(),
        full=bool(listing.next_url),
        most=PRINTED_LINES,
        back=_same(listing, path),
        seal=seal,
    )


async def _name_items(lines: list[dict[str, Any]], who: Visitor) -> None:
    """The page of each line's item, by whoever owns items."""
    labels = await describe(
        [SubjectRef("powers.item", r["item"]) for r in lines], who.scope, who.permissions
    )
    paths = {ref.id: label.path for ref, label in labels.items()}
    for line in lines:
        line["item_path"] = paths.get(line["item"], "")


@get("/analysis", guards=[requires(ANALYSIS)])
async def analyse(request: Request) -> Response:
    """监察分析: kind × unit, month or item × colour, down to the rows."""
    return await _analysis(request, "inspection/analysis.html")


@get("/analysis/print", guards=[requires(ANALYSIS)])
async def print_analysis(request: Request) -> Response:
    """The same on paper."""
    return await _analysis(request, "inspection/analysis_print.html", paper=True)


async def _analysis(request: Request, template: str, *, paper: bool = False) -> Response:
    who = visitor(request)
    period = period_of(request)
    asked = request.query_params.get("by", "unit")
    by = cast("By", asked if asked in BY_TITLES else "unit")
    conditions = _conditions(request)
    async with transaction(who.scope):
        table = await analysis.alarm_table(who.scope, period, by, conditions)
        units = await analysis.units_of_alarms(who.scope)
        kept = await analysis.on_time(who.scope, period)
        silent = await analysis.silent_units(who.scope, period)
        parts = await _parts(who, period)
        titles = kind_titles()
        said = f"期间：{period.words}；{BY_TITLES[by]}；{_words(conditions, dict(units), titles)}"
        seal: Head | None = None
        if wants_xlsx(request):
            lines = _cells(table)
            await note_export(
                request, PART, "监察分析", form="XLSX", rows=len(table.lines), conditions=said
            )
            seal = await newest_head()
        elif paper:
            seal = await printed(request, PART, "监察分析", rows=len(table.lines), conditions=said)
    if wants_xlsx(request):
        note = f"{said}\n{seal.words}" if seal else said
        return await xlsx_response(
            "监察分析", _columns(table, titles), lines, note=note, masked=True
        )
    return page(
        request,
        template,
        grid=table,
        bars=analysis.bars(table) if by == "month" else [],
        period=period,
        by=by,
        ways=[
            {"title": title, "url": _url(period, key, conditions), "current": key == by}
            for key, title in BY_TITLES.items()
        ],
        units=units,
        kinds=titles,
        asked=conditions,
        conditions=_words(conditions, dict(units), titles),
        kept=kept,
        silent=silent,
        here=_url(period, by, conditions),
        parts=parts,
        back=f"/inspection/analysis{_url(period, by, conditions)}",
        seal=seal,
    )


def _conditions(request: Request) -> dict[str, str]:
    """What restricts the whole table; what makes no sense restricts nothing."""
    unit = request.query_params.get("unit", "")
    kind = request.query_params.get("kind", "")
    return {
        "unit": unit if number_of(unit) is not None else "",
        "kind": kind if kind in kind_titles() else "",
    }


def _words(conditions: dict[str, str], units: dict[str, str], kinds: dict[str, str]) -> str:
    found = []
    if conditions["unit"]:
        found.append(f"单位：{units.get(conditions['unit'], conditions['unit'])}")
    if conditions["kind"]:
        found.append(f"类型：{kinds[conditions['kind']]}")
    return "，".join(found) or "全部单位、全部类型"


def _url(period: Period, by: str, conditions: dict[str, str]) -> str:
    pairs = {"by": by, **period.params, **{k: v for k, v in conditions.items() if v}}
    return "?" + "&".join(f"{key}={value}" for key, value in pairs.items())


def _columns(table: Table, titles: dict[str, str]) -> list[Column]:
    columns = [Column("title", BY_TITLES[table.by].removeprefix("按"), width=30)]
    for kind in table.kinds:
        for colour, word in (("red", "红灯"), ("yellow", "黄灯")):
            columns.append(Column(f"{kind}.{colour}", f"{titles[kind]} {word}", kind="number"))
    columns.append(Column("red", "红灯合计", kind="number"))
    columns.append(Column("yellow", "黄灯合计", kind="number"))
    return columns


def _cells(table: Table) -> list[dict[str, Any]]:
    def line(title: str, cells: Any, total: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"title": title, "red": total.red, "yellow": total.yellow}
        for kind in table.kinds:
            found[f"{kind}.red"] = cells[kind].red
            found[f"{kind}.yellow"] = cells[kind].yellow
        return found

    lines = [line(x.title, x.cells, x.total) for x in table.lines]
    return [*lines, line("合计", table.sums, table.total)]


async def _parts(who: Visitor, period: Period) -> list[dict[str, str]]:
    """What other plugins add to the analysis: read by the page from their own routes."""
    query = "&".join(f"{key}={value}" for key, value in period.params.items())
    return [
        {"title": each.value.title, "path": f"{each.value.path}?{query}"}
        for each in await contributions_in(who.region.lo, PART)
        if who.may(each.value.permission)
    ]


ROUTES = [list_risks, print_risks, list_points, print_points, analyse, print_analysis]
