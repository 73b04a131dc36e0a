# SPDX-License-Identifier: Apache-2.0
"""``/retention``: what goes when, what would go tonight, and how to stop it."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from core import db
from core.auth.access import requires, visitor
from core.auth.services import office
from core.errors import Invalid
from core.forms import Bound, unbound
from core.host.registry import current
from core.retention import services
from core.retention.rules import KEPT
from core.web.responses import bind, page, redirect

Req = Request[Any, Any, Any]
MANAGE = "core.retention.manage"
Reason = Annotated[str, Meta(title="原因", min_length=1, max_length=300)]


class PeriodForm(msgspec.Struct):
    rule: Annotated[str, Meta(title="内容", min_length=1, max_length=96, extra={"choose": True})]
    days: Annotated[int, Meta(title="保留天数", ge=1, le=36500)]
    reason: Reason


class HoldForm(msgspec.Struct):
    reason: Reason
    rule: Annotated[str, Meta(title="内容", max_length=96)] = ""


class LiftForm(msgspec.Struct):
    reason: Reason


async def _page(
    request: Req,
    *,
    period: Bound[PeriodForm] | None = None,
    hold: Bound[HoldForm] | None = None,
    lift: Bound[LiftForm] | None = None,
    lifting: int = 0,
    status: int = 200,
) -> Response[Any]:
    async with db.transaction(services.SCOPE.read_only()):
        lines = await services.report()
        standing = await services.holds()
    titles = {key: rule.title for key, rule in current().retention.items()}
    return page(
        request,
        "pages/retention.html",
        status=status,
        lines=lines,
        kept=KEPT,
        holds=[{**row, "title": services.title_of(row["rule"])} for row in standing],
        rules=list(titles.items()),
        period=period or unbound(PeriodForm),
        hold_form=hold or unbound(HoldForm),
        lift=lift,
        lifting=lifting,
    )


@get("/retention", guards=[requires(MANAGE)])
async def retention(request: Req) -> Response[Any]:
    """The periods, what is due now, and the holds."""
    return await _page(request)


@post("/retention/periods", guards=[requires(MANAGE)], status_code=200)
async def set_period(request: Req) -> Response[Any]:
    """Change how long something is kept."""
    form = await bind(request, PeriodForm)
    if not form.ok:
        return await _page(request, period=form, status=422)
    try:
        async with db.transaction(office(visitor(request).user_id)):
            await services.set_period(form.value.rule, form.value.days, form.value.reason)
    except Invalid as error:
        form.errors.update(error.errors)
        return await _page(request, period=form, status=422)
    return redirect(request, "/retention", message="保留期限已改，今晚起按新的期限删除。")


@post("/retention/holds", guards=[requires(MANAGE)], status_code=200)
async def set_hold(request: Req) -> Response[Any]:
    """Stop the deletion."""
    form = await bind(request, HoldForm)
    if not form.ok:
        return await _page(request, hold=form, status=422)
    async with db.transaction(office(visitor(request).user_id)):
        await services.set_hold(form.value.rule, form.value.reason)
    return redirect(request, "/retention", message="已暂停删除，解除以前不会删除。")


@post("/retention/holds/{number:int}/lift", guards=[requires(MANAGE)], status_code=200)
async def lift_hold(request: Req, number: FromPath[int]) -> Response[Any]:
    """Let it go on."""
    form = await bind(request, LiftForm)
    if not form.ok:
        return await _page(request, lift=form, lifting=number, status=422)
    async with db.transaction(office(visitor(request).user_id)):
        await services.lift_hold(number, form.value.reason)
    return redirect(request, "/retention", message="已恢复到期删除。")


HANDLERS = [retention, set_period, set_hold, lift_hold]
