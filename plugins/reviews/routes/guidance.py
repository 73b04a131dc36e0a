# SPDX-License-Identifier: Apache-2.0
"""Typical cases: written and approved at the bureau, read by officers and by everybody."""

from typing import Any

from litestar.params import FromPath

from core.api.access import public, requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    limit,
    number_of,
    page,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.reviews.forms import ApproveForm, TypicalForm, WordsForm
from plugins.reviews.queries import guidance as lists
from plugins.reviews.rules.scoring import items_of
from plugins.reviews.services import answering, typical
from plugins.reviews.services.planning import MANAGE
from plugins.reviews.services.typical import APPROVE

PLAN = "reviews.plan.read"
READ = "reviews.guidance.read"
ANYBODY = public("案例指导：隐去身份的典型案例向社会公开")
LIST_PATH = "/reviews/typical"


@get("/typical", guards=[requires(PLAN)])
async def list_typical(request: Request) -> Response:
    """The bureau's typical cases, those that wait first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await lists.TYPICAL.export(request, who.scope)
            return await export(request, lists.TYPICAL, found)
        listing = await lists.TYPICAL.page(request, who.scope, tab_counts=True)
    return page(
        request, "reviews/typical.html", listing=listing, kinds=lists.KINDS, states=lists.STATES
    )


@get("/results/{drawn:int}/typical", guards=[requires(MANAGE)])
async def new_typical(request: Request, drawn: FromPath[int]) -> Response:
    """Write a reviewed case as a typical one."""
    return await _writing(request, drawn)


async def _writing(
    request: Request, drawn: int, form: Bound[TypicalForm] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await answering.result_of(who.scope, drawn)
        if it["state"] != "confirmed":
            raise Conflict("成绩确认以后才能写成典型案例。")
        before = await typical.written_of(drawn)
        sheets = await answering.sheets_of(drawn)
    titles = {each.key: each.title for each in items_of(it["items"])}
    found = dict.fromkeys(
        f"{titles.get(key, key)}：{mark['reason']}"
        for sheet in sheets
        for key, mark in sheet["marks"].items()
    )
    return page(
        request,
        "reviews/typical_write.html",
        status=status,
        it=it,
        # The deductions are where writing begins.
        form=form or unbound(TypicalForm, before or {"kind": "warn", "findings": "\n".join(found)}),
        returned=before["note"] if before and before["state"] == "returned" else "",
        kinds=list(lists.KINDS.items()),
    )


@post("/results/{drawn:int}/typical", guards=[requires(MANAGE)])
async def post_typical(request: Request, drawn: FromPath[int]) -> Response:
    """送审定."""
    form = await bind(request, TypicalForm)
    if form.ok:
        try:
            made = await typical.write_typical(visitor(request), drawn, form.value)
            return redirect(
                request, f"{LIST_PATH}/{made}", message="已隐去身份，等另一人审定。请再读一遍。"
            )
        except Invalid as error:
            form.errors.update(error.errors)
    return await _writing(request, drawn, form, 422)


@get("/typical/{ident:int}", guards=[requires(PLAN)])
async def show_typical(request: Request, ident: FromPath[int]) -> Response:
    """The text as everybody will read it, what is doubtful in it, and the decision."""
    return await _typical(request, ident, unbound(ApproveForm))


async def _typical(request: Request, ident: int, form: Bound[Any], status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await typical.typical_of(who.scope, ident)
    return page(
        request,
        "reviews/typical_show.html",
        status=status,
        it=it,
        kinds=lists.KINDS,
        states=lists.STATES,
        doubts=await typical.doubts_of(it) if it["state"] == "waiting" else [],
        form=form,
        own=it["written_by"] == who.person_id,
        manages=who.may(MANAGE),
        approves=who.may(APPROVE),
    )


@post("/typical/{ident:int}/decide", guards=[requires(APPROVE)])
async def post_approved(request: Request, ident: FromPath[int]) -> Response:
    """审定."""
    form = await bind(request, ApproveForm)
    if form.ok:
        try:
            await typical.decide_typical(visitor(request), ident, form.value)
            said = "已发布。" if form.value.outcome == "publish" else "已退回编写的人。"
            return redirect(request, f"{LIST_PATH}/{ident}", message=said)
        except Invalid as error:
            form.errors.update(error.errors)
    return await _typical(request, ident, form, 422)


@post("/typical/{ident:int}/withdraw", guards=[requires(APPROVE)])
async def post_withdrawn(request: Request, ident: FromPath[int]) -> Response:
    """撤下."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _typical(request, ident, form, 422)
    await typical.withdraw_typical(visitor(request), ident, form.value.words)
    return redirect(request, f"{LIST_PATH}/{ident}", message="已撤下，公开的页面看不到了。")


async def _list(request: Request, template: str, base: str) -> Response:
    words = request.query_params.get("q", "").strip()[:40]
    before = number_of(request.query_params.get("before", "")) or 0
    found, more = await lists.published_guidance(max(0, min(before, 2**62)), words)
    return page(
        request, template, found=found, more=more, words=words, base=base, kinds=lists.KINDS
    )


async def _one(request: Request, ident: int, template: str, base: str) -> Response:
    it = await lists.one_published(ident)
    if it is None:
        raise NotFound("没有这个案例，或者已经撤下。")
    return page(request, template, it=it, base=base, kinds=lists.KINDS)


@get("/guidance", guards=[requires(READ)])
async def read_guidance(request: Request) -> Response:
    """案例指导 for officers."""
    return await _list(request, "reviews/guidance.html", "/reviews/guidance")


@get("/guidance/{ident:int}", guards=[requires(READ)])
async def read_one(request: Request, ident: FromPath[int]) -> Response:
    """One typical case for officers."""
    return await _one(request, ident, "reviews/guidance_one.html", "/reviews/guidance")


@get("/public", opt=ANYBODY)
async def list_public(request: Request) -> Response:
    """案例指导 for everybody."""
    limit(request, "reviews.public")
    return await _list(request, "reviews/public.html", "/reviews/public")


@get("/public/{ident:int}", opt=ANYBODY)
async def show_public(request: Request, ident: FromPath[int]) -> Response:
    """One typical case for everybody."""
    limit(request, "reviews.public")
    return await _one(request, ident, "reviews/public_one.html", "/reviews/public")


ROUTES = [
    list_typical,
    new_typical,
    post_typical,
    show_typical,
    post_approved,
    post_withdrawn,
    read_guidance,
    read_one,
    list_public,
    show_public,
]
