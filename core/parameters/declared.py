# SPDX-License-Identifier: Apache-2.0
"""What regional settings declare as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission
from core.parameters.facts import FACT_KINDS
from core.parameters.platform import PlatformSettings

fact_kinds = FACT_KINDS

settings_schema = [PlatformSettings]

permissions = [
    Permission(
        "core.setting.change", "查看和修改本地区的参数", ("system_admin", "supervision_bureau")
    )
]

nav_items = [NavItem("参数设置", "/settings", "core.setting.change", "平台管理", "settings", 855)]


def route_handlers() -> list[Any]:
    from core.parameters import routes

    return [routes.overview, routes.one, routes.save, routes.reset]
