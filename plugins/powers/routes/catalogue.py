# SPDX-License-Identifier: Apache-2.0
"""权责清单: what anybody may read of the powers in force, body by body. No account, no drafts."""

from itertools import groupby
from typing import Any

import msgspec
from litestar.params import FromPath

from core.api import clock
from core.api.access import public
from core.api.db import Scope, transaction
from core.api.errors import NotFound
from core.api.web import Request, Response, get, limit, page
from plugins.powers.queries.catalogue import (
    PUBLIC_ITEMS,
    PublicItem,
    as_item,
    bodies,
    body_named,
    items_of_body,
    public_item,
)
from plugins.powers.routes.content import article_links, flow_chart
from plugins.powers.rules import POWER_CLASSES
from plugins.powers.rules.definition import Standard, Tier
from plugins.powers.showing import range_words

ANYBODY = public("权责清单依法公布，查阅不需要登录")
CLASSES = {one.key: one for one in POWER_CLASSES}


@get("/public", opt=ANYBODY)
async def list_bodies(request: Request) -> Response:
    """All bodies with items in force; with a search the items found in all of them."""
    limit(request, "powers.public", times=120)
    async with transaction(Scope.public()):
        listing = await PUBLIC_ITEMS.page(request, Scope.public())
        found = await bodies()
    regions = [(name, list(group)) for (_lo, name), group in groupby(found, key=_region)]
    return page(
        request,
        "powers/catalogue.html",
        searching=bool(listing.params.get("q")),
        listing=listing,
        items=[as_item(each) for each in listing.rows],
        regions=regions,
        classes=CLASSES,
    )


def _region(body: dict[str, Any]) -> tuple[int, str]:
    return body["region_lo"], body["region"]


@get("/public/bodies/{holder:int}", opt=ANYBODY)
async def show_body(request: Request, holder: FromPath[int]) -> Response:
    """The list of one body by class, with basis, periods and remedies."""
    limit(request, "powers.public", times=120)
    async with transaction(Scope.public()):
        found = await body_named(holder)
        if found is None:
            raise NotFound("这个主体没有公布的权力事项。")
        listing = await PUBLIC_ITEMS.page(
            request, Scope.public(), where="p.organisation = {}", args=[holder], tab_counts=True
        )
    return page(
        request,
        "powers/catalogue_body.html",
        body=found,
        listing=listing,
        items=[as_item(each) for each in listing.rows],
        classes=CLASSES,
    )


@get("/public/bodies/{holder:int}/print", opt=ANYBODY)
async def print_body(request: Request, holder: FromPath[int]) -> Response:
    """Everything of one body on one sheet, for the notice board."""
    limit(request, "powers.public.whole", times=20)
    async with transaction(Scope.public()):
        found = await body_named(holder)
        if found is None:
            raise NotFound("这个主体没有公布的权力事项。")
        items = await items_of_body(holder)
    return page(
        request,
        "powers/catalogue_print.html",
        body=found,
        groups=[
            (CLASSES[key].title, list(group))
            for key, group in groupby(items, key=lambda one: one.power_class)
        ],
        range_words=range_words,
        back=f"/powers/public/bodies/{holder}",
    )


@get("/public/bodies/{holder:int}/json", opt=ANYBODY)
async def export_body(request: Request, holder: FromPath[int]) -> Response:
    """The list of one body for other systems; the fields are documented in the plugin's README."""
    limit(request, "powers.public.whole", times=20)
    async with transaction(Scope.public()):
        found = await body_named(holder)
        if found is None:
            raise NotFound("这个主体没有公布的权力事项。")
        items = await items_of_body(holder)
    told = {
        "body": found["name"],
        "region": found["region"],
        "as_of": clock.now().isoformat(timespec="seconds"),
        "items": [as_open_data(one) for one in items],
    }
    return Response(
        msgspec.json.encode(told),
        media_type="application/json; charset=utf-8",
        headers={"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"},
    )


@get("/public/items/{item:int}", opt=ANYBODY)
async def show_public_item(request: Request, item: FromPath[int]) -> Response:
    """One item: basis with its words, flow chart, periods, standards, remedies."""
    limit(request, "powers.public", times=120)
    async with transaction(Scope.public()):
        found = await public_item(item)
    if found is None:
        raise NotFound("没有公布这个权力事项，或者它已经不再生效。")
    return page(
        request,
        "powers/catalogue_item.html",
        found=found,
        power=found.chart,
        classes=CLASSES,
        stage_titles={stage.key: stage.title for stage in found.content.stages},
        range_words=range_words,
        article_links=await article_links(found.content, Scope.public()),
        **await flow_chart(found.chart),
    )


def as_open_data(one: PublicItem) -> dict[str, Any]:
    """An item as it is given to other systems: field by field, so that nothing slips in."""
    content = one.content
    titles = {step.key: step.title for step in content.steps}
    return {
        "code": one.code,
        "title": one.title,
        "class": one.power_class,
        "class_title": CLASSES[one.power_class].title,
        "version": one.version,
        "effective_from": clock.local(one.effective_from).date().isoformat(),
        "basis": [{"law": b.law, "article": b.article, "text": b.text} for b in content.basis],
        "limits": [{"of": of, "limit": words} for of, words in one.limits],
        "steps": [
            {"title": step.title, "limit": step.limit.words if step.limit else ""}
            for step in content.steps
        ],
        "transitions": [
            {
                "from": titles.get(way.origin, way.origin),
                "to": titles.get(way.target, way.target),
                "kind": way.kind,
                "title": way.title,
            }
            for way in content.transitions
        ],
        "standards": [_standard(standard) for standard in content.standards],
        "remedies": list(content.remedies),
    }


def _standard(standard: Standard) -> dict[str, Any]:
    def tell(tier: Tier) -> dict[str, Any]:
        return {
            "title": tier.title,
            "range": range_words(tier, standard),
            "kinds": list(tier.kinds),
            "note": tier.note,
        }

    return {
        "title": standard.title,
        "act": standard.act,
        "articles": list(standard.articles),
        "tiers": [tell(t) for t in standard.tiers],
    }


ROUTES = (list_bodies, show_body, print_body, export_body, show_public_item)
