# SPDX-License-Identifier: Apache-2.0
"""The invited person's phone: invitations, answers, 签到 with the code on the screen."""

import re
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    limit,
    number_of,
    page,
    post,
    redirect,
)
from plugins.activities.forms import AnswerForm, CheckinForm
from plugins.activities.queries import activity_row, own_invitations
from plugins.activities.routes.shared import LOOK, NO_STORE, take
from plugins.activities.rules import attendance as rules
from plugins.activities.rules.words import CODE, DUTIES, OWN, kind_title
from plugins.activities.services import attending
from plugins.activities.services.base import Actor, my_invitation, objections, span, window_of

TOKEN = re.compile(r"[?&]code=([a-z2-7]{1,32})(?:&|\Z)")


def _worded(each: dict[str, Any]) -> dict[str, Any]:
    """An invitation with the words its line and page show."""
    each["when"] = span(each["starts_at"], each["ends_at"])
    each["kind_title"] = kind_title(each["kind"])
    if each["state"] == rules.CANCELLED:
        each["chip"] = ("revoked", "已取消")
    elif each["outcome"]:
        each["chip"] = rules.OUTCOMES[each["outcome"]]
    elif each["answer"] == rules.LEAVE:
        each["chip"] = {
            rules.GRANTED: ("paused", "准假"),
            rules.REFUSED: ("late", "不准假"),
        }.get(each["leave"], ("doing", "请假待答复"))
    elif each["answer"] == rules.COMING:
        each["chip"] = ("replied", "参加")
    else:
        each["chip"] = ("new", "待答复")
    return each


@get("/invitations", guards=[requires(OWN)])
async def own_list(request: Request) -> Response:
    """What somebody is invited to; what is over, with how he took part."""
    who = visitor(request)
    over = request.query_params.get("tab") == "over"
    async with transaction(LOOK):
        shown = await own_invitations(who.person_id, over=over)
        other = await own_invitations(who.person_id, over=not over)
    counts = (len(other), len(shown)) if over else (len(shown), len(other))
    return page(
        request,
        "activities/invitations.html",
        rows=[_worded(each) for each in shown],
        over=over,
        tab_items=[
            {
                "title": "未结束",
                "url": "/activities/invitations",
                "count": counts[0],
                "current": not over,
            },
            {
                "title": "已结束",
                "url": "/activities/invitations?tab=over",
                "count": counts[1],
                "current": over,
            },
        ],
    )


async def _page(
    request: Request, invitation: int, form: Bound[AnswerForm] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    found = await my_invitation(invitation, who.person_id)
    if found is None:
        raise NotFound("没有找到这份邀请，或者不是发给你的。")
    async with transaction(LOOK):
        activity = await activity_row(found["activity"])
        assert activity is not None
        window = await window_of(activity)
    mine, now = (
        rules.Invited(found["person"], found["answer"], found["leave"], found["outcome"]),
        clock.now(),
    )
    stopped = ""
    if found["state"] == rules.OPEN and not found["outcome"]:
        async with transaction(who.scope):
            told = await objections([who.person_id], activity["host_lo"], activity["region_lo"])
        stopped = told.get(who.person_id, "")
    may_leave = not stopped and not rules.answer_fault(
        rules.LEAVE, mine, found["state"], window, now, reason="原因"
    )
    return page(
        request,
        "activities/invitation.html",
        status=status,
        # When and where is read on the way, where there may be no line.
        headers=NO_STORE if form is not None else None,
        it=_worded(found),
        about=activity["about"],
        reason=activity["reason"],
        phase=rules.phase(found["state"], window, now),
        stopped=stopped,
        may_come=not stopped
        and found["answer"] != rules.COMING
        and not rules.answer_fault(rules.COMING, mine, found["state"], window, now),
        may_leave=may_leave and found["leave"] != rules.ASKED,
        open_for_codes=not stopped
        and not rules.checkin_fault(mine, found["state"], window, now, admitted=True),
        opens_at=window.opens_at,
        may_register=not stopped
        and found["state"] != rules.CANCELLED
        and now >= window.starts_at
        and found["outcome"] not in (rules.ABSENT, rules.EXCUSED),
        duties=DUTIES,
        form=form,
    )


@get("/invitations/{invitation:int}", guards=[requires(OWN)])
async def own_one(request: Request, invitation: FromPath[int]) -> Response:
    """What, when, where, and the two answers."""
    return await _page(request, invitation)


@post("/invitations/{invitation:int}/answer", guards=[requires(OWN)])
async def answer(request: Request, invitation: FromPath[int]) -> Response:
    """参加 or 请假."""
    form = await bind(request, AnswerForm)
    if not form.ok:
        return await _page(request, invitation, form, 422)
    try:
        await attending.answer(Actor.of(visitor(request)), invitation, form.value)
    except Invalid as error:
        take(form, error.errors)
        return await _page(request, invitation, form, 422)
    except Refused as error:
        form.errors[""] = str(error)
        return await _page(request, invitation, form, 409)
    said = "已答复参加。" if form.value.answer == rules.COMING else "请假已提交，等司法局答复。"
    return redirect(request, f"/activities/invitations/{invitation}", message=said)


# --- 签到 -----------------------------------------------------------------------------------------


def read_code(text: str, id: int) -> tuple[int, str]:
    """Activity and code of what was scanned: the address on the screen, or the bare code."""
    plain = text.strip()[:400]
    if match := CODE.search(plain):
        token = TOKEN.search(plain)
        return int(match[1]), token[1] if token else ""
    return id, plain if re.fullmatch(r"[a-z2-7]{1,32}", plain) else ""


async def _checkin_page(
    request: Request, activity: int, *, code: str = "", fault: str = "", status: int = 200
) -> Response:
    who = visitor(request)
    found: dict[str, Any] | None = None
    seen = ""
    if activity:
        found, why = await attending.standing_of(Actor.of(who), activity, code=code)
        if code and not why:
            seen = attending.seen_code(activity, who.person_id)
        elif code:
            fault = fault or why
    return page(
        request,
        "activities/in.html",
        status=status,
        headers=NO_STORE,
        it=_worded(found) if found else None,
        seen=seen,
        fault=fault,
        activity=activity,
        attended=bool(found and found["outcome"] == rules.PRESENT),
    )


@get("/in", guards=[requires(OWN)])
async def scanned(request: Request) -> Response:
    """Behind the code on the screen: which activity, and one button. Nothing happens by a GET."""
    limit(request, "activities.in", times=60)
    activity = number_of(request.query_params.get("id", "")) or 0
    return await _checkin_page(request, activity, code=request.query_params.get("code", "")[:64])


@post("/in", guards=[requires(OWN)])
async def check_in(request: Request) -> Response:
    """签到."""
    limit(request, "activities.in", times=60)
    form = await bind(request, CheckinForm)
    given = form.value if form.ok else CheckinForm()
    activity, code = read_code(given.code, given.id or 0)
    if not activity:
        said = "这不是会场屏幕上的签到码，请对准屏幕重新扫。"
        return await _checkin_page(request, 0, fault=said, status=422)
    try:
        done = await attending.check_in(
            Actor.of(visitor(request)), activity, code=code, seen=given.seen
        )
    except Refused as error:
        return await _checkin_page(request, activity, fault=str(error), status=409)
    return redirect(request, f"/activities/invitations/{done}", message="已签到。")


ROUTES_ATTENDING = (own_list, own_one, answer, scanned, check_in)
