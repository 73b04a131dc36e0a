# SPDX-License-Identifier: Apache-2.0
"""What the audit trail declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission


def route_handlers() -> list[Any]:
    from core.facts import routes

    return [routes.audit, routes.auditors, routes.reveals, routes.one, routes.one_of_auditors]


permissions = [
    Permission("core.fact.read", "查看操作记录", ("audit_admin",), sensitive=True),
    Permission("core.fact.watch", "查看审计管理员的操作", ("security_admin",), sensitive=True),
]

nav_items = [
    NavItem("操作记录", "/audit", "core.fact.read", "平台管理", "history", 830),
    NavItem("查看完整信息", "/audit/reveals", "core.fact.read", "平台管理", "eye", 833),
    NavItem("审计员的操作", "/audit/auditors", "core.fact.watch", "平台管理", "history", 832),
]
