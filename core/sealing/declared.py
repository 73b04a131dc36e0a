# SPDX-License-Identifier: Apache-2.0
"""What sealing declares as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Job, NavItem, Permission, SubjectKind, SubjectLabel
from core.scope import Scope
from core.sealing.facts import FACT_KINDS

fact_kinds = FACT_KINDS

permissions = [
    Permission("core.seal.verify", "核验操作记录是否被改动", ("audit_admin",), sensitive=True)
]

nav_items = [NavItem("封存与核验", "/seals", "core.seal.verify", "平台管理", "shield-check", 831)]


def route_handlers() -> list[Any]:
    from core.sealing.routes import HANDLERS

    return list(HANDLERS)


async def _describe(id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel(f"第 {id} 次核验", f"/seals/verifications/{id}")


async def _seal(_id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("操作记录的封存", "/seals")


subject_kinds = [
    SubjectKind("core.verification", "记录核验", _describe, permission="core.seal.verify"),
    SubjectKind("core.seal", "记录封存", _seal, permission="core.seal.verify"),
]


def jobs() -> list[Job]:
    """The verification somebody asked for on the page."""
    from core.sealing.asking import run

    return [
        Job(
            "core.sealing.verify",
            run,
            timeout=timedelta(hours=2),
            tries=2,
            scope="platform",
            reason="the record of all regions is one chain",
        )
    ]
