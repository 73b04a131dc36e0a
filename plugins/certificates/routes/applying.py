# SPDX-License-Identifier: Apache-2.0
"""Pages of the new application: the list, the form, one application with its checks, the acts."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Place, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, files
from core.api.people import organisation
from core.api.turns import hold
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
from plugins.certificates.forms import (
    CorrectForm,
    DecisionForm,
    IssueForm,
    MakeForm,
    ReasonForm,
    RequestForm,
    ResultForm,
    SettleForm,
)
from plugins.certificates.photos import RULES
from plugins.certificates.queries.applying import REQUESTS, checks_of, request_row
from plugins.certificates.routes.common import must_hold_one, take_file, units_of, waiting_of
from plugins.certificates.rules import applying as rules
from plugins.certificates.services import applying, making, settling
from plugins.certificates.services.base import (
    MAKE,
    READ,
    REVIEW,
    SUBMIT,
    Actor,
    acts_for_unit,
    place_of,
    request_ref,
    unit_name_of,
)
from plugins.certificates.services.bodies.base import closed_units

PAPER_KINDS = ("document", "photo")


async def list_scope(who: Actor) -> tuple[Any, str, list[int]]:
    """Under which scope a list of requests is read: an office sees what it reviews."""
    if who.may(REVIEW):
        where, args = who.listed("q")
        return who.wide, where, args
    return who.scope, "", []


@get("/requests", guards=[requires(READ)])
async def list_requests(request: Request) -> Response:
    """Applications of one's own units, or those one's office reviews."""
    who = visitor(request)
    scope, where, args = await list_scope(Actor.of(who))
    async with transaction(scope):
        if wants_xlsx(request):
            found = await REQUESTS.export(request, scope, where=where, args=args)
            return await export(request, REQUESTS, found)
        listing = await REQUESTS.page(request, scope, where=where, args=args, tab_counts=True)
    return page(
        request,
        "certificates/requests.html",
        listing=listing,
        states=rules.STATES,
        may_submit=SUBMIT in who.permissions,
    )


async def _form_page(
    request: Request,
    form: Bound[Any] | None,
    *,
    status: int = 200,
    waiting: dict[str, Any] | None = None,
) -> Response:
    async with transaction(visitor(request).scope):
        units = await units_of(visitor(request).scope)
        closed = await closed_units(units)
    return page(
        request,
        "certificates/request_new.html",
        status=status,
        form=form,
        organisations=[
            (unit, f"{name}（还不能申领）" if unit in closed else name) for unit, name in units
        ],
        # Said at the head where nothing can be handed in at all; else beside the unit's name.
        closed=[(name, closed[unit]) for unit, name in units] if len(closed) == len(units) else [],
        photo_rules=RULES,
        waiting=waiting or {},
        checks=list(rules.CHECKS.values()),
    )


@get("/requests/new", guards=[requires(SUBMIT)])
async def new_request(request: Request) -> Response:
    """The form of a new application."""
    return await _form_page(request, None)


@post("/requests/new", guards=[requires(SUBMIT)], request_max_body_size=FORM_WITH_FILES)
async def post_request(request: Request) -> Response:
    """Hand in an application; the four checks are shown at once on the page it leads to."""
    who = visitor(request)
    form = await bind(request, RequestForm)
    if form.ok and (done := await once(request, form.value.once)):
        return done
    place = Place(who.region.lo, who.organisation.lo if who.organisation else 0)
    photo = await take_file(
        request, form, "photo", place=place, purpose=applying.PHOTO, kinds=("photo",), portrait=True
    )
    async with transaction(who.scope):
        units = {unit for unit, _ in await units_of(who.scope)}
    if form.ok and form.value.organisation not in units:
        form.error("organisation", "请选择本单位范围内的单位。")
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, form.value.once):
                    return done
                made = await applying.apply(Actor.of(who), form.value, photo)
                await remember_once(request, form.value.once, f"/certificates/requests/{made}")
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(
                request, f"/certificates/requests/{made}", message="申请已提交，核查结果见下。"
            )
    waiting = await waiting_of(request, "photo")
    return await _form_page(request, form, status=422, waiting=waiting)


async def request_page(
    request: Request,
    number: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
) -> Response:
    """One application with what the checks said, and the form of whoever is next."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await request_row(number)
        if found is None or not who.sees(found):
            raise NotFound
        checks = await checks_of(number, found["runs"])
        papers = await files([found[each] for each in ("photo", "evidence") if found[each]])
        unit = await organisation(found["organisation"])
        unit_name = await unit_name_of(unit) if unit else ""
        submits = await acts_for_unit(who, found)
        holding = await hold(request_ref(number), visitor(request))
    reviews = who.reviews(found)
    state = found["state"]
    return page(
        request,
        "certificates/request.html",
        status=status,
        found=found,
        chip=rules.STATES[state],
        checks=checks,
        outcomes=rules.OUTCOMES,
        titles=rules.CHECKS,
        life_items=_life(found),
        papers=papers,
        unit_name=unit_name,
        holding=holding,
        today=clock.today(),
        photo_rules=RULES,
        form=form,
        form_of=form_of,
        may={
            "correct": submits and not rules.why_not(state, "check"),
            "decide": reviews and state == "legal",
            "result": reviews and state == "exam",
            "make": reviews and who.may(MAKE) and state == "making",
            "issue": reviews and who.may(MAKE) and state == "made" and not found["correction"],
            "settle": reviews and bool(found["correction"]),
            "cancel": (reviews or submits) and state in rules.OPEN and state != "made",
        },
    )


_STEPS = (
    ("提交核查", ("checking", "returned")),
    ("法制审核", ("legal",)),
    ("考试", ("exam",)),
    ("制证", ("making",)),
    ("发证", ("made",)),
)


def _life(found: dict[str, Any]) -> list[dict[str, str]]:
    at = next((n for n, (_, states) in enumerate(_STEPS) if found["state"] in states), None)
    if found["state"] == "issued":
        at = len(_STEPS)
    if at is None:
        at = 0 if found["decided_at"] is None else 2 if found["score"] is not None else 1
    return [
        {"title": title, "note": "", "state": "done" if n < at else "now" if n == at else "next"}
        for n, (title, _) in enumerate(_STEPS)
    ]


@get("/requests/{number:int}", guards=[requires(READ)])
async def show_request(request: Request, number: FromPath[int]) -> Response:
    """One application."""
    return await request_page(request, number)


async def _done(
    request: Request, number: int, form: Bound[Any], act: str, done: Any, said: str
) -> Response:
    """Do an act; what is wrong with it stands in its own form again."""
    if form.ok:
        try:
            await done()
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            return await request_page(
                request, number, status=409, form=form.error("", str(error)), form_of=act
            )
        else:
            return redirect(request, f"/certificates/requests/{number}", message=said)
    return await request_page(request, number, status=422, form=form, form_of=act)


async def _place(request: Request, number: int) -> Place:
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await request_row(number)
    if found is None or not who.sees(found):
        raise NotFound
    return place_of(found)


@post(
    "/requests/{number:int}/correct",
    guards=[requires(SUBMIT)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_correct(request: Request, number: FromPath[int]) -> Response:
    """Put right what was wrong and check again."""
    place = await _place(request, number)
    form = await bind(request, CorrectForm)
    photo = await take_file(
        request, form, "photo", place=place, purpose=applying.PHOTO, kinds=("photo",), portrait=True
    )
    who = Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "correct",
        lambda: applying.correct(who, number, form.value, photo),
        "已重新核查，结果见下。",
    )


@post("/requests/{number:int}/decide", guards=[requires(REVIEW)])
async def post_decide(request: Request, number: FromPath[int]) -> Response:
    """法制审核."""
    await _place(request, number)
    form, who = await bind(request, DecisionForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "decide",
        lambda: applying.decide(who, number, form.value),
        "审核结论已提交，申请单位会收到消息。",
    )


@post(
    "/requests/{number:int}/result",
    guards=[requires(REVIEW)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_result(request: Request, number: FromPath[int]) -> Response:
    """The result of an exam held on paper."""
    place = await _place(request, number)
    form, who = await bind(request, ResultForm), Actor.of(visitor(request))
    paper = await take_file(
        request, form, "evidence", place=place, purpose=applying.PAPER, kinds=PAPER_KINDS
    )
    return await _done(
        request,
        number,
        form,
        "result",
        lambda: applying.enter_result(who, number, form.value, paper),
        "成绩已登记。",
    )


@post("/requests/{number:int}/make", guards=[requires(MAKE)])
async def post_make(request: Request, number: FromPath[int]) -> Response:
    """制证."""
    await _place(request, number)
    form, who = await bind(request, MakeForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "make",
        lambda: making.make(who, number, form.value),
        "证号已取得，证面已生成。",
    )


@post("/requests/{number:int}/issue", guards=[requires(MAKE)])
async def post_issue(request: Request, number: FromPath[int]) -> Response:
    """发证."""
    await _place(request, number)
    form, who = await bind(request, IssueForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "issue",
        lambda: making.issue(who, number, form.value),
        "已发证，证件从今天起可以查验。",
    )


@post("/requests/{number:int}/settle", guards=[requires(REVIEW)])
async def post_settle(request: Request, number: FromPath[int]) -> Response:
    """The exam was corrected to a failure: the card stays, or it is taken back."""
    await _place(request, number)
    form, who = await bind(request, SettleForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "settle",
        lambda: settling.settle_request(who, number, form.value),
        "已处理，本人和单位会收到消息。",
    )


@post(
    "/requests/{number:int}/cancel",
    guards=[requires(READ)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_cancel(request: Request, number: FromPath[int]) -> Response:
    """无证注销."""
    must_hold_one(Actor.of(visitor(request)), SUBMIT, REVIEW)
    place = await _place(request, number)
    form, who = await bind(request, ReasonForm), Actor.of(visitor(request))
    paper = await take_file(
        request, form, "paper", place=place, purpose=applying.PAPER, kinds=PAPER_KINDS
    )
    return await _done(
        request,
        number,
        form,
        "cancel",
        lambda: applying.cancel(who, number, form.value.reason, paper),
        "已注销，本人可以重新申领。",
    )


ROUTES_APPLYING = (
    list_requests,
    new_request,
    post_request,
    show_request,
    post_correct,
    post_decide,
    post_result,
    post_make,
    post_issue,
    post_settle,
    post_cancel,
)
