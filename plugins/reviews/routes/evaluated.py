# SPDX-License-Identifier: Apache-2.0
"""One body in an evaluation: numbers, report on itself, score, objection, answer."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid
from core.api.files import FORM_WITH_FILES, attachments, waiting_uploads
from core.api.metrics import offered
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
    unbound,
)
from plugins.reviews.forms import ReportForm, RulingForm, ScoreForm, WordsForm
from plugins.reviews.queries import evaluations as reading
from plugins.reviews.routes.evaluations import OVERVIEW, READ
from plugins.reviews.rules.evaluating import (
    THEMES,
    Deduction,
    Indicator,
    by_theme,
    deductions_of,
    indicators_of,
    proposed,
    why_not_score,
)
from plugins.reviews.rules.scoring import grade_of, points_words
from plugins.reviews.services import evaluating, self_report
from plugins.reviews.services.evaluating import EVALUATE, REPORT

MEDIA = ("document", "photo")
PATH = "/reviews/evaluations/units"


@get("/evaluations/units/{ident:int}", guards=[requires(READ)])
async def show_unit(request: Request, ident: FromPath[int]) -> Response:
    """The page of both sides; a score that was not told is the bureau's alone."""
    return await _unit(request, ident, unbound(WordsForm))


async def _unit(
    request: Request, ident: int, form: Bound[Any], act: str = "", status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await reading.unit_of(who.scope, ident)
        waiting = await waiting_uploads(request, "files") if act == "report" else []
        history = await reading.history_of(who.scope, it["organisation"], ident)
    indicators = indicators_of(it["indicators"])
    marks = deductions_of(it["marks"])
    manages = who.may(EVALUATE)
    scored = it["score"] is not None
    why = why_not_score(
        state=it["state"],
        reported=it["reported_at"] is not None,
        due=it["due"],
        today=clock.today(),
    )
    objected = it["objected_at"] is not None and it["accepted"] is None
    # The rows are opened where the module still is, and by the bureau alone: a body's menu may
    # not hold those pages.
    live = {each.key for each in await offered(who.region.lo)} if manages else set()
    past = [
        {
            **each,
            "themes": by_theme(indicators_of(each["indicators"]), deductions_of(each["marks"])),
        }
        for each in history
    ]
    lines = []
    for each in indicators:
        figure = it["figures"].get(each.metric) if each.metric else None
        if figure and each.metric not in live:
            figure = {**figure, "rows_path": ""}
        start = marks.get(each.key, Deduction(0)) if scored else proposed(each, figure)
        lines.append({"item": each, "figure": figure, "mark": start})
    return page(
        request,
        "reviews/evaluated.html",
        status=status,
        it=it,
        chip=reading.STATES[reading.state_of(it)],
        lines=lines,
        themes=by_theme(indicators, marks),
        names=THEMES,
        shown=scored and (it["told"] or who.may(OVERVIEW)),
        reports=who.may(REPORT) and not it["reported_at"] and not scored and it["state"] == "open",
        objects=who.may(REPORT) and it["state"] == "told" and not it["objected_at"],
        scores=manages and not why,
        why=why if manages and it["state"] == "open" else "",
        rules=manages and objected and it["state"] == "told",
        overview=who.may(OVERVIEW),
        form=form,
        act=act,
        past=past,
        waiting=waiting,
        words=points_words,
        grade=grade_of,
    )


@post(
    "/evaluations/units/{ident:int}/report",
    guards=[requires(REPORT)],
    request_max_body_size=FORM_WITH_FILES,
)
async def post_report(request: Request, ident: FromPath[int]) -> Response:
    """报送自评."""
    who = visitor(request)
    form = await bind(request, ReportForm)
    if form.ok and (done := await once(request, form.value.once)):
        return done
    async with transaction(who.scope):
        it = await reading.unit_of(who.scope, ident)
    sent = []
    try:
        sent = await attachments(
            request,
            "files",
            place=evaluating.place_of(it),
            purpose=self_report.PURPOSE,
            kinds=MEDIA,
        )
    except Invalid as error:
        form.errors.update(error.errors)
    if not form.ok:
        return await _unit(request, ident, form, "report", 422)
    said = form.value
    texts = (said.theme_1, said.theme_2, said.theme_3, said.theme_4, said.theme_5)
    async with transaction(who.scope):
        if done := await once(request, said.once):
            return done
        await self_report.report(who, ident, dict(zip(THEMES, texts, strict=True)), sent)
        await remember_once(request, said.once, f"{PATH}/{ident}")
    return redirect(request, f"{PATH}/{ident}", message="自评已报送，等监督机关评分。")


def _marks(indicators: list[Indicator], form: Bound[Any]) -> dict[str, Deduction]:
    found = {}
    for each in indicators:
        lost = number_of(str(form.raw.get(f"lost.{each.key}", "") or "0").strip())
        if lost is None:
            form.error(f"lost.{each.key}", "扣分要写整数。")
            continue
        reason = str(form.raw.get(f"reason.{each.key}", "") or "").strip()
        found[each.key] = Deduction(lost, reason[:300])
    return found


async def _marked(request: Request, ident: int, form: Bound[Any]) -> dict[str, Deduction]:
    who = visitor(request)
    async with transaction(who.scope):
        it = await reading.unit_of(who.scope, ident)
    return _marks(indicators_of(it["indicators"]), form)


@post("/evaluations/units/{ident:int}/score", guards=[requires(EVALUATE)])
async def post_score(request: Request, ident: FromPath[int]) -> Response:
    """评分."""
    form = await bind(request, ScoreForm)
    marks = await _marked(request, ident, form)
    if form.ok:
        try:
            await evaluating.score_unit(visitor(request), ident, marks, form.value)
            return redirect(request, f"{PATH}/{ident}", message="评分已记下，告知以前可以改。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _unit(request, ident, form, "score", 422)


@post("/evaluations/units/{ident:int}/object", guards=[requires(REPORT)])
async def post_object(request: Request, ident: FromPath[int]) -> Response:
    """提异议."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _unit(request, ident, form, "object", 422)
    await self_report.object_to_score(visitor(request), ident, form.value.words)
    return redirect(request, f"{PATH}/{ident}", message="异议已提出。")


@post("/evaluations/units/{ident:int}/rule", guards=[requires(EVALUATE)])
async def post_ruling(request: Request, ident: FromPath[int]) -> Response:
    """处理异议."""
    form = await bind(request, RulingForm)
    marks = await _marked(request, ident, form)
    if form.ok:
        try:
            await evaluating.rule_objection(visitor(request), ident, marks, form.value)
            return redirect(request, f"{PATH}/{ident}", message="异议已处理。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _unit(request, ident, form, "rule", 422)


ROUTES = [show_unit, post_report, post_score, post_object, post_ruling]
