# SPDX-License-Identifier: Apache-2.0
"""The bureau's desk: drafts, versions, the window."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.audience import READERS, audience_size
from core.api.db import transaction
from core.api.deadlines import clocks_of, ledger
from core.api.errors import Conflict, Invalid, NotFound
from core.api.regions import children
from core.api.richtext import editor_page, words_of
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
)
from plugins.opinions import queries
from plugins.opinions.forms import DraftForm, ExtendForm
from plugins.opinions.rules import MANAGE, articles, flow
from plugins.opinions.services import drafts
from plugins.opinions.services.base import DRAFT, articles_in, office_of, ref


@get("/desk", guards=[requires(MANAGE)])
async def show_desk(request: Request) -> Response:
    """The drafts of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        args = ((await office_of(who)).id,)
        where = "d.organ = {}::int8"
        if wants_xlsx(request):
            found = await queries.DESK.export(request, who.scope, where=where, args=args)
            return await export(request, queries.DESK, found)
        listing = await queries.DESK.page(
            request, who.scope, where=where, args=args, tab_counts=True
        )
    return page(
        request,
        "opinions/desk.html",
        listing=listing,
        readers=READERS,
        states=flow.STATES,
        chips=flow.CHIPS,
    )


async def _form_page(
    request: Request,
    form: Bound[DraftForm] | None,
    found: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        below = await children(who.region.id)
    regions = [
        (who.region.id, f"{who.region.name}（含下级）"),
        *((each.id, each.name) for each in below),
    ]
    pieces = articles.split(words_of(found["body"])) if found and found["body"] else []
    return editor_page(
        request,
        "opinions/edit.html",
        status=status,
        form=form,
        draft=found,
        regions=regions,
        readers=list(READERS.items()),
        pieces=pieces,
        structured=sum(each.label.endswith("条") for each in pieces) > 1,
        today=clock.today().isoformat(),
    )


@get("/desk/new", guards=[requires(MANAGE)])
async def new_draft(request: Request) -> Response:
    """An empty form."""
    return await _form_page(request, None)


@post("/desk/new", guards=[requires(MANAGE)])
async def make_draft(request: Request) -> Response:
    """Save or open a new draft; what was typed stays when something is wrong."""
    return await _take(request, None)


async def _need(request: Request, draft: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        return await drafts.need(draft, who)


@get("/desk/{draft:int}/edit", guards=[requires(MANAGE)])
async def edit_draft(request: Request, draft: FromPath[int]) -> Response:
    """The text, or the text of the next version."""
    found = await _need(request, draft)
    if found["state"] not in ("draft", "open", "closed"):
        return redirect(request, f"/opinions/desk/{draft}")
    return await _form_page(request, None, found)


@post("/desk/{draft:int}/edit", guards=[requires(MANAGE)])
async def change_draft(request: Request, draft: FromPath[int]) -> Response:
    """Save, open, or publish the next version."""
    return await _take(request, await _need(request, draft))


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    who = visitor(request)
    form = await bind(request, DraftForm)
    if form.ok:
        value = form.value
        try:
            async with transaction(who.scope):
                if done := await once(request, value.once):
                    return done
                draft = await drafts.save_draft(who, value, draft=found["id"] if found else 0)
                path, said = f"/opinions/desk/{draft}/edit", "草稿已保存。"
                if value.act == "open":
                    await drafts.open_draft(who, draft)
                    path, said = f"/opinions/desk/{draft}", "已开始征集，正在告知对象范围内的人。"
                elif value.act == "publish":
                    number = await drafts.publish_version(who, draft)
                    path, said = f"/opinions/desk/{draft}", f"第 {number} 版已发布。"
                await remember_once(request, value.once, path)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, path, message=said)
    return await _form_page(request, form, found, 422)


async def overview_page(
    request: Request, draft: int, *, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    """A draft with its counts, versions and what has to be done."""
    who: Visitor = visitor(request)
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        counts = await queries.counts_of(draft)
        counted = await queries.by_article(draft)
        regions = await queries.by_region(draft)
        versions = await queries.versions_of(draft)
        findings = await queries.findings_of(draft)
        now = articles_in(await queries.version_of(draft, found["current"]))
        missing = await queries.unjudged(draft)
        report = await queries.report_of(draft)
        meant = (
            await audience_size(found["aud_lo"], found["aud_hi"], found["readers"])
            if found["state"] != "draft"
            else 0
        )
        turn = await hold(ref(DRAFT, draft), who)
        running = next((e for e in await clocks_of(ref(DRAFT, draft)) if e.open), None)
        rows = await ledger(running) if running else []
    state = flow.state_now(found["state"], clock.today(), found["closes_on"])
    return page(
        request,
        "opinions/overview.html",
        status=status,
        draft=found,
        now_state=state,
        counts=counts,
        counted=counted,
        regions=regions,
        versions=versions,
        findings=findings,
        outcomes=flow.OUTCOMES,
        articles=now,
        missing=missing,
        report=report,
        meant=meant,
        turn=turn,
        due=rows,
        not_finished=flow.why_not_finish(
            found["state"], counts["new"], counts["returned"], missing
        ),
        readers=READERS,
        states=flow.STATES,
        chips=flow.CHIPS,
        stages=_life(state),
        form=form,
        today=clock.today().isoformat(),
    )


def _life(state: str) -> list[dict[str, str]]:
    keys = list(flow.STATES)
    here = keys.index(state)
    return [
        {
            "title": title,
            "note": "",
            "state": "done"
            if n < here or state == "published"
            else ("now" if n == here else "next"),
        }
        for n, title in enumerate(flow.STATES.values())
    ]


@get("/desk/{draft:int}", guards=[requires(MANAGE)])
async def show_overview(request: Request, draft: FromPath[int]) -> Response:
    """One draft at the desk."""
    found = await _need(request, draft)
    if found["state"] == "draft":
        return redirect(request, f"/opinions/desk/{draft}/edit")
    return await overview_page(request, draft)


@post("/desk/{draft:int}/discard", guards=[requires(MANAGE)])
async def discard_draft(request: Request, draft: FromPath[int]) -> Response:
    """Throw a draft away."""
    who = visitor(request)
    async with transaction(who.scope):
        await drafts.discard(who, draft)
    return redirect(request, "/opinions/desk", message="草稿已丢弃。")


@post("/desk/{draft:int}/extend", guards=[requires(MANAGE)])
async def extend_window(request: Request, draft: FromPath[int]) -> Response:
    """Put off the last day."""
    who = visitor(request)
    form = await bind(request, ExtendForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await drafts.extend(who, draft, form.value)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, f"/opinions/desk/{draft}", message="截止日期已延长。")
    return await overview_page(request, draft, form=form, status=422)


@post("/desk/{draft:int}/finish", guards=[requires(MANAGE)])
async def finish_draft(request: Request, draft: FromPath[int]) -> Response:
    """Everything is answered."""
    who = visitor(request)
    async with transaction(who.scope):
        await drafts.finish(who, draft)
    return redirect(
        request, f"/opinions/desk/{draft}/report", message="答复完毕，可以公布采纳情况。"
    )


@get("/desk/{draft:int}/changes", guards=[requires(MANAGE)])
async def compare(request: Request, draft: FromPath[int]) -> Response:
    """Two versions; ``to`` left out with a text being written compares with that text."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        until = number_of(request.query_params.get("to", "")) or found["current"]
        asked = number_of(request.query_params.get("from", "")) or until - 1
        old, new = await queries.version_of(draft, asked), await queries.version_of(draft, until)
    if request.query_params.get("to") == "next":
        old = new
        if old is None:
            raise NotFound
        now, _ = articles.follow(
            articles.split(words_of(found["body"])), articles_in(old), found["highest"]
        )
        new = {"number": found["current"] + 1, "published_at": None, "changes": found["changes"]}
        changes = articles.diff(articles_in(old), now)
    elif old is None or new is None:
        raise NotFound("没有这一版。")
    else:
        changes = articles.diff(articles_in(old), articles_in(new))
    return page(
        request,
        "opinions/changes.html",
        draft=found,
        old=old,
        new=new,
        changes=changes,
        summary=articles.in_short(changes),
        kinds=articles.KINDS,
        back=f"/opinions/desk/{draft}",
    )


ROUTES_DESK = (
    show_desk,
    new_draft,
    make_draft,
    edit_draft,
    change_draft,
    show_overview,
    discard_draft,
    extend_window,
    finish_draft,
    compare,
)
