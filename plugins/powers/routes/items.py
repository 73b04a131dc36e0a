# SPDX-License-Identifier: Apache-2.0
"""Pages of the catalogue: the list of items and one item with its flow, forms and points."""

from litestar.params import FromPath, FromQuery

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import NotFound
from core.api.plugin import Place
from core.api.web import Request, Response, export, get, page, wants_xlsx
from plugins.powers.queries import ITEMS, find_item, versions_of
from plugins.powers.queries.drafts import drafts_of
from plugins.powers.routes.content import content_of, grouped, toml_response
from plugins.powers.rules import POWER_CLASSES
from plugins.powers.rules import approval as rules
from plugins.powers.rules.comparing import compare
from plugins.powers.rules.writing import write_item

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
    who = visitor(request)
    scope = who.scope
    async with transaction(scope):
        found = await find_item(item, scope, number=version)
        if found is None:
            raise NotFound
        history = await versions_of(item, scope)
        may_draft = rules.READ in who.permissions
        drafts = await drafts_of(item, scope) if may_draft else []
    for one in drafts:
        one["chip"] = rules.STATE_WORDS[one["state"]]
    place = Place(found.definition.region_lo, found.definition.org_lo)
    return page(
        request,
        "powers/detail.html",
        found=found,
        history=history,
        drafts=drafts,
        may_copy=rules.EDIT in who.permissions,
        may_revise=rules.EDIT in who.permissions and scope.may_write(place),
        **await content_of(found.definition, who),
    )


@get("/{item:int}/toml", guards=[requires(READ)])
async def export_item(
    request: Request, item: FromPath[int], version: FromQuery[int | None] = None
) -> Response:
    """One version as a TOML file that can be read in again, here or elsewhere."""
    scope = visitor(request).scope
    async with transaction(scope):
        found = await find_item(item, scope, number=version)
    if found is None:
        raise NotFound
    note = f"{found.definition.title}\n{found.organisation_name}，第 {found.number} 版"
    return toml_response(write_item(found.definition, note), found.definition.code, found.number)


@get("/{item:int}/compare", guards=[requires(READ)])
async def compare_versions(
    request: Request,
    item: FromPath[int],
    before: FromQuery[int | None] = None,
    after: FromQuery[int | None] = None,
) -> Response:
    """What one version changed against another, in words."""
    scope = visitor(request).scope
    async with transaction(scope):
        newer = await find_item(item, scope, number=after)
        if newer is None:
            raise NotFound
        number = newer.number - 1 if before is None else before
        older = await find_item(item, scope, number=number) if number else None
        history = await versions_of(item, scope)
    if older is None and before is not None:
        raise NotFound
    return page(
        request,
        "powers/compare.html",
        title=newer.definition.title,
        back=(f"/powers/{item}", newer.definition.title),
        older=f"第 {older.number} 版" if older else "",
        newer=f"第 {newer.number} 版",
        changes=grouped(compare(older.definition, newer.definition)) if older else [],
        history=history,
        item=item,
        numbers=(older.number if older else 0, newer.number),
    )


ROUTES = (list_items, show_item, export_item, compare_versions)
