# SPDX-License-Identifier: Apache-2.0
"""题库 and 试卷."""

from typing import Any
from urllib.parse import quote

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.files import FORM_WITH_FILES, attachments, open_, send_file
from core.api.richtext import editor_page
from core.api.web import (
    Bound,
    Request,
    Response,
    UploadedFile,
    bind,
    export,
    get,
    note_export,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
    xlsx_response,
)
from plugins.exams.forms import ImportForm, Nothing, PaperForm, QuestionForm, ReasonForm
from plugins.exams.queries import bank as queries
from plugins.exams.routes.shared import WORDS
from plugins.exams.rules.gift import write_gift
from plugins.exams.rules.papers import quotas_of
from plugins.exams.rules.questions import DIFFICULTIES, KINDS
from plugins.exams.rules.sheets import row_of
from plugins.exams.services import bank as services
from plugins.exams.services.base import BANK, HELD, place_for
from plugins.exams.services.papers import own_paper, retire_paper, save_paper
from plugins.exams.sheet import COLUMNS, EXAMPLES

EMPTY_ROWS = 4
MOST_ROWS = 60


@get("/bank", guards=[requires(BANK)])
async def list_bank(request: Request) -> Response:
    """The questions of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        where, args = "q.org_lo = {}::int8", (place.org_lo,)
        if wants_xlsx(request):
            found = await queries.QUESTIONS.export(request, who.scope, where=where, args=args)
            return await export(request, queries.QUESTIONS, found)
        listing = await queries.QUESTIONS.page(
            request, who.scope, where=where, args=args, tab_counts=True
        )
        drafts = await queries.drafts(place.org_lo)
    return page(request, "exams/bank.html", listing=listing, drafts=drafts, **WORDS)


# --- one question ---------------------------------------------------------------------------------


async def _question_page(
    request: Request,
    form: Bound[Any] | None,
    question: int = 0,
    *,
    status: int = 200,
    error: str = "",
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        found = await queries.find_question(question, place.org_lo) if question else None
        if question and found is None:
            raise NotFound
    return editor_page(
        request,
        "exams/question.html",
        status=status,
        form=form,
        error=error,
        question=found,
        kind_options=list(KINDS.items()),
        level_options=[(str(key), words) for key, words in DIFFICULTIES.items()],
        option_lines="\n".join(
            ("*" if each["correct"] else "") + each["text"] for each in found["options"]
        )
        if found and found["kind"] in ("single", "multiple")
        else "",
        right=next((each["key"] for each in found["options"] if each["correct"]), "")
        if found and found["kind"] == "true_false"
        else "",
        **WORDS,
    )


@get("/bank/new", guards=[requires(BANK)])
async def new_question(request: Request) -> Response:
    """An empty form."""
    return await _question_page(request, None)


@get("/bank/{question:int}", guards=[requires(BANK)])
async def show_question(request: Request, question: FromPath[int]) -> Response:
    """One question; a draft may be changed, one in use is replaced."""
    return await _question_page(request, None, question)


@post("/bank/new", guards=[requires(BANK)], request_max_body_size=FORM_WITH_FILES)
async def write_new(request: Request) -> Response:
    """保存 a new question."""
    return await _write(request, 0)


@post("/bank/{question:int}", guards=[requires(BANK)], request_max_body_size=FORM_WITH_FILES)
async def write_again(request: Request, question: FromPath[int]) -> Response:
    """保存 a changed one."""
    return await _write(request, question)


async def _write(request: Request, question: int) -> Response:
    who = visitor(request)
    form = await bind(request, QuestionForm)
    key = str(form.raw.get("once") or "")
    if form.ok and (done := await once(request, key)):
        return done
    files = []
    if form.ok:
        async with transaction(who.scope):
            place = await place_for(who)
        try:
            files = await attachments(
                request, "pictures", place=place, purpose=HELD, kinds=("photo",), max_files=8
            )
        except Invalid as error:
            form.errors.update(error.errors)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                saved = await services.write_question(who, form.value, files, question=question)
                await remember_once(request, key, f"/exams/bank/{saved}")
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, f"/exams/bank/{saved}", message="已保存，审核后可以抽用。")
    return await _question_page(request, form, question, status=422)


@post("/bank/{question:int}/approve", guards=[requires(BANK)])
async def approve_one(request: Request, question: FromPath[int]) -> Response:
    """审核通过."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        if not await services.approve(who, [question]):
            await services.taken_question(who, question)
            raise Conflict("这道题不是待审核的，可能别人已经审核或者停用了，请刷新查看。")
    return redirect(request, f"/exams/bank/{question}", message="已审核，可以抽用。")


@post("/bank/approve", guards=[requires(BANK)])
async def approve_many(request: Request) -> Response:
    """审核通过 all drafts, or those of one import."""
    who = visitor(request)
    form = await bind(request, Nothing)
    batch = number_of(str(form.raw.get("batch") or "")) or 0
    async with transaction(who.scope):
        count = await services.approve_all(who, batch)
    return redirect(request, "/exams/bank?state=in_use", message=f"{count} 题已审核。")


@post("/bank/{question:int}/retire", guards=[requires(BANK)])
async def retire(request: Request, question: FromPath[int]) -> Response:
    """停用."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _question_page(request, None, question, status=422, error="请写明理由。")
    async with transaction(who.scope):
        await services.retire(who, question, form.value.reason)
    return redirect(request, f"/exams/bank/{question}", message="已停用，已抽出的试卷不变。")


@get("/bank/{question:int}/pictures/{file:int}", guards=[requires(BANK)])
async def show_picture(request: Request, question: FromPath[int], file: FromPath[int]) -> Response:
    """A picture of a question."""
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        found = await queries.find_question(question, place.org_lo)
        if found is None or all(each["id"] != file for each in found["pictures"]):
            raise NotFound
        opened = await open_(file)
    return send_file(request, opened, original=False)


# --- import and export ----------------------------------------------------------------------------


async def _import_page(
    request: Request,
    form: Bound[Any] | None = None,
    *,
    status: int = 200,
    preview: Any = None,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        batches = await queries.batches(place.org_lo)
    return page(
        request,
        "exams/import.html",
        status=status,
        form=form,
        preview=preview,
        batches=batches,
        formats=list(services.FORMATS.items()),
        format_words=services.FORMATS,
        **WORDS,
    )


@get("/bank/import", guards=[requires(BANK)])
async def show_import(request: Request) -> Response:
    """Choose a file; earlier imports."""
    return await _import_page(request)


@post("/bank/import", guards=[requires(BANK)], request_max_body_size=FORM_WITH_FILES)
async def take_import(request: Request) -> Response:
    """Look first, or take the good questions in at once."""
    who = visitor(request)
    form = await bind(request, ImportForm)
    files = form.files.get("file") or []
    if not files or not isinstance(files[0], UploadedFile) or not files[0].size:
        form.error("file", "请选择文件。")
        return await _import_page(request, form, status=422)
    if not form.ok:
        return await _import_page(request, form, status=422)
    if files[0].size > services.LARGEST:
        form.error("file", f"文件超过 {services.LARGEST // 1024 // 1024} MB，请分成几份。")
        return await _import_page(request, form, status=422)
    content = await files[0].read()
    chosen = form.value.format or services.format_of(files[0].name, content)
    try:
        read = await services.read(content, chosen, filename=files[0].name)
        async with transaction(who.scope):
            place = await place_for(who)
            if form.value.act == "preview":
                doubled = await services.doubled_in(read, place)
                made = None
            else:
                made = await services.import_questions(
                    services.Author(who.user_id, who.name, place),
                    read,
                    filename=files[0].name,
                    format=chosen,
                    content=content,
                )
    except Invalid as error:
        form.errors.update(error.errors)
        return await _import_page(request, form, status=422)
    if made is None:
        preview = {"read": read, "doubled": doubled, "name": files[0].name, "format": chosen}
        return await _import_page(request, form, preview=preview)
    return redirect(
        request,
        f"/exams/bank/imports/{made.batch}",
        message=f"收入 {made.taken} 题，重复 {len(made.doubled)} 题，有错 {len(made.faults)} 处。",
    )


@get("/bank/imports/{batch:int}", guards=[requires(BANK)])
async def show_batch(request: Request, batch: FromPath[int]) -> Response:
    """What came of one import."""
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        found = await queries.find_batch(batch, place.org_lo)
        if found is None:
            raise NotFound
        drafts = await queries.drafts(place.org_lo, batch)
    return page(
        request,
        "exams/batch.html",
        batch=found,
        drafts=drafts,
        format_words=services.FORMATS,
        **WORDS,
    )


@get("/bank/template.xlsx", guards=[requires(BANK)])
async def show_template(request: Request) -> Response:  # noqa: ARG001 - a handler
    """The sheet to fill in, with one example of each kind."""
    return await xlsx_response("题库模板", COLUMNS, EXAMPLES)


@get("/bank/export.xlsx", guards=[requires(BANK)])
async def export_xlsx(request: Request) -> Response:
    """Every usable question in the template's columns."""
    return await xlsx_response(
        "题库", COLUMNS, [row_of(each) for each in await _all(request, "XLSX")]
    )


@get("/bank/export.gift", guards=[requires(BANK)])
async def export_gift(request: Request) -> Response:
    """Every usable question as GIFT."""
    text = write_gift(await _all(request, "GIFT"))
    name = quote(f"题库-{clock.today():%Y%m%d}.gift.txt")
    return Response(
        text.encode(),
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename=\"bank.gift.txt\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


async def _all(request: Request, form: str) -> list[Any]:
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        found = [services.question_of_row(each) for each in await queries.for_export(place.org_lo)]
        await note_export(request, "exams.questions", "题库", form=form, rows=len(found))
    return found


# --- papers ---------------------------------------------------------------------------------------


@get("/papers", guards=[requires(BANK)])
async def list_papers(request: Request) -> Response:
    """The papers of this office."""
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        where, args = "p.org_lo = {}::int8", (place.org_lo,)
        if wants_xlsx(request):
            found = await queries.PAPERS.export(request, who.scope, where=where, args=args)
            return await export(request, queries.PAPERS, found)
        listing = await queries.PAPERS.page(
            request, who.scope, where=where, args=args, tab_counts=True
        )
    counted = {
        each["id"]: sum(one.count for one in quotas_of(each["quotas"])) for each in listing.rows
    }
    return page(request, "exams/papers.html", listing=listing, counted=counted, **WORDS)


async def _paper_form(
    request: Request, form: Bound[Any] | None = None, status: int = 200, more: int = 0
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = await place_for(who)
        stock = await queries.stock(place.org_lo)
    filled = len(form.rows("rows")) if form is not None else 0
    return page(
        request,
        "exams/paper_edit.html",
        status=status,
        form=form,
        stock=stock,
        numbers=list(range(min(max(filled, EMPTY_ROWS) + more, MOST_ROWS))),
        subjects=sorted({each["subject"] for each in stock}),
        kind_options=list(KINDS.items()),
        level_options=[(str(key), words) for key, words in DIFFICULTIES.items()],
        **WORDS,
    )


@get("/papers/new", guards=[requires(BANK)])
async def new_paper(request: Request) -> Response:
    """An empty paper beside what the bank holds."""
    return await _paper_form(request)


@post("/papers/new", guards=[requires(BANK)], status_code=200)
async def write_paper(request: Request) -> Response:
    """保存试卷; refused where the bank does not suffice."""
    who = visitor(request)
    form = await bind(request, PaperForm)
    if form.raw.get("act") == "more":
        # Nothing is judged yet: what was typed comes back with room for more.
        form.errors.clear()
        return await _paper_form(request, form, more=EMPTY_ROWS)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, form.value.once):
                    return done
                paper = await save_paper(who, form.value)
                await remember_once(request, form.value.once, f"/exams/papers/{paper}")
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, f"/exams/papers/{paper}", message="试卷已保存。")
    return await _paper_form(request, form, 422)


@get("/papers/{paper:int}", guards=[requires(BANK)])
async def show_paper(request: Request, paper: FromPath[int]) -> Response:
    """One paper."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_paper(who, paper)
    return page(
        request, "exams/paper.html", paper=found, quotas=quotas_of(found["quotas"]), **WORDS
    )


@post("/papers/{paper:int}/retire", guards=[requires(BANK)])
async def stop_paper(request: Request, paper: FromPath[int]) -> Response:
    """停用."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        await retire_paper(who, paper)
    return redirect(request, "/exams/papers", message="已停用，已安排的场次不变。")


ROUTES_BANK = (
    list_bank,
    new_question,
    show_question,
    write_new,
    write_again,
    approve_one,
    approve_many,
    retire,
    show_picture,
    show_import,
    take_import,
    show_batch,
    show_template,
    export_xlsx,
    export_gift,
    list_papers,
    new_paper,
    write_paper,
    show_paper,
    stop_paper,
)
