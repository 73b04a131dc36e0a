# SPDX-License-Identifier: Apache-2.0
"""What custody declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission, SubjectKind, SubjectLabel
from core.custody.facts import FACT_KINDS
from core.scope import Scope

KEEP = "core.custody.keep"
NAME = "core.custody.name"

fact_kinds = FACT_KINDS

permissions = [
    Permission(KEEP, "保管封存的身份", ("supervision_bureau", "leader", "justice_office")),
    Permission(NAME, "指定身份保管人", ("supervision_bureau", "leader"), sensitive=True),
]


async def _waiting(scope: Scope) -> int:
    from core.custody.queries import waiting_for

    return await waiting_for(scope.person)


nav_items = [NavItem("身份保管", "/custody", KEEP, "监察平台", "shield-lock", 190, _waiting)]


def route_handlers() -> list[Any]:
    from core.custody.routes import HANDLERS

    return list(HANDLERS)


async def _custodian(_id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("身份保管人", "/custody")


async def _opening(_id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("打开封存身份的申请", "/custody")


subject_kinds = [
    SubjectKind("core.custodian", "身份保管人", _custodian, permission=KEEP),
    SubjectKind("core.opening", "打开封存身份的申请", _opening, permission=KEEP),
]
