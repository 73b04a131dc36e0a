# SPDX-License-Identifier: Apache-2.0
"""A plugin that is switched off in a region does not exist there."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from core.errors import NotFound
from core.web.state import held


class SwitchedOn:
    """Guard of a plugin's router: 404 where the plugin is off."""

    def __init__(self, plugin: str) -> None:
        self.plugin = plugin

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        """Visitors without a session pass: public pages decide by what they show."""
        kept = held(connection)
        if kept.visitor is not None and self.plugin not in kept.enabled:
            raise NotFound("这个模块在你所在的地区没有启用。")
