# SPDX-License-Identifier: Apache-2.0
"""What the region tree declares as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, Job, NavItem, Permission, SubjectKind, SubjectLabel
from core.regions.facts import FACT_KINDS
from core.regions.queries import full_name, region
from core.scope import Scope

fact_kinds = FACT_KINDS

permissions = [Permission("core.region.manage", "导入和调整行政区划", ("system_admin",))]

nav_items = [NavItem("行政区划", "/regions", "core.region.manage", "平台管理", "map-pin", 770)]


MOVING = "rows of a region go to another region"


def jobs() -> list[Job | Cron]:
    """Carrying rows after a merger, and the nightly look for late-comers."""
    from core.regions.moving import services

    return [
        Job(
            services.JOB,
            services.carry_on,
            timeout=timedelta(minutes=2),
            tries=20,
            scope="platform",
            reason=MOVING,
        ),
        Cron(
            "core.region.move_sweep",
            services.sweep,
            at="03:40",
            timeout=timedelta(minutes=20),
            reason=MOVING,
        ),
    ]


def route_handlers() -> list[Any]:
    from core.regions import routes
    from core.regions.moving import routes as moving

    return [routes.regions, routes.add, routes.rename, *moving.HANDLERS]


async def _describe(region_id: int, _scope: Scope) -> SubjectLabel | None:
    found = await region(region_id)
    if found is None:
        return None
    return SubjectLabel(await full_name(found.lo) or found.name)


subject_kinds = [SubjectKind("core.region", "行政区划", _describe)]
