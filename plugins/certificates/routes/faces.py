# SPDX-License-Identifier: Apache-2.0
"""制证打印: which cards are printed, their faces, the sheet, and what was printed before."""

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import Place, Scope, transaction
from core.api.errors import Invalid, NotFound
from core.api.people import competent_organ
from core.api.web import (
    Bound,
    Request,
    Response,
    address_of,
    bind,
    export,
    get,
    note_export,
    page,
    post,
    wants_xlsx,
)
from plugins.certificates.queries.faces import CARDS, IN_TERM, printings_of, scans_of
from plugins.certificates.services import printing
from plugins.certificates.services.base import MAKE

SCANS = timedelta(days=183)
WAYS = {"code": "扫码", "number": "按证号", "name": "按姓名和单位"}
RESULTS = {
    "valid": "有效",
    "expired": "过期",
    "suspended": "暂扣",
    "revoked": "吊销",
    "cancelled": "注销",
    "not_inspected": "未年审",
    "not_yet": "未生效",
}


class SheetForm(msgspec.Struct):
    """Which cards go on the sheet, and why again."""

    id: Annotated[list[int], Meta(title="证件", max_length=500)] = []
    reason: Annotated[str, Meta(title="重印原因", max_length=200)] = ""


async def _office(who: Visitor) -> Scope:
    """Where this office makes cards: the whole region it reviews for, else its own units."""
    if who.organisation is None:
        return who.scope
    organ = await competent_organ(who.region.lo, "legal_review")
    if organ is None or not who.organisation.lo <= organ.lo <= who.organisation.hi:
        return who.scope
    return Scope.of_place(Place(organ.region_lo), actor=who.user_id)


async def _scope(request: Request) -> Scope:
    who = visitor(request)
    async with transaction(who.scope):
        return await _office(who)


@get("/faces", guards=[requires(MAKE)])
async def list_cards(request: Request) -> Response:
    """The cards of the region, those not yet printed first."""
    return await _list(request)


async def _list(request: Request, form: Bound[SheetForm] | None = None) -> Response:
    scope, today = await _scope(request), clock.today()
    async with transaction(scope):
        if wants_xlsx(request):
            found = await CARDS.export(request, scope, where=IN_TERM, args=[today])
            return await export(request, CARDS, found)
        listing = await CARDS.page(request, scope, where=IN_TERM, args=[today], tab_counts=True)
    return page(
        request,
        "certificates/faces.html",
        status=422 if form else 200,
        listing=listing,
        form=form,
        chosen=_ticked(form),
        printed_at=address_of(request, ""),
    )


def _ticked(form: Bound[SheetForm] | None) -> set[str]:
    typed = form.raw.get("id") if form else None
    return {typed} if isinstance(typed, str) else {str(each) for each in typed or ()}


@post("/faces", guards=[requires(MAKE)])
async def print_cards(request: Request) -> Response:
    """The sheet as PDF. Each print of each card stands in the log."""
    scope = await _scope(request)
    form = await bind(request, SheetForm)
    if not form.ok:
        return await _list(request, form)
    try:
        async with transaction(scope):
            sheet = await printing.print_sheet(form.value.id, form.value.reason)
            await note_export(request, CARDS.key, CARDS.title, form="PDF", rows=len(sheet.cards))
    except Invalid as error:
        form.errors.update(error.errors)
        return await _list(request, form)
    body = await printing.draw_sheet(sheet, address_of(request, ""))
    name = quote(f"{sheet.words}.pdf")
    return Response(
        body,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"attachment; filename=\"cards.pdf\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


@get("/faces/{certificate:int}", guards=[requires(MAKE)])
async def show_faces(request: Request, certificate: FromPath[int]) -> Response:
    """Both faces as they will be printed, what was printed, how often it was looked up."""
    scope = await _scope(request)
    async with transaction(scope):
        row = await _one(certificate, scope)
        problem = ""
        try:
            await printing.choose([certificate])
        except Invalid as error:
            problem = "".join(error.errors.values())
        printings = await printings_of(certificate)
        scans = await scans_of(certificate, clock.now() - SCANS)
    return page(
        request,
        "certificates/face.html",
        card=row,
        problem=problem,
        printings=printings,
        scans=scans,
        total=sum(each["times"] for each in scans),
        ways=WAYS,
        results=RESULTS,
    )


async def _one(certificate: int, scope: Scope) -> dict[str, Any]:
    found = await CARDS.export({}, scope, where="c.id = {}", args=[certificate], limit=1)
    if not found:
        raise NotFound
    return found[0]


@get("/faces/{certificate:int}/{side:str}", guards=[requires(MAKE)])
async def draw_face(request: Request, certificate: FromPath[int], side: FromPath[str]) -> Response:
    """One face as a picture, 1011 × 638."""
    if side not in ("front.png", "back.png"):
        raise NotFound
    scope = await _scope(request)
    async with transaction(scope):
        await _one(certificate, scope)
        try:
            chosen = (await printing.choose([certificate]))[0]
        except Invalid as error:
            raise NotFound from error
    body = await printing.draw_face(chosen, address_of(request, ""), back=side == "back.png")
    return Response(body, media_type="image/png", headers={"Cache-Control": "private, no-store"})


ROUTES_FACES = (list_cards, print_cards, show_faces, draw_face)
