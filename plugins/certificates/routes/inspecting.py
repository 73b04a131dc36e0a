# SPDX-License-Identifier: Apache-2.0
"""Pages of the annual inspection: who is due, how far each has come, the scan that finishes it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Place, SubjectRef, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, files
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    describe,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.certificates.forms import ChosenForm, CodeForm, DecisionForm, ResultForm, SettleForm
from plugins.certificates.queries.inspecting import (
    DUE,
    INSPECTIONS,
    inspection_row,
    unmade_requests,
)
from plugins.certificates.routes.common import Nothing, take_file
from plugins.certificates.rules import applying as applications
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.services import inspecting, settling
from plugins.certificates.services.applying import PAPER
from plugins.certificates.services.base import (
    MAKE,
    READ,
    REVIEW,
    SUBMIT,
    Actor,
    acts_for_unit,
    place_of,
    settings_in,
)

ASPECTS = {
    "complaints": "投诉处理",
    "training": "培训",
    "exams": "考试",
    "certificates": "证件登记",
}
MOMENTS = {"application": "申请时", "approval": "审核时", "scan": "完成时"}
HOW = {"self": "本人扫码", "unit": "管理员扫码", "card": "换发证件"}
BASE = "/certificates/inspections"


@get("/inspections", guards=[requires(READ)])
async def list_inspections(request: Request) -> Response:
    """Inspections of one's own units, or those one's office reviews."""
    who = visitor(request)
    actor = Actor.of(who)
    scope, where, args = who.scope, "", list[int]()
    if actor.may(REVIEW):
        scope = actor.wide
        where, args = actor.listed("i")
    async with transaction(scope):
        if wants_xlsx(request):
            found = await INSPECTIONS.export(request, scope, where=where, args=args)
            return await export(request, INSPECTIONS, found)
        listing = await INSPECTIONS.page(request, scope, where=where, args=args, tab_counts=True)
    return page(
        request,
        "certificates/inspections.html",
        listing=listing,
        states=rules.STATES,
        kinds=rules.KINDS,
        may_submit=SUBMIT in who.permissions,
    )


@get("/inspections/due", guards=[requires(SUBMIT)])
async def list_due(request: Request) -> Response:
    """Whose window is open, with what is still missing of each."""
    return await _due_page(request)


async def _due_page(
    request: Request, *, status: int = 200, refused: list[str] | None = None
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        settings = await settings_in(who.region.lo)
        until = clock.today() + timedelta(days=settings.inspection_window_days)
        listing = await DUE.page(request, who.scope, where="c.inspection_due <= {}", args=[until])
        year = datetime(clock.today().year, 1, 1, tzinfo=clock.SHANGHAI).astimezone(UTC)
        unmade = await unmade_requests(
            who.scope.organisation.lo,
            who.scope.organisation.hi,
            who.scope.region.lo,
            who.scope.region.hi,
            year,
        )
    for each in listing.rows:
        lacks = rules.missing(each["id_number_masked"] or "", each["phone_masked"] or "")
        each["late"] = each["inspection_due"] < clock.today()
        each["missing"] = "缺" + "、".join(lacks) if lacks else ""
        each["kind"] = rules.kind_of_due(
            each["valid_from"], each["inspection_due"], exam=settings.inspection_exam_years
        )
    return page(
        request,
        "certificates/due.html",
        status=status,
        listing=listing,
        kinds=rules.KINDS,
        unmade=unmade,
        request_states=applications.STATES,
        refused=refused or [],
        days=settings.inspection_window_days,
    )


@post("/inspections/apply", guards=[requires(SUBMIT)])
async def post_apply(request: Request) -> Response:
    """Apply for the chosen officers; who cannot be taken is named with the reason."""
    form = await bind(request, ChosenForm)
    if not form.ok:
        return await _due_page(request, status=422, refused=list(form.errors.values()))
    try:
        made, refused = await inspecting.apply(Actor.of(visitor(request)), form.value.id)
    except Refused as error:
        return await _due_page(request, status=422, refused=[str(error)])
    if refused:
        said = [f"已申请 {len(made)} 人，下面的人没有申请成："] if made else []
        return await _due_page(request, status=409, refused=[*said, *refused])
    return redirect(request, BASE, message=f"已申请 {len(made)} 人，结果见各人的进度。")


@post("/inspections/join", guards=[requires(SUBMIT)])
async def post_join(request: Request) -> Response:
    """Applicants without a card go with the inspection (S2-20)."""
    form = await bind(request, ChosenForm)
    try:
        count = await inspecting.join(Actor.of(visitor(request)), form.value.id if form.ok else [])
    except Refused as error:
        return await _due_page(request, status=422, refused=[str(error)])
    return redirect(request, f"{BASE}/due", message=f"已将 {count} 人并入今年年审，一起制证。")


def _open_to(who: Actor, found: Mapping[str, Any]) -> bool:
    """One's own in whatever role; that of others for those who read the register."""
    if who.person_id and who.person_id == found["person"]:
        return True
    return who.may(READ) and who.sees(found)


async def inspection_page(
    request: Request,
    number: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
) -> Response:
    """One inspection with who was asked at each moment, and the form of whoever is next."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await inspection_row(number)
        if found is None or not _open_to(who, found):
            raise NotFound
        papers = await files([found["paper"]] if found["paper"] else [])
        submits = await acts_for_unit(who, found)
        holding = await hold(inspecting.inspection_ref(number), visitor(request))
    blockers = [dict(each) for each in found["blockers"]]
    refs = [SubjectRef(each["kind"], each["id"]) for each in blockers if each["kind"]]
    async with transaction(who.scope):
        labels = await describe(refs, who.scope, who.permissions)
    for each in blockers:
        label = labels.get(SubjectRef(each["kind"], each["id"]))
        each["href"] = label.path if label else ""
    reviews = who.reviews(found)
    own = bool(who.person_id) and who.person_id == found["person"]
    state = found["state"]
    return page(
        request,
        "certificates/inspection.html",
        status=status,
        found=found,
        chip=rules.STATES[state],
        kinds=rules.KINDS,
        how=HOW,
        moments=[
            (title, found["evidence"][key])
            for key, title in MOMENTS.items()
            if key in found["evidence"]
        ],
        aspects=ASPECTS,
        blockers=blockers,
        papers=papers,
        holding=holding,
        late=clock.today() > found["due_on"] and state != "done",
        form=form,
        form_of=form_of,
        own=own,
        may={
            "apply": submits and not rules.why_not(state, "apply"),
            "decide": reviews and state == "applied",
            "scan": (own or submits) and state == "approved",
            "result": reviews and state == "exam",
            "finish": reviews and who.may(MAKE) and state == "making",
            "settle": reviews and bool(found["correction"]),
        },
    )


@get("/inspections/{number:int}", guards=[requires()])
async def show_inspection(request: Request, number: FromPath[int]) -> Response:
    """One inspection."""
    return await inspection_page(request, number)


async def _done(
    request: Request, number: int, form: Bound[Any], act: str, done: Any, said: str
) -> Response:
    if form.ok:
        try:
            await done()
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            return await inspection_page(
                request, number, status=409, form=form.error("", str(error)), form_of=act
            )
        else:
            return redirect(request, f"{BASE}/{number}", message=said)
    return await inspection_page(request, number, status=422, form=form, form_of=act)


async def _place(request: Request, number: int) -> Place:
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await inspection_row(number)
    if found is None or not _open_to(who, found):
        raise NotFound
    return place_of(found)


@post("/inspections/{number:int}/apply", guards=[requires(SUBMIT)])
async def post_again(request: Request, number: FromPath[int]) -> Response:
    """What stood against it is gone."""
    await _place(request, number)
    form, who = await bind(request, Nothing), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "apply",
        lambda: inspecting.apply_again(who, number),
        "已重新申请，结果见下。",
    )


@post("/inspections/{number:int}/decide", guards=[requires(REVIEW)])
async def post_inspection_decision(request: Request, number: FromPath[int]) -> Response:
    """年审审核."""
    await _place(request, number)
    form, who = await bind(request, DecisionForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "decide",
        lambda: inspecting.approve(who, number, form.value),
        "审核结论已提交，结果见下。",
    )


@post("/inspections/{number:int}/scan", guards=[requires()])
async def post_scan(request: Request, number: FromPath[int]) -> Response:
    """The scan that finishes a two-year inspection."""
    await _place(request, number)
    form, who = await bind(request, CodeForm), Actor.of(visitor(request))

    async def scan() -> None:
        if stopped := await inspecting.scan(who, number, form.value.code):
            raise Refused("".join(stopped))

    return await _done(request, number, form, "scan", scan, "年审完成，证件照常使用。")


@post(
    "/inspections/{number:int}/result",
    guards=[requires(REVIEW)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_inspection_result(request: Request, number: FromPath[int]) -> Response:
    """The result of an exam held on paper."""
    place = await _place(request, number)
    form, who = await bind(request, ResultForm), Actor.of(visitor(request))
    paper = await take_file(request, form, "evidence", place=place, purpose=PAPER)
    return await _done(
        request,
        number,
        form,
        "result",
        lambda: inspecting.enter_result(who, number, form.value, paper),
        "成绩已登记。",
    )


@post("/inspections/{number:int}/settle", guards=[requires(REVIEW)])
async def post_inspection_settle(request: Request, number: FromPath[int]) -> Response:
    """The exam was corrected to a failure: the inspection stands, or the card is suspended."""
    await _place(request, number)
    form, who = await bind(request, SettleForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "settle",
        lambda: settling.settle_inspection(who, number, form.value),
        "已处理，本人和单位会收到消息。",
    )


@post("/inspections/{number:int}/finish", guards=[requires(MAKE)])
async def post_finish(request: Request, number: FromPath[int]) -> Response:
    """四年年审: the new card is made and handed over."""
    await _place(request, number)
    form, who = await bind(request, Nothing), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "finish",
        lambda: inspecting.finish_with_card(who, number),
        "证件已换发，年审完成。",
    )


ROUTES_INSPECTING = (
    list_inspections,
    list_due,
    post_apply,
    post_join,
    show_inspection,
    post_again,
    post_inspection_decision,
    post_scan,
    post_inspection_result,
    post_inspection_settle,
    post_finish,
)
