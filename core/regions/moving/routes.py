# SPDX-License-Identifier: Apache-2.0
"""Mergers and divisions in the browser: what would move, the decision, and how far it has come."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.errors import Conflict, Invalid, NotFound
from core.forms import Bound, unbound
from core.listing import Column, Filter, Listing
from core.regions import queries
from core.regions.moving import services
from core.regions.moving.services import Preview
from core.regions.moving.tables import carrying
from core.regions.queries import RegionRow
from core.regions.rules import LEVELS
from core.scope import Scope
from core.web import responses

MANAGE = "core.region.manage"
Req = Request[Any, Any, Any]
Reason = Annotated[str, Meta(title="依据和原因", min_length=2, max_length=300)]
Confirmed = Annotated[str, Meta(title="名称", max_length=60)]

MOVES = Listing(
    key="core.region_moves",
    title="区划调整的搬迁",
    select=(
        "m.id, m.kind, m.state, m.reason, m.moved, m.expected, m.asked_at, m.finished_at,"
        " a.name as source_name, b.name as target_name, coalesce(u.name, '系统') as who,"
        " '/regions/moves/' || m.id as href,"
        " case m.kind when 'merge' then '并入' else '划出' end as act,"
        " case m.state when 'done' then '已完成' else '正在搬迁' end as word"
    ),
    source=(
        "core_region_move m join core_region a on a.id = m.source"
        " join core_region b on b.id = m.target left join core_user u on u.id = m.asked_by"
    ),
    id="m.id",
    tied="none",
    columns=(
        Column("source_name", "从", fold="jd-f1"),
        Column("act", "方式"),
        Column("target_name", "到"),
        Column("word", "进度", fold="jd-f1e"),
        Column("moved", "已搬记录", kind="number"),
        Column("asked_at", "开始", sort="m.asked_at", kind="datetime"),
        Column("who", "办理人"),
        Column("reason", "依据和原因", fold="jd-say1"),
    ),
    filters=(
        Filter(
            "state",
            "进度",
            kind="tabs",
            options=(("all", "全部"), ("running", "正在搬迁"), ("done", "已完成")),
            wheres={"all": "true", "running": "m.state <> 'done'", "done": "m.state = 'done'"},
            default="all",
        ),
    ),
    order="-asked_at",
)


class MergeForm(msgspec.Struct):
    """Into which region by its code; the name again and a reason once the counts were seen."""

    code: Annotated[str, Meta(title="并入的行政区划代码", min_length=6, max_length=12)]
    reason: Reason
    name: Confirmed


class SplitForm(msgspec.Struct):
    """The new region, the organisations that go there, and why."""

    name: Annotated[str, Meta(title="新区划的名称", min_length=2, max_length=60)]
    level: Annotated[int, Meta(title="级别", ge=1, le=4)]
    organisation: Annotated[list[int], Meta(title="划过去的机构", min_length=1)]
    reason: Reason
    again: Confirmed
    code: Annotated[str, Meta(title="代码", max_length=12)] = ""


class PreviewForm(msgspec.Struct):
    """A press on “look first”: everything typed stays, nothing is done."""

    preview: Annotated[str, Meta(max_length=5)] = ""


def _scope(who: Visitor) -> Scope:
    return Scope.platform("the region tree belongs to the whole platform", actor=who.user_id)


async def _place(region: int) -> RegionRow:
    found = await queries.region(region)
    if found is None or found.level == 0:
        raise NotFound
    return found


def _shown(preview: Preview | None) -> dict[str, Any] | None:
    if preview is None:
        return None
    return {
        "regions": preview.regions,
        "organisations": preview.organisations,
        "roles": preview.roles,
        "rows": preview.rows,
        "tables": preview.tables,
        "same_names": preview.same_names,
    }


# --- merging -------------------------------------------------------------------------------------


async def _target(form: Bound[Any], place: RegionRow) -> RegionRow | None:
    code = str(form.get("code") or "").strip()
    if not place.open:
        return await queries.region(place.successor) if place.successor else None
    if not code:
        return None
    found = await queries.region_by_code(code)
    if found is None:
        form.error("code", "没有这个代码的行政区划。")
    return found


async def _merge_page(
    request: Req, region: int, form: Bound[Any], status: int = 200
) -> Response[Any]:
    async with db.transaction(_scope(visitor(request))):
        place = await _place(region)
        preview = None
        target = await _target(form, place)
        if target is not None:
            try:
                preview = await services.preview_merge(place.id, target.id)
            except Invalid as error:
                form.errors.update(error.errors)
    return responses.page(
        request,
        "pages/region_merge.html",
        status=422 if form.errors and status == 200 else status,
        region=place,
        target=target if preview else None,
        preview=_shown(preview),
        form=form,
    )


@get("/regions/{region:int}/merge", guards=[requires(MANAGE)])
async def show_merge(request: Req, region: FromPath[int]) -> Response[Any]:
    """What merging would move, before anybody decides."""
    form = unbound(MergeForm, code=request.query_params.get("code", "")[:12])
    return await _merge_page(request, region, form)


@post("/regions/{region:int}/merge", guards=[requires(MANAGE)], status_code=200)
async def merge(request: Req, region: FromPath[int]) -> Response[Any]:
    """Merge: the tree at once, the rows by a job."""
    form = await responses.bind(request, MergeForm)
    if form.ok:
        try:
            async with db.transaction(_scope(visitor(request))):
                place = await _place(region)
                target = await _target(form, place)
                if place.name != form.value.name.strip():
                    form.error("name", "名称与要撤销的不一致，没有办理。")
                if form.ok and target is not None:
                    move = await services.begin_merge(place.id, target.id, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        if form.ok and target is not None:
            words = "区划已并入，记录正在搬迁。"
            return responses.redirect(request, f"/regions/moves/{move}", message=words)
    return await _merge_page(request, region, form, 422)


# --- dividing ------------------------------------------------------------------------------------


async def _units(place: RegionRow) -> list[tuple[str, str]]:
    found = await db.rows(
        "select o.id, o.name, (select count(*) from core_organisation c where c.valid_to is null"
        " and c.region = o.region and c.lo > o.lo and c.lo <= o.hi) as below"
        " from core_organisation o where o.region = $1 and o.valid_to is null"
        " and not exists (select 1 from core_organisation p where p.id = o.parent"
        "                 and p.region = o.region and p.valid_to is null)"
        " order by o.pinyin, o.lo",
        place.id,
    )
    return [
        (
            str(each["id"]),
            each["name"] + (f"（连同下设 {each['below']} 个）" if each["below"] else ""),
        )
        for each in found
    ]


async def _split_page(
    request: Req, region: int, form: Bound[Any], status: int = 200, *, look: bool = False
) -> Response[Any]:
    async with db.transaction(_scope(visitor(request))):
        place = await _place(region)
        if not place.open or place.parent is None:
            raise Conflict(f"{place.name}已撤销，不能再划出新区。")
        parent = await queries.region(place.parent)
        preview = None
        chosen = _chosen(form)
        if chosen:
            try:
                preview = await services.preview_split(place.id, chosen)
            except Invalid as error:
                form.errors.update(error.errors)
        elif look:
            form.error("organisation", "请选择划过去的机构。")
        units = await _units(place)
    return responses.page(
        request,
        "pages/region_split.html",
        status=422 if form.errors and status == 200 else status,
        region=place,
        parent=parent,
        units=units,
        levels=[(key, words) for key, words in LEVELS.items() if parent and key > parent.level],
        preview=_shown(preview),
        form=form,
    )


def _chosen(form: Bound[Any]) -> Sequence[int]:
    raw = form.raw.get("organisation") or []
    listed = raw if isinstance(raw, list | tuple) else [raw]
    return [int(each) for each in listed if str(each).isascii() and str(each).isdigit()][:500]


@get("/regions/{region:int}/split", guards=[requires(MANAGE)])
async def show_split(request: Req, region: FromPath[int]) -> Response[Any]:
    """The form of a division."""
    return await _split_page(request, region, unbound(SplitForm))


@post("/regions/{region:int}/split", guards=[requires(MANAGE)], status_code=200)
async def split(request: Req, region: FromPath[int]) -> Response[Any]:
    """Look what would move, or divide: the new region and its organisations at once, rows after."""
    form = await responses.bind(request, SplitForm)
    asked = await responses.bind(request, PreviewForm)
    if asked.ok and asked.value.preview:
        # Only looking: what is missing is asked for when it is meant.
        form.errors.clear()
        return await _split_page(request, region, form, look=True)
    if form.ok:
        try:
            async with db.transaction(_scope(visitor(request))):
                place = await _place(region)
                if form.value.again.strip() != form.value.name.strip():
                    form.error("again", "两次写的名称不一样，没有办理。")
                else:
                    move = await services.begin_split(
                        place.id,
                        form.value.name,
                        form.value.level,
                        form.value.organisation,
                        form.value.reason,
                        code=form.value.code.strip(),
                    )
        except Invalid as error:
            form.errors.update(error.errors)
        if form.ok:
            words = "新区划已设立，记录正在搬迁。"
            return responses.redirect(request, f"/regions/moves/{move}", message=words)
    return await _split_page(request, region, form, 422)


# --- how far it has come -------------------------------------------------------------------------


@get("/regions/moves", guards=[requires(MANAGE)])
async def moves(request: Req) -> Response[Any]:
    """All mergers and divisions whose rows were carried."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        if responses.wants_xlsx(request):
            rows = await MOVES.export(request, who.scope)
            return await responses.export(request, MOVES, rows)
        found = await MOVES.page(request, _scope(who), tab_counts=True)
    return responses.page(request, "pages/region_moves.html", p=found)


async def _progress(move: int) -> dict[str, Any]:
    found = await db.row(f"select {MOVES.select} from {MOVES.source} where m.id = $1", move)
    if found is None:
        raise NotFound
    titles = {each.name: each.title for each in carrying()}
    tables = await db.rows(
        "select name, expected, moved, seen from core_region_move_table where move = $1"
        " order by name",
        move,
    )
    more = await db.row(
        "select counts, round, source, target from core_region_move where id = $1", move
    )
    assert more is not None
    return {
        **found,
        **more,
        "tables": [{**each, "title": titles.get(each["name"], each["name"])} for each in tables],
        # Rows written meanwhile are carried too, so more may go than were counted.
        "full": max(found["expected"], found["moved"], 1),
    }


@get("/regions/moves/{move:int}", guards=[requires(MANAGE)])
async def show_move(request: Req, move: FromPath[int]) -> Response[Any]:
    """One move: what was changed at once, and how many rows have gone."""
    async with db.transaction(_scope(visitor(request))):
        found = await _progress(move)
    return responses.page(request, "pages/region_move.html", move=found)


@get("/regions/moves/{move:int}/progress", guards=[requires(MANAGE)])
async def show_progress(request: Req, move: FromPath[int]) -> Response[Any]:
    """The part of the page that changes."""
    async with db.transaction(_scope(visitor(request))):
        found = await _progress(move)
    return responses.partial(request, "pages/_region_move.html", move=found)


HANDLERS = [show_merge, merge, show_split, split, moves, show_move, show_progress]
