# SPDX-License-Identifier: Apache-2.0
"""What the region tree declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import NavItem, Permission, SubjectKind, SubjectLabel
from core.regions.facts import FACT_KINDS
from core.regions.queries import full_name, region
from core.scope import Scope

fact_kinds = FACT_KINDS

permissions = [Permission("core.region.manage", "导入和调整行政区划", ("system_admin",))]

nav_items = [NavItem("行政区划", "/regions", "core.region.manage", "平台管理", "map-pin", 770)]


def route_handlers() -> list[Any]:
    from core.regions import routes

    return [routes.regions, routes.add, routes.rename, routes.merge]


async def _describe(region_id: int, _scope: Scope) -> SubjectLabel | None:
    found = await region(region_id)
    if found is None:
        return None
    return SubjectLabel(await full_name(found.lo) or found.name)


subject_kinds = [SubjectKind("core.region", "行政区划", _describe)]
