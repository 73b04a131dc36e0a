# SPDX-License-Identifier: Apache-2.0
"""The monthly report to leaders: on the page, as DOCX to work on, as PDF to hand round."""

from typing import Any, Final
from urllib.parse import quote

from core.api.access import requires, visitor
from core.api.clock import local, now, today
from core.api.db import Scope, transaction
from core.api.documents import Paper, Paragraph, docx, pdf
from core.api.errors import NotFound
from core.api.facts import newest_head
from core.api.web import Request, Response, get, note_export, number_of, page
from plugins.dashboards.queries import figures, spots
from plugins.dashboards.queries.figures import Line, Sum
from plugins.dashboards.queries.spots import Spot
from plugins.dashboards.routes.asking import READ
from plugins.dashboards.routes.board import NO_PLACE
from plugins.dashboards.rules.measures import BOARD
from plugins.dashboards.rules.periods import (
    Period,
    month_text,
    month_words,
    read_month,
    shifted,
)
from plugins.dashboards.rules.reporting import METHOD, Numbers, themes

ORDINALS: Final = "一二三四五六七八九十"
BACK: Final = 24
FILES: Final = {
    "pdf": ("application/pdf", pdf),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        docx,
    ),
}


def _plain(sums: Any) -> dict[str, tuple[int, int]]:
    return {key: (each.n, each.amount) for key, each in sums.items()}


def _counts(sums: dict[str, Sum]) -> dict[str, int]:
    return {key: sums[key].n for key in BOARD if key in sums}


async def numbers_of(spot: Spot, scope: Scope, month: int) -> Numbers:
    """All numbers of a report, by the queries of the board."""
    this = Period("own", month, month)
    last = Period("own", shifted(month, -1), shifted(month, -1))
    year = Period("own", month // 100 * 100 + 1, month)
    below = await spots.regions_below(spot)
    places: list[Line] = await figures.by_region(spot, below, scope, this, "")
    if not places:
        places = sorted(await figures.by_unit(spot, scope, this, ""), key=lambda each: each.title)
    classes = await figures.by_class(spot, scope, this)
    return Numbers(
        _plain(await figures.sums(spot, scope, this, "")),
        _plain(await figures.sums(spot, scope, last, "")),
        _plain(await figures.sums(spot, scope, year, "")),
        {
            line.params["power_class"]: {key: each.n for key, each in line.sums.items()}
            for line in classes
        },
        [(line.title, _counts(line.sums)) for line in places],
    )


def paper_of(title: str, place: str, it: Numbers, head: str) -> Paper:
    """The report as a document; whoever signs it puts the organ's name under it."""
    text: list[Paragraph] = []
    for at, (theme, words) in enumerate(themes(it)):
        text.append(Paragraph(f"{ORDINALS[at]}、{theme}", "heading"))
        text += [Paragraph(each) for each in words]
    text += [Paragraph("说明", "heading"), Paragraph(METHOD)]
    made = local(now())
    day = f"{made.year}年{made.month}月{made.day}日"
    note = f"{place} · {made:%Y-%m-%d %H:%M} 生成" + (f" · {head}" if head else "")
    return Paper(title, tuple(text), signed=(day,), note=note)


@get("/report", guards=[requires(READ)])
async def show_report(request: Request) -> Response:
    """The report of a region and a month; the last full month when none is named."""
    who, query = visitor(request), request.query_params
    current = today().year * 100 + today().month
    month = read_month(query.get("month", "")) or shifted(current, -1)
    month = min(month, current)
    region = number_of(query.get("region", ""))
    wanted = query.get("format", "")
    async with transaction(who.scope):
        spot = await (
            spots.home_of(who.scope) if region is None else spots.spot_of(who.scope, region)
        )
        if spot is None:
            raise NotFound(NO_PLACE)
        it = await numbers_of(spot, who.scope, month)
        title = f"{spot.title}行政执法监督月报（{month_words(month)}）"
        head = await newest_head()
        if wanted in FILES:
            await note_export(request, "dashboards.report", title, form=wanted.upper(), rows=1)
    if wanted in FILES:
        media_type, made = FILES[wanted]
        paper = paper_of(title, spot.title, it, head.words if head else "")
        name = quote(f"{title}.{wanted}")
        return Response(
            await made(paper),
            media_type=media_type,
            headers={
                "Content-Disposition": f"attachment; filename=\"report.{wanted}\"; filename*=UTF-8''{name}",
                "Cache-Control": "private, no-store",
            },
        )
    return page(
        request,
        "dashboards/report.html",
        spot=spot,
        crumbs=spot.crumbs(who.scope),
        title=title,
        month=month_text(month),
        running=month == current,
        months=[
            (month_text(shifted(current, -back)), month_words(shifted(current, -back)))
            for back in range(BACK)
        ],
        themes=themes(it),
        method=METHOD,
        ordinals=ORDINALS,
    )


ROUTES = [show_report]
