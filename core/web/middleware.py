# SPDX-License-Identifier: Apache-2.0
"""Around every request: its number, its session, the switch of its plugin, and cleaning up."""

from typing import Any

from litestar.connection import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from core.auth import sessions
from core.auth.access import SESSION, somebody_is_there
from core.errors import Forbidden, NotFound
from core.host import enabling
from core.host import registry as host_registry
from core.logging import set_request_id
from core.observing import Seen, watching
from core.web import debugging, security
from core.web.state import Held, current, held


def plain_query(query: bytes) -> bytes:
    """An address without NUL, which PostgreSQL refuses and nobody can type.

    Forms lose it while they are read (core.web.body); here it goes once for every page that
    searches by an address.
    """
    return query.replace(b"%00", b"") if b"%00" in query else query


class Surround(ASGIMiddleware):
    """Opens the session (one query) before the guards look at it."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """The parameter must be called ``next_app``: Litestar passes it by name."""
        if "method" not in scope:  # a web socket; the platform has none
            await next_app(scope, receive, send)
            return
        kept = held(scope)
        set_request_id(kept.request_id)
        scope["query_string"] = plain_query(scope["query_string"])
        platform = kept.platform
        token = current.set(kept)
        watched = watching.set(Seen()) if debugging.wanted(platform.settings) else None
        try:
            with host_registry.use(platform.registry):
                route = scope["route_handler"].opt
                if route.get(SESSION, True):
                    await self._open(scope)
                    refuse_what_is_off(kept, route.get("plugin", "core"))
                await next_app(scope, receive, send)
        finally:
            current.reset(token)
            if watched is not None:
                watching.reset(watched)
            kept.close()

    async def _open(self, scope: Scope) -> None:
        kept = held(scope)
        settings = kept.platform.settings
        request: Request[Any, Any, Any] = Request(scope)
        if security.foreign(scope, request.headers, settings.server.url):
            raise Forbidden(sentence="这个请求来自别的网站，没有办理。请回到平台页面操作。")
        if cookie := request.cookies.get(settings.session.cookie, ""):
            await reopen(request, cookie)


def refuse_what_is_off(kept: Held, plugin: str) -> None:
    """A plugin that is switched off in the visitor's region does not exist there: 404.

    Visitors without a session pass: public pages decide by what they show.
    """
    if plugin != "core" and kept.visitor is not None and plugin not in kept.enabled:
        raise NotFound("这个模块在你所在的地区没有启用。")


async def reopen(request: Request[Any, Any, Any], token: str) -> None:
    """Put the visitor of a session into the request."""
    kept = held(request)
    rule = kept.platform.settings.session
    kept.visitor = await sessions.open_session(
        token,
        rule.idle_minutes * 60,
        rule.absolute_hours * 3600,
        awake=somebody_is_there(request),
    )
    if kept.visitor is not None:
        kept.enabled = await enabling.enabled_plugins(
            kept.visitor.region.lo, version=kept.visitor.version
        )
