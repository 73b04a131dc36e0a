# SPDX-License-Identifier: Apache-2.0
"""The lists of reviews, and what a plan's page shows."""

from typing import Any

from core.api.db import Scope, row, rows, scope_conditions, transaction
from core.api.errors import NotFound
from core.api.web import Column, Filter, Listing
from plugins.reviews.rules.drawing import Candidate, draw, joined_seed, list_digest
from plugins.reviews.rules.ranking import Ranked, ranking

OWN_SHEET = Scope.platform("a reviewer's own sheet, wherever the bureau keeps it")

PLAN_STATES = {
    "announced": ("new", "种子已公布"),
    "scoring": ("doing", "评查中"),
    "told": ("replied", "已告知结果"),
    "confirmed": ("done", "已确认"),
}

PLANS = Listing(
    key="reviews.plans",
    title="评查计划",
    select="p.id, p.title, p.state, p.since, p.until, p.announced_at, t.name as template,"
    " t.version, (select count(*) from reviews_drawn d where d.plan = p.id) as drawn,"
    " (select count(*) from reviews_drawn d where d.plan = p.id and d.score is not null) as scored",
    source="reviews_plan p join reviews_template t on t.id = p.template",
    alias="p",
    id="p.id",
    columns=(
        Column("title", "名称", fold="jd-say1", width=36),
        Column("state", "状态", export=lambda r: PLAN_STATES[r["state"]][1]),
        Column("template", "评分表", width=26),
        Column("drawn", "抽取", kind="number"),
        Column("scored", "评完", kind="number"),
        Column("announced_at", "公布", kind="datetime", sort="p.announced_at"),
    ),
    filters=(Filter("q", "名称", where="p.title ilike {}", placeholder="输入后回车"),),
    order="-announced_at",
)

RESULTS = Listing(
    key="reviews.results",
    title="评查结果",
    select="d.id, d.case_number, d.title, d.unit, d.score, d.vetoed, d.objected_at, d.accepted,"
    " d.checked, p.title as plan_title, p.told_at",
    source="reviews_drawn d left join reviews_plan p on p.id = d.plan",
    counted="reviews_drawn d",
    alias="d",
    id="d.id",
    where="d.told",
    columns=(
        Column("case_number", "案号", fold="jd-say1", sort="d.case_number", width=30),
        Column("unit", "单位", sort="d.unit", width=26),
        Column("score", "得分", sort="d.score", kind="number", export=lambda r: r["score"] / 100),
        Column("objected_at", "异议", shown=False),
        Column("checked", "整改"),
    ),
    filters=(
        Filter(
            "tab",
            "结果",
            kind="tabs",
            options=(("todo", "要整改或等复核"), ("objected", "有异议"), ("all", "全部")),
            wheres={
                "todo": "d.score < 10000 and d.checked <> 'passed'",
                "objected": "d.objected_at is not null",
                "all": "true",
            },
            default="todo",
        ),
        Filter("q", "案号或单位", where="d.case_number || ' ' || d.unit ilike {}"),
    ),
    order="case_number",
)

MINE = (
    "select s.id, s.handed_at, s.score, d.case_number, d.title, d.unit, p.title as plan_title,"
    " p.state from reviews_sheet s join reviews_drawn d on d.id = s.drawn"
    " join reviews_plan p on p.id = d.plan where s.person = $1 and s.recused = ''"
    " order by s.handed_at is not null, s.id desc limit 300"
)


async def results_waiting(scope: Scope) -> int:
    """The badge of 评查结果: its first tab."""
    return await RESULTS.count(scope, {"tab": "todo"})


async def my_sheets(person: int) -> list[dict[str, Any]]:
    """A reviewer's own sheets, those to be scored first."""
    async with transaction(OWN_SHEET):
        return await rows(MINE, person)


async def templates_in(scope: Scope) -> list[dict[str, Any]]:
    """The newest version of every scoring table."""
    where, args = scope_conditions(scope, "t")
    return await rows(
        "select distinct on (t.name) t.* from reviews_template t"
        f" where {where} order by t.name, t.version desc",
        *args,
    )


async def plan_of(scope: Scope, plan: int) -> dict[str, Any]:
    """A plan inside the scope, with its scoring table."""
    where, args = scope_conditions(scope, "p", 2)
    found = await row(
        "select p.*, t.name as template_name, t.version, t.power_class, t.items from reviews_plan p"
        f" join reviews_template t on t.id = p.template where p.id = $1 and {where}",
        plan,
        *args,
    )
    if found is None:
        raise NotFound("没有这个评查计划，或者不在你的管理范围内。")
    return found


async def drawn_of(plan: int) -> list[dict[str, Any]]:
    """The drawn cases of a plan with how far their sheets are; no score of an open one."""
    return await rows(
        "select d.*, (select count(*) from reviews_sheet s where s.drawn = d.id"
        "   and s.recused = '') as sheets,"
        " (select count(*) from reviews_sheet s where s.drawn = d.id and s.recused = ''"
        "   and s.handed_at is not null) as handed,"
        " (select string_agg(s.name, '、' order by s.id) from reviews_sheet s"
        "   where s.drawn = d.id and s.recused = '') as reviewers"
        " from reviews_drawn d where d.plan = $1 order by d.unit, d.case_number",
        plan,
    )


async def waiting_sheets(plan: int) -> list[dict[str, Any]]:
    """The sheets of a plan nobody has handed in yet: whose they are, and of which case."""
    return await rows(
        "select s.id, s.name, d.case_number, d.unit from reviews_sheet s"
        " join reviews_drawn d on d.id = s.drawn"
        " where d.plan = $1 and s.handed_at is null and s.recused = ''"
        " order by s.name, d.case_number",
        plan,
    )


def repeated(plan: dict[str, Any], drawn: list[dict[str, Any]]) -> tuple[bool, bool]:
    """Whether the kept list is the one of the draw, and whether drawing again gives the same."""
    cases = [
        Candidate(int(case), str(number), str(unit)) for case, number, unit in plan["population"]
    ]
    seed = joined_seed(plan["seed"], plan["head"])
    again = {each.case for each in draw(cases, seed, plan["each_unit"])}
    return list_digest(cases) == plan["digest"], again == {each["case_id"] for each in drawn}


def ranked(plan: dict[str, Any], drawn: list[dict[str, Any]]) -> list[Ranked]:
    """The units in order, each with how much that order is worth."""
    scores: dict[str, list[float]] = {}
    for each in drawn:
        if each["score"] is not None:
            scores.setdefault(each["unit"], []).append(each["score"] / 100)
    sizes: dict[str, int] = {}
    for _case, _number, unit in plan["population"]:
        sizes[unit] = sizes.get(unit, 0) + 1
    return ranking(scores, sizes)
