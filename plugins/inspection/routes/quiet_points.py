# SPDX-License-Identifier: Apache-2.0
"""监察点体检: which points never judge, never fire, or fire every time."""

from collections.abc import Sequence

from core.api.access import requires, visitor
from core.api.db import Scope, rows, scope_conditions, transaction, value
from core.api.facts import SubjectRef
from core.api.web import (
    Column,
    Filter,
    Listing,
    Request,
    Response,
    describe,
    export,
    get,
    page,
    wants_xlsx,
)
from plugins.inspection.routes.words import kind_titles
from plugins.inspection.rules.quiet import ENOUGH, SETTLED, TITLES, WINDOW, Sample, explain

READ = "inspection.quiet.read"
ITEM = "powers.item"


async def _bodies(scope: Scope) -> Sequence[tuple[str, str]]:
    """The bodies that have quiet points inside the scope."""
    where, args = scope_conditions(scope, "q")
    found = await rows(
        "select o.id, o.name from core_organisation o where o.id in (select q.organisation"
        f" from inspection_quiet_point q where q.ended_at is null and {where})"
        " order by o.name limit 300",
        *args,
    )
    return [(str(each["id"]), each["name"]) for each in found]


QUIET = Listing(
    key="inspection.quiet_points",
    title="监察点体检",
    select=(
        "q.id, q.item, q.code, q.item_title, q.point, q.point_title, q.kind, q.mark, q.step_title,"
        " q.silence, q.judged, q.fired, q.cases, q.quiet_since, o.name as body"
    ),
    source="inspection_quiet_point q left join core_organisation o on o.id = q.organisation",
    alias="q",
    id="q.id",
    where="q.ended_at is null",
    columns=(
        Column("silence", "情况", export=lambda row: TITLES[row["silence"]]),
        Column("point_title", "监察点", sort="q.point_title", width=30),
        Column(
            "kind",
            "类型",
            shown=False,
            export=lambda row: kind_titles().get(row["kind"], row["kind"]),
        ),
        Column("mark", "编号", shown=False),
        Column("item_title", "权力事项", sort="q.item_title", width=40),
        Column("code", "事项编码", shown=False),
        Column("step_title", "环节", shown=False),
        Column("body", "行使主体", shown=False, width=24),
        Column("judged", "判断次数", sort="q.judged", kind="number"),
        Column("fired", "报灯次数", kind="number"),
        Column("cases", "案件数", kind="number", shown=False),
        Column("quiet_since", "从何时起", sort="q.quiet_since", kind="date"),
    ),
    filters=(
        Filter(
            "silence",
            "情况",
            kind="tabs",
            where="q.silence = {}",
            options=(("", "全部"), *TITLES.items()),
        ),
        Filter(
            "body",
            "行使主体",
            kind="choice",
            load=_bodies,
            where="q.organisation = {}",
            convert=int,
        ),
        Filter(
            "q",
            "关键字",
            where="q.item_title || ' ' || q.code || ' ' || q.point_title ilike {}",
            placeholder="事项、编码或监察点",
        ),
    ),
    order="-judged",
)


@get("/quiet-points", guards=[requires(READ)])
async def list_quiet_points(request: Request) -> Response:
    """The last nightly count, as a page or as a workbook with the same filters."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, QUIET, await QUIET.export(request, who.scope))
        listing = await QUIET.page(request, who.scope, tab_counts=True)
        where, args = scope_conditions(who.scope, "q")
        counted = await value(
            f"select max(q.counted_at) from inspection_quiet_point q where {where}", *args
        )
        refs = [SubjectRef(ITEM, each["item"]) for each in listing.rows]
        labels = {
            ref.id: label
            for ref, label in (await describe(refs, who.scope, who.permissions)).items()
        }
    said = {
        each["id"]: explain(each["silence"], Sample(each["judged"], each["fired"], each["cases"]))
        for each in listing.rows
    }
    return page(
        request,
        "inspection/quiet_points.html",
        listing=listing,
        counted=counted,
        labels=labels,
        said=said,
        kinds=kind_titles(),
        titles=TITLES,
        enough=ENOUGH,
        settled=SETTLED.days,
        window=WINDOW.days,
    )


ROUTES = [list_quiet_points]
