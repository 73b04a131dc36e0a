# SPDX-License-Identifier: Apache-2.0
"""检查评议 at the bureau: the list, standards, opening, the overview, publication, the open page."""

from typing import Any, Final
from urllib.parse import quote

from litestar.params import FromPath

from core.api.access import public, requires, visitor
from core.api.clock import local, now
from core.api.db import transaction
from core.api.documents import Paper, Paragraph, docx, pdf
from core.api.errors import Invalid, NotFound
from core.api.metrics import offered
from core.api.people import organisation_at
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    limit,
    note_export,
    number_of,
    page,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.reviews.forms import EvaluationForm, SchemeForm
from plugins.reviews.queries import evaluations as reading
from plugins.reviews.rules.evaluating import (
    THEMES,
    by_theme,
    compared,
    deductions_of,
    indicators_of,
    indicators_text,
    without_absent,
)
from plugins.reviews.rules.evaluation_paper import sections
from plugins.reviews.rules.scoring import grade_of, points_words
from plugins.reviews.samples import STANDARD
from plugins.reviews.services import evaluating
from plugins.reviews.services.evaluating import EVALUATE

READ = "reviews.evaluation.read"
OVERVIEW = "reviews.plan.read"
ANYBODY = public("检查评议的结果向社会公布，小数目隐去")
PATH = "/reviews/evaluations"
FILES: Final = {
    "pdf": ("application/pdf", pdf),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        docx,
    ),
}
ORDINALS: Final = "一二三四五六七八九十"


@get("/evaluations", guards=[requires(READ)])
async def list_evaluations(request: Request) -> Response:
    """The bodies in evaluations, one's own or those of the region."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await reading.UNITS.export(request, who.scope)
            return await export(request, reading.UNITS, found)
        listing = await reading.UNITS.page(request, who.scope, tab_counts=True)
        overview = who.may(OVERVIEW)
        evaluations = await reading.evaluations_in(who.scope) if overview else []
        schemes = await reading.schemes_in(who.scope) if overview else []
        headings = await reading.headings({each["evaluation"] for each in listing.rows})
    return page(
        request,
        "reviews/evaluations.html",
        listing=listing,
        headings=headings,
        state_of=lambda r: reading.STATES[
            reading.state_of({**r, "state": headings[r["evaluation"]]["state"]})
        ],
        states=reading.EVALUATION_STATES,
        evaluations=evaluations,
        schemes=schemes,
        words=points_words,
        manages=who.may(EVALUATE),
        overview=overview,
    )


@get("/evaluations/schemes/new", guards=[requires(EVALUATE)])
async def new_scheme(request: Request) -> Response:
    """A standard, or the next version of one (``?from=``)."""
    who = visitor(request)
    before = number_of(request.query_params.get("from", "")) or 0
    titles = await evaluating.metric_titles(who.region.lo)
    name, text = "行政执法检查评议标准", without_absent(STANDARD, titles)
    if before:
        async with transaction(who.scope):
            known = await reading.schemes_in(who.scope)
        found = next((each for each in known if each["id"] == before), None)
        if found:
            name, text = found["name"], indicators_text(indicators_of(found["indicators"]))
    return await _scheme_page(request, unbound(SchemeForm, name=name, table=text))


async def _scheme_page(request: Request, form: Bound[SchemeForm], status: int = 200) -> Response:
    return page(
        request,
        "reviews/scheme.html",
        status=status,
        form=form,
        themes=THEMES,
        metrics=await offered(visitor(request).region.lo, per_unit=True),
    )


@post("/evaluations/schemes", guards=[requires(EVALUATE)])
async def post_scheme(request: Request) -> Response:
    """Publish the version."""
    form = await bind(request, SchemeForm)
    if form.ok:
        try:
            await evaluating.publish_scheme(visitor(request), form.value)
            return redirect(request, PATH, message="评议标准已发布。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _scheme_page(request, form, 422)


@get("/evaluations/new", guards=[requires(EVALUATE)])
async def new_evaluation(request: Request) -> Response:
    """An evaluation of a period that is over."""
    return await _new_page(request, unbound(EvaluationForm))


async def _new_page(request: Request, form: Bound[EvaluationForm], status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        schemes = await reading.schemes_in(who.scope)
        bodies = await evaluating.bodies_in(who.scope)
    return page(
        request,
        "reviews/evaluation_new.html",
        status=status,
        form=form,
        schemes=[(each["id"], f"{each['name']}（第 {each['version']} 版）") for each in schemes],
        bodies=[(each.id, each.name) for each in bodies],
    )


@post("/evaluations", guards=[requires(EVALUATE)])
async def post_evaluation(request: Request) -> Response:
    """组织评议."""
    form = await bind(request, EvaluationForm)
    if form.ok:
        try:
            made = await evaluating.open_evaluation(visitor(request), form.value)
            return redirect(request, f"{PATH}/{made}", message="数已取定，已请各单位报送自评。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _new_page(request, form, 422)


def paper_of(it: dict[str, Any], organ: str, parts: list[tuple[str, list[str]]]) -> Paper:
    """The report as a document to work on; before the results are told it says so on every page."""
    text: list[Paragraph] = []
    for at, (heading, words) in enumerate(parts):
        text.append(Paragraph(f"{ORDINALS[at]}、{heading}", "heading"))
        text += [Paragraph(each) for each in words]
    made = local(now())
    return Paper(
        f"{it['title']}情况报告",
        tuple(text),
        signed=tuple(each for each in (organ, f"{made.year}年{made.month}月{made.day}日") if each),
        note=f"{it['title']} · {made:%Y-%m-%d %H:%M} 生成",
        mark="未告知，内部使用" if it["state"] == "open" else "",
    )


async def _file(
    wanted: str, it: dict[str, Any], organ: str, parts: list[tuple[str, list[str]]]
) -> Response:
    media_type, made = FILES[wanted]
    paper = paper_of(it, organ, parts)
    name = quote(f"{paper.title}.{wanted}", safe="")
    return Response(
        await made(paper),
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"evaluation.{wanted}\"; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


@get("/evaluations/{ident:int}", guards=[requires(OVERVIEW)])
async def show_evaluation(request: Request, ident: FromPath[int]) -> Response:
    """How far every body is, beside its last result; ``?format=docx|pdf`` is the report of it."""
    who, wanted = visitor(request), request.query_params.get("format", "")
    async with transaction(who.scope):
        it = await reading.evaluation_of(who.scope, ident)
        units = await reading.units_of(ident)
        before = await reading.earlier(who.scope, it, [each["organisation"] for each in units])
        organ = await organisation_at(it["org_lo"])
        if wanted in FILES:
            await note_export(
                request, "reviews.evaluation", it["title"], form=wanted.upper(), rows=len(units)
            )
    indicators = indicators_of(it["indicators"])
    if wanted in FILES:
        parts = sections(it, indicators, units, before)
        return await _file(wanted, it, organ.name if organ else "", parts)
    lines = [
        {
            "unit": each,
            "state": reading.STATES[reading.state_of(each)],
            "themes": by_theme(indicators, deductions_of(each["marks"])),
            "before": before.get(each["organisation"]),
        }
        for each in units
    ]
    return page(
        request,
        "reviews/evaluation.html",
        it=it,
        chip=reading.EVALUATION_STATES[it["state"]],
        lines=lines,
        themes=THEMES,
        left=[each["unit"] for each in units if each["score"] is None],
        waiting=[each for each in units if each["objected_at"] and each["accepted"] is None],
        words=points_words,
        grade=grade_of,
        compared=compared,
        any_before=bool(before),
        manages=who.may(EVALUATE),
    )


@post("/evaluations/{ident:int}/tell", guards=[requires(EVALUATE)])
async def post_tell(request: Request, ident: FromPath[int]) -> Response:
    """告知各单位."""
    await evaluating.tell_evaluation(visitor(request), ident)
    return redirect(request, f"{PATH}/{ident}", message="结果已告知各单位，可以提一次异议。")


@post("/evaluations/{ident:int}/publish", guards=[requires(EVALUATE)])
async def post_publish(request: Request, ident: FromPath[int]) -> Response:
    """公布."""
    await evaluating.publish_evaluation(visitor(request), ident)
    return redirect(request, f"{PATH}/{ident}", message="结果已向社会公布。")


@get("/public/evaluations", opt=ANYBODY)
async def list_appraisals(request: Request) -> Response:
    """检查评议 for everybody."""
    limit(request, "reviews.public")
    before = number_of(request.query_params.get("before", "")) or 0
    found, more = await reading.published(max(0, min(before, 2**62)))
    return page(request, "reviews/appraisals.html", found=found, more=more)


@get("/public/evaluations/{ident:int}", opt=ANYBODY)
async def show_appraisal(request: Request, ident: FromPath[int]) -> Response:
    """One published evaluation."""
    limit(request, "reviews.public")
    found = await reading.one_published(ident)
    if not found:
        raise NotFound("没有这次检查评议，或者还没有公布。")
    return page(
        request,
        "reviews/appraisal.html",
        found=found,
        it=found[0],
        themes=THEMES,
        words=points_words,
        grade=grade_of,
    )


ROUTES = [
    list_evaluations,
    new_scheme,
    post_scheme,
    new_evaluation,
    post_evaluation,
    show_evaluation,
    post_tell,
    post_publish,
    list_appraisals,
    show_appraisal,
]
