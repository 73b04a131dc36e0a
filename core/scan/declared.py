# SPDX-License-Identifier: Apache-2.0
"""What scanning declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission

permissions = [
    Permission(
        "core.scan.use",
        "扫码核对",
        (
            "supervisor",
            "handler",
            "data_entry",
            "submitter",
            "legal_office",
            "dept_supervisor",
            "body_admin",
            "supervision_bureau",
            "justice_office",
            "leader",
        ),
    )
]

nav_items = [NavItem("扫码核对", "/scan", "core.scan.use", "本单位", "scan", 90)]


def route_handlers() -> list[Any]:
    from core.scan.routes import HANDLERS

    return list(HANDLERS)
