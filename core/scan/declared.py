# SPDX-License-Identifier: Apache-2.0
"""What scanning declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission, SubjectKind, SubjectLabel
from core.scope import Scope

UNKNOWN = "core.code"
"""A code nobody knows: what may be done all the same, with the text as ``code``."""

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


async def _unknown(_id: int, _scope: Scope) -> SubjectLabel | None:
    """A code has no number and no page."""
    return None


subject_kinds = [SubjectKind(UNKNOWN, "认不出的码", _unknown, permission="core.scan.use")]


def route_handlers() -> list[Any]:
    from core.scan.routes import HANDLERS

    return list(HANDLERS)
