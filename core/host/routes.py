# SPDX-License-Identifier: Apache-2.0
"""The plugins page: what is installed, where it is on, and what switching it off takes away."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.errors import NotFound
from core.host import enabling
from core.host.registry import current
from core.scope import Scope
from core.web import responses

SWITCH = "core.plugin.switch"
HOOK_WORDS = {
    "piccolo_apps": "数据表",
    "route_handlers": "页面",
    "permissions": "权限",
    "nav_items": "菜单",
    "dashboard_cards": "首页卡片",
    "panels": "详情栏目",
    "subject_kinds": "对象",
    "fact_kinds": "记录",
    "fact_handlers": "响应记录",
    "gates": "关口",
    "gate_checks": "答复关口",
    "jobs": "后台任务",
    "message_kinds": "消息",
    "settings_schema": "设置",
    "demo_steps": "演示数据",
    "extension_points": "扩展点",
    "contributions": "扩展",
    "actions": "按钮",
    "metrics": "指标",
}


def _scope(who: Visitor) -> Scope:
    return Scope.platform("modules are switched by the system administrator", actor=who.user_id)


async def _region(request: Request[Any, Any, Any], who: Visitor) -> dict[str, Any]:
    """The region asked for, else the administrator's own, else the whole country."""
    asked = request.query_params.get("region", "")
    wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    found = await db.row(
        "select id, name, lo, hi from core_region"
        " where id = $1 or ($1 = 0 and lo = 0) order by lo limit 1",
        wanted or who.region.id,
    )
    if found is None:
        raise NotFound
    return found


async def _state(region: dict[str, Any]) -> list[dict[str, Any]]:
    registry = current()
    switches = await enabling.switches()
    own = {
        each["plugin"]: each["enabled"]
        for each in await db.rows(
            "select plugin, enabled from core_region_plugin where region = $1", region["id"]
        )
    }
    above = await db.rows(
        "select p.plugin, r.name from core_region_plugin p join core_region r on r.id = p.region"
        " where r.lo <= $1 and r.hi >= $2 and r.id <> $3 order by r.hi - r.lo desc",
        region["lo"],
        region["hi"],
        region["id"],
    )
    inherited = {each["plugin"]: each["name"] for each in above}
    return [
        {
            **line,
            "hooks": [HOOK_WORDS[hook] for hook in line["hooks"]],
            "enabled": switches.on(registry.plugins[line["name"]], region["lo"]),
            "inherited_from": "" if line["name"] in own else inherited.get(line["name"], ""),
            "dangling": [note for note in registry.dangling if note.startswith(line["name"] + ".")],
            "fixed": line["name"] == "core" or line["scope"] == "platform",
        }
        for line in registry.describe()
    ]


@get("/plugins", guards=[requires(SWITCH)])
async def plugins(request: Request[Any, Any, Any]) -> Response[Any]:
    """What is installed, and whether it is on in a region."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        region = await _region(request, who)
        found = await _state(region)
    return responses.page(
        request, "pages/plugins.html", plugins=found, region=region, may_change=True
    )


@get("/plugins/{plugin:str}/off", guards=[requires(SWITCH)])
async def ask(request: Request[Any, Any, Any], plugin: FromPath[str]) -> Response[Any]:
    """What disappears when a module is switched off here; asked before it is done."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        region = await _region(request, who)
        preview = await enabling.preview_off(region["id"], plugin)
    return responses.page(
        request,
        "pages/plugin_off.html",
        manifest=current().plugins[plugin],
        region=region,
        preview=preview,
    )


async def _switch(request: Request[Any, Any, Any], plugin: str, on: bool) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(_scope(who)):
        region = await _region(request, who)
        await enabling.switch_plugin(region["id"], plugin, on)
    title = current().plugins[plugin].title
    verb = "启用" if on else "停用"
    return responses.redirect(
        request,
        f"/plugins?region={region['id']}",
        message=f"已在{region['name']}{verb}“{title}”。",
    )


@post("/plugins/{plugin:str}/enable", guards=[requires(SWITCH)], status_code=200)
async def enable(request: Request[Any, Any, Any], plugin: FromPath[str]) -> Response[Any]:
    """Switch a module on."""
    return await _switch(request, plugin, on=True)


@post("/plugins/{plugin:str}/disable", guards=[requires(SWITCH)], status_code=200)
async def disable(request: Request[Any, Any, Any], plugin: FromPath[str]) -> Response[Any]:
    """Switch a module off; its data stays."""
    return await _switch(request, plugin, on=False)
