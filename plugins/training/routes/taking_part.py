# SPDX-License-Identifier: Apache-2.0
"""What a participant opens: trainings, one of them, checking in, feedback, the end, the proof."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import transaction
from core.api.documents import pdf
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import open_, send_file
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    once,
    page,
    partial,
    post,
    redirect,
    remember_once,
    unbound,
    wants_xlsx,
)
from plugins.training.forms import (
    CheckInForm,
    FeedbackForm,
    JoinForm,
    LeaveForm,
    WatchedForm,
)
from plugins.training.queries.lessons import suggestions_of
from plugins.training.queries.trainings import MINE, find_training, meant_for
from plugins.training.routes.shared import WORDS, document, for_me
from plugins.training.rules.feedback import MARKS, QUESTIONS
from plugins.training.services.base import MANAGE, READ, SUGGESTED, at_office, own_office
from plugins.training.services.closing import certificate_of, give_feedback
from plugins.training.services.taking_part import check_in, join, leave, opened
from plugins.training.services.teaching import find_material, note_watched


@get("/", guards=[requires(READ)])
async def list_trainings(request: Request) -> Response:
    """Trainings meant for me: those I can sign up for, mine, earlier ones."""
    who = visitor(request)
    where, args = meant_for(who.scope, who.role)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await MINE.export(request, who.scope, where=where, args=args)
            return await export(request, MINE, found)
        listing = await MINE.page(request, who.scope, where=where, args=args, tab_counts=True)
        offered = await suggestions_of(who.person_id) if who.person_id else []
    return page(request, "training/list.html", listing=listing, offered=offered, **WORDS)


@get("/suggested", guards=[requires(SUGGESTED)])
async def show_suggested(request: Request) -> Response:
    """The card of the home page: lessons suggested by one's own alarms."""
    who = visitor(request)
    async with transaction(who.scope):
        offered = await suggestions_of(who.person_id) if who.person_id else []
    return partial(request, "training/_suggested.html", offered=offered, **WORDS)


async def _detail(
    request: Request,
    training: int,
    *,
    status: int = 200,
    error: str = "",
    form: Bound[Any] | None = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_training(training, who.scope, who.role, await own_office(who))
        if found is None:
            raise NotFound
        if found["state"] == "draft":
            return redirect(request, f"/training/{training}/edit")
        shown = await for_me(who, found)
    return page(
        request,
        "training/training.html",
        status=status,
        error=error,
        form=form,
        readers=READERS,
        mine=bool(found["mine"]) and who.may(MANAGE),
        **shown,
        **WORDS,
    )


@get("/{training:int}", guards=[requires(READ)])
async def show_training(request: Request, training: FromPath[int]) -> Response:
    """One training: what, when, where, materials, and what I can do now (S0-21)."""
    return await _detail(request, training)


@post("/{training:int}/join", guards=[requires(READ)])
async def sign_up(request: Request, training: FromPath[int]) -> Response:
    """「报名」; sent twice it signs up once."""
    who = visitor(request)
    form = await bind(request, JoinForm)
    key = form.value.once if form.ok else ""
    try:
        async with transaction(who.scope):
            if done := await once(request, key):
                return done
            got = await join(who, training)
            await remember_once(request, key, f"/training/{training}")
    except Refused as error:
        return await _detail(request, training, status=409, error=str(error))
    said = "已报名。" if got == "seat" else "名额已满，你在候补名单里；有人退出会通知你。"
    return redirect(request, f"/training/{training}", message=said)


@post("/{training:int}/leave", guards=[requires(READ)])
async def sign_off(request: Request, training: FromPath[int]) -> Response:
    """「退出报名」 or 「请假」, whichever it is now."""
    who = visitor(request)
    form = await bind(request, LeaveForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                way = await leave(who, training, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            return await _detail(request, training, status=409, error=str(error))
        else:
            said = "已退出，名额让给下一位。" if way == "leave" else "请假已登记。"
            return redirect(request, f"/training/{training}", message=said)
    return await _detail(request, training, status=422, form=form)


# --- checking in ---------------------------------------------------------------------------------


async def _check_in_page(
    request: Request, training: int, *, status: int = 200, error: str = "", code: str = ""
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        shown = await for_me(who, await opened(who, training))
    return page(
        request,
        "training/checkin.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        error=error,
        code=code,
        **shown,
        **WORDS,
    )


@get("/{training:int}/checkin", guards=[requires(READ)])
async def show_check_in(request: Request, training: FromPath[int]) -> Response:
    """Where the code on the screen leads; the attendance itself is the button."""
    return await _check_in_page(request, training, code=request.query_params.get("code", "")[:64])


@post("/{training:int}/checkin", guards=[requires(READ)])
async def do_check_in(request: Request, training: FromPath[int]) -> Response:
    """「签到」; a forged or old code is answered in plain words, a second time changes nothing."""
    who = visitor(request)
    form = await bind(request, CheckInForm)
    try:
        async with transaction(who.scope):
            fresh = await check_in(who, training, form.value.token if form.ok else "")
    except Refused as error:
        return await _check_in_page(request, training, status=409, error=str(error))
    said = "签到成功。" if fresh else "你已经签过到，不用再签。"
    return redirect(request, f"/training/{training}", message=said)


# --- materials -----------------------------------------------------------------------------------


@get("/materials/{material:int}", guards=[requires(READ)])
async def show_material(request: Request, material: FromPath[int]) -> Response:
    """A document or a video, also in parts, for everybody who may open what it belongs to.

    The file's own row lies at the office, outside most readers' scope, so it is read under the
    place of the training, after the training itself was found under the reader's.
    """
    who = visitor(request)
    async with transaction(who.scope):
        have, owner = await find_material(who, material)
    async with transaction(at_office(who, owner)):
        file = await open_(have["file"])
    return send_file(request, file, original=False)


@post("/materials/{material:int}/watched", guards=[requires(READ)])
async def report_watched(request: Request, material: FromPath[int]) -> Response:
    """What the player has played since it was opened; answers the percent seen."""
    who = visitor(request)
    form = await bind(request, WatchedForm)
    if not form.ok:
        return Response({"error": "播放记录读不出来。"}, status_code=422)
    async with transaction(who.scope):
        seen = await note_watched(who, material, form.value)
    return Response({"share": seen}, status_code=200)


# --- afterwards ----------------------------------------------------------------------------------


@get("/{training:int}/feedback", guards=[requires(READ)])
async def show_feedback(request: Request, training: FromPath[int]) -> Response:
    """The form of the feedback."""
    return await _feedback_page(request, training, unbound(FeedbackForm))


async def _feedback_page(
    request: Request, training: int, form: Bound[Any], *, status: int = 200, error: str = ""
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        shown = await for_me(who, await opened(who, training))
    return page(
        request,
        "training/feedback.html",
        status=status,
        form=form,
        error=error,
        questions=QUESTIONS,
        marks=list(MARKS.items()),
        **shown,
        **WORDS,
    )


@post("/{training:int}/feedback", guards=[requires(READ)])
async def say_feedback(request: Request, training: FromPath[int]) -> Response:
    """Once per attendee; anonymous when asked for."""
    who = visitor(request)
    form = await bind(request, FeedbackForm)
    if not form.ok:
        return await _feedback_page(request, training, form, status=422)
    try:
        async with transaction(who.scope):
            if done := await once(request, form.value.once):
                return done
            await give_feedback(who, training, form.value)
            await remember_once(request, form.value.once, f"/training/{training}/done")
    except Refused as error:
        return await _feedback_page(request, training, form, status=409, error=str(error))
    return redirect(request, f"/training/{training}/done", message="谢谢，评价已收到。")


@get("/{training:int}/done", guards=[requires(READ)])
async def show_end(request: Request, training: FromPath[int]) -> Response:
    """The end of a training: what counts, and the next step (C8-05)."""
    who = visitor(request)
    async with transaction(who.scope):
        shown = await for_me(who, await opened(who, training))
        if shown["seat"] is None or not (shown["over"] or shown["seat"]["attendance"]):
            raise NotFound
    return page(request, "training/done.html", **shown, **WORDS)


@get("/{training:int}/certificate.pdf", guards=[requires(READ)])
async def send_certificate(request: Request, training: FromPath[int]) -> Response:
    """One's own certificate of attendance (C8-07)."""
    who = visitor(request)
    async with transaction(who.scope):
        paper, at, name = await certificate_of(who, training)
    return document(await pdf(paper, at=at), f"培训证明-{name}")


ROUTES_TAKING_PART = (
    list_trainings,
    show_suggested,
    show_training,
    sign_up,
    sign_off,
    show_check_in,
    do_check_in,
    show_material,
    report_watched,
    show_feedback,
    say_feedback,
    show_end,
    send_certificate,
)
