# SPDX-License-Identifier: Apache-2.0
"""Pages of daily work: acts on a card, transfers, an officer's basics, renaming of a body."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Scope, rows, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES
from core.api.people import organisations_in
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect
from plugins.certificates.forms import BasicsForm, DailyForm, RenameForm, TransferForm
from plugins.certificates.photos import RULES
from plugins.certificates.queries import cards_of, find_officer, transfers_of
from plugins.certificates.queries.bodies import body_row
from plugins.certificates.routes.common import BODIES, must_hold_one, take_file
from plugins.certificates.rules import standing_words
from plugins.certificates.rules.daily import ACTS, acts_for
from plugins.certificates.services import daily
from plugins.certificates.services.applying import PAPER, PHOTO
from plugins.certificates.services.base import (
    BODIES_READ,
    READ,
    REVIEW,
    SUBMIT,
    Actor,
    acts_for_unit,
    place_of,
)


async def _found(who: Actor, certificate: int) -> dict[str, Any]:
    async with transaction(who.wide):
        found = await daily.card_row(certificate)
    if found is None or not who.sees(found):
        raise NotFound
    return found


async def card_page(
    request: Request,
    certificate: int,
    *,
    status: int = 200,
    form: Bound[Any] | None = None,
    form_of: str = "",
) -> Response:
    """One card: what may be done with it, and what was done."""
    who = Actor.of(visitor(request))
    found = await _found(who, certificate)
    reviews = who.reviews(found)
    async with transaction(who.wide):
        done = await rows(
            """select kind, reason, since, at, evidence from certificates_cancellation
               where certificate = $1 order by id desc""",
            certificate,
        )
        names = await rows(
            """select before, until from certificates_face_name where certificate = $1
               order by id desc""",
            certificate,
        )
        moves = await transfers_of(found["person"])
        cards = (await cards_of([found["person"]])).get(found["person"], [])
        writes = await acts_for_unit(who, found)
        home = visitor(request).region
        units = (
            await organisations_in(Scope.platform("where an officer may go"), kinds=BODIES)
            if reviews
            else []
        )
    choices = [
        (one.id, one.name)
        for one in units
        if home.lo <= one.region_lo <= home.hi and one.id != found["organisation"]
    ]
    acts = (
        acts_for(found["state"] or "", office=reviews)
        if (reviews or writes) and not found["closed_at"]
        else []
    )
    return page(
        request,
        "certificates/card.html",
        status=status,
        found=found,
        standing=next(standing_words(one, clock.today()) for one in cards if one.id == certificate),
        acts=acts,
        done=done,
        kinds=ACTS,
        names=names,
        moves=moves,
        units=choices if not found["closed_at"] else [],
        today=clock.today(),
        form=form,
        form_of=form_of,
    )


@get("/cards/{certificate:int}", guards=[requires(READ)])
async def show_card(request: Request, certificate: FromPath[int]) -> Response:
    """One card."""
    return await card_page(request, certificate)


async def _done(
    request: Request, certificate: int, form: Bound[Any], act: str, done: Any, said: str
) -> Response:
    if form.ok:
        try:
            await done()
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            return await card_page(
                request, certificate, status=409, form=form.error("", str(error)), form_of=act
            )
        else:
            return redirect(request, f"/certificates/cards/{certificate}", message=said)
    return await card_page(request, certificate, status=422, form=form, form_of=act)


@post(
    "/cards/{certificate:int}/act",
    guards=[requires(READ)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_act(request: Request, certificate: FromPath[int]) -> Response:
    """注销, 强制注销, 暂扣, 解除暂扣, 吊销."""
    who = Actor.of(visitor(request))
    must_hold_one(who, SUBMIT, REVIEW)
    found = await _found(who, certificate)
    form = await bind(request, DailyForm)
    paper = await take_file(request, form, "evidence", place=place_of(found), purpose=PAPER)
    return await _done(
        request,
        certificate,
        form,
        "act",
        lambda: daily.act(who, certificate, form.value, paper),
        "已办理，本人和单位会收到消息。",
    )


@post("/cards/{certificate:int}/transfer", guards=[requires(REVIEW)])
async def post_transfer(request: Request, certificate: FromPath[int]) -> Response:
    """调动."""
    who = Actor.of(visitor(request))
    await _found(who, certificate)
    form = await bind(request, TransferForm)
    return await _done(
        request,
        certificate,
        form,
        "transfer",
        lambda: daily.transfer(who, certificate, form.value),
        "已调动，证面单位已重新生成。",
    )


async def _basics_page(
    request: Request, officer: int, form: Bound[Any] | None, *, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_officer(officer, who.scope)
    if found is None:
        raise NotFound
    return page(
        request,
        "certificates/basics.html",
        status=status,
        found=found,
        form=form,
        photo_rules=RULES,
        target=f"/certificates/officers/{officer}/basics",
        number=True,
    )


@get("/officers/{officer:int}/basics", guards=[requires(SUBMIT)])
async def show_basics(request: Request, officer: FromPath[int]) -> Response:
    """完善基本信息."""
    return await _basics_page(request, officer, None)


@post(
    "/officers/{officer:int}/basics",
    guards=[requires(SUBMIT)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_basics(request: Request, officer: FromPath[int]) -> Response:
    """Keep them."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_officer(officer, who.scope)
    if found is None:
        raise NotFound
    form = await bind(request, BasicsForm)
    photo = await take_file(
        request,
        form,
        "photo",
        place=place_of(found),
        purpose=PHOTO,
        kinds=("photo",),
        portrait=True,
    )
    if form.ok:
        try:
            await daily.complete_basics(Actor.of(who), officer, form.value, photo)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(
                request, f"/certificates/officers/{officer}", message="基本信息已保存。"
            )
    return await _basics_page(request, officer, form, status=422)


async def _rename_page(
    request: Request, body: int, form: Bound[Any] | None, *, status: int = 200
) -> Response:
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await body_row(body)
        if found is None or not who.reviews(found):
            raise NotFound
        before = await rows(
            """select before, after, faces, at from certificates_renaming
               where organisation = $1 order by id desc""",
            found["organisation"],
        )
    return page(
        request,
        "certificates/rename.html",
        status=status,
        found=found,
        before=before,
        form=form,
    )


@get("/bodies/{number:int}/rename", guards=[requires(BODIES_READ, REVIEW)])
async def show_rename(request: Request, number: FromPath[int]) -> Response:
    """执法主体名称变更."""
    return await _rename_page(request, number, None)


@post(
    "/bodies/{number:int}/rename",
    guards=[requires(BODIES_READ, REVIEW)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_rename(request: Request, number: FromPath[int]) -> Response:
    """Rename it and make the faces anew."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await body_row(number)
    if found is None or not who.reviews(found):
        raise NotFound
    form = await bind(request, RenameForm)
    paper = await take_file(request, form, "evidence", place=place_of(found), purpose=PAPER)
    if form.ok:
        try:
            faces = await daily.rename(who, number, form.value, paper)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(
                request,
                f"/certificates/bodies/{number}",
                message=f"已更名，{faces} 个证面重新生成，旧证在有效期内照常有效。",
            )
    return await _rename_page(request, number, form, status=422)


ROUTES_DAILY = (
    show_card,
    post_act,
    post_transfer,
    show_basics,
    post_basics,
    show_rename,
    post_rename,
)
