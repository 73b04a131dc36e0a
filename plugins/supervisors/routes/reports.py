# SPDX-License-Identifier: Apache-2.0
"""反映监督员: a body writes, the bureau finds out and answers."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused, TooLarge
from core.api.files import FORM_WITH_FILES, files
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    number_of,
    once,
    page,
    post,
    redirect,
    remember_once,
)
from plugins.supervisors.forms import ReportAnswerForm, ReportForm
from plugins.supervisors.queries.terms import REPORTS, find_report, term_row
from plugins.supervisors.routes.shared import opened, sealed, take_file
from plugins.supervisors.rules.applying import FORM_MB
from plugins.supervisors.rules.words import BREACHES
from plugins.supervisors.services.base import (
    REPORT,
    REPORTS_READ,
    SERVE,
    Actor,
    competent_here,
    place_of,
)
from plugins.supervisors.services.reporting import answer_report, file_report
from plugins.supervisors.services.showing import card_number_of


@get("/reports", guards=[requires(REPORTS_READ)])
async def list_reports(request: Request) -> Response:
    """What bodies reported: all of the region for the bureau, one's own for others."""
    who = visitor(request)
    async with transaction(who.scope):
        listing = await REPORTS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "supervisors/reports.html",
        listing=listing,
        breaches=BREACHES,
        may_report=REPORT in who.permissions,
    )


async def _new_page(
    request: Request, form: Bound[Any] | None, *, number: str = "", status: int = 200
) -> Response:
    kept = opened(str(form.get("kept_attachment"))) if form else None
    return page(
        request,
        "supervisors/report_new.html",
        status=status,
        form=form,
        number=number,
        breaches=list(BREACHES.items()),
        today=clock.today(),
        kept=kept.name if kept else "",
    )


@get("/reports/new", guards=[requires(REPORT)])
async def new_report(request: Request) -> Response:
    """The form; after a scan the certificate number stands in it."""
    term = number_of(request.query_params.get("id", ""))
    number = await card_number_of(int(term)) if term else ""
    return await _new_page(request, None, number=number)


@post("/reports/new", guards=[requires(REPORT)], request_max_body_size=FORM_WITH_FILES)
async def post_report(request: Request) -> Response:
    """Hand the report in."""
    form: Bound[Any] = await bind(request, ReportForm)
    paper = None
    try:
        paper = await take_file(
            form, "attachment", ("photo", "document", "audio", "video"), FORM_MB
        )
    except (Invalid, TooLarge) as error:
        form.error("attachment", str(error))
    paper = paper or opened(str(form.get("kept_attachment")))
    form.raw["kept_attachment"] = sealed(paper) if paper else ""
    if form.ok:
        try:
            async with transaction(visitor(request).scope):
                if said := await once(request, str(form.get("once"))):
                    return said
                made = await file_report(Actor.of(visitor(request)), form.value, paper)
                await remember_once(request, str(form.get("once")), f"/supervisors/reports/{made}")
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(
                request, f"/supervisors/reports/{made}", message="已反映，核实后答复你单位。"
            )
    return await _new_page(request, form, status=422)


async def _report_page(
    request: Request, report: int, *, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_report(report, who.scope)
        if found is None:
            raise NotFound
        bureau = SERVE in who.permissions and who.scope.sees(place_of(found))
        term = await term_row(found["term"]) if bureau else None
        papers = await files([found["attachment"]]) if found["attachment"] and bureau else {}
        elsewhere = await competent_here(Actor.of(who), place_of(found)) if bureau else ""
    return page(
        request,
        "supervisors/report.html",
        status=status,
        found=found,
        term=term,
        paper=papers.get(found["attachment"]),
        breach=BREACHES[found["breach"]],
        bureau=bureau,
        elsewhere=elsewhere,
        form=form,
    )


@get("/reports/{report:int}", guards=[requires(REPORTS_READ)])
async def show_report(request: Request, report: FromPath[int]) -> Response:
    """One report: the bureau's matter, and one's own."""
    return await _report_page(request, report)


@post("/reports/{report:int}/answer", guards=[requires(SERVE)])
async def post_answer_report(request: Request, report: FromPath[int]) -> Response:
    """The finding."""
    form = await bind(request, ReportAnswerForm)
    if form.ok:
        try:
            await answer_report(Actor.of(visitor(request)), report, form.value)
        except (Refused, Conflict) as error:
            return await _report_page(request, report, form=form.error("", str(error)), status=409)
        return redirect(
            request, f"/supervisors/reports/{report}", message="已答复，并告知反映单位。"
        )
    return await _report_page(request, report, form=form, status=422)


ROUTES_REPORTS = (list_reports, new_report, post_report, show_report, post_answer_report)
