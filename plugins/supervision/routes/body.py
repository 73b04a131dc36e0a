# SPDX-License-Identifier: Apache-2.0
"""The supervised body's own pages: its documents, signing, answering item by item.

They show the document and the list, never where a matter came from.
"""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import Place, transaction
from core.api.errors import Invalid, NotFound
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.turns import holds
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
    wants_xlsx,
)
from plugins.supervision.forms import TextForm
from plugins.supervision.queries import matters as reading
from plugins.supervision.routes.papers import give_file
from plugins.supervision.routes.shared import WORDS, actor, attempt, typed
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.kinds import ANSWER, READ
from plugins.supervision.rules.papers import PAPERS as KINDS
from plugins.supervision.services import serving
from plugins.supervision.services.base import items_of, path_of, received_path, ref
from plugins.supervision.showing import papers_shown

MEDIA = ("document", "photo")


@get("/received", guards=[requires(ANSWER)])
async def list_received(request: Request) -> Response:
    """What this unit received; what it has to do first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.RECEIVED.export(request, who.scope)
            return await export(request, reading.RECEIVED, found)
        listing = await reading.RECEIVED.page(request, who.scope, tab_counts=True)
    return page(request, "supervision/received.html", listing=listing, **WORDS)


async def _page(
    request: Request, paper: int, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper)
        if found is None:
            raise NotFound("没有找到这份文书，或者不是发给你单位的。")
        [shown] = await papers_shown([found])
        standing = await items_of(found["matter"])
        balls = (await holds([ref(found["matter"])], who)).get(ref(found["matter"]), [])
    waiting = await waiting_uploads(request, "files") if form is not None else []
    asked = bool(KINDS[found["kind"]].setting)
    return page(
        request,
        "supervision/paper.html",
        status=status,
        paper=shown,
        standing=[i for i in standing if i["title"] in found["items"]],
        open_items=[i for i in standing if i["state"] != "passed"],
        form=form,
        waiting=waiting,
        holds=balls,
        signable=not rules.why_not_serve(found["state"]),
        answerable=not rules.why_not_reply(found["state"], answers=asked),
        **WORDS,
    )


@get("/received/{paper:int}", guards=[requires()])
async def show_received(request: Request, paper: FromPath[int]) -> Response:
    """One document, its list, and the form of the answer.

    The office that issued it comes here from what it has done, and is shown the matter instead.
    """
    who = visitor(request)
    if ANSWER in who.permissions:
        return await _page(request, paper)
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper) if READ in who.permissions else None
    if found is None:
        raise NotFound("没有找到这份文书，或者不是发给你单位的。")
    return redirect(request, path_of(found["matter"]))


@post("/received/{paper:int}/sign", guards=[requires(ANSWER)])
async def sign(request: Request, paper: FromPath[int]) -> Response:
    """签收."""
    await serving.sign(await actor(request), paper)
    return redirect(request, received_path(paper), message="已签收。")


@post(
    "/received/{paper:int}/reply", guards=[requires(ANSWER)], request_max_body_size=FORM_WITH_FILES
)
async def reply(request: Request, paper: FromPath[int]) -> Response:
    """书面答复."""
    who = visitor(request)
    form = await bind(request, TextForm)
    said = typed(form, "answer_", 2000)
    if form.ok and (done := await once(request, form.value.once)):
        return done
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper)
    if found is None:
        raise NotFound("没有找到这份文书，或者不是发给你单位的。")
    sent = []
    try:
        sent = await attachments(
            request,
            "files",
            place=Place(found["region_lo"], found["org_lo"]),
            purpose="supervision.reply",
            kinds=MEDIA,
        )
    except Invalid as error:
        form.errors.update(error.errors)
    if not form.ok:
        return await _page(request, paper, form, 422)
    done_now = False
    async with transaction(who.scope):
        if done := await once(request, form.value.once):
            return done
        await attempt(
            form,
            serving.reply(await actor(request), paper, form.value.text, said, sent),
        )
        if form.ok:
            await remember_once(request, form.value.once, received_path(paper))
            done_now = True
    if not done_now:
        return await _page(request, paper, form, 422)
    return redirect(request, received_path(paper), message="已答复，等待复核。")


@get("/received/{paper:int}/pdf", guards=[requires(ANSWER)])
async def received_pdf(request: Request, paper: FromPath[int]) -> Response:
    """The document as PDF."""
    return await give_file(request, paper, "pdf")


BODY = (list_received, show_received, sign, reply, received_pdf)
