# SPDX-License-Identifier: Apache-2.0
"""Pages of the catalogue: the list of items and one item with its flow, forms and points."""

from typing import Any

from litestar.params import FromPath, FromQuery

from core.api.access import requires, visitor
from core.api.charts import Box, Line, lay_out
from core.api.db import transaction
from core.api.errors import NotFound
from core.api.web import Request, Response, export, get, page, wants_xlsx
from plugins.powers.queries import ITEMS, find_item, versions_of
from plugins.powers.rules import POINT_KINDS, POWER_CLASSES, STEP_KINDS, Definition
from plugins.powers.rules.chart import BEGIN, END, chart_steps, chart_ways

READ = "powers.item.read"


@get("/", guards=[requires(READ)])
async def list_items(request: Request) -> Response:
    """The catalogue (职权目录) as a list by class, or as a workbook with the same filters."""
    scope = visitor(request).scope
    async with transaction(scope):
        if wants_xlsx(request):
            return await export(request, ITEMS, await ITEMS.export(request, scope))
        listing = await ITEMS.page(request, scope, tab_counts=True)
    return page(
        request,
        "powers/list.html",
        listing=listing,
        classes={one.key: one for one in POWER_CLASSES},
    )


@get("/{item:int}", guards=[requires(READ)])
async def show_item(
    request: Request, item: FromPath[int], version: FromQuery[int | None] = None
) -> Response:
    """One item in its current or a former version."""
    scope = visitor(request).scope
    async with transaction(scope):
        found = await find_item(item, scope, number=version)
        if found is None:
            raise NotFound
        history = await versions_of(item, scope)
    return page(
        request,
        "powers/detail.html",
        found=found,
        power=found.definition,
        history=history,
        classes={one.key: one for one in POWER_CLASSES},
        step_kinds=STEP_KINDS,
        point_kinds={one.key: one for one in POINT_KINDS},
        forms={form.key: form for form in found.definition.forms},
        step_titles={step.key: step.title for step in found.definition.steps},
        stage_titles={stage.key: stage.title for stage in found.definition.stages},
        **await flow_chart(found.definition),
    )


async def flow_chart(power: Definition) -> dict[str, Any]:
    """What ``powers/_flow.html`` needs to draw the item's flow."""
    boxes, ways = chart_steps(power), chart_ways(power)
    chart = await lay_out(
        (
            Box(BEGIN, 14, 14),
            *(Box(one.key, one.width, one.height) for one in boxes),
            Box(END, 14, 14),
        ),
        tuple(
            Line(
                one.origin,
                one.target,
                one.label_width,
                16,
                spine=one.kind == "forward",
                aside=one.kind == "rollback",
            )
            for one in ways
        ),
    )
    ends = {key: chart.boxes[key] for key in (BEGIN, END) if key in chart.boxes}
    return {"chart": chart, "boxes": boxes, "ways": ways, "ends": ends, "marked": ""}


ROUTES = [list_items, show_item]
