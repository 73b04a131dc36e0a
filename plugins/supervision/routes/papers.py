# SPDX-License-Identifier: Apache-2.0
"""制发文书: the form, the preview, issuing; receipt, withdrawal, extension, talk; the files."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import Scope, transaction
from core.api.documents import pdf
from core.api.errors import NotFound
from core.api.files import open_, send_file
from core.api.settings import settings_of
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    note_export,
    once,
    page,
    post,
    redirect,
    remember_once,
)
from plugins.supervision.forms import ExtendForm, PaperForm, ReasonForm, ServiceForm, TextForm
from plugins.supervision.queries import matters as reading
from plugins.supervision.routes.shared import WORDS, actor, attempt, document
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.items import parse_items
from plugins.supervision.rules.kinds import MANAGE, READ
from plugins.supervision.rules.papers import PAPERS as KINDS
from plugins.supervision.services import checking, issuing, serving, wording
from plugins.supervision.services.base import (
    SupervisionSettings,
    climbed,
    failed_in,
    find_matter,
    items_of,
    papers_of,
    path_of,
)
from plugins.supervision.services.layout import docx_of


async def _issue_page(
    request: Request, matter: int, kind: str, form: Bound[Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    if kind not in KINDS:
        raise NotFound("没有这种文书。")
    async with transaction(who.scope):
        it = await find_matter(matter, who.scope)
        if it is None:
            raise NotFound("没有找到这件监督，或者不在你的管理范围内。")
        known, standing = await papers_of(matter), await items_of(matter)
        findings = await reading.findings_of(matter)
        settings = await settings_of(SupervisionSettings, it["organ_region_lo"])
    last = next((p for p in reversed(known) if p["state"] != "withdrawn"), None)
    notes = [f["note"] for f in findings.values() if f["result"] == "problem"]
    return page(
        request,
        "supervision/issue.html",
        status=status,
        it=it,
        kind=kind,
        about=KINDS[kind],
        form=form,
        last=last,
        left=[i["title"] for i in standing if i["state"] != "passed"],
        asks_items=not standing and KINDS[kind].rung > 0,
        proposed_items="\n".join(notes),
        days=issuing.days_of(kind, settings),
        cannot=rules.why_not_issue(kind, climbed(known), it["state"], failed=failed_in(standing)),
        **WORDS,
    )


@get("/{matter:int}/issue/{kind:str}", guards=[requires(MANAGE)])
async def show_issue(request: Request, matter: FromPath[int], kind: FromPath[str]) -> Response:
    """The form of a document; what the one before it said stands in it."""
    return await _issue_page(request, matter, kind, None)


@post("/{matter:int}/issue/{kind:str}", guards=[requires(MANAGE)])
async def issue(request: Request, matter: FromPath[int], kind: FromPath[str]) -> Response:
    """制发, or only look at it."""
    if kind not in KINDS:
        raise NotFound("没有这种文书。")
    form = await bind(request, PaperForm)
    if not form.ok:
        return await _issue_page(request, matter, kind, form, 422)
    value = form.value
    draft = issuing.Draft(
        kind,
        value.facts,
        value.requirement,
        value.basis,
        value.ruling,
        tuple(parse_items(value.problems)),
        value.contact,
        value.copies,
        value.talk_at,
        value.talk_place,
    )
    if value.act == "preview":
        made = await attempt(form, issuing.preview(await actor(request), matter, draft))
        if made is None:
            return await _issue_page(request, matter, kind, form, 422)
        return document(await pdf(made), f"预览-{made.title}")
    who = visitor(request)
    async with transaction(who.scope):
        if done := await once(request, value.once):
            return done
        paper = await attempt(form, issuing.issue(await actor(request), matter, draft))
        if paper is not None:
            await remember_once(request, value.once, path_of(matter))
    if paper is None:
        return await _issue_page(request, matter, kind, form, 422)
    return redirect(request, path_of(matter), message=f"{KINDS[kind].title}已制发。")


async def _paper_page(
    request: Request, paper: int, name: str, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper)
        if found is None:
            raise NotFound("没有找到这份文书，或者不在你的管理范围内。")
    return page(
        request,
        "supervision/act.html",
        status=status,
        paper=found,
        name=name,
        about=KINDS[found["kind"]],
        form=form,
        **WORDS,
    )


@get("/papers/{paper:int}/service", guards=[requires(MANAGE)])
async def show_service(request: Request, paper: FromPath[int]) -> Response:
    """送达回证."""
    return await _paper_page(request, paper, "service")


@get("/papers/{paper:int}/withdraw", guards=[requires(MANAGE)])
async def show_withdraw(request: Request, paper: FromPath[int]) -> Response:
    """撤回."""
    return await _paper_page(request, paper, "withdraw")


@get("/papers/{paper:int}/extend", guards=[requires(MANAGE)])
async def show_extend(request: Request, paper: FromPath[int]) -> Response:
    """延期."""
    return await _paper_page(request, paper, "extend")


@get("/papers/{paper:int}/record", guards=[requires(MANAGE)])
async def show_record(request: Request, paper: FromPath[int]) -> Response:
    """约谈记录."""
    return await _paper_page(request, paper, "record")


async def _done(request: Request, paper: int, name: str, form: Bound[Any], words: str) -> Response:
    if not form.ok:
        return await _paper_page(request, paper, name, form, 422)
    who = visitor(request)
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper)
    return redirect(request, path_of(found["matter"]) if found else "/supervision/", message=words)


@post("/papers/{paper:int}/service", guards=[requires(MANAGE)])
async def record_service(request: Request, paper: FromPath[int]) -> Response:
    """送达回证; a refusal is recorded."""
    form = await bind(request, ServiceForm)
    if form.ok:
        value = form.value
        await attempt(
            form,
            serving.record_service(await actor(request), paper, value.how, value.by, value.note),
        )
    return await _done(request, paper, "service", form, "送达情况已登记。")


@post("/papers/{paper:int}/withdraw", guards=[requires(MANAGE)])
async def withdraw(request: Request, paper: FromPath[int]) -> Response:
    """撤回."""
    form = await bind(request, ReasonForm)
    if form.ok:
        await attempt(form, issuing.withdraw(await actor(request), paper, form.value.reason))
    return await _done(request, paper, "withdraw", form, "文书已撤回，文号保留。")


@post("/papers/{paper:int}/extend", guards=[requires(MANAGE)])
async def extend(request: Request, paper: FromPath[int]) -> Response:
    """延期."""
    form = await bind(request, ExtendForm)
    if form.ok:
        value = form.value
        await attempt(form, issuing.extend(await actor(request), paper, value.days, value.reason))
    return await _done(request, paper, "extend", form, "答复期限已延长。")


@post("/papers/{paper:int}/record", guards=[requires(MANAGE)])
async def record_talk(request: Request, paper: FromPath[int]) -> Response:
    """约谈记录."""
    form = await bind(request, TextForm)
    if form.ok:
        await attempt(form, checking.record_talk(await actor(request), paper, form.value.text))
    if "record" in form.errors:
        form.error("text", form.errors.pop("record"))
    return await _done(request, paper, "record", form, "约谈记录已保存。")


async def give_file(request: Request, paper: int, form: str) -> Response:
    """The kept file; while the worker has not set it yet, the same paper set now."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await reading.paper_in(who.scope, paper)
        if found is None:
            raise NotFound("没有找到这份文书，或者不在你的管理范围内。")
        await note_export(request, "supervision.paper", found["number"], form=form.upper(), rows=1)
        own = None
        if not found[form] and form == "docx":
            own = await issuing.template_of(found["organ"], found["kind"])
    if found[form] and found["state"] != "withdrawn":
        # Whoever may read the paper may take it; the file lies with the office that issued it.
        async with transaction(Scope.platform("a paper is handed out to who may read it")):
            opened = await open_(found[form])
        return send_file(request, opened, original=False)
    made = issuing.stored_paper(found)
    if form == "pdf":
        return document(await pdf(made, found["issued_at"]), found["number"])
    content = await docx_of(own, wording.fields(made, found["contact"]))
    return document(content, found["number"], "docx")


@get("/files/{paper:int}/pdf", guards=[requires(READ)])
async def take_pdf(request: Request, paper: FromPath[int]) -> Response:
    """The document as it was issued; a withdrawn one is marked."""
    return await give_file(request, paper, "pdf")


@get("/files/{paper:int}/docx", guards=[requires(READ)])
async def take_docx(request: Request, paper: FromPath[int]) -> Response:
    """The same for the office's word processor."""
    return await give_file(request, paper, "docx")


PAPERS = (
    show_issue,
    issue,
    show_service,
    show_withdraw,
    show_extend,
    show_record,
    record_service,
    withdraw,
    extend,
    record_talk,
    take_pdf,
    take_docx,
)
