# SPDX-License-Identifier: Apache-2.0
"""The volunteer's own pages: 办证进度, 我的二维码, 继任 and 辞职, 回避."""

from typing import Any

from litestar.params import FromPath, FromQuery

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Interval, Scope, transaction
from core.api.documents import pdf
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.web import (
    Bound,
    Request,
    Response,
    address_of,
    bind,
    get,
    once,
    page,
    partial,
    post,
    qr,
    redirect,
    remember_once,
)
from plugins.supervisors.forms import Nothing, RecusalForm, RequestForm
from plugins.supervisors.queries.applications import newest_of, progress_of_person
from plugins.supervisors.queries.terms import (
    commendations_of,
    current_term,
    recusals_of_term,
    requests_of,
    terms_of,
)
from plugins.supervisors.routes.shared import pdf_response, picture
from plugins.supervisors.routes.terms import units_in
from plugins.supervisors.rules import states
from plugins.supervisors.rules.terms import TERM_STATES
from plugins.supervisors.rules.words import OBLIGATIONS, RELATIONS, ROUTES
from plugins.supervisors.services import conduct, papers, requests, turning
from plugins.supervisors.services.base import CARRY, MINE, Actor, organ_of, settings_in
from plugins.supervisors.services.papers import printed_path
from plugins.supervisors.services.showing import basis_in, certificate_paper, open_photo, standing

RECUSALS = "/supervisors/mine/recusals"
RULES = Scope.platform("the rules of a region, to tell a supervisor what he may apply for")


@get("/mine/progress", guards=[requires(MINE)])
async def show_progress(request: Request) -> Response:
    """办证进度: where the own application stands, and every step with its words."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await newest_of(who.person_id)
        story = await progress_of_person(who.person_id)
        organ = await organ_of(found["region_lo"]) if found else None
        serving = await current_term(who.person_id, clock.today())
    ended = found is not None and found["state"] == states.APPOINTED and serving is None
    return page(
        request,
        "supervisors/mine_progress.html",
        found=found,
        chip=states.STATES[found["state"]] if found else None,
        life_items=states.life(found["state"], invited=found["route"] == "invited")
        if found
        else [],
        route=ROUTES[found["route"]] if found else "",
        story=story,
        organ=organ.name if organ else "",
        open_state=found is not None and found["state"] in states.OPEN,
        refused=found is not None and found["state"] in states.UNSUCCESSFUL,
        may_again=ended or (found is not None and found["state"] in states.UNSUCCESSFUL),
    )


async def _card(who: Any) -> dict[str, Any] | None:
    async with transaction(who.scope):
        mine = await current_term(who.person_id, clock.today())
        if mine is None:
            every = await terms_of(who.person_id)
            mine = every[0] if every else None
    return mine


@get("/mine/card", guards=[requires(CARRY)])
async def show_own_card(request: Request) -> Response:
    """我的二维码: the electronic card with the code others scan."""
    found = await _card(visitor(request))
    good, words = standing(found, clock.today()) if found else (False, "")
    return page(
        request,
        "supervisors/mine_card.html",
        found=found,
        good=good,
        words=words,
        public_page=papers.public_page(found) if found else "",
    )


@get("/mine/code", guards=[requires(CARRY)])
async def show_own_code(request: Request, tries: FromQuery[int] = 0) -> Response:
    """The code to be scanned: it changes by itself, and asks for the next one in time."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await current_term(who.person_id, clock.today())
        good, _ = standing(found, clock.today()) if found else (False, "")
        code = await papers.code_now(found, max(0, tries)) if found and good else None
    picture = ""
    if code is not None and code.path:
        picture = qr(address_of(request, code.path), "我的二维码")
    return partial(
        request,
        "supervisors/_code.html",
        headers={"Cache-Control": "no-store"},
        code=code,
        picture=picture,
        tries=0 if picture and code and code.moving else max(0, tries) + 1,
    )


@get("/mine/panels/{person:int}", guards=[requires(CARRY)])
async def own_card_panel(request: Request, person: FromPath[int]) -> Response:
    """The card on the page 我的; nobody's but one's own."""
    who = visitor(request)
    if person not in (who.person_id, 0):
        raise NotFound
    found = await _card(who)
    good, words = standing(found, clock.today()) if found else (False, "")
    return partial(request, "supervisors/_panel.html", found=found, good=good, words=words)


@get("/mine/photo", guards=[requires(MINE)])
async def show_own_photo(request: Request) -> Response:
    """The own photo."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await newest_of(who.person_id)
    return picture(await open_photo(found["photo"] if found else None))


@get("/mine/certificate.pdf", guards=[requires(CARRY)])
async def send_own_certificate(request: Request) -> Response:
    """The own 聘任证书 as PDF."""
    found = await _card(visitor(request))
    if found is None:
        raise NotFound
    address = address_of(request, printed_path(found))
    paper = certificate_paper(found, address, await basis_in(found["region_lo"]))
    content = await pdf(paper, at=found["issued_at"])
    return pdf_response(content, f"聘任证书-{found['name']}")


# --- 继任, 辞职 ----------------------------------------------------------------------------------


async def _term_page(
    request: Request, *, form: Bound[Any] | None = None, form_of: str = "", status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await current_term(who.person_id, clock.today())
        every = await terms_of(who.person_id)
        asked = await requests_of(found["id"]) if found else []
        praised = await commendations_of(who.person_id)
        refused = {}
        if found is not None:
            async with transaction(RULES.read_only()):
                settings = await settings_in(found["region_lo"])
                refused = {
                    kind: await requests.why_not_request(found, kind) for kind in turning.TITLES
                }
    good, words = standing(found, clock.today()) if found else (False, "")
    return page(
        request,
        "supervisors/mine_term.html",
        status=status,
        found=found,
        good=good,
        words=words,
        every=every,
        term_states=TERM_STATES,
        asked=asked,
        titles=turning.TITLES,
        pending={each["kind"] for each in asked if each["state"] == "submitted"},
        refused=refused,
        praised=praised,
        maximum=settings.max_consecutive_terms if found else 0,
        obligations=OBLIGATIONS,
        form=form,
        form_of=form_of,
    )


@get("/mine/term", guards=[requires(CARRY)])
async def show_own_term(request: Request) -> Response:
    """The own term, and the two applications it allows."""
    return await _term_page(request)


async def _ask(request: Request, kind: str) -> Response:
    form: Bound[Any] = await bind(request, RequestForm)
    if form.ok:
        try:
            await requests.file_request(Actor.of(visitor(request)), kind, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
            return await _term_page(request, form=form, form_of=kind, status=409)
        else:
            return redirect(
                request,
                "/supervisors/mine/term",
                message=f"{turning.TITLES[kind]}申请已提交，等待审核。",
            )
    return await _term_page(request, form=form, form_of=kind, status=422)


@post("/mine/renewal", guards=[requires(CARRY)])
async def post_renewal(request: Request) -> Response:
    """申请继任."""
    return await _ask(request, "renewal")


@post("/mine/resignation", guards=[requires(CARRY)])
async def post_resignation(request: Request) -> Response:
    """申请辞职."""
    return await _ask(request, "resignation")


async def _withdraw(request: Request, kind: str) -> Response:
    await bind(request, Nothing)
    try:
        await requests.withdraw_request(Actor.of(visitor(request)), kind)
    except Conflict as error:
        # Decided meanwhile: the page as it is now says how.
        return redirect(
            request, "/supervisors/mine/term", message={"text": str(error), "tone": "red"}
        )
    return redirect(
        request, "/supervisors/mine/term", message=f"{turning.TITLES[kind]}申请已撤回。"
    )


@post("/mine/renewal/withdraw", guards=[requires(CARRY)])
async def withdraw_renewal(request: Request) -> Response:
    """Take the application for 继任 back."""
    return await _withdraw(request, "renewal")


@post("/mine/resignation/withdraw", guards=[requires(CARRY)])
async def withdraw_resignation(request: Request) -> Response:
    """Take the application for 辞职 back."""
    return await _withdraw(request, "resignation")


# --- 回避 ---------------------------------------------------------------------------------------


async def _recusal_page(
    request: Request, *, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await current_term(who.person_id, clock.today())
        known = await recusals_of_term(found["id"]) if found else []
        units = await units_in(Interval(who.region.lo, who.region.hi))
    return page(
        request,
        "supervisors/mine_recusals.html",
        status=status,
        found=found,
        known=known,
        units=units,
        relations=RELATIONS,
        form=form,
        today=clock.today(),
    )


@get("/mine/recusals", guards=[requires(CARRY)])
async def show_recusals(request: Request) -> Response:
    """What one keeps away from, declared by oneself or ordered."""
    return await _recusal_page(request)


@post("/mine/recusals", guards=[requires(CARRY)])
async def post_own_recusal(request: Request) -> Response:
    """自行回避."""
    form: Bound[Any] = await bind(request, RecusalForm)
    if form.ok:
        try:
            async with transaction(visitor(request).scope):
                if said := await once(request, str(form.get("once"))):
                    return said
                await conduct.declare_recusal(Actor.of(visitor(request)), form.value)
                await remember_once(request, str(form.get("once")), RECUSALS)
        except Invalid as error:
            form.errors.update(error.errors)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(request, RECUSALS, message="回避已登记，即时生效。")
    return await _recusal_page(request, form=form, status=422)


ROUTES_MINE = (
    show_progress,
    show_own_card,
    show_own_code,
    own_card_panel,
    show_own_photo,
    send_own_certificate,
    show_own_term,
    post_renewal,
    post_resignation,
    withdraw_renewal,
    withdraw_resignation,
    show_recusals,
    post_own_recusal,
)
