# SPDX-License-Identifier: Apache-2.0
"""成绩: publishing, item analysis, appeals; a person's own exams."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.web import (
    Bound,
    Column,
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
    wants_xlsx,
    xlsx_response,
)
from plugins.exams.forms import AppealForm, Nothing, RulingForm
from plugins.exams.queries import sessions as queries
from plugins.exams.routes.shared import WORDS
from plugins.exams.rules.analysis import FEWEST
from plugins.exams.services import after as services
from plugins.exams.services.base import RUN, SECOND, as_person
from plugins.exams.services.sessions import own_session
from plugins.exams.services.sitting import questions_of

RESULT_COLUMNS = (
    Column("ticket", "准考证号", coded=True),
    Column("name", "姓名"),
    Column("unit", "单位"),
    Column("purpose", "事由"),
    Column("score", "得分"),
    Column("outcome", "结果"),
)


def outcome_of(each: dict[str, Any]) -> tuple[str, str]:
    """How a result is shown."""
    if each["state"] == "voided":
        return ("revoked", "作废")
    if each["state"] != "submitted":
        return ("late", "缺考") if each["state"] in (None, "ready") else ("doing", "作答中")
    return ("done", "合格") if each["passed"] else ("returned", "不合格")


@get("/sessions/{session:int}/results", guards=[requires(SECOND)])
async def show_results(request: Request, session: FromPath[int]) -> Response:
    """Everybody's score, the appeals, the log of re-grading."""
    return await _results_page(request, session)


async def _results_page(
    request: Request, session: int, *, status: int = 200, error: str = ""
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_session(who, session)
        if found["state"] not in ("closed", "published"):
            raise Refused("考试结束以后才有成绩。")
        results = await rows(services.RESULTS, session)
        for each in results:
            each["shown"] = outcome_of(each)
        if wants_xlsx(request):
            await note_export(
                request, "exams.results", f"{found['title']}成绩", form="XLSX", rows=len(results)
            )
            listed = [
                {
                    **each,
                    "purpose": WORDS["purposes"][each["purpose"]],
                    "score": (each["score"] or 0) / 10,
                    "outcome": each["shown"][1],
                }
                for each in results
            ]
            return await xlsx_response(f"{found['title']}成绩", RESULT_COLUMNS, listed)
        appeals = await queries.appeals_of(session)
        regrades = await queries.regrades_of(session)
        good, bad = await services.check_chains(session)
    return page(
        request,
        "exams/results.html",
        status=status,
        error=error,
        session=found,
        results=results,
        appeals=appeals,
        regrades=regrades,
        good=good,
        bad=bad,
        passed=sum(1 for each in results if each["shown"][1] == "合格"),
        may_run=who.may(RUN),
        **WORDS,
    )


@post("/sessions/{session:int}/publish", guards=[requires(RUN)])
async def publish(request: Request, session: FromPath[int]) -> Response:
    """公布成绩."""
    who = visitor(request)
    await bind(request, Nothing)
    try:
        async with transaction(who.scope):
            counts = await services.publish(who, session)
    except (Refused, Conflict) as error:
        return await _results_page(request, session, status=409, error=str(error))
    said = f"已公布：合格 {counts['passed']} 人，不合格 {counts['failed']} 人，缺考 {counts['absent']} 人"
    said += f"，作废 {counts['voided']} 人。" if counts["voided"] else "。"
    return redirect(request, f"/exams/sessions/{session}/results", message=said)


@get("/sessions/{session:int}/analysis", guards=[requires(SECOND)])
async def show_analysis(request: Request, session: FromPath[int]) -> Response:
    """How hard each question was, whether it told the good from the weak."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_session(who, session)
        if found["state"] not in ("closed", "published"):
            raise Refused("考试结束以后才有试题分析。")
        items = await services.analysis(found)
        papers = await value(
            "select count(*) from exams_attempt where session = $1 and state = 'submitted'", session
        )
    return page(
        request,
        "exams/analysis.html",
        session=found,
        items=items,
        papers=papers,
        fewest=FEWEST,
        **WORDS,
    )


# --- appeals --------------------------------------------------------------------------------------


async def _appeal_page(
    request: Request, appeal: int, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await row("select * from exams_appeal where id = $1", appeal)
        if found is None:
            raise NotFound
        session = await own_session(who, found["session"])
        why_not = await services.not_to_decide(who, found) if who.may(RUN) else ""
        question = (await questions_of([{"q": found["question"]}]))[found["question"]]
        item = next(
            each["item"]
            for each in await services.analysis(session)
            if each["position"] == found["position"]
        )
    return page(
        request,
        "exams/appeal.html",
        status=status,
        form=form,
        appeal=found,
        session=session,
        question=question,
        item=item,
        key_options=[(each["key"], each["text"]) for each in question["options"]],
        right=[each["key"] for each in question["options"] if each["correct"]],
        may_run=who.may(RUN),
        why_not=why_not,
        **WORDS,
    )


@get("/appeals/{appeal:int}", guards=[requires(SECOND)])
async def show_appeal(request: Request, appeal: FromPath[int]) -> Response:
    """One appeal with the question's figures."""
    return await _appeal_page(request, appeal)


@post("/appeals/{appeal:int}", guards=[requires(RUN)])
async def decide_appeal(request: Request, appeal: FromPath[int]) -> Response:
    """Uphold or reject."""
    who = visitor(request)
    form = await bind(request, RulingForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                changed = await services.decide_appeal(who, appeal, form.value)
                session = await row("select session from exams_appeal where id = $1", appeal)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            assert session is not None
            return redirect(
                request,
                f"/exams/sessions/{session['session']}/results",
                message=f"已处理，{changed} 人的得分因此变动。",
            )
    return await _appeal_page(request, appeal, form, 422)


# --- one's own ------------------------------------------------------------------------------------


@get("/mine", guards=[requires()])
async def list_own(request: Request) -> Response:
    """My exams: where and when, what came of them; open in whatever role somebody acts."""
    who = visitor(request)
    async with transaction(as_person(who)):
        entries = await queries.own_entries(who.person_id) if who.person_id else []
        wanted = await queries.own_wanted(who.person_id) if who.person_id else []
    return page(
        request,
        "exams/mine.html",
        entries=entries,
        wanted=wanted,
        wanted_states=queries.WANTED_STATES,
        **WORDS,
    )


async def _own_page(
    request: Request, entry: int, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(as_person(who)):
        found = await services.own_result(who.person_id, entry)
        published = found["session_state"] == "published"
        appeals = await queries.own_appeals(entry)
    order = found["order"] if published and found["state"] == "submitted" else []
    may = (
        bool(order)
        and found["appeals_until"] is not None
        and clock.today() <= found["appeals_until"]
    )
    for each in appeals:
        each["number"] = order.index(each["position"]) + 1 if order else each["position"] + 1
    return page(
        request,
        "exams/own.html",
        status=status,
        form=form,
        it=found,
        published=published,
        outcome=outcome_of(found),
        count=len(found["sheet"]),
        appeals=appeals,
        may_appeal=may,
        **WORDS,
    )


@get("/mine/{entry:int}", guards=[requires()])
async def show_own(request: Request, entry: FromPath[int]) -> Response:
    """One of my exams."""
    return await _own_page(request, entry)


@post("/mine/{entry:int}/appeals", guards=[requires()])
async def file_appeal(request: Request, entry: FromPath[int]) -> Response:
    """提出异议; the number is the one I saw on my paper."""
    who = visitor(request)
    form = await bind(request, AppealForm)
    if form.ok:
        try:
            async with transaction(as_person(who)):
                if done := await once(request, form.value.once):
                    return done
                found = await services.own_result(who.person_id, entry)
                order = found["order"]
                # Beyond the last one it names no question, which the service says.
                position = dict(enumerate(order, 1)).get(form.value.position, -1)
                await services.file_appeal(who, entry, position, form.value)
                await remember_once(request, form.value.once, f"/exams/mine/{entry}")
        except Invalid as error:
            form.errors.update(error.errors)
        except (Conflict, Refused) as error:
            form.errors[""] = str(error)
        else:
            return redirect(request, f"/exams/mine/{entry}", message="已提出，处理结果会通知你。")
    return await _own_page(request, entry, form, 422)


ROUTES_AFTER = (
    show_results,
    publish,
    show_analysis,
    show_appeal,
    decide_appeal,
    list_own,
    show_own,
    file_appeal,
)
