# SPDX-License-Identifier: Apache-2.0
"""The web application, put together. Reads like a table of contents; the work is elsewhere."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Router
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

import core
from core.auth.access import PUBLIC, Requires
from core.auth.services import apply_defaults
from core.db import DB, WEB
from core.host.discovery import folder
from core.host.errors import PluginError
from core.host.registry import Registry, build, set_current
from core.settings import Settings
from core.web import debugging, errors, security
from core.web.middleware import Surround
from core.web.state import KEY, Platform
from core.web.static import StaticFiles
from core.web.templating import Templates

ROOT = Path(core.__file__).resolve().parent.parent
UPLOAD_LIMIT = 1024 * 1024
"""What a form without files may weigh; upload routes raise it for themselves."""


def create_app(
    settings: Settings, registry: Registry | None = None, *, database: bool = True
) -> Litestar:
    """The application of ``settings`` with the plugins of ``registry``.

    ``database`` off leaves the connection pool alone: tests bring their own.
    """
    debugging.refuse_in_production(settings)
    registry = registry or build()
    platform = assemble(settings, registry)
    app = Litestar(
        route_handlers=routers(registry),
        middleware=[Surround()],
        before_send=[security.add_headers],
        exception_handlers=errors.HANDLERS,
        lifespan=[lifespan(settings, registry)] if database else [],
        request_max_body_size=UPLOAD_LIMIT,
        openapi_config=None,
        logging_config=None,  # core.logging has set it up; Litestar would replace it
        debug=False,
    )
    app.state[KEY] = platform
    refuse_open_routes(app, registry)
    return app


def assemble(settings: Settings, registry: Registry) -> Platform:
    """Templates and static files of the site and of every plugin."""
    watch = settings.environment == "development"
    folders = {
        name: place
        for name, implementation in registry.implementations.items()
        if name != "core" and (place := folder(implementation)) is not None
    }
    static = StaticFiles(ROOT / "static", _inside(folders, "static"), watch=watch)
    templates = Templates(
        ROOT / "templates",
        _inside(folders, "templates"),
        static,
        watch=watch,
        kept=compiled_templates(settings),
    )
    return Platform(settings, registry, templates, static)


def compiled_templates(settings: Settings) -> Path | None:
    """Where compiled templates outlive the process; tests have no folder of their own for it."""
    return None if settings.environment == "test" else settings.data / "cache/templates"


def _inside(folders: dict[str, Path], name: str) -> dict[str, Path]:
    return {plugin: place / name for plugin, place in folders.items()}


class Pages(Router):
    """The pages of one plugin.

    Litestar copies what is given to it down to the last default value, lest one router be changed
    for two applications. These are made anew for each, and the copy took a fifth of the start.
    """

    def __deepcopy__(self, _memo: object) -> "Pages":
        return self


def routers(registry: Registry) -> list[Any]:
    """Core's pages at the root, every plugin's below its name, behind the switch of its region."""
    found: list[Any] = []
    for name in registry.plugins:
        handlers = list(registry.route_handlers(name))
        if not handlers:
            continue
        path = "/" if name == "core" else f"/{name}"
        found.append(
            Pages(
                path,
                route_handlers=handlers,
                opt={"plugin": name},
                include_in_schema=False,
            )
        )
    return found


def refuse_open_routes(app: Litestar, registry: Registry) -> None:
    """Default deny: a route without ``requires`` or ``public`` stops the start-up, by name."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if not isinstance(handler, HTTPRouteHandler):
                continue
            if handler.http_methods == {HttpMethod.OPTIONS}:
                continue  # added by Litestar itself; says which methods a path knows
            _check_handler(route.path, handler, registry)


def _check_handler(path: str, handler: HTTPRouteHandler, registry: Registry) -> None:
    plugin = str(handler.opt.get("plugin", "core"))
    where = f"handler {handler.fn.__name__!r} ({path})"
    wanted = [_bare(each) for each in handler.resolve_guards()]
    wanted = [each for each in wanted if isinstance(each, Requires)]
    if not wanted and PUBLIC not in handler.opt:
        raise PluginError(
            plugin, f"{where} needs guards=[requires(…)] or opt=public('why')", "route_handlers"
        )
    for guard in wanted:
        for key in guard.permissions:
            if key not in registry.permissions:
                raise PluginError(plugin, f"{where}: unknown permission {key!r}", "route_handlers")


def _bare(guard: Any) -> Any:
    return getattr(guard, "func", guard)


def lifespan(
    settings: Settings, registry: Registry
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Open the pool, make sure roles exist; close it at the end."""

    @asynccontextmanager
    async def live(_app: Litestar) -> AsyncIterator[None]:
        set_current(registry)
        DB.configure(settings.database.url, WEB)
        await DB.start_connection_pool(
            min_size=settings.database.pool_min, max_size=settings.database.pool_max
        )
        try:
            await apply_defaults(registry)
            yield
        finally:
            await DB.close_connection_pool()

    return live


def handlers_of(app: Litestar) -> Sequence[tuple[str, HTTPRouteHandler]]:
    """Every path with its handler, for the crawl test and the plugins page."""
    return [
        (route.path, handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler)
    ]
