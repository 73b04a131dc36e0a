# SPDX-License-Identifier: Apache-2.0
"""检查评议 at the bureau: the standard, the opening with frozen numbers, scores, publication."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from core.api import clock
from core.api.access import Visitor, persons_holding
from core.api.db import (
    Interval,
    Place,
    Scope,
    SubjectRef,
    execute,
    json,
    row,
    scope_conditions,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.metrics import measure, offered
from core.api.people import OrganisationRow, organisation_at, organisations_in
from core.api.turns import close_turn, hand_turn
from plugins.reviews import facts
from plugins.reviews.forms import EvaluationForm, RulingForm, SchemeForm, ScoreForm
from plugins.reviews.queries.evaluations import evaluation_of, unit_of, units_of
from plugins.reviews.rules.evaluating import (
    Deduction,
    by_theme,
    deductions_of,
    indicators_of,
    mark_problems,
    public_number,
    read_indicators,
    score_of,
    why_not_score,
)
from plugins.reviews.rules.scoring import points_words
from plugins.reviews.services.planning import office_place

EVALUATE = "reviews.evaluation.manage"
REPORT = "reviews.evaluation.report"
BODIES = ("department", "body", "entrusted")


def evaluation_ref(evaluation: int) -> SubjectRef:
    return SubjectRef("reviews.evaluation", evaluation)


def unit_ref(evaluated: int) -> SubjectRef:
    return SubjectRef("reviews.evaluated", evaluated)


async def metric_titles(region_lo: int) -> dict[str, str]:
    """Titles of the numbers an indicator may be bound to, by key."""
    return {each.key: each.title for each in await offered(region_lo, per_unit=True)}


async def publish_scheme(who: Visitor, form: SchemeForm) -> int:
    """A standard, or the next version of one; evaluations that use an older one keep it."""
    async with transaction(who.scope):
        place = await office_place(who)
        indicators, problems = read_indicators(form.table, await metric_titles(place.region_lo))
        if problems:
            raise Invalid({"table": " ".join(problems[:5])})
        await execute(
            "select pg_advisory_xact_lock(hashtextextended($1, $2))", form.name, place.region_lo
        )
        before = await value(
            "select coalesce(max(version), 0) from reviews_scheme where name = $1"
            " and region_lo = $2",
            form.name,
            place.region_lo,
        )
        made = int(
            await value(
                "insert into reviews_scheme (name, version, indicators, published_at, by_name,"
                " region_lo, org_lo) values ($1, $2, $3::jsonb, $4, $5, $6, $7) returning id",
                form.name,
                before + 1,
                json([asdict(each) for each in indicators]),
                clock.now(),
                who.name,
                place.region_lo,
                place.org_lo,
            )
        )
        told = facts.Standard(made, form.name, before + 1)
        await record("reviews.scheme_published", SubjectRef("reviews.scheme", made), told, place)
    return made


async def bodies_in(scope: Scope) -> list[OrganisationRow]:
    """The bodies of a region that can be evaluated."""
    return await organisations_in(scope, kinds=BODIES)


async def open_evaluation(who: Visitor, form: EvaluationForm) -> int:
    """Freeze the numbers of a period that is over, and ask every body for its report."""
    today = clock.today()
    async with transaction(who.scope):
        place = await office_place(who)
        where, args = scope_conditions(who.scope, "s", 2)
        scheme = await row(
            f"select s.* from reviews_scheme s where s.id = $1 and {where}", form.scheme, *args
        )
        known = {each.id: each for each in await bodies_in(who.scope)}
        chosen = [known[each] for each in dict.fromkeys(form.bodies) if each in known]
        faults = {}
        if scheme is None:
            faults["scheme"] = "没有这个评议标准。"
        if form.until < form.since:
            faults["until"] = "止日早于起日。"
        elif form.until >= today:
            faults["until"] = "期间还没有过完，数还会变。"
        if form.due < today:
            faults["due"] = "截止日已经过了。"
        organ = await organisation_at(place.org_lo)
        own = [each for each in chosen if organ and organ.lo <= each.lo < organ.hi]
        if not chosen:
            faults["bodies"] = "至少选一个单位。"
        elif own:
            faults["bodies"] = f"{own[0].name}是组织评议的机关自己的单位，不能自己评自己。"
        if faults or scheme is None:
            raise Invalid(faults)
        evaluation = int(
            await value(
                "insert into reviews_evaluation (title, scheme, since, until, due, opened_at,"
                " opened_by, region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                " returning id",
                form.title,
                scheme["id"],
                form.since,
                form.until,
                form.due,
                clock.now(),
                who.name,
                place.region_lo,
                place.org_lo,
            )
        )
        keys = [each.metric for each in indicators_of(scheme["indicators"]) if each.metric]
        for body in chosen:
            await _enter(who, evaluation, form, body, keys)
        told = facts.Evaluated(evaluation, form.title, len(chosen))
        await record("reviews.evaluation_opened", evaluation_ref(evaluation), told, place)
    return evaluation


async def _enter(
    who: Visitor, evaluation: int, form: EvaluationForm, body: OrganisationRow, keys: list[str]
) -> None:
    inside = Scope(who.scope.region, Interval(body.lo, body.hi), actor=who.user_id)
    figures = await measure(keys, inside, (form.since, form.until))
    at = Place(body.region_lo, body.lo)
    made = int(
        await value(
            "insert into reviews_evaluated (evaluation, organisation, unit, figures, region_lo,"
            " org_lo) values ($1, $2, $3, $4::jsonb, $5, $6) returning id",
            evaluation,
            body.id,
            body.name,
            json({key: asdict(each) for key, each in figures.items()}),
            at.region_lo,
            at.org_lo,
        )
    )
    await hand_turn(
        unit_ref(made),
        title=form.title,
        subline="检查评议",
        step_title="报送自评",
        path=f"/reviews/evaluations/units/{made}",
        holder_org=body.lo,
        permission=REPORT,
        due_at=datetime.combine(form.due, time(23, 59), clock.SHANGHAI),
        place=at,
    )
    if persons := await persons_holding(REPORT, body.lo, body.hi):
        words = {"title": form.title, "due": f"{form.due.month}月{form.due.day}日"}
        await notify("reviews.evaluate", persons, unit_ref(made), words, at)


def place_of(it: Mapping[str, Any]) -> Place:
    return Place(it["region_lo"], it["org_lo"])


def _refuse_marks(it: Mapping[str, Any], marks: Mapping[str, Deduction]) -> None:
    faults = mark_problems(indicators_of(it["indicators"]), marks)
    if faults:
        raise Invalid(
            {
                f"{'lost' if '之间' in text else 'reason'}.{key}": text
                for key, text in faults.items()
            }
        )


def _kept(marks: Mapping[str, Deduction]) -> str:
    return json({key: asdict(each) for key, each in marks.items() if each.lost})


async def score_unit(
    who: Visitor, evaluated: int, marks: Mapping[str, Deduction], form: ScoreForm
) -> None:
    """The bureau scores one body; until the results are told it may score again."""
    async with transaction(who.scope):
        it = await unit_of(who.scope, evaluated, lock=True)
        why = why_not_score(
            state=it["state"],
            reported=it["reported_at"] is not None,
            due=it["due"],
            today=clock.today(),
        )
        if why:
            raise Refused(why)
        _refuse_marks(it, marks)
        score = score_of(indicators_of(it["indicators"]), marks)
        await execute(
            "update reviews_evaluated set marks = $2::jsonb, remark = $3, score = $4,"
            " scored_by = $5 where id = $1",
            evaluated,
            _kept(marks),
            form.remark.strip(),
            score,
            who.name,
        )
        await close_turn(unit_ref(evaluated))
        await acted("reviews.evaluation_scored", it, f"{points_words(score)} 分")


async def acted(kind: str, it: Mapping[str, Any], words: str = "") -> None:
    """One fact about one body."""
    told = facts.Appraised(it["evaluation"], it["id"], it["unit"], words)
    await record(kind, unit_ref(it["id"]), told, place_of(it))


async def tell_evaluation(who: Visitor, evaluation: int) -> None:
    """Every body is scored: each sees its own result."""
    async with transaction(who.scope):
        it = await evaluation_of(who.scope, evaluation, lock=True)
        if it["state"] != "open":
            raise Conflict("结果已经告知。")
        units = await units_of(evaluation, lock=True)
        if left := [each["unit"] for each in units if each["score"] is None]:
            raise Refused(f"还有 {len(left)} 个单位没有评分：{'、'.join(left[:5])}。")
        await execute(
            "update reviews_evaluation set state = 'told', told_at = $2 where id = $1",
            evaluation,
            clock.now(),
        )
        await execute("update reviews_evaluated set told = true where evaluation = $1", evaluation)
        told = facts.Evaluated(evaluation, it["title"], len(units))
        await record("reviews.evaluation_told", evaluation_ref(evaluation), told, place_of(it))
        for each in units:
            if persons := await persons_holding(REPORT, each["org_lo"], each["org_lo"]):
                words = {"title": it["title"], "score": points_words(each["score"])}
                await notify(
                    "reviews.evaluated", persons, unit_ref(each["id"]), words, place_of(each)
                )


async def rule_objection(
    who: Visitor, evaluated: int, marks: Mapping[str, Deduction], form: RulingForm
) -> None:
    """The answer to an objection: the sheet as it was, or changed; always with words."""
    async with transaction(who.scope):
        it = await unit_of(who.scope, evaluated, lock=True)
        if it["state"] != "told" or it["objected_at"] is None or it["accepted"] is not None:
            raise Conflict("没有等待处理的异议。")
        _refuse_marks(it, marks)
        score = score_of(indicators_of(it["indicators"]), marks)
        changed = score != it["score"]
        await execute(
            "update reviews_evaluated set marks = $2::jsonb, score = $3, accepted = $4,"
            " answer = $5 where id = $1",
            evaluated,
            _kept(marks),
            score,
            changed,
            form.answer.strip(),
        )
        await close_turn(unit_ref(evaluated))
        said = f"改为 {points_words(score)} 分" if changed else "维持"
        await acted("reviews.evaluation_ruled", it, f"{said}：{form.answer.strip()}")


async def publish_evaluation(who: Visitor, evaluation: int) -> None:
    """No objection is left: themes and totals for everybody, small numbers hidden."""
    async with transaction(who.scope):
        it = await evaluation_of(who.scope, evaluation, lock=True)
        if it["state"] != "told":
            raise Conflict("先告知各单位，没有异议待处理了再公布。")
        units = await units_of(evaluation, lock=True)
        waiting = [each for each in units if each["objected_at"] and each["accepted"] is None]
        if waiting:
            raise Refused(f"还有 {len(waiting)} 件异议没有处理。")
        now, place = clock.now(), place_of(it)
        indicators = indicators_of(it["indicators"])
        organ = await organisation_at(place.org_lo)
        taken = clock.local(it["opened_at"])
        await execute(
            "update reviews_evaluation set state = 'published', published_at = $2 where id = $1",
            evaluation,
            now,
        )
        for each in units:
            themes = by_theme(indicators, deductions_of(each["marks"]))
            figures = [
                [
                    one["title"],
                    f"{one['definition']}，{taken.month}月{taken.day}日取定",
                    public_number(one["number"]),
                ]
                for one in each["figures"].values()
                if one["number"] is not None
            ]
            await execute(
                "insert into reviews_appraisal (evaluation, title, organ, unit, since, until,"
                " score, themes, figures, published_at, region_lo, org_lo, published)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::jsonb, $10, $11, $12, true)",
                evaluation,
                it["title"],
                organ.name if organ else "",
                each["unit"],
                it["since"],
                it["until"],
                each["score"],
                json(themes),
                json(figures),
                now,
                place.region_lo,
                place.org_lo,
            )
            told = facts.Result(
                evaluation, each["id"], it["title"], each["unit"], each["score"] / 100, themes
            )
            await record("reviews.appraised", unit_ref(each["id"]), told, place_of(each))
        done = facts.Evaluated(evaluation, it["title"], len(units))
        await record("reviews.evaluation_published", evaluation_ref(evaluation), done, place)
