# SPDX-License-Identifier: Apache-2.0
"""Evaluations: the list of units, one evaluation, and what everybody reads."""

from typing import Any, Final

from core.api.db import Scope, row, rows, scope_conditions, transaction
from core.api.errors import NotFound
from core.api.web import Column, Filter, Listing

JOINING: Final = Scope.platform("an evaluation stands at the bureau, its units at their own place")
PAGE: Final = 30

STATES: Final = {
    "report": ("new", "待自评"),
    "score": ("doing", "待评分"),
    "scored": ("replied", "已评分"),
    "told": ("replied", "已告知"),
    "objected": ("returned", "异议待处理"),
    "published": ("done", "已公布"),
}
EVALUATION_STATES: Final = {
    "open": ("doing", "进行中"),
    "told": ("replied", "已告知"),
    "published": ("done", "已公布"),
}


def state_of(it: dict[str, Any]) -> str:
    """Where one body stands, from its row joined with the evaluation's state."""
    if it["state"] == "published":
        return "published"
    if it["told"]:
        waits = it["objected_at"] is not None and it["accepted"] is None
        return "objected" if waits else "told"
    if it["score"] is not None:
        return "scored"
    return "score" if it["reported_at"] else "report"


UNITS = Listing(
    key="reviews.evaluated",
    title="检查评议",
    select="u.id, u.evaluation, u.unit, u.score, u.told, u.reported_at, u.late, u.objected_at,"
    " u.accepted",
    source="reviews_evaluated u",
    alias="u",
    id="u.id",
    columns=(
        Column("unit", "单位", fold="jd-say1", sort="u.unit", width=30),
        Column("reported_at", "进度", kind="datetime", sort="u.reported_at"),
        Column(
            "score",
            "得分",
            kind="number",
            # Before it is told, a score is nobody's but the bureau's; the file follows the page.
            export=lambda r: r["score"] / 100 if r["told"] and r["score"] is not None else "",
        ),
    ),
    filters=(
        Filter(
            "tab",
            "进度",
            kind="tabs",
            options=(
                ("report", "待自评"),
                ("score", "待评分"),
                ("objected", "异议待处理"),
                ("all", "全部"),
            ),
            wheres={
                "report": "u.reported_at is null and u.score is null",
                "score": "u.reported_at is not null and u.score is null",
                "objected": "u.objected_at is not null and u.accepted is null",
                "all": "true",
            },
            default="all",
        ),
        Filter("q", "单位", where="u.unit ilike {}", placeholder="输入后回车"),
    ),
    order="unit",
)


async def headings(evaluations: set[int]) -> dict[int, dict[str, Any]]:
    """Title, state and date of the evaluations that listed units belong to."""
    async with transaction(JOINING):
        found = await rows(
            "select id, title, state, due from reviews_evaluation where id = any($1::int8[])",
            list(evaluations),
        )
    return {each["id"]: each for each in found}


async def evaluations_in(scope: Scope) -> list[dict[str, Any]]:
    """The newest evaluations of a region."""
    where, args = scope_conditions(scope, "e")
    return await rows(
        "select e.*, count(u.id) as units, count(u.reported_at) as reported,"
        " count(u.score) as scored from reviews_evaluation e left join reviews_evaluated u"
        f" on u.evaluation = e.id where {where} group by e.id order by e.id desc limit 20",
        *args,
    )


async def schemes_in(scope: Scope) -> list[dict[str, Any]]:
    """The newest version of every standard."""
    where, args = scope_conditions(scope, "s")
    return await rows(
        f"select distinct on (s.name) s.* from reviews_scheme s where {where}"
        " order by s.name, s.version desc",
        *args,
    )


async def evaluation_of(scope: Scope, evaluation: int, *, lock: bool = False) -> dict[str, Any]:
    """An evaluation inside the scope, with its standard."""
    where, args = scope_conditions(scope, "e", 2)
    end = " for update of e" if lock else ""
    found = await row(
        "select e.*, s.name as scheme_name, s.version, s.indicators from reviews_evaluation e"
        f" join reviews_scheme s on s.id = e.scheme where e.id = $1 and {where}{end}",
        evaluation,
        *args,
    )
    if found is None:
        raise NotFound("没有这次检查评议，或者不在你的管理范围内。")
    return found


async def units_of(evaluation: int, *, lock: bool = False) -> list[dict[str, Any]]:
    """The bodies of an evaluation by name, as far as the open scope sees them."""
    end = " for update of u" if lock else ""
    return await rows(
        "select u.*, e.state from reviews_evaluated u join reviews_evaluation e"
        f" on e.id = u.evaluation where u.evaluation = $1 order by u.unit{end}",
        evaluation,
    )


async def unit_of(scope: Scope, evaluated: int, *, lock: bool = False) -> dict[str, Any]:
    """One body in an evaluation, inside the scope, with the evaluation and its standard."""
    where, args = scope_conditions(scope, "u", 2)
    end = " for update" if lock else ""
    found = await row(
        f"select u.* from reviews_evaluated u where u.id = $1 and {where}{end}", evaluated, *args
    )
    if found is None:
        raise NotFound("没有这份检查评议，或者不在你的管理范围内。")
    async with transaction(JOINING):
        over = await row(
            "select e.title, e.state, e.since, e.until, e.due, e.opened_at, e.region_lo as organ_region,"
            " e.org_lo as organ_org, s.name as scheme_name, s.version, s.indicators"
            " from reviews_evaluation e join reviews_scheme s on s.id = e.scheme where e.id = $1",
            found["evaluation"],
        )
    assert over is not None
    return {**over, **found}


async def earlier(
    scope: Scope, it: dict[str, Any], organisations: list[int]
) -> dict[int, dict[str, Any]]:
    """By organisation: its newest told result of a period that ended earlier, by the same region."""
    where, args = scope_conditions(scope, "e", 5)
    found = await rows(
        "select distinct on (u.organisation) u.id, u.organisation, u.score, e.title, e.since,"
        " e.until, e.scheme from reviews_evaluated u join reviews_evaluation e"
        " on e.id = u.evaluation where u.told and u.organisation = any($1::int8[])"
        f" and e.until < $2 and e.region_lo = $3 and e.id <> $4 and {where}"
        " order by u.organisation, e.until desc, e.id desc",
        organisations,
        it["until"],
        it["region_lo"],
        it["id"],
        *args,
    )
    return {each["organisation"]: each for each in found}


async def history_of(scope: Scope, organisation: int, evaluated: int) -> list[dict[str, Any]]:
    """The other told results of one body inside the scope, newest period first."""
    where, args = scope_conditions(scope, "u", 3)
    found = await rows(
        "select u.id, u.evaluation, u.score, u.marks from reviews_evaluated u"
        f" where u.organisation = $1 and u.id <> $2 and u.told and {where}"
        f" order by u.id desc limit {PAGE}",
        organisation,
        evaluated,
        *args,
    )
    async with transaction(JOINING):
        over = await rows(
            "select e.id as evaluation, e.title, e.since, e.until, e.scheme, s.name as scheme_name,"
            " s.version, s.indicators from reviews_evaluation e join reviews_scheme s"
            " on s.id = e.scheme where e.id = any($1::int8[])",
            [each["evaluation"] for each in found],
        )
    heads = {each["evaluation"]: each for each in over}
    lines = [{**heads[each["evaluation"]], **each} for each in found]
    return sorted(lines, key=lambda each: (each["until"], each["id"]), reverse=True)


async def published(before: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Published evaluations, newest first, and the id to go on from (0 = no more)."""
    async with transaction(Scope.public()):
        found = await rows(
            "select evaluation, max(title) as title, max(organ) as organ, min(since) as since,"
            " max(until) as until, max(published_at) as published_at, count(*) as units"
            " from reviews_appraisal where published and ($1 = 0 or evaluation < $1)"
            " group by evaluation order by evaluation desc limit $2",
            before,
            PAGE + 1,
        )
    return found[:PAGE], found[PAGE - 1]["evaluation"] if len(found) > PAGE else 0


async def one_published(evaluation: int) -> list[dict[str, Any]]:
    """A published evaluation, its bodies by name: no order of scores."""
    async with transaction(Scope.public()):
        return await rows(
            "select title, organ, unit, since, until, score, themes, figures, published_at"
            " from reviews_appraisal where evaluation = $1 and published order by unit",
            evaluation,
        )
