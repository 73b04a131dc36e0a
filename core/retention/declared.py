# SPDX-License-Identifier: Apache-2.0
"""What retention declares as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, FactKind, NavItem, Permission, SubjectKind, SubjectLabel
from core.retention.rules import RULES
from core.scope import Scope


def fact_kinds() -> list[FactKind]:
    from core.retention.services import FACT_KINDS

    return FACT_KINDS


def route_handlers() -> list[Any]:
    from core.retention.routes import HANDLERS

    return list(HANDLERS)


retention_rules = RULES

permissions = [Permission("core.retention.manage", "管理保留期限，暂停到期删除", ("system_admin",))]

nav_items = [
    NavItem("保留期限", "/retention", "core.retention.manage", "平台管理", "hourglass", 845)
]


def jobs() -> list[Cron]:
    """Once a night, after the tidying of finished work."""
    from core.retention.services import delete_due

    return [
        Cron(
            "core.retention.delete",
            delete_due,
            at="04:10",
            timeout=timedelta(minutes=30),
            reason="the periods hold for the whole installation",
        )
    ]


async def _describe(_id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("保留期限", "/retention")


subject_kinds = [
    SubjectKind("core.retention", "保留期限", _describe, permission="core.retention.manage")
]
