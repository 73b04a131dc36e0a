# SPDX-License-Identifier: Apache-2.0
"""The bureau's pages: scoring tables, plans, the draw, progress, ranking, report."""

from typing import Any, Final

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid
from core.api.facts import newest_head
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    number_of,
    page,
    post,
    printed,
    redirect,
    unbound,
    wants_xlsx,
)
from plugins.reviews.forms import PlanForm, ReviewerForm, TemplateForm, WordsForm
from plugins.reviews.queries import lists
from plugins.reviews.rules.scoring import (
    DECIDED,
    VETOED,
    grade_of,
    items_of,
    items_text,
    points_words,
)
from plugins.reviews.samples import SAMPLE
from plugins.reviews.services import answering, planning, scoring
from plugins.reviews.services.planning import MANAGE

READ = "reviews.plan.read"
CLASSES: Final = (
    ("penalty", "行政处罚"),
    ("licence", "行政许可"),
    ("inspection", "行政检查"),
    ("coercion", "行政强制"),
    ("confirmation", "行政确认"),
    ("levy", "行政征收"),
    ("payment", "行政给付"),
    ("ruling", "行政裁决"),
)


@get("/", guards=[requires(READ)])
async def list_plans(request: Request) -> Response:
    """The plans of the region."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, lists.PLANS, await lists.PLANS.export(request, who.scope))
        listing = await lists.PLANS.page(request, who.scope)
        templates = await lists.templates_in(who.scope)
    return page(
        request,
        "reviews/plans.html",
        listing=listing,
        states=lists.PLAN_STATES,
        templates=templates,
        classes=dict(CLASSES),
        manages=who.may(MANAGE),
    )


@get("/templates/new", guards=[requires(MANAGE)])
async def new_template(request: Request) -> Response:
    """A scoring table, or the next version of one (``?from=``)."""
    who = visitor(request)
    before = number_of(request.query_params.get("from", "")) or 0
    name, text, power_class = "行政处罚案卷评查标准", SAMPLE, "penalty"
    if before:
        async with transaction(who.scope):
            found = next(
                (each for each in await lists.templates_in(who.scope) if each["id"] == before), None
            )
        if found:
            name, power_class = found["name"], found["power_class"]
            text = items_text(items_of(found["items"]))
    shown = unbound(TemplateForm, name=name, table=text, power_class=power_class)
    return _template_page(request, shown)


def _template_page(request: Request, form: Bound[TemplateForm], status: int = 200) -> Response:
    return page(
        request,
        "reviews/template.html",
        status=status,
        form=form,
        classes=CLASSES,
        kinds=[title for _, title in DECIDED],
    )


@post("/templates", guards=[requires(MANAGE)])
async def post_template(request: Request) -> Response:
    """Publish the version."""
    form = await bind(request, TemplateForm)
    if form.ok:
        try:
            await planning.publish_template(visitor(request), form.value)
            return redirect(request, "/reviews/", message="评分表已发布。")
        except Invalid as error:
            form.errors.update(error.errors)
    return _template_page(request, form, 422)


@get("/new", guards=[requires(MANAGE)])
async def new_plan(request: Request) -> Response:
    """A plan with its seed."""
    return await _plan_page(request, unbound(PlanForm))


async def _plan_page(request: Request, form: Bound[PlanForm], status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        templates = await lists.templates_in(who.scope)
        reviewers = await planning.reviewers_in(who.region.lo)
    return page(
        request,
        "reviews/new.html",
        status=status,
        form=form,
        templates=[
            (each["id"], f"{each['name']}（第 {each['version']} 版）") for each in templates
        ],
        reviewers=reviewers,
    )


@post("/", guards=[requires(MANAGE)])
async def post_plan(request: Request) -> Response:
    """公布."""
    form = await bind(request, PlanForm)
    if form.ok:
        try:
            plan = await planning.announce_plan(visitor(request), form.value)
            return redirect(request, f"/reviews/{plan}", message="计划和种子已公布。")
        except Invalid as error:
            form.errors.update(error.errors)
    return await _plan_page(request, form, 422)


@get("/{plan:int}", guards=[requires(READ)])
async def show_plan(request: Request, plan: FromPath[int]) -> Response:
    """The plan, what was drawn, how far it is, and at last the ranking."""
    return await _show(request, plan, "reviews/plan.html")


@get("/{plan:int}/print", guards=[requires(READ)])
async def print_plan(request: Request, plan: FromPath[int]) -> Response:
    """The report: draw record, results, ranking with size and interval, deductions."""
    return await _show(request, plan, "reviews/plan_print.html", paper=True)


async def _show(
    request: Request,
    plan: int,
    template: str,
    *,
    paper: bool = False,
    error: str = "",
    form: Bound[Any] | None = None,
    form_of: int = 0,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        it = await lists.plan_of(who.scope, plan)
        drawn = await lists.drawn_of(plan)
        unhanded = await lists.waiting_sheets(plan) if it["state"] == "scoring" else []
        shown = it["state"] in ("told", "confirmed")
        deductions: list[dict[str, Any]] = []
        if shown and paper:
            deductions = [
                {"number": each["case_number"], "sheet": sheet}
                for each in drawn
                for sheet in await answering.sheets_of(each["id"])
            ]
        population = (
            await planning.population_of(who.scope, it["since"], it["until"], it["power_class"])
            if it["state"] == "announced"
            else []
        )
        reviewers = await planning.reviewers_in(it["region_lo"]) if not paper else []
        seal = (
            await printed(request, "reviews.plan", it["title"], rows=len(drawn))
            if paper
            else await newest_head()
        )
    same_list, same_draw = lists.repeated(it, drawn) if it["digest"] else (True, True)
    return page(
        request,
        template,
        status=422 if error or form else 200,
        plan=it,
        state=lists.PLAN_STATES[it["state"]],
        items=items_of(it["items"]),
        titles={each.key: each.title for each in items_of(it["items"])},
        drawn=drawn,
        shown=shown,
        same_list=same_list,
        same_draw=same_draw,
        ranked=lists.ranked(it, drawn) if shown else [],
        waiting=len(population),
        left=[each for each in drawn if each["score"] is None],
        stuck=[
            each for each in drawn if each["score"] is None and each["handed"] == each["sheets"]
        ],
        unhanded=unhanded,
        form=form,
        form_of=form_of,
        reviewers=reviewers,
        asked_names="、".join(name for key, name in reviewers if key in it["reviewers"]),
        words=points_words,
        grade=lambda each: VETOED if each["vetoed"] else grade_of(each["score"]),
        manages=who.may(MANAGE),
        deductions=deductions,
        error=error,
        seal=seal,
        back=f"/reviews/{plan}",
    )


@post("/{plan:int}/draw", guards=[requires(MANAGE)])
async def post_draw(request: Request, plan: FromPath[int]) -> Response:
    """抽取."""
    count = await planning.draw_sample(visitor(request), plan)
    return redirect(
        request, f"/reviews/{plan}", message=f"名单已固定，抽出 {count} 卷，已派给评查人。"
    )


@post("/{plan:int}/reviewer", guards=[requires(MANAGE)])
async def post_reviewer(request: Request, plan: FromPath[int]) -> Response:
    """补派评查人."""
    form = await bind(request, ReviewerForm)
    if not form.ok:
        return await _show(request, plan, "reviews/plan.html", error="请选择评查人。")
    try:
        await planning.add_reviewer(visitor(request), plan, form.value.drawn, form.value.person)
    except Invalid as refused:
        said = "".join(refused.errors.values())
        return await _show(request, plan, "reviews/plan.html", error=said)
    return redirect(request, f"/reviews/{plan}", message="已补派评查人。")


@post("/{plan:int}/sheets/{sheet:int}/replace", guards=[requires(MANAGE)])
async def post_replace(request: Request, plan: FromPath[int], sheet: FromPath[int]) -> Response:
    """更换评查人."""
    form = await bind(request, WordsForm)
    if not form.ok:
        return await _show(request, plan, "reviews/plan.html", form=form, form_of=sheet)
    asked = await scoring.replace_reviewer(visitor(request), plan, sheet, form.value.words)
    said = "已换下，另派了评查人。" if asked else "已换下，没有人可以接替了，请补派评查人。"
    return redirect(request, f"/reviews/{plan}", message=said)


@post("/{plan:int}/tell", guards=[requires(MANAGE)])
async def post_tell(request: Request, plan: FromPath[int]) -> Response:
    """告知结果."""
    await answering.tell_results(visitor(request), plan)
    return redirect(request, f"/reviews/{plan}", message="结果已告知各单位，可以提异议。")


@post("/{plan:int}/confirm", guards=[requires(MANAGE)])
async def post_confirm(request: Request, plan: FromPath[int]) -> Response:
    """确认成绩."""
    await answering.confirm_plan(visitor(request), plan)
    return redirect(request, f"/reviews/{plan}", message="成绩已确认。")


ROUTES = [
    list_plans,
    new_template,
    post_template,
    new_plan,
    post_plan,
    show_plan,
    print_plan,
    post_draw,
    post_reviewer,
    post_replace,
    post_tell,
    post_confirm,
]
