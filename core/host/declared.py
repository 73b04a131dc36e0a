# SPDX-License-Identifier: Apache-2.0
"""What the plugin host declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem
from core.host.enabling import FACT_KINDS


def route_handlers() -> list[Any]:
    from core.host import routes

    return [
        routes.plugins,
        routes.ask,
        routes.enable,
        routes.disable,
        routes.ask_back_fill,
        routes.back_fill,
    ]


fact_kinds = FACT_KINDS

nav_items = [
    NavItem("模块", "/plugins", "core.plugin.switch", "平台管理", "adjustments-horizontal", 850)
]
