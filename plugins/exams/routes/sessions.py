# SPDX-License-Identifier: Apache-2.0
"""场次: planning, the roster, candidates who wait."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, Refused
from core.api.people import find_persons
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.exams.forms import (
    CandidateForm,
    InvigilatorsForm,
    Nothing,
    ReasonForm,
    SeatForm,
    SessionForm,
)
from plugins.exams.queries import sessions as queries
from plugins.exams.routes.shared import WORDS
from plugins.exams.services import invigilators
from plugins.exams.services import sessions as services
from plugins.exams.services.base import RUN, SECOND, WAITING, place_for
from plugins.exams.services.candidates import enter, withdraw


@get("/", guards=[requires(SECOND)])
async def list_sessions(request: Request) -> Response:
    """The sessions of this region."""
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        where, args = "s.org_lo = {}::int8", (place.org_lo,)
        if wants_xlsx(request):
            found = await queries.SESSION_LIST.export(request, who.scope, where=where, args=args)
            return await export(request, queries.SESSION_LIST, found)
        listing = await queries.SESSION_LIST.page(
            request, who.scope, where=where, args=args, tab_counts=True
        )
    return page(request, "exams/sessions.html", listing=listing, may_run=who.may(RUN), **WORDS)


async def _form_page(
    request: Request, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        papers = await queries.usable_papers(place.org_lo)
        staff = await invigilators.able(place.region_lo)
    return page(
        request,
        "exams/session_edit.html",
        status=status,
        form=form,
        papers=papers,
        staff=staff,
        **WORDS,
    )


@get("/sessions/new", guards=[requires(RUN)])
async def new_session(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request)


@post("/sessions/new", guards=[requires(RUN)])
async def write_session(request: Request) -> Response:
    """安排场次."""
    who = visitor(request)
    form = await bind(request, SessionForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, form.value.once):
                    return done
                session = await services.plan_session(who, form.value)
                await remember_once(request, form.value.once, f"/exams/sessions/{session}")
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(
                request, f"/exams/sessions/{session}", message="场次已建好，请安排考生。"
            )
    return await _form_page(request, form, 422)


@get("/sessions/{session:int}", guards=[requires(SECOND)])
async def show_session(request: Request, session: FromPath[int]) -> Response:
    """One session: roster, rooms, what comes next."""
    return await session_page(request, session)


async def session_page(
    request: Request,
    session: int,
    *,
    status: int = 200,
    error: str = "",
    form: Bound[Any] | None = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await services.own_session(who, session)
        hands = await invigilators.hands_of(who, found)
        staff = await invigilators.able(found["region_lo"]) if hands.may_name else []
        roster = await queries.roster(session)
        rooms = await queries.rooms(session)
        waiting = (
            await queries.waiting(who.scope, found["starts_at"])
            if who.may(RUN) and found["state"] in ("planned", "open")
            else []
        )
    return page(
        request,
        "exams/session.html",
        status=status,
        error=error,
        session=found,
        roster=roster,
        rooms=rooms,
        waiting=waiting,
        may_run=who.may(RUN) and not (hands.why_not and found["state"] != "planned"),
        hands=hands,
        staff=staff,
        form=form,
        may_open=not hands.why_not and clock.now() >= found["starts_at"] - services.EARLIEST,
        opens_at=found["starts_at"] - services.EARLIEST,
        **WORDS,
    )


@post("/sessions/{session:int}/seats", guards=[requires(RUN)])
async def seat(request: Request, session: FromPath[int]) -> Response:
    """加入名册."""
    who = visitor(request)
    form = await bind(request, SeatForm)
    if not form.ok or not form.value.wanted:
        return await session_page(request, session, status=422, error="请先勾选考生。")
    try:
        async with transaction(who.scope):
            count = await services.seat(who, session, form.value.wanted)
    except (Refused, Conflict) as error:
        return await session_page(request, session, status=409, error=str(error))
    return redirect(
        request, f"/exams/sessions/{session}", message=f"{count} 人已安排座位，并已通知。"
    )


@post("/sessions/{session:int}/seats/{entry:int}/remove", guards=[requires(RUN)])
async def unseat(request: Request, session: FromPath[int], entry: FromPath[int]) -> Response:
    """移出名册."""
    who = visitor(request)
    await bind(request, Nothing)
    try:
        async with transaction(who.scope):
            await services.unseat(who, session, entry)
    except Conflict as error:
        return await session_page(request, session, status=409, error=str(error))
    return redirect(request, f"/exams/sessions/{session}", message="已移出名册。")


@post("/sessions/{session:int}/invigilators", guards=[requires(SECOND)])
async def name_invigilators(request: Request, session: FromPath[int]) -> Response:
    """指定监考员."""
    who = visitor(request)
    form = await bind(request, InvigilatorsForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                found = await services.own_session(who, session, lock=True)
                await invigilators.name(who, found, form.value.invigilators, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            return await session_page(request, session, status=409, error=str(error))
        else:
            return redirect(request, f"/exams/sessions/{session}", message="监考员已记下。")
    return await session_page(request, session, status=422, form=form)


@post("/sessions/{session:int}/open", guards=[requires(RUN)])
async def open_(request: Request, session: FromPath[int]) -> Response:
    """开始入场."""
    who = visitor(request)
    await bind(request, Nothing)
    try:
        async with transaction(who.scope):
            found = await services.open_session(who, session)
    except (Refused, Conflict) as error:
        return await session_page(request, session, status=409, error=str(error))
    return redirect(
        request,
        f"/exams/sessions/{session}/live",
        message=f"试卷已抽好，开始入场。场次码 {found['code']}。",
    )


@post("/sessions/{session:int}/cancel", guards=[requires(RUN)])
async def cancel(request: Request, session: FromPath[int]) -> Response:
    """取消场次."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await session_page(request, session, status=422, error="请写明取消的理由。")
    try:
        async with transaction(who.scope):
            await services.cancel(who, session, form.value.reason)
    except Conflict as error:
        return await session_page(request, session, status=409, error=str(error))
    return redirect(request, "/exams/", message="已取消，考生回到待安排。")


# --- candidates -----------------------------------------------------------------------------------


@get("/candidates", guards=[requires(WAITING)])
async def list_candidates(request: Request) -> Response:
    """Who has to pass an exam, in my region or of my unit."""
    return await _candidates_page(request)


async def _candidates_page(request: Request, *, status: int = 200, error: str = "") -> Response:
    who = visitor(request)
    text = request.query_params.get("find", "").strip()[:40]
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await queries.CANDIDATES.export(request, who.scope)
            return await export(request, queries.CANDIDATES, found)
        listing = await queries.CANDIDATES.page(request, who.scope, tab_counts=True)
        persons = await find_persons(text, who.scope) if text and who.may(RUN) else []
    return page(
        request,
        "exams/candidates.html",
        status=status,
        error=error,
        listing=listing,
        find=text,
        persons=persons,
        may_run=who.may(RUN),
        wanted_states=queries.WANTED_STATES,
        **WORDS,
    )


@post("/candidates", guards=[requires(RUN)])
async def add_candidate(request: Request) -> Response:
    """补录考生."""
    who = visitor(request)
    form = await bind(request, CandidateForm)
    if not form.ok:
        return await _candidates_page(request, status=422, error="请写明补录的理由。")
    try:
        async with transaction(who.scope):
            await enter(form.value.person, form.value.reason)
    except (Invalid, Conflict) as error:
        return await _candidates_page(request, status=409, error=str(error))
    return redirect(request, "/exams/candidates", message="已补录，可以安排座位。")


@post("/candidates/{wanted:int}/withdraw", guards=[requires(RUN)])
async def take_back(request: Request, wanted: FromPath[int]) -> Response:
    """撤回补录."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _candidates_page(request, status=422, error="请写明撤回的理由。")
    try:
        async with transaction(who.scope):
            await withdraw(wanted, form.value.reason)
    except Conflict as error:
        return await _candidates_page(request, status=409, error=str(error))
    return redirect(request, "/exams/candidates", message="已撤回。")


ROUTES_SESSIONS = (
    list_sessions,
    new_session,
    write_session,
    show_session,
    name_invigilators,
    seat,
    unseat,
    open_,
    cancel,
    list_candidates,
    add_candidate,
    take_back,
)
