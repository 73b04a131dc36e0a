# SPDX-License-Identifier: Apache-2.0
"""The home page: what must I do today? And keeping an eye on an object."""

from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from core import clock, db
from core.api.plugin import Action, SubjectRef
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.turns import queries, rules, services
from core.turns.bench import bench
from core.web import navigation, responses
from core.web.state import Platform, held

HOME = "core.home"
"""Subject kind of actions that belong on the home page: 新建案件."""


class WatchForm(msgspec.Struct):
    """Which object, and where to go back to."""

    kind: Annotated[str, Meta(title="对象", pattern=r"^[a-z_]+\.[a-z_]+$", max_length=64)]
    id: Annotated[int, Meta(title="编号", ge=1)]
    on: bool = True
    next: Annotated[str, Meta(title="返回的页面", pattern=r"^/(?![/\\])", max_length=400)] = "/"


@get("/", guards=[requires()])
async def home(request: Request[Any, Any, Any]) -> Response[Any]:
    """What waits for me, for my unit, what I watch and what I have done; then the cards."""
    who = visitor(request)
    if who.on_phone:
        return await bench(request, who)
    asked = request.query_params.get("tab", "mine")
    tab = cast("queries.Tab", asked if asked in queries.TABS else "mine")
    async with db.transaction(who.scope):
        if responses.wants_xlsx(request):
            rows = await queries.export(request, who, tab)
            title = queries.TABS[tab]
            return await responses.export(request, queries.TURNS, rows, title=title)
        found = await queries.page(request, who, tab)
        numbers = {
            "mine": await queries.my_turns(who),
            "unit": await queries.unit_turns(who),
            "watched": await queries.watched_turns(who),
            "done": None,
        }
        day = await queries.day(who)
    platform = held(request).platform
    cards = navigation.cards(platform, who)
    return responses.page(
        request,
        "pages/home.html",
        hello=rules.greeting(clock.now()),
        p=found,
        tab=tab,
        tab_titles=queries.TABS,
        tabs_shown=[
            {
                "title": title,
                "url": "/" if key == "mine" else f"/?tab={key}",
                "count": numbers[key],
                "current": key == tab,
            }
            for key, title in queries.TABS.items()
        ],
        day=day,
        main_cards=[each for each in cards if each.size == "main"],
        side_cards=[each for each in cards if each.size == "side"],
        acts=home_actions(platform, who),
    )


def home_actions(platform: Platform, who: Visitor) -> list[Action]:
    """The buttons at the head of the home page."""
    return [
        each
        for each in platform.registry.actions(HOME)
        if (not each.permission or each.permission in who.permissions)
        and navigation.is_on(platform, each, who)
    ]


@post("/watch", guards=[requires()], status_code=200)
async def watch(request: Request[Any, Any, Any]) -> Response[Any]:
    """Put an object on my list, or take it off; the list only ever shows what my scope sees."""
    who = visitor(request)
    bound = await responses.bind(request, WatchForm)
    if not bound.ok:
        return responses.redirect(
            request, "/", message={"text": "没有记下关注，请重试。", "tone": "red"}
        )
    form = bound.value
    subject = SubjectRef(form.kind, form.id)
    async with db.transaction(who.scope):
        await (services.watch if form.on else services.unwatch)(who.user_id, subject)
    words = "已加入重点关注，进展会出现在首页。" if form.on else "已取消重点关注。"
    return responses.redirect(request, form.next, message=words)
