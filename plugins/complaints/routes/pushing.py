# SPDX-License-Identifier: Apache-2.0
"""推送: the redacted copy is prepared, looked through, and sent."""

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.people import organisation
from core.api.settings import settings_of
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect
from plugins.complaints import queries, services
from plugins.complaints.forms import PushForm
from plugins.complaints.routes.words import NO_STORE, actor, take
from plugins.complaints.rules import HANDLE, flow, intake, redacting
from plugins.complaints.services.matters import elsewhere, standing
from plugins.complaints.services.pushing import why_elsewhere


async def _page(
    request: Request, complaint: int, form: Bound[PushForm] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await queries.find(complaint, who.scope)
        if it is None:
            raise NotFound("没有找到这件投诉举报，或者不在你的管理范围内。")
        if why := await elsewhere(who.region.lo, it):
            raise Refused(why)
        text = str(form.get("text") or "") if form is not None else None
        draft = await services.draft_copy(it, text)
        body = await organisation(it["body"]) if it["body"] else None
        settings = await settings_of(services.ComplaintSettings, it["region_lo"])
    return page(
        request,
        "complaints/push.html",
        status=status,
        headers=NO_STORE,
        it=it,
        draft=draft,
        body=body,
        form=form,
        cannot=flow.why_not_push(standing(it)) or (why_elsewhere(it, body) if body else []),
        reporter=intake.outside_words(it["door"]),
        media_words=redacting.MEDIA,
        days=settings.feedback_days,
        praise=it["kind"] == intake.PRAISE,
        chosen=[str(each) for each in form.all("media")] if form is not None else [],
    )


@get("/{complaint:int}/push", guards=[requires(HANDLE)])
async def prepare(request: Request, complaint: FromPath[int]) -> Response:
    """The original beside the copy, and what the check found in it."""
    return await _page(request, complaint)


@post("/{complaint:int}/push", guards=[requires(HANDLE)])
async def push(request: Request, complaint: FromPath[int]) -> Response:
    """推送; what would betray the reporter is refused beside its field."""
    form = await bind(request, PushForm)
    if not form.ok:
        return await _page(request, complaint, form, 422)
    value = form.value
    try:
        await services.push(
            actor(request),
            complaint,
            value.text,
            demand=value.demand,
            chosen=value.media,
            looked=value.looked,
            checked=value.checked,
        )
    except Invalid as error:
        take(form, error.errors)
        await services.note_guess(actor(request), complaint, value.text, value.demand)
        return await _page(request, complaint, form, 422)
    return redirect(request, f"/complaints/{complaint}", message="已推送，单位的期限开始计算。")


@post("/{complaint:int}/push/check", guards=[requires(HANDLE)], status_code=200)
async def check(request: Request, complaint: FromPath[int]) -> Response:
    """Look through the copy as it stands, without sending it."""
    form = await bind(request, PushForm)
    form.errors.clear()
    await services.note_guess(actor(request), complaint, str(form.get("text") or ""))
    return await _page(request, complaint, form)


ROUTES = (prepare, push, check)
