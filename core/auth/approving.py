# SPDX-License-Identifier: Apache-2.0
"""``/accounts/slips``: printed passwords of administrators, asked for by one, agreed to by another."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth import approvals
from core.auth.access import requires, visitor
from core.auth.admin import account_page
from core.errors import Invalid
from core.web.responses import bind, export, page, redirect, wants_xlsx

Req = Request[Any, Any, Any]
ASK = "core.account.manage"
APPROVE = "core.slip.approve"


class AskForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="原因", min_length=1, max_length=300)]


class DecideForm(msgspec.Struct):
    approve: bool = False
    note: Annotated[str, Meta(title="说明", max_length=300)] = ""


@get("/accounts/slips", guards=[requires(APPROVE)])
async def requests(request: Req) -> Response[Any]:
    """What waits for an answer, and what was answered."""
    who = visitor(request)
    async with db.transaction(who.scope):
        if wants_xlsx(request):
            rows = await approvals.REQUESTS.export(request, who.scope)
            return await export(request, approvals.REQUESTS, rows)
        found = await approvals.REQUESTS.page(request, who.scope, tab_counts=True)
    return page(request, "pages/slip_requests.html", p=found)


@post("/accounts/{user_id:int}/slip/ask", guards=[requires(ASK)], status_code=200)
async def ask(request: Req, user_id: FromPath[int]) -> Response[Any]:
    """Ask for a slip for another administrator."""
    form = await bind(request, AskForm)
    if form.ok:
        try:
            await approvals.ask_slip(user_id, visitor(request), form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            words = "已申请，等安全管理员批准；批准后由你打印。"
            return redirect(request, f"/accounts/{user_id}", message=words)
    return await account_page(request, user_id, status=422, asking=form)


@post(
    "/accounts/{user_id:int}/slip/{number:int}/decide",
    guards=[requires(APPROVE)],
    status_code=200,
)
async def decide(request: Req, user_id: FromPath[int], number: FromPath[int]) -> Response[Any]:
    """Agree to it, or not."""
    form = await bind(request, DecideForm)
    if form.ok:
        try:
            await approvals.decide_slip(
                number, visitor(request), approve=form.value.approve, note=form.value.note
            )
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            words = "已批准，由申请人打印。" if form.value.approve else "已答复不同意。"
            return redirect(request, f"/accounts/{user_id}", message=words)
    return await account_page(request, user_id, status=422, deciding=form)


HANDLERS = [requests, ask, decide]
