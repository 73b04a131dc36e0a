# SPDX-License-Identifier: Apache-2.0
"""The bureau's desk: the list of applications, one application, and the acts on it."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.accounts import issue_slip
from core.api.db import SubjectRef, transaction
from core.api.deadlines import ledger, standing_of
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import history, record
from core.api.files import files
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.supervisors.facts import SlipPrinted
from plugins.supervisors.forms import (
    AppointForm,
    DecisionForm,
    Nothing,
    ObjectionAnswerForm,
    ReasonForm,
)
from plugins.supervisors.queries.applications import (
    APPLICATIONS,
    find_application,
    notice_of,
    objection_row,
    objections_of,
    progress_of,
)
from plugins.supervisors.queries.terms import terms_of
from plugins.supervisors.rules import states
from plugins.supervisors.rules.terms import TERM_STATES
from plugins.supervisors.rules.words import DECLARATIONS, ROUTES, SOURCES
from plugins.supervisors.services import appointing, deciding, publicity
from plugins.supervisors.services.base import (
    READ,
    REVIEW,
    Actor,
    application_ref,
    ask_gate,
    competent_here,
    place_of,
    settings_in,
)
from plugins.supervisors.services.clocks import publicity_clock


@get("/", guards=[requires(READ)])
async def list_applications(request: Request) -> Response:
    """Applications by state; holders of the legal qualification first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(
                request, APPLICATIONS, await APPLICATIONS.export(request, who.scope)
            )
        listing = await APPLICATIONS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervisors/list.html",
        listing=listing,
        states=states.STATES,
        routes=ROUTES,
        sources=SOURCES,
        may_review=REVIEW in who.permissions,
    )


async def application_page(
    request: Request,
    application: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
    objector: tuple[int, str, str] | None = None,
) -> Response:
    """One application with everything the bureau decides on, and the form that was refused."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_application(application, who.scope)
        if found is None or not who.scope.sees(place_of(found)):
            raise NotFound
        ref = application_ref(application)
        notice = await notice_of(application)
        ticking = await publicity_clock(application)
        rows = await ledger(ticking) if ticking else []
        left = await standing_of(ticking) if ticking and ticking.open else None
        objections = await objections_of(application)
        story = await progress_of(application)
        before = [each for each in await terms_of(found["person"]) if each["id"] != found["term"]]
        blockers, silent = await ask_gate(found["person"])
        elsewhere = await competent_here(Actor.of(who), place_of(found))
        stopped = await appointing.why_not_now(found) if found["state"] == states.PUBLICITY else []
        starts = await appointing.first_day(found)
        years = (await settings_in(found["region_lo"])).term_years
        papers = await files(
            [found[n] for n in ("photo", "recommendation", "attachment") if found[n]]
        )
        no_slip = await deciding.why_no_slip(found)
        holding = await hold(ref, who)
        facts = await history(ref, {"supervisors.decided", "supervisors.applied"})
    return page(
        request,
        "supervisors/application.html",
        status=status,
        found=found,
        chip=states.STATES[found["state"]],
        life_items=states.life(
            found["state"], invited=found["route"] == "invited", had_notice=notice is not None
        ),
        notice=notice,
        ticking=ticking,
        rows=rows,
        left=left,
        objections=objections,
        unanswered=sum(1 for each in objections if not each["outcome"]),
        story=story,
        before=before,
        term_states=TERM_STATES,
        blockers=blockers,
        silent=silent,
        elsewhere=elsewhere,
        stopped=stopped,
        starts=starts,
        years=years,
        papers=papers,
        no_slip=no_slip,
        holding=holding,
        decided=len(facts),
        route=ROUTES[found["route"]],
        source=SOURCES.get(found["source"], ""),
        declarations=[DECLARATIONS[key] for key in found["declared"] if key in DECLARATIONS],
        may_review=REVIEW in who.permissions and not elsewhere,
        form=form,
        form_of=form_of,
        objector=objector,
        open_state=found["state"] in states.OPEN,
    )


@get("/applications/{application:int}", guards=[requires(READ)])
async def show_application(request: Request, application: FromPath[int]) -> Response:
    """One application."""
    return await application_page(request, application)


async def _decide(request: Request, application: int, act: str, done: str) -> Response:
    who = Actor.of(visitor(request))
    form = await bind(request, DecisionForm)
    if form.ok:
        try:
            if act == "screen":
                await deciding.screen(who, application, form.value)
            elif act == "recheck":
                await deciding.recheck(who, application, form.value)
            else:
                code = await deciding.review(who, application, form.value)
                if code:
                    return await _slip_page(request, application, code)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            return await application_page(
                request, application, status=409, form=form.error("", str(error)), form_of=act
            )
        else:
            passed = form.value.decision == "pass"
            said = done if passed else "申请已办结，理由已告知申请人。"
            return redirect(request, f"/supervisors/applications/{application}", message=said)
    return await application_page(request, application, status=422, form=form, form_of=act)


@post("/applications/{application:int}/screen", guards=[requires(READ, REVIEW)])
async def post_screen(request: Request, application: FromPath[int]) -> Response:
    """筛选."""
    return await _decide(request, application, "screen", "筛选通过，进入审核。")


@post("/applications/{application:int}/review", guards=[requires(READ, REVIEW)])
async def post_review(request: Request, application: FromPath[int]) -> Response:
    """审核, then 公示; for an invited person the printed slip."""
    return await _decide(request, application, "review", "审核通过，已开始公示。")


@post("/applications/{application:int}/recheck", guards=[requires(READ, REVIEW)])
async def post_recheck(request: Request, application: FromPath[int]) -> Response:
    """复核 after objections."""
    return await _decide(request, application, "recheck", "复核通过，继续办理。")


@post("/applications/{application:int}/appoint", guards=[requires(READ, REVIEW)])
async def post_appoint(request: Request, application: FromPath[int]) -> Response:
    """聘任: the certificate is issued."""
    form = await bind(request, AppointForm)
    if form.ok:
        try:
            term = await appointing.appoint(Actor.of(visitor(request)), application, form.value)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            return await application_page(
                request,
                application,
                status=409,
                form=form.error("", str(error)),
                form_of="appoint",
            )
        else:
            return redirect(
                request, f"/supervisors/terms/{term}", message="已聘任，聘任证书已签发。"
            )
    return await application_page(request, application, status=422, form=form, form_of="appoint")


async def _objected(objection: int, request: Request) -> int:
    async with transaction(visitor(request).scope):
        found = await objection_row(objection)
    if found is None:
        raise NotFound
    return int(found["application"])


@post("/objections/{objection:int}/answer", guards=[requires(READ, REVIEW)])
async def post_answer(request: Request, objection: FromPath[int]) -> Response:
    """The answer to one objection."""
    application = await _objected(objection, request)
    form = await bind(request, ObjectionAnswerForm)
    if form.ok:
        try:
            await publicity.answer_objection(Actor.of(visitor(request)), objection, form.value)
        except (Refused, Conflict) as error:
            return await application_page(
                request,
                application,
                status=409,
                form=form.error("", str(error)),
                form_of=f"objection-{objection}",
            )
        return redirect(
            request,
            f"/supervisors/applications/{application}",
            message="异议已答复，提出的人凭查询码可以看到。",
        )
    return await application_page(
        request, application, status=422, form=form, form_of=f"objection-{objection}"
    )


@post("/objections/{objection:int}/reveal", guards=[requires(READ, REVIEW)])
async def post_reveal(request: Request, objection: FromPath[int]) -> Response:
    """Who objected: for one reason, shown once, recorded."""
    application = await _objected(objection, request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await application_page(
            request, application, status=422, form=form, form_of=f"reveal-{objection}"
        )
    _, name, contact = await publicity.reveal_objector(
        Actor.of(visitor(request)), objection, form.value.reason
    )
    return await application_page(request, application, objector=(objection, name, contact))


async def _slip_page(request: Request, application: int, code: str) -> Response:
    """The way in for an invited person, printed once and kept nowhere."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_application(application, who.scope)
        if found is None:
            raise NotFound
        await record(
            "supervisors.slip_printed",
            SubjectRef("supervisors.application", application),
            SlipPrinted(application, found["person"]),
            place_of(found),
        )
    return page(
        request,
        "supervisors/slip.html",
        headers={"Cache-Control": "no-store"},
        found=found,
        code=code,
    )


@post("/applications/{application:int}/slip", guards=[requires(READ, REVIEW)])
async def post_slip(request: Request, application: FromPath[int]) -> Response:
    """A new slip for an invited person who lost the first before using it."""
    await bind(request, Nothing)
    who = visitor(request)
    async with transaction(who.scope):
        found = await deciding.take_application(Actor.of(who), application)
        if refused := await deciding.why_no_slip(found):
            raise Refused(refused)
    code = await issue_slip(found["account"], who.user_id)
    return await _slip_page(request, application, code)


ROUTES_DESK = (
    list_applications,
    show_application,
    post_screen,
    post_review,
    post_recheck,
    post_appoint,
    post_answer,
    post_reveal,
    post_slip,
)
