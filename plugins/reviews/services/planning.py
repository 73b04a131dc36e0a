# SPDX-License-Identifier: Apache-2.0
"""Scoring tables, plans, the draw and who reviews what."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from core.api import clock
from core.api.access import Visitor, persons_holding_in
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    execute,
    json,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import newest_head, record
from core.api.messages import notify
from core.api.people import competent_organ, organisation_names, persons
from core.api.regions import path
from core.api.turns import hand_turn
from plugins.reviews import facts
from plugins.reviews.forms import PlanForm, TemplateForm
from plugins.reviews.rules.drawing import (
    Candidate,
    assign,
    draw,
    joined_seed,
    list_digest,
    rank_of,
)
from plugins.reviews.rules.scoring import read_items

MANAGE = "reviews.plan.manage"
SCORE = "reviews.sheet.score"
ASSIGN = Scope.platform("sheets stand at the bureau, drawn cases at their bodies")


def plan_ref(plan: int) -> SubjectRef:
    return SubjectRef("reviews.plan", plan)


def drawn_ref(drawn: int) -> SubjectRef:
    return SubjectRef("reviews.drawn", drawn)


async def office_place(who: Visitor) -> Place:
    """The bureau that reviews in the visitor's region, as a place."""
    organ = await competent_organ(who.region.lo, "supervision")
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused("本地区没有指定行政执法监督机关，不能组织评查。")
    return Place(who.region.lo, organ.lo)


async def publish_template(who: Visitor, form: TemplateForm) -> int:
    """A scoring table, or the next version of one; versions in use stay as they are."""
    items, problems = read_items(form.table)
    if problems:
        raise Invalid({"table": " ".join(problems[:5])})
    async with transaction(who.scope):
        place = await office_place(who)
        await execute(
            "select pg_advisory_xact_lock(hashtextextended($1, $2))", form.name, place.region_lo
        )
        before = await value(
            "select coalesce(max(version), 0) from reviews_template where name = $1"
            " and region_lo = $2",
            form.name,
            place.region_lo,
        )
        made = int(
            await value(
                "insert into reviews_template (name, version, power_class, items, published_at,"
                " by_name, region_lo, org_lo) values ($1, $2, $3, $4::jsonb, $5, $6, $7, $8)"
                " returning id",
                form.name,
                before + 1,
                form.power_class,
                json([asdict(each) for each in items]),
                clock.now(),
                who.name,
                place.region_lo,
                place.org_lo,
            )
        )
        told = facts.Published(made, form.name, before + 1)
        await record(
            "reviews.template_published", SubjectRef("reviews.template", made), told, place
        )
    return made


async def reviewers_in(region_lo: int) -> list[tuple[int, str]]:
    """Who may be asked to review in a region: those of the region and of the regions above it.

    Only they can open its cases.
    """
    async with transaction(ASSIGN):
        chosen = [
            person
            for above in await path(region_lo)
            for person in await persons_holding_in(SCORE, above.lo)
        ]
        found = await persons(chosen)
    return sorted(((key, each.name) for key, each in found.items()), key=lambda each: each[1])


async def announce_plan(who: Visitor, form: PlanForm) -> int:
    """The plan with its seed: public before there is a list."""
    async with transaction(who.scope):
        place = await office_place(who)
        template = await _template(who.scope, form.template)
        able = dict(await reviewers_in(place.region_lo))
        chosen = [each for each in dict.fromkeys(form.reviewers) if each in able]
        if len(chosen) < 2:
            raise Invalid({"reviewers": "至少选两名评查人，两人各自打分。"})
        if form.until < form.since:
            raise Invalid({"until": "止日早于起日。"})
        if form.until > clock.today():
            raise Invalid({"until": "止日还没有到，名单还会变。"})
        plan = int(
            await value(
                "insert into reviews_plan (title, template, since, until, each_unit, gap,"
                " reviewers, seed, announced_at, announced_by, region_lo, org_lo)"
                " values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12) returning id",
                form.title,
                template["id"],
                form.since,
                form.until,
                form.each_unit,
                form.gap,
                json(chosen),
                form.seed,
                clock.now(),
                who.name,
                place.region_lo,
                place.org_lo,
            )
        )
        await record(
            "reviews.announced", plan_ref(plan), facts.Announced(plan, form.title, form.seed), place
        )
    return plan


async def _template(scope: Scope, ident: int) -> Mapping[str, Any]:
    where, args = scope_conditions(scope, "t", 2)
    found = await row(
        f"select t.* from reviews_template t where t.id = $1 and {where}", ident, *args
    )
    if found is None:
        raise Invalid({"template": "没有这张评分表。"})
    return found


async def locked_plan(scope: Scope, plan: int, *states: str) -> dict[str, Any]:
    """The plan, nobody else changing it, in one of the states the act is for."""
    where, args = scope_conditions(scope, "p", 2)
    found = await row(
        f"select p.* from reviews_plan p where p.id = $1 and {where} for update", plan, *args
    )
    if found is None:
        raise NotFound("没有这个评查计划，或者不在你的管理范围内。")
    if found["state"] not in states:
        raise Conflict("这个计划已经走到下一步，请看现在的页面。")
    return found


async def population_of(
    scope: Scope, since: date, until: date, power_class: str
) -> list[dict[str, Any]]:
    """The closed cases a plan is about, by unit and number."""
    where, args = scope_conditions(scope, "c", 4)
    found = await rows(
        "select c.case_id, c.case_number, c.title, c.persons, c.region_lo, c.org_lo"
        " from reviews_case c left join reviews_item i on i.item = c.item"
        " where c.closed_on between $1 and $2 and ($3 = '' or coalesce(i.power_class, '') = $3)"
        f" and {where} order by c.org_lo, c.case_number, c.case_id",
        since,
        until,
        power_class,
        *args,
    )
    titles = await organisation_names([each["org_lo"] for each in found])
    for each in found:
        each["unit"] = titles.get(each["org_lo"], "没有登记的单位")
    return found


async def draw_sample(who: Visitor, plan: int) -> int:
    """Fix the list, draw by the seed published before, ask the reviewers. How many were drawn."""
    async with transaction(who.scope):
        it = await locked_plan(who.scope, plan, "announced")
        template = await _template(who.scope, it["template"])
        found = await population_of(who.scope, it["since"], it["until"], template["power_class"])
        if not found:
            raise Refused("这个期间没有办结的案件，请另订计划。")
        head = await newest_head()
        words = head.words if head else ""
        cases = [Candidate(each["case_id"], each["case_number"], each["unit"]) for each in found]
        seed = joined_seed(it["seed"], words)
        drawn = draw(cases, seed, it["each_unit"])
        by_case = {each["case_id"]: each for each in found}
        recused = await _recused(it["reviewers"], [by_case[each.case] for each in drawn])
        tasks = assign(drawn, it["reviewers"], recused, seed)
        digest = list_digest(cases)
        await execute(
            "update reviews_plan set state = 'scoring', head = $2, population = $3::jsonb,"
            " digest = $4, drawn_at = $5 where id = $1",
            plan,
            words,
            json([[each.case, each.number, each.stratum] for each in cases]),
            digest,
            clock.now(),
        )
        for each in drawn:
            await _enter(it, by_case[each.case], tasks[each.case])
        told = facts.Sampled(plan, it["title"], it["seed"], words, digest, len(cases), len(drawn))
        place = Place(it["region_lo"], it["org_lo"])
        await record("reviews.drawn", plan_ref(plan), told, place)
    return len(drawn)


async def _recused(
    reviewers: Sequence[int], drawn: Sequence[Mapping[str, Any]]
) -> dict[int, frozenset[int]]:
    """By case who may not review it: who dealt with it, and whoever belongs to the body."""
    async with transaction(ASSIGN):
        known = await persons(list(reviewers))
        bodies = await _bodies(
            [each.org_lo for each in known.values()] + [case["org_lo"] for case in drawn]
        )

    def involved(person: int, case: Mapping[str, Any]) -> bool:
        own = bodies.get(known[person].org_lo) if person in known else None
        return person in case["persons"] or (own is not None and own == bodies.get(case["org_lo"]))

    return {
        case["case_id"]: frozenset(each for each in reviewers if involved(each, case))
        for case in drawn
    }


async def _bodies(los: Sequence[int]) -> dict[int, int]:
    """The organisation at the top of each: whoever belongs to it belongs to the body."""
    found = await rows(
        "select x.lo, o.id from (select distinct unnest($1::int8[]) as lo) x"
        " join core_organisation o on o.parent is null and x.lo between o.lo and o.hi",
        list(los),
    )
    return {each["lo"]: each["id"] for each in found}


async def _enter(
    plan: Mapping[str, Any], case: Mapping[str, Any], reviewers: Sequence[int]
) -> None:
    drawn = int(
        await value(
            "insert into reviews_drawn (plan, case_id, case_number, title, unit, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5, $6, $7) returning id",
            plan["id"],
            case["case_id"],
            case["case_number"],
            case["title"],
            case["unit"],
            case["region_lo"],
            case["org_lo"],
        )
    )
    for person in reviewers:
        await ask_reviewer(plan, drawn, str(case["case_number"]), person)


async def ask_reviewer(plan: Mapping[str, Any], drawn: int, number: str, person: int) -> None:
    """Give one reviewer his own sheet; it comes to his 我的待办."""
    place = Place(plan["region_lo"], plan["org_lo"])
    async with transaction(ASSIGN):
        known = await persons([person])
        sheet = int(
            await value(
                "insert into reviews_sheet (drawn, person, name, region_lo, org_lo)"
                " values ($1, $2, $3, $4, $5) returning id",
                drawn,
                person,
                known[person].name if person in known else "",
                place.region_lo,
                place.org_lo,
            )
        )
        await hand_turn(
            SubjectRef("reviews.sheet", sheet),
            title=f"评查案卷 {number}",
            subline=str(plan["title"]),
            step_title="独立打分",
            path=f"/reviews/sheets/{sheet}",
            holder_person=person,
            permission=SCORE,
            place=place,
        )
        await notify(
            "reviews.asked",
            [person],
            SubjectRef("reviews.sheet", sheet),
            {"number": number, "plan": str(plan["title"])},
            place,
        )


async def third_reviewer(plan: Mapping[str, Any], drawn: Mapping[str, Any]) -> int:
    """The next reviewer for a case: none who has its sheet, none recused; 0 when nobody is left."""
    async with transaction(ASSIGN):
        have = {
            each["person"]
            for each in await rows("select person from reviews_sheet where drawn = $1", drawn["id"])
        }
        case = await row(
            "select case_id, persons, org_lo from reviews_case where case_id = $1", drawn["case_id"]
        )
        load = {
            each["person"]: each["n"]
            for each in await rows(
                "select s.person, count(*) as n from reviews_sheet s join reviews_drawn d"
                " on d.id = s.drawn where d.plan = $1 group by 1",
                plan["id"],
            )
        }
    recused = await _recused(plan["reviewers"], [case]) if case else {}
    out = have | recused.get(drawn["case_id"], frozenset())
    free = [each for each in plan["reviewers"] if each not in out]
    seed = joined_seed(plan["seed"], plan["head"])
    free.sort(key=lambda e: (load.get(e, 0), rank_of(seed, f"{drawn['case_number']}/{e}")))
    return free[0] if free else 0


async def add_reviewer(who: Visitor, plan: int, drawn: int, person: int) -> None:
    """Ask one more reviewer for a case for which too few were left."""
    async with transaction(who.scope):
        it = await locked_plan(who.scope, plan, "scoring")
        found = await row("select * from reviews_drawn where id = $1 and plan = $2", drawn, plan)
        if found is None or found["score"] is not None:
            raise Conflict("这份案卷不缺评查人。")
        able = dict(await reviewers_in(it["region_lo"]))
        wider = {**it, "reviewers": [person]}
        if person not in able or await third_reviewer(wider, found) != person:
            raise Invalid({"person": "这个人不能评查这份案卷：已经有他的评分，或者应当回避。"})
        await ask_reviewer(it, drawn, found["case_number"], person)
