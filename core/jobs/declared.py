# SPDX-License-Identifier: Apache-2.0
"""What the jobs part declares as part of plugin ``core``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core import clock, db
from core.api.plugin import Cron, NavItem, Permission
from core.scope import Scope


def route_handlers() -> list[Any]:
    from core.jobs import routes

    return [routes.operations, routes.retry, routes.back_up]


permissions = [
    Permission("core.operation.manage", "查看后台任务，重试失败的任务", ("system_admin",))
]


async def _failed(_scope: Scope) -> int:
    count: int = await db.value(
        "select count(*) from (select 1 from core_failure"
        " where resolved_at is null and final = 1 limit 100) x"
    )
    return count


nav_items = [
    NavItem("后台任务", "/operations", "core.operation.manage", "平台管理", "refresh", 840, _failed)
]

KEEP_DONE = timedelta(days=30)
"""How long finished work stays visible; facts themselves are kept for years."""


async def tidy(_payload: Mapping[str, Any]) -> None:
    """Remove what is finished and old: done work, deliveries made, failures taken care of."""
    before = clock.now() - KEEP_DONE
    await db.execute("delete from core_due where state = 'done' and done_at < $1", before)
    await db.execute("delete from core_delivery where state = 'done' and due_at < $1", before)
    await db.execute("delete from core_failure where resolved_at < $1", before)
    await db.execute("delete from core_heartbeat where at < $1", clock.now() - timedelta(days=1))


jobs = [
    Cron(
        "core.jobs.tidy",
        tidy,
        at="03:10",
        timeout=timedelta(minutes=10),
        reason="finished work of all regions lies in the same tables",
    )
]
