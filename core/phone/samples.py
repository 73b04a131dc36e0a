# SPDX-License-Identifier: Apache-2.0
"""The parts for people in the field, as pages that really work: ``/components/field``, ``/scan``.

Demo mode only. What is sent is kept as files of whoever sent it, so that a page, a tester and a
journey can see that a record arrived once, and whole.
"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from msgspec import Meta

from core import db
from core.auth.access import requires, visitor
from core.db import Place
from core.errors import Invalid, NotFound
from core.forms import Bound, unbound
from core.once.services import once, remember_once
from core.storage.attachments import attachments, waiting_uploads
from core.storage.rules import clean_name
from core.storage.services import files, keep, store
from core.web import responses
from core.web.limiting import limit
from core.web.state import held

Req = Request[Any, Any, Any]
PURPOSE = "core.sample"
SHOWN = 30
MOST = 1024 * 1024 * 1024


class FieldForm(msgspec.Struct):
    """A record as somebody outdoors would type it."""

    title: Annotated[
        str, Meta(title="标题", min_length=1, max_length=80, extra={"message": "请填写标题。"})
    ] = ""
    account: Annotated[str, Meta(title="经过", max_length=2000)] = ""
    code: Annotated[str, Meta(title="扫到的编号", max_length=200)] = ""
    kind: Annotated[str, Meta(title="类别", max_length=20)] = "complaint"
    said_at: Annotated[str, Meta(title="手机时间", max_length=40)] = ""
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class CodeForm(msgspec.Struct):
    """A code that was read or typed."""

    code: Annotated[str, Meta(title="编号", max_length=2000)] = ""


def _demo_only(request: Req) -> None:
    if not held(request).platform.settings.demo:
        raise NotFound


async def _page(request: Req, form: Bound[FieldForm], *, status: int = 200) -> Response[Any]:
    who = visitor(request)
    async with db.transaction(who.scope):
        found = await db.rows(
            "select id from core_file where purpose = $1 and actor = $2"
            " order by created_at desc, id desc limit $3",
            PURPOSE,
            who.user_id,
            SHOWN,
        )
        kept = await files([each["id"] for each in found])
    mine = [kept[each["id"]] for each in found if each["id"] in kept]
    waiting = await waiting_uploads(request, "media") if request.method == "POST" else []
    return responses.page(
        request,
        "pages/components_field.html",
        status=status,
        form=form,
        waiting=waiting,
        records=[
            {"title": each.name.removesuffix(".txt")} for each in mine if each.kind == "document"
        ],
        files=[each for each in mine if each.kind != "document"],
    )


@get("/components/field", guards=[requires()])
async def field(request: Req) -> Response[Any]:
    """A form with photos and recordings that is kept on the phone."""
    _demo_only(request)
    return await _page(request, unbound(FieldForm))


@post("/components/field", guards=[requires()], status_code=200, request_max_body_size=MOST)
async def field_sent(request: Req) -> Response[Any]:
    """Keeps the record; the same form acts once."""
    _demo_only(request)
    limit(request, "components.field", times=60)
    form = await responses.bind(request, FieldForm)
    who = visitor(request)
    place = Place(who.region.lo, who.organisation.lo if who.organisation else 0)
    if form.ok and (before := await once(request, form.value.once)) is not None:
        return before
    media = []
    try:
        media = await attachments(request, "media", place=place, purpose=PURPOSE)
    except Invalid as error:
        form.errors.update(error.errors)
    if not form.ok:
        return await _page(request, form, status=422)
    said = form.value
    async with db.transaction(who.scope):
        if (before := await once(request, said.once)) is not None:
            return before
        text = f"{said.title}\n{said.kind} {said.code}\n手机时间 {said.said_at}\n{said.account}\n"
        name = clean_name(said.title)
        await store(text.encode(), f"{name}.txt", place=place, purpose=PURPOSE)
        for each in media:
            await keep(each, place=place, purpose=PURPOSE)
        await remember_once(request, said.once, "/components/field")
    return responses.redirect(request, "/components/field", message=f"已收到“{said.title}”。")


@get("/components/scan", guards=[requires()])
async def scan(request: Req) -> Response[Any]:
    """The camera by itself."""
    _demo_only(request)
    return responses.page(request, "pages/components_scan.html", form=unbound(CodeForm), read="")


@post("/components/scan", guards=[requires()], status_code=200)
async def scanned(request: Req) -> Response[Any]:
    """Says what was read, as text."""
    _demo_only(request)
    form = await responses.bind(request, CodeForm)
    read = form.value.code if form.ok else ""
    form.raw["code"] = ""
    return responses.page(request, "pages/components_scan.html", form=form, read=read)


HANDLERS = [field, field_sent, scan, scanned]
