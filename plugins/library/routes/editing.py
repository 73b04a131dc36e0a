# SPDX-License-Identifier: Apache-2.0
"""编辑台: take in, edit, review, publish, repeal."""

from collections.abc import Awaitable
from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
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
    unbound,
    wants_xlsx,
)
from plugins.library.forms import BeginForm, Nothing, ReasonForm, RepealForm, VersionForm
from plugins.library.queries.reading import DESK, find_law, texts_for_comparing, versions_of
from plugins.library.routes.words import asked_number, sent_file, today
from plugins.library.rules import EDIT, KINDS, NOT_FOUND, REVIEW, STATES
from plugins.library.rules.comparing import compare
from plugins.library.rules.parsing import parse
from plugins.library.rules.timeline import label
from plugins.library.services.base import days, keeper_of
from plugins.library.services.editing import (
    approve_version,
    begin_version,
    discard_version,
    keeps,
    may_review,
    own_version,
    repeal_law,
    return_version,
    save_version,
    submit_version,
)
from plugins.library.services.publishing import text_of
from plugins.library.services.reading import MOST_BYTES


@get("/desk", guards=[requires(EDIT)])
async def desk(request: Request) -> Response:
    """Drafts and versions of one's own office."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, DESK, await DESK.export(request, who.scope))
        listing = await DESK.page(request, who.scope, tab_counts=True)
    return page(request, "library/desk.html", listing=listing, states=STATES)


async def _begin_page(request: Request, form: Bound[BeginForm], status: int = 200) -> Response:
    who = visitor(request)
    law = asked_number(request, "law")
    async with transaction(who.scope):
        await keeper_of(who)
        it = await find_law(law) if law else None
    return page(request, "library/begin.html", status=status, form=form, it=it)


@get("/desk/new", guards=[requires(EDIT)])
async def new(request: Request) -> Response:
    """The form for a file or a text."""
    return await _begin_page(request, unbound(BeginForm))


@post("/desk/new", guards=[requires(EDIT)], request_max_body_size=2 * MOST_BYTES)
async def begin(request: Request) -> Response:
    """Read it in as a draft."""
    who = visitor(request)
    form = await bind(request, BeginForm)
    key = str(form.raw.get("_once") or "")
    if done := await once(request, key):
        return done
    if form.ok:
        try:
            sent = await sent_file(form)
            name, content = sent or ("录入.md", form.value.text.encode())
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                version = await begin_version(who, name, content, form.value.law)
                path = f"/library/versions/{version}"
                await remember_once(request, key, path)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, path, message="已读入为草稿，请核对报告和日期。")
    return await _begin_page(request, form, 422)


async def version_page(request: Request, version: int, status: int = 200, **forms: Any) -> Response:
    """A draft with its report and what it would change; a published one goes to its law."""
    who = visitor(request)
    async with transaction(who.scope):
        it = await own_version(who, version)
        if it["state"] == "published":
            return redirect(request, f"/library/{it['law']}?version={version}")
        published = await versions_of(it["law"])
        before = {}
        if published:
            before = await texts_for_comparing(published[0]["id"])
    parsed = parse(it["text"], title=it["title"])
    after = {
        each.key: (each.label or "前言", text_of(each))
        for each in parsed.nodes
        if each.kind not in ("part", "chapter", "section")
    }
    return page(
        request,
        "library/version.html",
        status=status,
        it=it,
        states=STATES,
        kinds=list(KINDS.items()),
        published=published,
        differences=compare(before, after) if published else [],
        parsed=parsed,
        starts="\n".join(f"{label(key)} {day}" for key, day in days(it["starts"]).items()),
        stops="\n".join(f"{label(key)} {day}" for key, day in days(it["stops"]).items()),
        may_edit=who.may(EDIT) and keeps(who, it) and it["state"] == "draft",
        why_not=may_review(who, it),
        may_review=who.may(REVIEW) and it["state"] == "review",
        form=forms.get("form"),
        back=forms.get("back"),
    )


@get("/versions/{version:int}", guards=[requires(REVIEW)])
async def show_version(request: Request, version: FromPath[int]) -> Response:
    """A draft: to edit, or to review."""
    return await version_page(request, version)


@post("/versions/{version:int}", guards=[requires(EDIT)], request_max_body_size=2 * MOST_BYTES)
async def change_version(request: Request, version: FromPath[int]) -> Response:
    """Save, or save and send to review."""
    who = visitor(request)
    form = await bind(request, VersionForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                doubts = await save_version(who, version, form.value)
                if form.value.act == "submit":
                    await submit_version(who, version)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            said = "已送审。" if form.value.act == "submit" else "已保存。"
            if doubts:
                said += f"还有 {len(doubts)} 处没有读懂。"
            return redirect(request, f"/library/versions/{version}", message=said)
    return await version_page(request, version, 422, form=form)


async def _act(request: Request, act: Awaitable[Any], path: str, said: str) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await act
    return redirect(request, path, message=said)


@post("/versions/{version:int}/discard", guards=[requires(EDIT)])
async def discard(request: Request, version: FromPath[int]) -> Response:
    """丢弃草稿."""
    await bind(request, Nothing)
    act = discard_version(visitor(request), version)
    return await _act(request, act, "/library/desk", "草稿已丢弃。")


@post("/versions/{version:int}/return", guards=[requires(REVIEW)])
async def give_back(request: Request, version: FromPath[int]) -> Response:
    """退回."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await version_page(request, version, 422, back=form)
    act = return_version(visitor(request), version, form.value.reason)
    return await _act(request, act, f"/library/versions/{version}", "已退回。")


@post("/versions/{version:int}/approve", guards=[requires(REVIEW)])
async def approve(request: Request, version: FromPath[int]) -> Response:
    """审核通过并发布."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        law = (await own_version(who, version))["law"]
        made = await approve_version(who, version)
    said = f"已发布，{len(made.changes)} 条有变化。" if made.changes else "已发布。"
    return redirect(request, f"/library/{law}", message=said)


@get("/{law:int}/repeal", guards=[requires(EDIT)])
async def repeal_page(request: Request, law: FromPath[int]) -> Response:
    """The form."""
    return await _repeal_page(request, law, unbound(RepealForm))


async def _repeal_page(
    request: Request, law: int, form: Bound[RepealForm], status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await find_law(law)
        await keeper_of(who)
        # As when it is sent: nobody fills in a form that is refused afterwards.
        if not keeps(who, it):
            raise NotFound(NOT_FOUND)
        if it["repealed_on"]:
            raise Refused("这部法规已经登记废止。")
    return page(
        request, "library/repeal.html", status=status, it=it, form=form, today=today().isoformat()
    )


@post("/{law:int}/repeal", guards=[requires(EDIT)])
async def repeal(request: Request, law: FromPath[int]) -> Response:
    """登记废止."""
    form = await bind(request, RepealForm)
    if not form.ok:
        return await _repeal_page(request, law, form, 422)
    act = repeal_law(visitor(request), law, form.value)
    return await _act(request, act, f"/library/{law}", "已登记废止，正在通知引用它的单位。")


ROUTES = (
    desk,
    new,
    begin,
    show_version,
    change_version,
    discard,
    give_back,
    approve,
    repeal_page,
    repeal,
)
