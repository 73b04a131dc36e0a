# SPDX-License-Identifier: Apache-2.0
"""The operations page: does the worker live, what waits, what failed and may be tried again."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import clock, db
from core.auth.access import requires, visitor
from core.host import facts
from core.jobs import services
from core.web import responses

MANAGE = "core.operation.manage"


@get("/operations", guards=[requires(MANAGE)])
async def operations(request: Request[Any, Any, Any]) -> Response[Any]:
    """Workers, waiting work, failures."""
    async with db.transaction(visitor(request).scope):
        workers = await db.rows("select name, at, detail from core_heartbeat order by at desc")
        deliveries = await facts.waiting()
        due = await db.row(
            "select count(*) filter (where state in ('due', 'running') and due_at <= $1) as due,"
            " count(*) filter (where state = 'running') as running,"
            " min(due_at) filter (where state = 'due' and due_at <= $1) as oldest"
            " from core_due where state in ('due', 'running')",
            clock.now(),
        )
        failures = await db.rows(
            "select id, what, name, error, tries, final, at from core_failure"
            " where resolved_at is null order by at desc, id desc limit 200"
        )
        backups = await db.rows(
            "select finished_at, ok, path, bytes, files, encrypted, error from core_backup"
            " order by id desc limit 5"
        )
    return responses.page(
        request,
        "pages/operations.html",
        workers=workers,
        deliveries=deliveries,
        due=due,
        failures=failures,
        backups=backups,
    )


@post("/operations/backup", guards=[requires(MANAGE)], status_code=200)
async def back_up(request: Request[Any, Any, Any]) -> Response[Any]:
    """Make a backup now, besides the nightly one."""
    async with db.transaction(visitor(request).scope):
        await services.enqueue("core.backup.now", {}, key="core.backup.now", place=db.Place(0))
    return responses.redirect(
        request, "/operations", message="备份已开始，完成后列在这里，通常几分钟。"
    )


@post("/operations/{failure:int}/retry", guards=[requires(MANAGE)], status_code=200)
async def retry(request: Request[Any, Any, Any], failure: FromPath[int]) -> Response[Any]:
    """Try a failed piece of work again."""
    async with db.transaction(visitor(request).scope):
        await services.retry(failure)
    return responses.redirect(request, "/operations", message="已重新安排，几秒内执行。")
