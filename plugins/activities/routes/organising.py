# SPDX-License-Identifier: Apache-2.0
"""The bureau organises: the list, a new one, invitations, the screen, attendance."""

from collections.abc import Sequence
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import Visitor, by_the_page, requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import Fact, history
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    address_of,
    bind,
    export,
    get,
    number_of,
    once,
    page,
    partial,
    post,
    qr,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.activities.forms import (
    ActivityForm,
    CancelForm,
    CloseForm,
    CorrectForm,
    InviteForm,
    LeaveForm,
)
from plugins.activities.queries import (
    ACTIVITIES,
    candidates,
    find_activity,
    invitations_of,
    records_of_activity,
    units_near,
)
from plugins.activities.routes.shared import (
    LOOK,
    NO_STORE,
    answer_units,
    chosen_unit,
    take,
    units_found,
)
from plugins.activities.rules import attendance as rules
from plugins.activities.rules.records import STATES
from plugins.activities.rules.words import KINDS, MANAGE, READ, kind_title
from plugins.activities.services import attending, organising
from plugins.activities.services.base import (
    Actor,
    activity_ref,
    elsewhere,
    invited,
    objections,
    own_office,
    place_of,
    span,
    window_of,
)

UNITS = "/activities/desk/units"
RENEW_SECONDS = 15


@get("/desk", guards=[requires(READ)])
async def desk(request: Request) -> Response:
    """The activities of one's scope, those under way first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await ACTIVITIES.export(request, who.scope)
            return await export(request, ACTIVITIES, found)
        listing = await ACTIVITIES.page(request, who.scope, tab_counts=True)
        for each in listing.rows:
            window = rules.Window(each["starts_at"], each["ends_at"])
            each["chip"] = rules.phase(each["state"], window, clock.now())
            each["when"] = span(each["starts_at"], each["ends_at"])
            each["kind_title"] = kind_title(each["kind"])
    return page(
        request,
        "activities/desk.html",
        headers=NO_STORE,
        listing=listing,
        may=MANAGE in who.permissions,
    )


# --- a new one, a changed one --------------------------------------------------------------------


def _stored(found: dict[str, Any]) -> dict[str, Any]:
    def typed(moment: Any) -> str:
        return str(clock.local(moment).strftime("%Y-%m-%dT%H:%M"))

    return {
        "title": found["title"],
        "kind": found["kind"],
        "starts_at": typed(found["starts_at"]),
        "ends_at": typed(found["ends_at"]),
        "place": found["place"],
        "unit": found["host_name"],
        "organisation": found["host"],
        "seats": found["seats"],
        "about": found["about"],
        "version": found["version"],
    }


async def _form_page(
    request: Request,
    *,
    form: Bound[ActivityForm] | None = None,
    found: dict[str, Any] | None = None,
    status: int = 200,
    looking: bool = False,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await own_office(Actor.of(who))
    async with transaction(LOOK):
        near = await units_near(who.region.lo)
    units, said = (
        await units_found(str(form.get("unit") or ""), who.region.lo)
        if form is not None and (looking or "unit" in form.errors)
        else ([], "")
    )
    return page(
        request,
        "activities/activity_form.html",
        status=status,
        headers=NO_STORE,
        form=form,
        found=found,
        known=_stored(found) if found else {},
        kinds=[(key, title) for key, (title, _) in KINDS.items()],
        near=near,
        units=units,
        said=said,
        base=UNITS,
        action=f"/activities/desk/{found['id']}/edit" if found else "/activities/desk/new",
    )


@get("/desk/new", guards=[requires(MANAGE)])
async def new(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request)


@post("/desk/new", guards=[requires(MANAGE)])
async def announce(request: Request) -> Response:
    """组织活动."""
    return await _take(request, None)


@get("/desk/{activity:int}/edit", guards=[requires(MANAGE)])
async def edit(request: Request, activity: FromPath[int]) -> Response:
    """Another time, place or body."""
    return await _form_page(request, found=await _found(request, activity))


@post("/desk/{activity:int}/edit", guards=[requires(MANAGE)])
async def change(request: Request, activity: FromPath[int]) -> Response:
    """Save the change; everybody invited is told."""
    return await _take(request, await _found(request, activity))


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    who = visitor(request)
    form = await bind(request, ActivityForm)
    if await _look_up(form):
        return await _form_page(request, form=form, found=found, looking=True)
    if form.ok:
        key = form.value.once
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                if found is None:
                    number = await organising.announce(Actor.of(who), form.value)
                    path = f"/activities/desk/{number}/invite"
                    said = "活动已建立，接着邀请监督员。"
                else:
                    await organising.change(Actor.of(who), found["id"], form.value)
                    path = f"/activities/desk/{found['id']}"
                    said = "已保存，通知了被邀请的人。"
                await remember_once(request, key, path)
        except Invalid as error:
            take(form, error.errors)
        except (Conflict, Refused) as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, path, message=said)
    return await _form_page(request, form=form, found=found, status=422)


async def _look_up(form: Bound[ActivityForm]) -> bool:
    """The buttons of a page without script."""
    pick = number_of(form.raw.get("pick") or "") or 0
    if pick and (unit := await chosen_unit(pick)):
        form.raw["unit"], form.raw["organisation"] = unit.name, str(unit.id)
    elif not form.raw.get("find"):
        return False
    form.errors.clear()
    return True


@get("/desk/units", guards=[requires(MANAGE)], opt=by_the_page())
async def units(request: Request) -> Response:
    """Units by name, while one types."""
    return await answer_units(request, visitor(request).region.lo, UNITS)


@get("/desk/units/{unit:int}", guards=[requires(MANAGE)])
async def unit_chosen(request: Request, unit: FromPath[int]) -> Response:
    """The field with the chosen unit."""
    found = await chosen_unit(unit)
    if found is None:
        raise NotFound
    async with transaction(LOOK):
        near = await units_near(visitor(request).region.lo)
    return partial(
        request,
        "activities/_unit.html",
        form=None,
        known={"unit": found.name, "organisation": found.id},
        near=near,
        units=[],
        said="",
        base=UNITS,
        with_phone=False,
    )


# --- one activity --------------------------------------------------------------------------------


async def _found(request: Request, activity: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_activity(activity, who.scope)
    if found is None:
        raise NotFound("没有找到这次活动，或者不在你的管理范围内。")
    return found


async def _may(who: Visitor, found: dict[str, Any]) -> tuple[bool, str]:
    other = await elsewhere(Actor.of(who), place_of(found))
    return MANAGE in who.permissions and not other, other


async def _page(
    request: Request,
    activity: int,
    *,
    form: Bound[Any] | None = None,
    form_of: str = "",
    status: int = 200,
) -> Response:
    who = visitor(request)
    found = await _found(request, activity)
    now = clock.now()
    async with transaction(who.scope):
        everybody = await invitations_of(activity)
        window = await window_of(found)
        may, other = await _may(who, found)
        balls = (await holds([activity_ref(activity)], who)).get(activity_ref(activity), [])
        registered = {each["id"]: each for each in await records_of_activity(activity)}
        trail = await history(activity_ref(activity), list(TITLES))
        closing = rules.closing_fault(
            found["state"], window, now, [invited(each) for each in everybody]
        )
        coming_out = await attending.forecast(found) if may and not closing else {}
    for each in everybody:
        each["mark"] = _mark(each)
    counts = {
        "invited": len(everybody),
        "coming": sum(each["answer"] == rules.COMING for each in everybody),
        "present": sum(each["outcome"] == rules.PRESENT for each in everybody),
        "waiting": sum(each["leave"] == rules.ASKED and not each["outcome"] for each in everybody),
    }
    return page(
        request,
        "activities/activity.html",
        status=status,
        headers=NO_STORE,
        it=found,
        kind=kind_title(found["kind"]),
        duty=KINDS.get(found["kind"], ("", ""))[1],
        when=span(found["starts_at"], found["ends_at"]),
        phase=rules.phase(found["state"], window, now),
        people=everybody,
        counts=counts,
        registered=list(registered.values()),
        states=STATES,
        balls=balls,
        story=_story(trail),
        closing=closing,
        forecast=coming_out,
        outcomes=rules.OUTCOMES,
        may=may,
        elsewhere=other,
        may_invite=may and found["state"] == rules.OPEN and now < window.ends_at,
        may_change=may and found["state"] == rules.OPEN and now < window.starts_at,
        may_cancel=may and found["state"] == rules.OPEN and not counts["present"],
        may_correct=may and found["state"] != rules.CANCELLED and now >= window.opens_at,
        on_screen=may and found["state"] == rules.OPEN and now <= window.ends_at,
        form=form,
        form_of=form_of,
    )


def _mark(each: dict[str, Any]) -> tuple[str, str]:
    """Chip and words of one person's line."""
    if each["outcome"]:
        return rules.OUTCOMES[each["outcome"]]
    if each["leave"] == rules.ASKED:
        return "doing", "请假待答复"
    if each["leave"]:
        return ("paused", "准假") if each["leave"] == rules.GRANTED else ("late", "不准假")
    return ("replied", "参加") if each["answer"] == rules.COMING else ("paused", "未答复")


TITLES = {
    "activities.announced": ("calendar-plus", "建立活动，{seats} 人"),
    "activities.changed": ("edit", "{what}"),
    "activities.invited": ("send", "邀请 {count} 人"),
    "activities.leave_decided": ("calendar-off", "{name}的请假：{words}"),
    "activities.attendance_corrected": ("user-edit", "更正考勤：{name}由{words}"),
    "activities.closed": (
        "circle-check",
        "登记考勤：到场 {present} 人，请假 {excused} 人，缺席 {absent} 人",
    ),
    "activities.cancelled": ("ban", "取消活动"),
}


def _story(trail: Sequence[Fact]) -> list[dict[str, str]]:
    """What the bureau did, newest first; corrections by hand stand here with their reasons."""
    found = []
    for each in reversed(trail):
        icon, words = TITLES[each.kind]
        moment = clock.local(each.at)
        reason = str(each.payload.get("reason") or "")
        found.append(
            {
                "day": f"{moment.month}月{moment.day}日",
                "icon": icon,
                "title": words.format_map(each.payload),
                "note": f"{moment:%H:%M}" + (f" {reason}" if reason else ""),
            }
        )
    return found


@get("/desk/{activity:int}", guards=[requires(READ)])
async def show(request: Request, activity: FromPath[int]) -> Response:
    """One activity: who is invited, who comes, who came."""
    return await _page(request, activity)


# --- inviting ------------------------------------------------------------------------------------


async def _invite_page(
    request: Request,
    activity: int,
    *,
    form: Bound[InviteForm] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    found = await _found(request, activity)
    text = request.query_params.get("q", "").strip()[:60]
    async with transaction(who.scope):
        may, other = await _may(who, found)
        if not may:
            raise Refused(other or "组织活动由司法行政机关人员进行。")
        people = await candidates((who.region.lo, who.region.hi), activity, text)
        asked = [each["person"] for each in people if not each["invitation"]]
        stopped = await objections(asked, found["host_lo"], found["region_lo"])
        everybody = await invitations_of(activity)
    taken = rules.seats_taken([invited(each) for each in everybody])
    for each in people:
        each["why"] = "已邀请" if each["invitation"] else stopped.get(each["person"], "")
    return page(
        request,
        "activities/invite.html",
        status=status,
        headers=NO_STORE,
        it=found,
        when=span(found["starts_at"], found["ends_at"]),
        people=people,
        q=text,
        taken=taken,
        left=max(0, found["seats"] - taken),
        form=form,
        chosen=set(form.all("persons")) if form is not None else set(),
    )


@get("/desk/{activity:int}/invite", guards=[requires(MANAGE)])
async def show_candidates(request: Request, activity: FromPath[int]) -> Response:
    """The supervisors of the region and below; who must withdraw is shown with the reason."""
    return await _invite_page(request, activity)


@post("/desk/{activity:int}/invite", guards=[requires(MANAGE)])
async def invite(request: Request, activity: FromPath[int]) -> Response:
    """邀请."""
    form = await bind(request, InviteForm)
    if form.ok:
        try:
            count = await organising.invite(
                Actor.of(visitor(request)), activity, form.value.persons
            )
        except Invalid as error:
            take(form, error.errors)
        else:
            said = f"已邀请 {count} 人，等待答复。"
            return redirect(request, f"/activities/desk/{activity}", message=said)
    return await _invite_page(request, activity, form=form, status=422)


# --- the screen in the room ----------------------------------------------------------------------


async def _screen(request: Request, activity: int) -> dict[str, Any]:
    who = visitor(request)
    found = await _found(request, activity)
    async with transaction(who.scope):
        may, other = await _may(who, found)
        if not may:
            raise Refused(other or "签到由组织活动的司法行政机关进行。")
        window = await window_of(found)
        everybody = await invitations_of(activity)
    now = clock.now()
    said = ""
    if found["state"] != rules.OPEN:
        said = "活动已经结束或取消，不再签到。"
    elif now < window.opens_at:
        opens = clock.local(window.opens_at)
        day = "" if opens.date() == clock.today() else f"{opens.month}月{opens.day}日 "
        said = f"{day}{opens:%H:%M} 开始签到。"
    elif now > window.ends_at:
        said = "活动已经结束，不再签到。"
    code, seconds = attending.code_for(activity)
    address = address_of(request, f"/activities/in?code={code}&id={activity}")
    return {
        "it": found,
        "when": span(found["starts_at"], found["ends_at"]),
        "said": said,
        "code": "" if said else code,
        "seconds": seconds,
        "picture": "" if said else qr(address, "签到二维码，用手机扫"),
        "present": sum(each["outcome"] == rules.PRESENT for each in everybody),
        "invited": len(everybody),
        "every": RENEW_SECONDS,
    }


@get("/desk/{activity:int}/screen", guards=[requires(MANAGE)])
async def screen(request: Request, activity: FromPath[int]) -> Response:
    """The page for the screen in the room."""
    found = await _screen(request, activity)
    return page(request, "activities/screen.html", headers=NO_STORE, **found)


@get("/desk/{activity:int}/code", guards=[requires(MANAGE)])
async def code(request: Request, activity: FromPath[int]) -> Response:
    """The code of this moment, renewed while the page stands open."""
    found = await _screen(request, activity)
    return partial(request, "activities/_code.html", headers=NO_STORE, **found)


# --- attendance ----------------------------------------------------------------------------------


@post("/desk/{activity:int}/invitations/{invitation:int}/leave", guards=[requires(MANAGE)])
async def decide_leave(
    request: Request, activity: FromPath[int], invitation: FromPath[int]
) -> Response:
    """准假 or 不准假."""
    form = await bind(request, LeaveForm)
    if form.ok:
        try:
            await attending.decide_leave(
                Actor.of(visitor(request)), activity, invitation, form.value
            )
        except Invalid as error:
            take(form, error.errors)
        else:
            return redirect(request, f"/activities/desk/{activity}", message="已答复，告知本人。")
    return await _page(request, activity, form=form, form_of=f"leave-{invitation}", status=422)


@post("/desk/{activity:int}/invitations/{invitation:int}/correct", guards=[requires(MANAGE)])
async def correct(request: Request, activity: FromPath[int], invitation: FromPath[int]) -> Response:
    """更正考勤."""
    form = await bind(request, CorrectForm)
    if form.ok:
        try:
            await attending.correct(Actor.of(visitor(request)), activity, invitation, form.value)
        except Invalid as error:
            take(form, error.errors)
        else:
            return redirect(request, f"/activities/desk/{activity}", message="考勤已更正。")
    return await _page(request, activity, form=form, form_of=f"correct-{invitation}", status=422)


@post("/desk/{activity:int}/close", guards=[requires(MANAGE)])
async def close(request: Request, activity: FromPath[int]) -> Response:
    """登记考勤并结束."""
    form = await bind(request, CloseForm)
    confirmed = form.ok and form.value.confirmed
    try:
        counts = await attending.close(Actor.of(visitor(request)), activity, confirmed=confirmed)
    except Invalid as error:
        take(form, error.errors)
        return await _page(request, activity, form=form, form_of="close", status=422)
    said = (
        f"考勤已登记：到场 {counts['present']} 人，请假 {counts['excused']} 人，"
        f"缺席 {counts['absent']} 人。"
    )
    return redirect(request, f"/activities/desk/{activity}", message=said)


@post("/desk/{activity:int}/cancel", guards=[requires(MANAGE)])
async def cancel(request: Request, activity: FromPath[int]) -> Response:
    """取消活动."""
    form = await bind(request, CancelForm)
    if not form.ok:
        return await _page(request, activity, form=form, form_of="cancel", status=422)
    await organising.cancel(Actor.of(visitor(request)), activity, form.value.reason)
    return redirect(request, f"/activities/desk/{activity}", message="已取消，通知了被邀请的人。")


ROUTES_ORGANISING = (
    desk,
    new,
    announce,
    edit,
    change,
    units,
    unit_chosen,
    show,
    show_candidates,
    invite,
    screen,
    code,
    decide_leave,
    correct,
    close,
    cancel,
)
