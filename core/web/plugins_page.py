# SPDX-License-Identifier: Apache-2.0
"""Which modules are installed, what they plug in, and where they are switched on."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth import queries
from core.auth.access import requires, visitor
from core.auth.services import office
from core.errors import Invalid, NotFound
from core.host import enabling
from core.web.responses import bind, page, redirect
from core.web.state import held

Req = Request[Any, Any, Any]


class RegionForm(msgspec.Struct):
    region: Annotated[int, Meta(title="地区", ge=1)]


async def _region(request: Req) -> dict[str, Any] | None:
    """The region asked for, or the topmost one."""
    asked = request.query_params.get("region", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        return await db.row("select id, name, lo, hi from core_region where id = $1", int(asked))
    return await db.row(
        "select g.id, g.name, g.lo, g.hi from core_region g order by g.hi - g.lo desc, g.lo limit 1"
    )


@get("/plugins", guards=[requires("core.plugin.switch")])
async def plugins(request: Req) -> Response[Any]:
    """The state of every module in one region."""
    who = visitor(request)
    registry = held(request).platform.registry
    async with db.transaction(who.scope):
        region = await _region(request)
        if region is None:
            raise NotFound("还没有导入地区。")
        on = await enabling.enabled_plugins(region["lo"])
        own = set(
            await db.column("select plugin from core_region_plugin where region = $1", region["id"])
        )
        regions = await queries.regions()
    listed = [
        {
            **each,
            "enabled": each["name"] in on,
            "inherited_from": "" if each["name"] in own or each["scope"] == "platform" else "上级",
            "dangling": [line for line in registry.dangling if line.startswith(f"{each['name']}.")],
        }
        for each in registry.describe()
    ]
    return page(
        request,
        "pages/plugins.html",
        plugins=listed,
        region=region,
        regions=regions,
        may_change=True,
    )


async def _switch(request: Req, name: str, *, on: bool) -> Response[Any]:
    form = await bind(request, RegionForm)
    if not form.ok:
        raise Invalid(form.errors)
    who = visitor(request)
    async with db.transaction(office(who.user_id)):
        await enabling.switch_plugin(form.value.region, name, on)
    words = "已启用。" if on else "已停用，数据保留。"
    return redirect(request, f"/plugins?region={form.value.region}", message=words)


@post("/plugins/{name:str}/enable", guards=[requires("core.plugin.switch")], status_code=200)
async def enable(request: Req, name: FromPath[str]) -> Response[Any]:
    """Switch a module on from a region downwards."""
    return await _switch(request, name, on=True)


@post("/plugins/{name:str}/disable", guards=[requires("core.plugin.switch")], status_code=200)
async def disable(request: Req, name: FromPath[str]) -> Response[Any]:
    """Switch a module off from a region downwards; its data stays."""
    return await _switch(request, name, on=False)


HANDLERS: list[Any] = [plugins, enable, disable]
