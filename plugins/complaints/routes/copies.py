# SPDX-License-Identifier: Apache-2.0
"""The body's pages: what was sent to it, and its answer. Nothing of the register is read here."""

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.clock import now
from core.api.db import Place, transaction
from core.api.deadlines import clock_by_id, load_calendar, standing
from core.api.errors import Invalid, NotFound
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.turns import hold
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.complaints import queries, services
from plugins.complaints.forms import AnswerForm, NoteForm
from plugins.complaints.queries.copies import COPY_STATES
from plugins.complaints.routes.words import NO_STORE, actor, take
from plugins.complaints.rules import ANSWER, COPY, intake, retaining
from plugins.complaints.showing import due_of

FIELD = "files"


@get("/copies", guards=[requires(COPY)])
async def copies(request: Request) -> Response:
    """待反馈, 已反馈, 表扬 of one's own organisation."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await queries.COPIES.export(request, who.scope)
            return await export(request, queries.COPIES, found)
        listing = await queries.COPIES.page(request, who.scope, tab_counts=True)
        calendar = await load_calendar(who.region.lo)
    for row in listing.rows:
        row["chip"] = COPY_STATES[row["state"]]
        row["left"] = (
            standing(
                row["started_at"],
                row["due_at"],
                "calendar",
                now(),
                calendar,
                paused=row["clock_state"] == "paused",
            )
            if row["due_at"] and row["state"] == "open"
            else None
        )
    return page(request, "complaints/copies.html", listing=listing, kinds=intake.KINDS)


async def _page(
    request: Request,
    copy: int,
    status: int = 200,
    form: Bound[AnswerForm] | None = None,
    note: Bound[NoteForm] | None = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await queries.find_copy(copy, who.scope)
        if found is None:
            raise NotFound("没有找到这件转来的投诉，或者不是发给本单位的。")
        media = await queries.media_of_copy(copy, answer=False)
        answers = await queries.media_of_copy(copy, answer=True)
        notes = [
            each for each in await queries.notes_of(found["complaint"]) if each["copy"] == copy
        ]
        due = await due_of(await clock_by_id(found["clock"])) if found["clock"] else None
        ball = await hold(services.copy_ref(copy), who)
    return page(
        request,
        "complaints/copy.html",
        status=status,
        headers=NO_STORE,
        copy=found,
        given=media,
        answers=answers,
        notes=notes,
        due=due,
        turn=ball,
        chip=COPY_STATES[found["state"]],
        kind=intake.KINDS[found["kind"]],
        target=intake.TARGETS.get(found["target"], ""),
        founded=list(services.FOUNDED.items()),
        founded_words=services.FOUNDED.get(found["founded"], ""),
        erased=retaining.is_copy_erased(found["text"]),
        may=ANSWER in who.permissions,
        form=form,
        note_form=note,
        waiting=await waiting_uploads(request, FIELD) if form is not None else [],
    )


@get("/copies/{copy:int}", guards=[requires(COPY)])
async def show_copy(request: Request, copy: FromPath[int]) -> Response:
    """One copy: what is asked, until when, the form of the answer."""
    return await _page(request, copy)


@post(
    "/copies/{copy:int}/answer",
    guards=[requires(ANSWER)],
    request_max_body_size=FORM_WITH_FILES,
)
async def answer(request: Request, copy: FromPath[int]) -> Response:
    """反馈."""
    who = visitor(request)
    form = await bind(request, AnswerForm)
    async with transaction(who.scope):
        # Nothing is taken in for a copy one may not see.
        if await queries.find_copy(copy, who.scope) is None:
            raise NotFound("没有找到这件转来的投诉，或者不是发给本单位的。")
    media = []
    try:
        media = await attachments(
            request,
            FIELD,
            place=Place(who.region.lo, who.organisation.lo if who.organisation else 0),
            purpose="complaints.answer",
            kinds=("photo", "audio", "video", "document"),
        )
    except Invalid as error:
        take(form, error.errors)
    if not form.ok:
        return await _page(request, copy, 422, form=form)
    value = form.value
    try:
        await services.answer(
            actor(request), copy, value.founded, value.text, value.measures, media
        )
    except Invalid as error:
        take(form, error.errors)
        return await _page(request, copy, 422, form=form)
    return redirect(request, f"/complaints/copies/{copy}", message="已反馈司法行政机关。")


@post("/copies/{copy:int}/notes", guards=[requires(ANSWER)])
async def note(request: Request, copy: FromPath[int]) -> Response:
    """A remark to the bureau."""
    form = await bind(request, NoteForm)
    if not form.ok:
        return await _page(request, copy, 422, note=form)
    await services.note_of_body(actor(request), copy, form.value.text)
    return redirect(request, f"/complaints/copies/{copy}", message="已告诉司法行政机关。")


ROUTES = (copies, show_copy, answer, note)
