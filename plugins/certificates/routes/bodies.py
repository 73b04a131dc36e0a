# SPDX-License-Identifier: Apache-2.0
"""Pages of bodies and their accounts, and the public doors: 立即注册, published 委托书."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import public, requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, files
from core.api.people import organisations_in
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    limit,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.certificates.forms import (
    BodyDecisionForm,
    BodyForm,
    CreateBodyForm,
    DecisionForm,
    DivideForm,
    LetterForm,
    RegistrationForm,
)
from plugins.certificates.queries import bodies as queries
from plugins.certificates.routes.common import Nothing, must_hold_one, take_file, units_of
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services import bodies, dividing
from plugins.certificates.services.base import (
    BODIES_READ,
    BODIES_WRITE,
    INCLUDE,
    REVIEW,
    Actor,
    acts_for_unit,
    place_of,
)

BASE = "/certificates/bodies"
ANYBODY = public("新单位从登录页注册，委托书向社会公开，都不需要账号")


@get("/bodies", guards=[requires(BODIES_READ)])
async def list_bodies(request: Request) -> Response:
    """The bodies of one's own tree, or those one's office reviews."""
    who = visitor(request)
    actor = Actor.of(who)
    scope, where, args = who.scope, "", list[int]()
    if actor.may(REVIEW):
        scope = actor.wide
        where, args = actor.listed("b")
    async with transaction(scope):
        if wants_xlsx(request):
            found = await queries.BODIES_LIST.export(request, scope, where=where, args=args)
            return await export(request, queries.BODIES_LIST, found)
        listing = await queries.BODIES_LIST.page(
            request, scope, where=where, args=args, tab_counts=True
        )
        waiting = await _registrations(actor)
        units = await units_of(who.scope) if BODIES_WRITE in who.permissions else []
        known = {
            each["organisation"]
            for each in [await queries.body_of(unit) for unit, _ in units[:20]]
            if each
        }
    return page(
        request,
        "certificates/bodies.html",
        listing=listing,
        kinds=rules.KINDS,
        states=rules.STATES,
        waiting=waiting,
        unentered=[each for each in units if each[0] not in known],
        may_include=INCLUDE in who.permissions,
    )


async def _registrations(actor: Actor) -> list[dict[str, Any]]:
    if actor.may(REVIEW):
        where, args = actor.reviewing("q")
        for n in range(len(args)):
            where = where.replace("{}", f"${n + 1}", 1)
        return await queries.open_registrations(where, *args)
    if actor.may(INCLUDE) and actor.organisation is not None:
        async with transaction(actor.wide):
            return await queries.open_registrations(
                "q.superior_lo between $1 and $2 and q.included_at is null",
                actor.organisation.lo,
                actor.organisation.hi,
            )
    return []


@post("/bodies/begin/{unit:int}", guards=[requires(BODIES_WRITE)])
async def post_begin(request: Request, unit: FromPath[int]) -> Response:
    """An existing unit enters itself."""
    await bind(request, Nothing)
    body = await bodies.begin(Actor.of(visitor(request)), unit)
    return redirect(request, f"{BASE}/{body}", message="请完善资料后提交审核。")


async def body_page(
    request: Request,
    number: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
) -> Response:
    """One body: what it said about itself, what is missing, who has to act."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await queries.body_row(number)
        superior = found is not None and bodies.may_include(who, found)
        if found is None or not (who.sees(found) or superior):
            raise NotFound
        below = await queries.subordinates_of(found["organisation"])
        letters = await queries.letters_of(number)
        papers = await files([each["file"] for each in letters])
        holding = await holds([bodies.body_ref(number)], visitor(request))
        reviews = who.reviews(found)
        writes = await acts_for_unit(who, found, BODIES_WRITE)
        people, targets = [], []
        if writes and found["origin"] == "shared" and found["divided_at"] is None:
            people, targets = await bodies.people_of(found), await bodies.units_below(found)
        home = visitor(request).region
        reviewers = await queries.reviewers_in(home.lo, home.hi) if reviews else []
    return page(
        request,
        "certificates/body.html",
        status=status,
        found=found,
        chip=rules.STATES[found["state"]],
        kinds=rules.KINDS,
        states=rules.STATES,
        origins=rules.ORIGINS,
        staffing=rules.STAFFING,
        lacks=rules.missing(bodies.info_of(found)),
        closed=rules.closed_because(found, clock.today()),
        below=below,
        letters=letters,
        papers=papers,
        holding=holding.get(bodies.body_ref(number), []),
        people=people,
        targets=targets,
        reviewers=reviewers,
        form=form,
        form_of=form_of,
        may={
            "complete": writes,
            "submit": writes and found["state"] in ("draft", "returned"),
            "decide": reviews and found["state"] == "submitted",
            "include": superior,
            "rename": reviews and found["state"] == "approved",
            "letter": found["kind"] == "entrusted"
            and (writes or (who.may(INCLUDE) and who.sees(found))),
            "divide": bool(people),
        },
    )


@get("/bodies/{number:int}", guards=[requires(BODIES_READ)])
async def show_body(request: Request, number: FromPath[int]) -> Response:
    """One body."""
    return await body_page(request, number)


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
            return await body_page(
                request, number, status=409, form=form.error("", str(error)), form_of=act
            )
        else:
            return redirect(request, f"{BASE}/{number}", message=said)
    return await body_page(request, number, status=422, form=form, form_of=act)


@post("/bodies/{number:int}/complete", guards=[requires(BODIES_WRITE)])
async def post_complete(request: Request, number: FromPath[int]) -> Response:
    """完善资料."""
    form, who = await bind(request, BodyForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "complete",
        lambda: bodies.complete(who, number, form.value),
        "资料已保存。",
    )


@post("/bodies/{number:int}/submit", guards=[requires(BODIES_WRITE)])
async def post_submit(request: Request, number: FromPath[int]) -> Response:
    """Hand in."""
    form, who = await bind(request, Nothing), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "submit",
        lambda: bodies.submit(who, number),
        "已提交法制机构审核。",
    )


@post("/bodies/{number:int}/decide", guards=[requires(REVIEW)])
async def post_body_decision(request: Request, number: FromPath[int]) -> Response:
    """账户审核."""
    form, who = await bind(request, BodyDecisionForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "decide",
        lambda: bodies.decide(who, number, form.value, form.value.reviewer),
        "审核结论已提交。",
    )


@post("/bodies/{number:int}/include", guards=[requires(INCLUDE)])
async def post_include(request: Request, number: FromPath[int]) -> Response:
    """纳入."""
    form, who = await bind(request, Nothing), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "include",
        lambda: bodies.include(who, number),
        "已纳入本单位账户。",
    )


@post(
    "/bodies/{number:int}/letter",
    guards=[requires(BODIES_READ)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_letter(request: Request, number: FromPath[int]) -> Response:
    """委托书."""
    who = Actor.of(visitor(request))
    must_hold_one(who, BODIES_WRITE, INCLUDE)
    async with transaction(who.wide):
        found = await queries.body_row(number)
    if found is None or not who.sees(found):
        raise NotFound
    form = await bind(request, LetterForm)
    paper = await take_file(
        request,
        form,
        "file",
        place=place_of(found),
        purpose=bodies.LETTER,
        kinds=("document",),
    )
    return await _done(
        request,
        number,
        form,
        "letter",
        lambda: bodies.keep_letter(who, number, form.value, paper),
        "委托书已收下并公开。",
    )


@post("/bodies/{number:int}/divide", guards=[requires(BODIES_WRITE)])
async def post_divide(request: Request, number: FromPath[int]) -> Response:
    """Divide a shared account's people."""
    form, who = await bind(request, DivideForm), Actor.of(visitor(request))
    return await _done(
        request,
        number,
        form,
        "divide",
        lambda: dividing.divide(who, number, form.value),
        "人员已划分。",
    )


# --- new bodies ------------------------------------------------------------------------------


async def _new_page(
    request: Request, form: Bound[Any] | None, *, status: int = 200, slip: str = "", body: int = 0
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        units = [
            (one.id, one.name)
            for one in await organisations_in(who.scope, kinds=("department", "body"))
        ]
    login, _, code = slip.partition(" ")
    return page(
        request,
        "certificates/body_new.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        form=form,
        units=units,
        login=login,
        code=code,
        body=body,
    )


@get("/bodies/new", guards=[requires(INCLUDE)])
async def new_body(request: Request) -> Response:
    """The form by which the superior creates a subordinate body."""
    return await _new_page(request, None)


@post("/bodies/new", guards=[requires(INCLUDE)])
async def post_new_body(request: Request) -> Response:
    """Create it; the slip for its administrator is shown once."""
    form = await bind(request, CreateBodyForm)
    if form.ok:
        try:
            body, slip = await bodies.create_below(Actor.of(visitor(request)), form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except Refused as error:
            form.error("", str(error))
        else:
            return await _new_page(request, None, slip=slip, body=body)
    return await _new_page(request, form, status=422)


async def _registration_page(
    request: Request,
    number: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    slip: str = "",
) -> Response:
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await queries.registration_row(number)
    if found is None or not (who.reviews(found) or bodies.is_superior(who, found)):
        raise NotFound
    login, _, code = slip.partition(" ")
    return page(
        request,
        "certificates/registration.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        found=found,
        kinds=rules.KINDS,
        form=form,
        login=login,
        code=code,
        may={
            "decide": who.reviews(found) and found["state"] == "submitted",
            "include": bodies.may_include(who, found) and found["state"] == "submitted",
        },
    )


@get("/registrations/{number:int}", guards=[requires(BODIES_READ)])
async def show_registration(request: Request, number: FromPath[int]) -> Response:
    """A body that registered itself."""
    return await _registration_page(request, number)


@post("/registrations/{number:int}/decide", guards=[requires(REVIEW)])
async def post_registration_decision(request: Request, number: FromPath[int]) -> Response:
    """Let it in, or not; the slip is shown once."""
    form = await bind(request, DecisionForm)
    if form.ok:
        try:
            _, slip = await bodies.open_registration(Actor.of(visitor(request)), number, form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return await _registration_page(request, number, slip=slip)
    return await _registration_page(request, number, status=422, form=form)


@post("/registrations/{number:int}/include", guards=[requires(INCLUDE)])
async def post_include_registration(request: Request, number: FromPath[int]) -> Response:
    """纳入 before the approval."""
    await bind(request, Nothing)
    await bodies.include_registration(Actor.of(visitor(request)), number)
    return redirect(request, BASE, message="已纳入，等法制机构审核。")


def _nobody() -> Scope:
    return Scope.platform("a new body registers itself at the public door")


async def _register_page(
    request: Request, form: Bound[Any] | None, *, status: int = 200, done: bool = False
) -> Response:
    async with transaction(_nobody()):
        offices = await queries.offices()
    return page(
        request,
        "certificates/register.html",
        status=status,
        form=form,
        kinds=list(rules.KINDS.items()),
        offices=offices,
        done=done,
    )


@get("/register", opt=ANYBODY)
async def show_register(request: Request) -> Response:
    """立即注册."""
    limit(request, "certificates.register_form")
    return await _register_page(request, None, done=request.query_params.get("done") == "1")


@post("/register", opt=ANYBODY)
async def post_register(request: Request) -> Response:
    """Take the registration in."""
    limit(request, "certificates.register", times=6)
    form = await bind(request, RegistrationForm)
    if form.ok:
        try:
            async with transaction(_nobody()):
                if done := await once(request, form.value.once):
                    return done
                await bodies.register(form.value)
                await remember_once(request, form.value.once, "/certificates/register?done=1")
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(request, "/certificates/register?done=1")
    return await _register_page(request, form, status=422)


@get("/letters", opt=ANYBODY)
async def show_letters(request: Request) -> Response:
    """Who acts for whom, until when: published."""
    limit(request, "certificates.letters")
    async with transaction(Scope.public()):
        letters = await queries.published_letters(clock.today())
    return page(request, "certificates/letters.html", letters=letters)


ROUTES_BODIES = (
    list_bodies,
    post_begin,
    show_body,
    post_complete,
    post_submit,
    post_body_decision,
    post_include,
    post_letter,
    post_divide,
    new_body,
    post_new_body,
    show_registration,
    post_registration_decision,
    post_include_registration,
    show_register,
    post_register,
    show_letters,
)
