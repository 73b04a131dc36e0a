# SPDX-License-Identifier: Apache-2.0
"""The board of a region or a unit: five figures, the places below, classes, months, points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import NotFound
from core.api.facts import newest_head
from core.api.web import (
    Column,
    Request,
    Response,
    get,
    note_export,
    page,
    partial,
    wants_xlsx,
    xlsx_response,
)
from plugins.dashboards.queries import figures, spots
from plugins.dashboards.queries.figures import NONE, Line, Sum, total_of
from plugins.dashboards.queries.spots import Spot
from plugins.dashboards.routes.asking import READ, Asked, asked_of
from plugins.dashboards.rules.measures import (
    BOARD,
    BY_CLASS,
    BY_KEY,
    CLASSES,
    MEASURES,
    POINT_KINDS,
    TREND,
    share,
)
from plugins.dashboards.rules.periods import month_text, month_words
from plugins.dashboards.rules.tiling import shades

NO_PLACE = "没有这个地区，或者不在你的管理范围内。"
NO_UNIT = "没有这个单位，或者不在你的管理范围内。"


@dataclass(frozen=True)
class Board:
    """Everything of one page, read in one transaction."""

    spot: Spot
    asked: Asked
    sums: Mapping[str, Sum]
    before: Mapping[str, Sum]
    """The same months of the year before."""
    regions: list[Line]
    units: list[Line]
    classes: list[Line]
    months: list[tuple[int, dict[str, Sum]]]
    merged: list[dict[str, Any]]

    def n(self, measure: str) -> int:
        return self.sums.get(measure, NONE).n

    def mean(self, measure: str) -> float | None:
        return self.sums.get(measure, NONE).mean

    def was(self, measure: str) -> int:
        return self.before.get(measure, NONE).n

    def rows(self, measure: str, **more: str) -> str:
        return self.asked.rows(measure, self.spot.params, **more)

    @property
    def in_time(self) -> float | None:
        return share(self.n("cases.in_time"), self.n("cases.closed"))

    def month_rows(self, measure: str, month: int) -> str:
        """The rows of one month."""
        text = month_text(month)
        return self.rows(measure, **{"from": text, "to": text})

    @property
    def whole(self) -> Line:
        """The last line of 各地, added up from the lines above it."""
        return total_of(self.regions)

    @property
    def units_whole(self) -> Line:
        """The last line of the units, likewise."""
        return total_of(self.units)


async def load_board(who: Visitor, spot: Spot, asked: Asked) -> Board:
    """Read everything of a spot; in the caller's transaction."""
    scope, period, power_class = who.scope, asked.period, asked.power_class
    below = await spots.regions_below(spot)
    return Board(
        spot,
        asked,
        await figures.sums(spot, scope, period, power_class),
        await figures.sums(spot, scope, period.year_before, power_class),
        await figures.by_region(spot, below, scope, period, power_class),
        await figures.by_unit(spot, scope, period, power_class),
        await figures.by_class(spot, scope, period),
        await figures.by_month(spot, scope, period, power_class),
        await spots.merged_into(spot),
    )


@get("/", guards=[requires(READ)])
async def show_home(request: Request) -> Response:
    """The visitor's own region."""
    who = visitor(request)
    async with transaction(who.scope):
        spot = await spots.home_of(who.scope)
    return await _board(request, spot, NO_PLACE)


@get("/region/{ident:int}", guards=[requires(READ)])
async def show_region(request: Request, ident: FromPath[int]) -> Response:
    """A region inside the visitor's."""
    who = visitor(request)
    async with transaction(who.scope):
        spot = await spots.spot_of(who.scope, ident)
    return await _board(request, spot, NO_PLACE)


@get("/unit/{ident:int}", guards=[requires(READ)])
async def show_unit(request: Request, ident: FromPath[int]) -> Response:
    """One organisation."""
    who = visitor(request)
    async with transaction(who.scope):
        spot = await spots.unit_of(who.scope, ident)
    return await _board(request, spot, NO_UNIT)


async def _board(request: Request, spot: Spot | None, missing: str) -> Response:
    if spot is None:
        raise NotFound(missing)
    who, asked = visitor(request), asked_of(request)
    async with transaction(who.scope):
        board = await load_board(who, spot, asked)
        if wants_xlsx(request):
            return await _export(request, board)
    return page(
        request,
        "dashboards/board.html",
        board=board,
        spot=spot,
        asked=asked,
        crumbs=spot.crumbs(who.scope),
        ways=asked.ways(spot.path),
        classes=CLASSES,
        columns=[BY_KEY[key] for key in BOARD],
        class_columns=[BY_KEY[key] for key in BY_CLASS],
        trend=[BY_KEY[key] for key in TREND],
        points=POINT_KINDS,
        shadings=asked.shadings(spot.path),
        shade=BY_KEY[asked.shade],
        shades=shades([each.n(asked.shade) for each in board.regions]),
        measures=MEASURES,
        month_words=month_words,
    )


async def _export(request: Request, board: Board) -> Response:
    """The tables of the page in one sheet, with what they are about and when they were read."""
    columns = [Column("table", "表", width=14), Column("title", "名称", width=32)]
    keys = list(dict.fromkeys((*BOARD, *BY_CLASS)))
    columns += [Column(key, BY_KEY[key].title, kind="number") for key in keys]
    columns.append(Column("in_time_share", "按期办结率", width=14))
    lines: list[dict[str, Any]] = []

    def put(table: str, found: list[Line], keys_of: tuple[str, ...]) -> None:
        for each in found:
            cells: dict[str, Any] = {key: each.n(key) for key in keys_of}
            percent = "" if each.in_time is None else f"{each.in_time:.1%}"
            lines.append({"table": table, "title": each.title, **cells, "in_time_share": percent})

    if board.regions:
        put("下级地区", [*board.regions, total_of(board.regions)], BOARD)
    if board.units:
        put("本级单位", [*board.units, total_of(board.units)], BOARD)
    put("八类行政权力", [*board.classes], BY_CLASS)
    for month, found in board.months:
        cells = {key: found.get(key, NONE).n for key in TREND}
        lines.append({"table": "按月", "title": month_words(month), **cells})
    said = f"{board.spot.title}，{board.asked.words}"
    await note_export(
        request, "dashboards.board", "统计分析", form="XLSX", rows=len(lines), conditions=said
    )
    seal = await newest_head()
    note = f"{said}\n{seal.words}" if seal else said
    return await xlsx_response("统计分析", columns, lines, note=note)


@get("/cards/overview", guards=[requires(READ)])
async def show_card(request: Request) -> Response:
    """The five figures on the home page."""
    who, asked = visitor(request), asked_of(request)
    async with transaction(who.scope):
        spot = await spots.home_of(who.scope)
        sums = await figures.sums(spot, who.scope, asked.period, "") if spot else {}
    return partial(
        request,
        "dashboards/_card.html",
        spot=spot,
        asked=asked,
        n=lambda key: sums.get(key, NONE).n,
        in_time=share(sums.get("cases.in_time", NONE).n, sums.get("cases.closed", NONE).n),
    )


ROUTES = [show_home, show_region, show_unit, show_card]
