# SPDX-License-Identifier: Apache-2.0
"""采纳情况: written at the desk, exported, and read by everybody."""

from typing import Any
from urllib.parse import quote

from litestar.params import FromPath

from core.api import clock
from core.api.access import public, requires, visitor
from core.api.db import Scope, transaction
from core.api.documents import docx
from core.api.errors import Invalid, NotFound
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    address_of,
    bind,
    get,
    limit,
    note_export,
    number_of,
    page,
    post,
    redirect,
    xlsx_response,
)
from plugins.opinions import queries
from plugins.opinions.forms import FindingForm, PublishForm, SummaryForm
from plugins.opinions.rules import MANAGE, articles, flow
from plugins.opinions.services import drafts, reporting
from plugins.opinions.services.base import office_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TITLE = "意见采纳情况"


async def _report_page(
    request: Request,
    draft: int,
    *,
    which: str = "",
    form: Bound[Any] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        if found["state"] == "draft":
            raise NotFound
        lines = await reporting.lines(found)
        opinions = await queries.for_report(draft)
        counts = await queries.counts_of(draft)
        missing = await queries.unjudged(draft)
        published = await queries.report_of(draft)
    for line in lines:
        line["opinions"] = [
            each for each in opinions if articles.article_of(each["article"]) == line["key"]
        ]
    return page(
        request,
        "opinions/judging.html",
        status=status,
        draft=found,
        lines=lines,
        counts=counts,
        published=published,
        outcomes=list(flow.OUTCOMES.items()),
        outcome_words=flow.OUTCOMES,
        not_finished=flow.why_not_finish(
            found["state"], counts["new"], counts["returned"], missing
        ),
        form_of=lambda name: form if name == which else None,
        states=flow.STATES,
        chips=flow.CHIPS,
        opinion_states=flow.OPINION_STATES,
    )


@get("/desk/{draft:int}/report", guards=[requires(MANAGE)])
async def show_judging(request: Request, draft: FromPath[int]) -> Response:
    """采纳情况 being written; as a workbook or a document on request."""
    asked = request.query_params.get("format", "")
    if asked in ("xlsx", "docx"):
        return await _export(request, draft, asked)
    return await _report_page(request, draft)


COLUMNS = (
    Column("label", "条文", width=14),
    Column("outcome_words", "采纳情况", width=10),
    Column("reason", "理由", width=40),
    Column("number", "意见编号", kind="number"),
    Column("author", "作者", width=12),
    Column("text", "意见", width=60),
    Column("statement", "审核说明", width=30),
    Column("answer", "答复", width=40),
    Column("files", "附件", width=40),
)


async def _export(request: Request, draft: int, form: str) -> Response:
    """Authors are masked by default; ``names=1`` shows those who gave them, and is recorded."""
    who = visitor(request)
    names = request.query_params.get("names") == "1"
    async with transaction(who.scope):
        found = await drafts.need(draft, who)
        if found["state"] == "draft":
            raise NotFound
        opinions = await queries.for_report(draft)
        content = await reporting.content(found)
        await note_export(
            request,
            "opinions.report",
            f"{found['title']}的{TITLE}",
            form=form.upper(),
            rows=len(opinions),
            conditions="作者姓名不遮盖" if names else "作者姓名遮盖",
        )
    title = f"{found['title']}{TITLE}"
    if form == "docx":
        body = await docx(reporting.paper(content, opinions, names=names))
        name = quote(f"{title}-{clock.today():%Y%m%d}.docx")
        return Response(
            body,
            media_type=DOCX,
            headers={
                "Content-Disposition": f"attachment; filename=\"report.docx\"; filename*=UTF-8''{name}",
                "Cache-Control": "private, no-store",
            },
        )
    lines = {each["key"]: each for each in content["lines"]}
    rows = [
        {
            **reporting.quoted(one),
            "label": lines[key]["label"],
            "outcome_words": lines[key]["outcome_words"],
            "reason": lines[key]["reason"],
            "author": reporting.author_of_row(one, names=names),
        }
        for one in opinions
        if (key := articles.article_of(one["article"])) in lines
    ]
    note = f"收到意见 {content['received']} 件。导出人 {who.name}（{who.role_title}）。"
    return await xlsx_response(title, COLUMNS, rows, note=note, masked=True)


@post("/desk/{draft:int}/findings", guards=[requires(MANAGE)])
async def write_finding(request: Request, draft: FromPath[int]) -> Response:
    """采纳情况 of one article."""
    who = visitor(request)
    form = await bind(request, FindingForm)
    article = str(form.get("article") or "")
    if form.ok:
        try:
            async with transaction(who.scope):
                await reporting.judge(who, draft, form.value)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(
                request,
                f"/opinions/desk/{draft}/report#l-{article or 'whole'}",
                message="采纳情况已保存。",
            )
    return await _report_page(request, draft, which=f"line-{article}", form=form, status=422)


@post("/desk/{draft:int}/summary", guards=[requires(MANAGE)])
async def write_summary(request: Request, draft: FromPath[int]) -> Response:
    """总体说明."""
    who = visitor(request)
    form = await bind(request, SummaryForm)
    if not form.ok:
        return await _report_page(request, draft, which="summary", form=form, status=422)
    async with transaction(who.scope):
        await reporting.summarise(who, draft, form.value.summary)
    return redirect(request, f"/opinions/desk/{draft}/report", message="总体说明已保存。")


@post("/desk/{draft:int}/publish", guards=[requires(MANAGE)])
async def publish_report(request: Request, draft: FromPath[int]) -> Response:
    """公布采纳情况."""
    who = visitor(request)
    form = await bind(request, PublishForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                number = await reporting.publish(who, draft, form.value.correction)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, f"/opinions/reports/{number}", message="采纳情况已公布。")
    return await _report_page(request, draft, which="publish", form=form, status=422)


@get("/desk/{draft:int}/preview", guards=[requires(MANAGE)])
async def preview(request: Request, draft: FromPath[int]) -> Response:
    """The page as everybody will see it."""
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        found = await drafts.need(draft, who)
        if found["state"] == "draft":
            raise NotFound
        made = await reporting.content(found)
    return page(
        request,
        "opinions/report.html",
        content=made,
        row=None,
        back=f"/opinions/desk/{draft}/report",
        address="",
    )


# --- for everybody -------------------------------------------------------------------------------

WHY = "采纳情况向社会公开，不含个人信息"


@get("/reports", opt=public(WHY))
async def list_reports(request: Request) -> Response:
    """The published reports, newest first."""
    limit(request, "opinions.reports")
    before = number_of(request.query_params.get("before", "")) or 0
    async with transaction(Scope.public()):
        rows = await queries.reports(before, 31)
    return page(
        request,
        "opinions/reports.html",
        rows=rows[:30],
        more=rows[29]["id"] if len(rows) > 30 else 0,
    )


@get("/reports/{number:int}", opt=public(WHY))
async def show_report(request: Request, number: FromPath[int]) -> Response:
    """One report as one page; it reads the published copy and nothing else."""
    limit(request, "opinions.reports")
    async with transaction(Scope.public()):
        found = await queries.report(number)
    if found is None:
        raise NotFound
    return page(
        request,
        "opinions/report.html",
        content=found["content"],
        row=found,
        back="/opinions/reports",
        address=address_of(request, f"/opinions/reports/{number}"),
    )


ROUTES_REPORTING = (
    show_judging,
    write_finding,
    write_summary,
    publish_report,
    preview,
    list_reports,
    show_report,
)
