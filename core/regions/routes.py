# SPDX-License-Identifier: Apache-2.0
"""The region tree: what is below what, former names, adding, renaming. Merging: ``moving``."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.errors import Invalid
from core.facts.sentences import sentence
from core.facts.services import history
from core.forms import Bound, unbound
from core.regions import queries, services
from core.regions.choosing import choose
from core.regions.queries import RegionRow
from core.regions.rules import LEVELS, OWN
from core.scope import Scope
from core.web import responses
from core.web.formats import moment

MANAGE = "core.region.manage"
Req = Request[Any, Any, Any]


class AddForm(msgspec.Struct):
    """A region the official list does not have."""

    name: Annotated[str, Meta(title="名称", min_length=2, max_length=60)]
    level: Annotated[int, Meta(title="级别", ge=1, le=4)]
    code: Annotated[str, Meta(title="代码", max_length=12)] = ""


class RenameForm(msgspec.Struct):
    """A new name from today on."""

    name: Annotated[str, Meta(title="新名称", min_length=2, max_length=60)]


def _scope(who: Visitor) -> Scope:
    return Scope.platform("the region tree belongs to the whole platform", actor=who.user_id)


async def _page(request: Req, status: int = 200, **forms: Bound[Any]) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        below = await queries.children(place.id, closed=True)
        former = await queries.former_names(place.id)
        facts = await history(db.SubjectRef("core.region", place.id))
        users = await db.rows(
            "select id, name from core_user where id = any($1::int8[])",
            list({each.actor for each in facts}),
        )
        units = await db.value(
            "select count(*) from core_organisation where region_lo between $1 and $2"
            " and valid_to is null",
            place.region.lo,
            place.region.hi,
        )
        successor = await queries.region(place.region.successor) if place.region.successor else None
        # A region closed before its rows could be carried still holds them.
        left = successor is not None and await _left_behind(place.region)
        moving = await db.row(
            "select id, source, target from core_region_move where state <> 'done' limit 1"
        )
    names = {row["id"]: row["name"] for row in users}
    region = place.region
    return responses.page(
        request,
        "pages/regions.html",
        status=status,
        place=place,
        below_all=below,
        former=former,
        units=units,
        successor=successor,
        level=LEVELS.get(region.level, ""),
        source="本平台自设" if region.code_source == OWN else region.code_source,
        levels=[(key, words) for key, words in LEVELS.items() if key > region.level],
        open=region.open,
        history=[
            {
                "icon": "history",
                "title": sentence(each.kind, each.payload),
                "note": f"{moment(each.at)}　{names.get(each.actor, '系统')}",
            }
            for each in reversed(facts)
        ],
        add_form=forms.get("add_form") or unbound(AddForm),
        rename_form=forms.get("rename_form") or unbound(RenameForm),
        left_behind=left,
        moving=moving,
    )


async def _left_behind(region: RegionRow) -> bool:
    return bool(
        await db.value(
            "select core_count_in_regions('core_fact', $1, $2, $3)", [region.lo], [0], [2**62]
        )
    )


@get("/regions", guards=[requires(MANAGE)])
async def regions(request: Req) -> Response[Any]:
    """One region: the way up, what is below, former names, what was done with it."""
    return await _page(request)


@post("/regions/{region:int}/add", guards=[requires(MANAGE)], status_code=200)
async def add(request: Req, region: FromPath[int]) -> Response[Any]:
    """Add a region below this one."""
    form = await responses.bind(request, AddForm)
    if form.ok:
        try:
            async with db.transaction(_scope(visitor(request))):
                made = await services.add_region(
                    region, form.value.name, form.value.level, code=form.value.code
                )
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return responses.redirect(
                request, f"/regions?region={made.id}", message=f"已新增{made.name}。"
            )
    return await _page(request, 422, add_form=form)


@post("/regions/{region:int}/rename", guards=[requires(MANAGE)], status_code=200)
async def rename(request: Req, region: FromPath[int]) -> Response[Any]:
    """Give a region a new name; the old one stays known."""
    form = await responses.bind(request, RenameForm)
    if form.ok:
        try:
            async with db.transaction(_scope(visitor(request))):
                await services.rename_region(region, form.value.name)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return responses.redirect(request, f"/regions?region={region}", message="已更名。")
    return await _page(request, 422, rename_form=form)
