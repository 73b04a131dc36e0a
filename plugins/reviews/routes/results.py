# SPDX-License-Identifier: Apache-2.0
"""Results as bodies and the bureau see them: deductions, objection, rectification."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import SubjectRef, transaction
from core.api.errors import Invalid, NotFound
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    describe,
    export,
    get,
    page,
    post,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.reviews.forms import AnswerForm, CheckForm, WordsForm
from plugins.reviews.queries import lists
from plugins.reviews.rules.scoring import VETOED, grade_of, items_of, marks_of, points_words
from plugins.reviews.services import answering
from plugins.reviews.services.answering import ANSWER
from plugins.reviews.services.planning import MANAGE
from plugins.reviews.services.typical import written_of

READ = "reviews.result.read"


@get("/results", guards=[requires(READ)])
async def list_results(request: Request) -> Response:
    """Reviewed cases of one's own unit, or of the region."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await lists.RESULTS.export(request, who.scope)
            return await export(request, lists.RESULTS, found)
        listing = await lists.RESULTS.page(request, who.scope, tab_counts=True)
    return page(request, "reviews/results.html", listing=listing, words=points_words, grade=_grade)


def _grade(found: Any) -> str:
    return VETOED if found["vetoed"] else grade_of(found["score"])


@get("/results/{drawn:int}", guards=[requires(READ)])
async def show_result(request: Request, drawn: FromPath[int]) -> Response:
    """One case: score, deductions with reason and page, what a fix would gain, and the answers."""
    return await _result(request, drawn, unbound(WordsForm))


async def _result(
    request: Request, drawn: int, form: Bound[Any], act: str = "", status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await answering.result_of(who.scope, drawn)
        if not it["told"]:
            raise NotFound("没有这份评查结果，或者不在你的管理范围内。")
        sheets = await answering.sheets_of(drawn)
        case = SubjectRef("cases.case", it["case_id"])
        labels = await describe([case], who.scope, who.permissions)
        # Only those who see the bureau's list are told that a case became a typical one.
        typical = await written_of(drawn) if who.may("reviews.plan.read") else None
    items = items_of(it["items"])
    marks = [marks_of(sheet["marks"]) for sheet in sheets]
    return page(
        request,
        "reviews/result.html",
        status=status,
        it=it,
        grade=_grade(it),
        words=points_words,
        sheets=sheets,
        # Named 评查人一, 二: the body disputes a score, not a person.
        lines=[
            (item, [each.get(item.key, None) for each in marks])
            for item in items
            if any(item.key in each for each in marks)
        ],
        case_path=labels[case].path if case in labels else "",
        form=form,
        act=act,
        answers=who.may(ANSWER),
        manages=who.may(MANAGE),
        typical=typical,
    )


@post("/results/{drawn:int}/object", guards=[requires(ANSWER)])
async def post_objection(request: Request, drawn: FromPath[int]) -> Response:
    """提出异议."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _result(request, drawn, form, "object", 422)
    await answering.object_to(visitor(request), drawn, form.value.words)
    return redirect(request, f"/reviews/results/{drawn}", message="异议已提出。")


@post("/results/{drawn:int}/decide", guards=[requires(MANAGE)])
async def post_decision(request: Request, drawn: FromPath[int]) -> Response:
    """处理异议."""
    form = await bind(request, AnswerForm)
    if form.ok:
        try:
            await answering.decide_objection(visitor(request), drawn, form.value)
            return redirect(request, f"/reviews/results/{drawn}", message="异议已处理。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _result(request, drawn, form, "decide", 422)


@post("/results/{drawn:int}/rectify", guards=[requires(ANSWER)])
async def post_rectified(request: Request, drawn: FromPath[int]) -> Response:
    """报送整改."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _result(request, drawn, form, "rectify", 422)
    await answering.rectify(visitor(request), drawn, form.value.words)
    return redirect(request, f"/reviews/results/{drawn}", message="整改情况已报送，等待复核。")


@post("/results/{drawn:int}/check", guards=[requires(MANAGE)])
async def post_check(request: Request, drawn: FromPath[int]) -> Response:
    """复核整改."""
    form = await bind(request, CheckForm)
    if form.ok:
        try:
            await answering.check_rectified(visitor(request), drawn, form.value)
            return redirect(request, f"/reviews/results/{drawn}", message="复核结果已记下。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _result(request, drawn, form, "check", 422)


ROUTES = [list_results, show_result, post_objection, post_decision, post_rectified, post_check]
