# SPDX-License-Identifier: Apache-2.0
"""The plugins page: what is installed, where it is on, and what switching it off takes away."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.host import enabling
from core.host.registry import current
from core.regions.choosing import choose
from core.regions.queries import RegionRow
from core.scope import Scope
from core.web import responses

SWITCH = "core.plugin.switch"
Req = Request[Any, Any, Any]
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
    "retention_rules": "保留期限",
}


def _scope(who: Visitor) -> Scope:
    return Scope.platform("modules are switched by the system administrator", actor=who.user_id)


async def _state(region: RegionRow) -> list[dict[str, Any]]:
    registry = current()
    switches = await enabling.switches()
    own = {
        each["plugin"]: each["enabled"]
        for each in await db.rows(
            "select plugin, enabled from core_region_plugin where region = $1", region.id
        )
    }
    above = await db.rows(
        "select p.plugin, r.name from core_region_plugin p join core_region r on r.id = p.region"
        " where r.lo <= $1 and r.hi >= $2 and r.id <> $3 order by r.hi - r.lo desc",
        region.lo,
        region.hi,
        region.id,
    )
    inherited = {each["plugin"]: each["name"] for each in above}
    return [
        {
            **line,
            "hooks": [HOOK_WORDS[hook] for hook in line["hooks"]],
            "own": line["name"] in own,
            "enabled": switches.on(registry.plugins[line["name"]], region.lo),
            "inherited_from": "" if line["name"] in own else inherited.get(line["name"], ""),
            "dangling": [note for note in registry.dangling if note.startswith(line["name"] + ".")],
            "fixed": line["name"] == "core" or line["scope"] == "platform",
        }
        for line in registry.describe()
    ]


@get("/plugins", guards=[requires(SWITCH)])
async def plugins(request: Req) -> Response[Any]:
    """What is installed, and whether it is on in a region."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        found = await _state(place.region)
    return responses.page(
        request, "pages/plugins.html", plugins=found, place=place, may_change=True
    )


def _pages(request: Req, plugin: str) -> list[str]:
    """The addresses that answer 404 where the plugin is off."""
    from core.app import handlers_of

    found = {
        path
        for path, handler in handlers_of(request.app)
        if handler.opt.get("plugin") == plugin and "GET" in handler.http_methods
    }
    return sorted(found)


@get("/plugins/{plugin:str}/off", guards=[requires(SWITCH)])
async def ask(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """What disappears when a module is switched off here; asked before it is done."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        preview = await enabling.preview_off(place.id, plugin)
    return responses.page(
        request,
        "pages/plugin_off.html",
        manifest=current().plugins[plugin],
        place=place,
        preview=preview,
        pages=_pages(request, plugin),
        counted=enabling.COUNTED,
    )


@post("/plugins/{plugin:str}/enable", guards=[requires(SWITCH)], status_code=200)
async def enable(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """Switch a module on, and offer to catch up on what it missed."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        await enabling.switch_plugin(place.id, plugin, on=True)
        missed = await enabling.missed(place.id, plugin)
    said = f"已在{place.name}启用“{current().plugins[plugin].title}”。"
    if missed:
        return responses.redirect(
            request, f"/plugins/{plugin}/back-fill?region={place.id}", message=said
        )
    return responses.redirect(request, f"/plugins?region={place.id}", message=said)


@post("/plugins/{plugin:str}/disable", guards=[requires(SWITCH)], status_code=200)
async def disable(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """Switch a module off; its data stays."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        await enabling.switch_plugin(place.id, plugin, on=False)
    said = f"已在{place.name}停用“{current().plugins[plugin].title}”。"
    return responses.redirect(request, f"/plugins?region={place.id}", message=said)


@get("/plugins/{plugin:str}/back-fill", guards=[requires(SWITCH)])
async def ask_back_fill(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """What happened here while the module was off, and whether it shall catch up on it."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        count = await enabling.missed(place.id, plugin)
        on = await enabling.is_enabled(plugin, place.region.lo)
    registry = current()
    return responses.page(
        request,
        "pages/plugin_back_fill.html",
        manifest=registry.plugins[plugin],
        place=place,
        count=count,
        counted=enabling.COUNTED,
        on=on,
        kinds=[
            registry.fact_kinds[kind].title
            for kind in registry.handled_kinds(plugin)
            if kind in registry.fact_kinds
        ],
    )


@post("/plugins/{plugin:str}/back-fill", guards=[requires(SWITCH)], status_code=200)
async def back_fill(request: Req, plugin: FromPath[str]) -> Response[Any]:
    """Have the module catch up, in the background."""
    who = visitor(request)
    async with db.transaction(_scope(who)):
        place = await choose(request, who)
        count = await enabling.back_fill(place.id, plugin)
    said = f"{count} 条以往的记录正在后台补办。" if count else "没有要补办的记录。"
    return responses.redirect(request, f"/plugins?region={place.id}", message=said)
