# SPDX-License-Identifier: Apache-2.0
"""What anybody may read and do: notices, objections, the card behind a QR code."""

from typing import Any

from litestar.params import FromPath, FromQuery

from core.api import clock
from core.api.access import public
from core.api.db import Scope, transaction
from core.api.deadlines import Limit, due_date, load_calendar
from core.api.errors import NotFound, Refused
from core.api.regions import region
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    limit,
    once,
    page,
    post,
    remember_once,
)
from plugins.supervisors.forms import ObjectionForm, ReceiptForm
from plugins.supervisors.queries.applications import public_notice, public_notices
from plugins.supervisors.queries.terms import public_card
from plugins.supervisors.routes.shared import picture, qr_code
from plugins.supervisors.services.papers import printed_path
from plugins.supervisors.services.publicity import code_for, follow_objection, object_to
from plugins.supervisors.services.showing import open_photo, standing

READERS = public("公示面向社会，任何人都可以看，不需要登录")
OBJECTORS = public("公示期内任何人都可以提出异议，不需要登录")
SCANNERS = public("执法单位和群众扫码核验社会监督员，不需要登录")
PAGE_OF = 30
WRITES = Scope.platform("an objection and the note that it came once belong together")
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@get("/publicity", opt=READERS)
async def list_notices(
    request: Request, region_id: FromQuery[int] = 0, before: FromQuery[int] = 0
) -> Response:
    """The notices people may object to now."""
    limit(request, "supervisors.publicity")
    async with transaction(Scope.public()):
        place = await region(region_id) if region_id > 0 else None
        inside = (place.lo, place.hi) if place else None
        found = await public_notices(inside, clock.now(), before=max(0, before), limit=PAGE_OF + 1)
    more = found[PAGE_OF - 1]["id"] if len(found) > PAGE_OF else 0
    return page(
        request,
        "supervisors/publicity.html",
        headers={"X-Robots-Tag": "noindex"},
        found=found[:PAGE_OF],
        more=more,
        place=place,
    )


async def _notice_page(
    request: Request, notice: int, form: Bound[Any] | None, *, status: int = 200
) -> Response:
    async with transaction(Scope.public()):
        found = await public_notice(notice)
        if found is None or clock.now() > found["ends_at"]:
            # After the period the name is nobody's business any more.
            return page(
                request,
                "supervisors/notice_over.html",
                status=404 if status == 200 else status,
                headers=PRIVATE,
                form=form,
            )
        calendar = await load_calendar(found["region_lo"])
    due = due_date(
        found["opened_at"], Limit(found["workdays"], "working"), calendar, label="公示开始"
    )
    return page(
        request,
        "supervisors/notice.html",
        status=status,
        headers=PRIVATE,
        found=found,
        due=due,
        form=form,
    )


@get("/publicity/{notice:int}", opt=READERS)
async def show_notice(request: Request, notice: FromPath[int]) -> Response:
    """One notice, and where to object."""
    limit(request, "supervisors.publicity")
    return await _notice_page(request, notice, None)


@post("/publicity/{notice:int}/objections", opt=OBJECTORS)
async def post_objection(request: Request, notice: FromPath[int]) -> Response:
    """An objection; the code to follow it is shown once."""
    limit(request, "supervisors.objection", times=10)
    form = await bind(request, ObjectionForm)
    if form.ok:
        key = str(form.get("once"))
        try:
            async with transaction(WRITES):
                if said := await once(request, key):
                    code = code_for(key)
                    if not code:
                        return said
                else:
                    code = await object_to(notice, form.value, key=key)
                    await remember_once(request, key, "/supervisors/objection")
        except Refused as error:
            form.error("", str(error))
        else:
            return page(request, "supervisors/objection_done.html", headers=PRIVATE, code=code)
    return await _notice_page(request, notice, form, status=422)


@get("/objection", opt=OBJECTORS)
async def ask_objection(request: Request) -> Response:
    """Where an objector types the code."""
    limit(request, "supervisors.page")
    return page(request, "supervisors/objection.html", headers=PRIVATE, form=None, found=None)


@post("/objection", opt=OBJECTORS)
async def show_objection(request: Request) -> Response:
    """What became of an objection."""
    limit(request, "supervisors.follow", times=10)
    form = await bind(request, ReceiptForm)
    found = await follow_objection(form.value.code) if form.ok else None
    if form.ok and found is None:
        form.error("code", "没有这个查询码，请核对。查询码有 16 位，不分大小写。")
    return page(
        request,
        "supervisors/objection.html",
        status=200 if form.ok else 422,
        headers=PRIVATE,
        form=form,
        found=found,
    )


# --- behind the QR -------------------------------------------------------------------------------


async def _card(token: str) -> dict[str, Any]:
    async with transaction(Scope.public()):
        found = await public_card(token[:40])
    if found is None:
        raise NotFound
    return found


@get("/card/{token:str}", opt=SCANNERS)
async def show_card(request: Request, token: FromPath[str]) -> Response:
    """Whether the certificate behind a QR code is good today; no ID number, no telephone."""
    limit(request, "supervisors.card")
    async with transaction(Scope.public()):
        found = await public_card(token[:40])
    good, words = standing(found, clock.today()) if found else (False, "")
    return page(
        request,
        "supervisors/card.html",
        status=200 if found else 404,
        headers=PRIVATE,
        found=found,
        good=good,
        words=words,
        checked_at=clock.now(),
    )


@get("/card/{token:str}/photo", opt=SCANNERS)
async def show_card_photo(request: Request, token: FromPath[str]) -> Response:
    """The picture to compare with who stands there; only while the certificate is good."""
    limit(request, "supervisors.card")
    found = await _card(token)
    good, _ = standing(found, clock.today())
    if not good:
        raise NotFound
    return picture(await open_photo(found["photo"]))


@get("/card/{token:str}/qr", opt=SCANNERS)
async def draw_card_qr(request: Request, token: FromPath[str]) -> Response:
    """The QR code that leads to the card's public page."""
    limit(request, "supervisors.card")
    return qr_code(request, printed_path(await _card(token)))


ROUTES_PUBLICITY = (
    list_notices,
    show_notice,
    post_objection,
    ask_objection,
    show_objection,
    show_card,
    show_card_photo,
    draw_card_qr,
)
