# SPDX-License-Identifier: Apache-2.0
"""What imports of units, people, accounts and roles declare as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission, SubjectKind, SubjectLabel
from core.imports.facts import FACT_KINDS
from core.scope import Scope

fact_kinds = FACT_KINDS

permissions = [
    Permission(
        "core.import.run",
        "从表格导入机构、人员、账号、角色（各自还要有相应的权限）",
        ("system_admin", "security_admin", "supervision_bureau", "body_admin"),
    )
]

nav_items = [NavItem("从表格导入", "/imports", "core.import.run", "平台管理", "table-import", 830)]


async def _describe(id: int, _scope: Scope) -> SubjectLabel | None:
    from core import db

    found = await db.row("select filename from core_import where id = $1", id)
    return SubjectLabel(found["filename"], f"/imports/{id}") if found else None


subject_kinds = [SubjectKind("core.import", "导入的表格", _describe, permission="core.import.run")]


def route_handlers() -> list[Any]:
    from core.imports import routes

    return [
        routes.index,
        routes.template,
        routes.upload,
        routes.one,
        routes.apply,
        routes.undo,
        routes.slips,
    ]
