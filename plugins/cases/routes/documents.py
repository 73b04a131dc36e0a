# SPDX-License-Identifier: Apache-2.0
"""文书 of a case: what is due, what is missing, preview, issuing, serving, correcting, voiding."""

from typing import Any

from litestar.params import FromPath, FromQuery

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.deadlines import Clock, clocks_of, ledger
from core.api.documents import pdf
from core.api.errors import Invalid, JianduError, NotFound, Refused
from core.api.files import open_, send_file
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    masked,
    note_export,
    page,
    post,
    printed,
    redirect,
    unbound,
)
from plugins.cases.forms import IssueForm, ReasonForm, ServiceForm
from plugins.cases.queries import (
    CaseFile,
    disclosure_of,
    document_of,
    documents_of,
    path_of,
    receipts_of,
)
from plugins.cases.rules.definition import Control
from plugins.cases.rules.documents import (
    DOCUMENT_STATES,
    WAYS,
    Delivery,
    due_documents,
    void_refusal,
)
from plugins.cases.rules.documents import KIND_TITLES as DOCUMENT_KINDS
from plugins.cases.services import (
    Actor,
    Issuing,
    issue_document,
    new_token,
    record_service,
    void_document,
)
from plugins.cases.services.documents import draft_of, issue_refusal, knows_names
from plugins.cases.services.records import may_record
from plugins.cases.services.serving import recipient_of, serve_refusal
from plugins.cases.services.steps import reload

READ, HANDLE = "cases.case.read", "cases.case.handle"
UPLOAD_LIMIT = 200 * 1024 * 1024
CLOCK_KEYS = ("serve", "disclose", "hearing", "review", "withdraw")


def _acting_why(file: CaseFile, actor: Actor) -> str:
    """Why this visitor may make no documents in the case; empty when he may."""
    if HANDLE not in actor.permissions:
        return "你现在的角色只能查看案件。"
    try:
        may_record(file, actor, file.step)
    except JianduError as error:
        return str(error)
    return ""


async def _deadlines(file: CaseFile, document: int = 0) -> list[dict[str, Any]]:
    """The clocks of documents, each with its sum; of one document, or of all that still run."""

    def wanted(each: Clock) -> bool:
        name, _, ident = each.key.partition(":")
        if name not in CLOCK_KEYS:
            return False
        return ident == str(document) if document else each.stopped_at is None

    found = [c for c in await clocks_of(file.subject) if wanted(c)]
    now = clock.now()
    return [
        {
            "title": c.title,
            "due_at": c.due_at,
            "late": c.stopped_at is None and c.due_at is not None and c.due_at < now,
            "done": c.stopped_at is not None,
            "document": int(c.key.partition(":")[2]),
            "rows": await ledger(c),
        }
        for c in sorted(found, key=lambda c: (c.stopped_at is not None, c.due_at or now))
    ]


def _evidence_controls(file: CaseFile) -> list[tuple[str, str]]:
    """The evidence controls of the open step that take a document."""
    if file.open_visit is None or file.row["state"] != "open":
        return []
    controls: tuple[Control, ...] = file.definition.form_of(file.step).of_type("evidence")
    return [(c.key, c.title) for c in controls if c.evidence_kind in ("document", "any")]


def _bind_default(options: list[tuple[str, str]], title: str) -> str:
    return next((k for k, t in options if t == title or title in t), "")


@get("/{case:int}/documents", guards=[requires(READ)])
async def list_documents(request: Request, case: FromPath[int]) -> Response:
    """Which documents are due now, which were issued, and which periods run."""
    who = visitor(request)
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        issued = await documents_of(who.scope, case)
        running = await _deadlines(file)
    in_force = {d["template"] for d in issued if d["state"] == "issued"}
    step = file.row["step"] if file.row["state"] in ("open", "suspended") else ""
    due = due_documents(file.definition, file.lines(), step, in_force)
    return page(
        request,
        "cases/documents.html",
        case=file.row,
        due=[
            {
                "document": d.document,
                "state": d.state,
                "step": file.definition.title_of(d.document.step),
            }
            for d in due
            if d.state != "done"
        ],
        issued=issued,
        states=DOCUMENT_STATES,
        kinds=DOCUMENT_KINDS,
        running=running,
        why=_acting_why(file, actor),
        step_title=file.row["step_title"],
    )


# --- a new document ------------------------------------------------------------------------------------


@get("/{case:int}/documents/new/{key:str}", guards=[requires(HANDLE)])
async def show_new_document(
    request: Request, case: FromPath[int], key: FromPath[str], corrects: FromQuery[int] = 0
) -> Response:
    """What is missing first, then the document as it would read, then the button."""
    return await _new_page(request, visitor(request), case, key, corrects, None)


async def _new_page(
    request: Request,
    who: Visitor,
    case: int,
    key: str,
    corrects: int,
    form: Bound[IssueForm] | None,
    *,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        drafted = await draft_of(actor, file, key, corrects=corrects)
        old = await document_of(who.scope, case, corrects) if corrects else None
        standing = [
            d
            for d in await documents_of(who.scope, case)
            if d["template"] == key and d["state"] == "issued"
        ]
    if corrects and (old is None or old["template"] != key):
        raise NotFound("没有找到要更正的文书。")
    controls = _evidence_controls(file)
    why = issue_refusal(file, drafted.template) or _acting_why(file, actor)
    if not why and standing and old is None:
        why = (
            f"本案已经签发《{drafted.template.title}》。需要重新制作的，先作废，或者制作更正文书。"
        )
    return page(
        request,
        "cases/document_new.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        case=file.row,
        drafted=drafted,
        step_title=file.definition.title_of(drafted.template.step),
        old=old,
        form=form
        or unbound(
            IssueForm,
            corrects=corrects,
            bind_to=_bind_default(controls, drafted.template.title),
            token=new_token(),
        ),
        controls=controls,
        why=why,
    )


@get("/{case:int}/documents/new/{key:str}/preview", guards=[requires(HANDLE)])
async def preview_document(
    request: Request, case: FromPath[int], key: FromPath[str], corrects: FromQuery[int] = 0
) -> Response:
    """The document as it would look, marked 预览 and without a number."""
    who = visitor(request)
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        drafted = await draft_of(actor, file, key, corrects=corrects)
        title = f"{file.row['case_number']} 文书预览 {drafted.template.title}"
        await note_export(request, "cases.document", title, form="PDF", rows=1)
    return Response(
        await pdf(drafted.paper),
        media_type="application/pdf",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": "inline; filename=preview.pdf",
        },
    )


@post("/{case:int}/documents/new/{key:str}", guards=[requires(HANDLE)])
async def post_new_document(request: Request, case: FromPath[int], key: FromPath[str]) -> Response:
    """签发: the number is drawn, PDF and DOCX are sealed."""
    who = visitor(request)
    form = await bind(request, IssueForm)
    typed = str(form.raw.get("corrects") or "")
    corrects = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    if not form.ok:
        return await _new_page(request, who, case, key, corrects, form, status=422)
    value = form.value
    issuing = Issuing(
        value.blanks_confirmed, value.corrects, value.reason, value.bind_to, value.token
    )
    try:
        made = await issue_document(Actor.of(who), case, key, issuing)
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _new_page(request, who, case, key, corrects, form, status=422)
    return redirect(request, path_of(case, "documents", str(made)), message="文书已签发。")


# --- an issued document ------------------------------------------------------------------------------------


@get("/{case:int}/documents/{document:int}", guards=[requires(READ)])
async def show_document(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """One document: its files, its service, its publication, its corrections."""
    return await _document_page(request, visitor(request), case, document)


async def _document_page(
    request: Request,
    who: Visitor,
    case: int,
    document: int,
    *,
    void: Bound[ReasonForm] | None = None,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = await document_of(who.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        receipts = await receipts_of(who.scope, document)
        disclosure = await disclosure_of(document)
        periods = await _deadlines(file, document)
        others = {d["id"]: d for d in await documents_of(who.scope, case)}
    why = _acting_why(file, actor)
    return page(
        request,
        "cases/document.html",
        status=status,
        case=file.row,
        d=found,
        states=DOCUMENT_STATES,
        kinds=DOCUMENT_KINDS,
        ways=dict(WAYS),
        receipts=receipts,
        disclosure=disclosure,
        periods=periods,
        old=others.get(found["corrects"]),
        newer=others.get(found["corrected_by"]),
        serve_why=serve_refusal(found) or why,
        void_why=void_refusal(found) or why,
        correct_why=why or ("" if found["state"] == "issued" else "这份文书已经不再有效。"),
        may_publish=actor.approves,
        void=void or unbound(ReasonForm, token=new_token()),
    )


@post("/{case:int}/documents/{document:int}/void", guards=[requires(HANDLE)])
async def post_void_document(
    request: Request, case: FromPath[int], document: FromPath[int]
) -> Response:
    """作废: before service, with the reason; the number stays used."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _document_page(request, who, case, document, void=form, status=422)
    await void_document(Actor.of(who), case, document, form.value.reason, token=form.value.token)
    return redirect(request, path_of(case, "documents", str(document)), message="文书已作废。")


# --- 送达 ----------------------------------------------------------------------------------------------------


@get("/{case:int}/documents/{document:int}/serve", guards=[requires(HANDLE)])
async def show_serve(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """Way, day, recipient, witness, photograph."""
    return await _serve_page(request, visitor(request), case, document, None)


async def _serve_page(
    request: Request,
    who: Visitor,
    case: int,
    document: int,
    form: Bound[ServiceForm] | None,
    *,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        found = await document_of(who.scope, case, document)
    if found is None:
        raise NotFound("没有找到这份文书。")
    controls = _evidence_controls(file)
    return page(
        request,
        "cases/serve.html",
        status=status,
        case=file.row,
        d=found,
        ways=WAYS,
        controls=controls,
        form=form
        or unbound(
            ServiceForm,
            way="direct",
            delivered_on=clock.today(),
            bind_to=next((k for k, t in controls if "回证" in t), ""),
            token=new_token(),
        ),
        why=serve_refusal(found) or _acting_why(file, actor),
    )


@post(
    "/{case:int}/documents/{document:int}/serve",
    guards=[requires(HANDLE)],
    request_max_body_size=UPLOAD_LIMIT,
)
async def post_serve(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """送达回证: ends the period for serving and begins those that run from service."""
    who = visitor(request)
    form = await bind(request, ServiceForm)
    if not form.ok:
        return await _serve_page(request, who, case, document, form, status=422)
    typed = form.value
    delivery = Delivery(
        typed.way,
        typed.delivered_on,
        typed.recipient,
        typed.relation,
        typed.place,
        typed.witness,
        typed.note,
        typed.confirmed,
    )
    try:
        await record_service(
            Actor.of(who),
            case,
            document,
            delivery,
            form.files.get("file", []),
            bind_to=typed.bind_to,
            token=typed.token,
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _serve_page(request, who, case, document, form, status=422)
    return redirect(request, path_of(case, "documents", str(document)), message="送达已登记。")


@get("/{case:int}/documents/{document:int}/receipt", guards=[requires(HANDLE)])
async def print_receipt(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """送达回证 on paper, filled with what was recorded."""
    who = visitor(request)
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
        found = await document_of(who.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        receipts = await receipts_of(who.scope, document)
        if not found["served"]:
            raise Refused("这份文书不需要送达。")
        title = f"{file.row['case_number']} 送达回证 {found['title']}"
        seal = await printed(request, "cases.receipt", title)
    receipt = receipts[0] if receipts else None
    recipient = ""
    if receipt:
        full = knows_names(file, Actor.of(who))
        recipient = recipient_of(receipt) if full else receipt["recipient_shown"]
    return page(
        request,
        "cases/receipt.html",
        headers={"Cache-Control": "no-store"},
        case=masked(file.row),
        body=file.row["body_name"],
        d=found,
        receipt=masked(receipt),
        recipient=recipient,
        ways=dict(WAYS),
        back=path_of(case, "documents", str(document)),
        reference=file.row["case_number"],
        seal=seal,
    )


@get("/{case:int}/documents/{document:int}/pdf", guards=[requires(READ)])
async def take_pdf(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """An issued document as it was sealed."""
    return await _take(request, case, document, "pdf")


@get("/{case:int}/documents/{document:int}/docx", guards=[requires(READ)])
async def take_docx(request: Request, case: FromPath[int], document: FromPath[int]) -> Response:
    """The same for further work in a word processor."""
    return await _take(request, case, document, "docx")


async def _take(request: Request, case: int, document: int, form: str) -> Response:
    """Taking a document out leaves a trace; its file is given nowhere else."""
    who = visitor(request)
    async with transaction(who.scope):
        file = await reload(Actor.of(who), case)
        found = await document_of(who.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        title = f"{file.row['case_number']} {found['title']} {found['number']}".strip()
        await note_export(request, "cases.document", title, form=form.upper(), rows=1)
        opened = await open_(found[form])
    return send_file(request, opened, original=False)


DOCUMENTS = (
    list_documents,
    show_new_document,
    preview_document,
    post_new_document,
    show_document,
    post_void_document,
    show_serve,
    post_serve,
    print_receipt,
    take_pdf,
    take_docx,
)
