# SPDX-License-Identifier: Apache-2.0
"""Results to the bodies, objection, rectification, confirmation."""

from typing import Any

from core.api import clock
from core.api.access import Visitor, persons_holding
from core.api.db import Place, Scope, execute, row, rows, scope_conditions, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from plugins.reviews import facts
from plugins.reviews.forms import AnswerForm, CheckForm
from plugins.reviews.rules.scoring import FULL, VETOED, grade_of, points_words
from plugins.reviews.services.planning import ASSIGN, drawn_ref, locked_plan, plan_ref

ANSWER = "reviews.result.answer"


async def tell_results(who: Visitor, plan: int) -> None:
    """Every case has its score: the bodies see their own."""
    async with transaction(who.scope):
        it = await locked_plan(who.scope, plan, "scoring")
        left = await value(
            "select count(*) from reviews_drawn where plan = $1 and score is null", plan
        )
        if left:
            raise Refused(f"还有 {left} 卷没有评完，不能告知。")
        await execute(
            "update reviews_plan set state = 'told', told_at = $2 where id = $1", plan, clock.now()
        )
        drawn = await rows(
            "update reviews_drawn set told = true where plan = $1"
            " returning id, case_number, score, vetoed, region_lo, org_lo",
            plan,
        )
        place = Place(it["region_lo"], it["org_lo"])
        await record(
            "reviews.results_told", plan_ref(plan), facts.Stepped(plan, it["title"]), place
        )
        for each in drawn:
            persons = await persons_holding(ANSWER, each["org_lo"], each["org_lo"])
            if persons:
                told = {"number": each["case_number"], "score": points_words(each["score"])}
                at = Place(each["region_lo"], each["org_lo"])
                await notify("reviews.result", persons, drawn_ref(each["id"]), told, at)


async def result_of(scope: Scope, drawn: int, *, lock: bool = False) -> dict[str, Any]:
    """A drawn case inside the scope, with its plan."""
    where, args = scope_conditions(scope, "d", 2)
    end = " for update" if lock else ""
    found = await row(
        f"select d.* from reviews_drawn d where d.id = $1 and {where}{end}", drawn, *args
    )
    if found is None:
        raise NotFound("没有这份评查结果，或者不在你的管理范围内。")
    async with transaction(ASSIGN):
        plan = await row(
            "select p.id, p.title as plan_title, p.state, p.gap, p.region_lo as plan_region,"
            " p.org_lo as plan_org, t.items, t.name as template_name, t.version"
            " from reviews_plan p join reviews_template t on t.id = p.template where p.id = $1",
            found["plan"],
        )
    assert plan is not None
    return {**plan, **found}


async def sheets_of(drawn: int) -> list[dict[str, Any]]:
    """The sheets that count, in the order they were handed in; only after the last one was."""
    async with transaction(ASSIGN):
        found = await rows(
            "select id, name, marks, remark, score, vetoed, handed_at from reviews_sheet"
            " where drawn = $1 and recused = '' order by handed_at nulls last, id",
            drawn,
        )
        done = await value("select score is not null from reviews_drawn where id = $1", drawn)
    return found if done else []


async def object_to(who: Visitor, drawn: int, words: str) -> None:
    """The body does not agree."""
    async with transaction(who.scope):
        it = await result_of(who.scope, drawn, lock=True)
        _told(it)
        if it["objected_at"]:
            raise Conflict("已经提过异议。")
        await execute(
            "update reviews_drawn set objection = $2, objected_by = $3, objected_at = $4"
            " where id = $1",
            drawn,
            words,
            who.name,
            clock.now(),
        )
        await _acted("reviews.objected", it, words)


async def decide_objection(who: Visitor, drawn: int, form: AnswerForm) -> None:
    """The bureau keeps the score or changes it, and says why."""
    async with transaction(who.scope):
        it = await result_of(who.scope, drawn, lock=True)
        _told(it)
        if not it["objected_at"] or it["accepted"] is not None:
            raise Conflict("没有等待处理的异议。")
        changed = form.outcome == "change"
        score = _points(form.points) if changed else it["score"]
        await execute(
            "update reviews_drawn set accepted = $2, answer = $3, score = $4 where id = $1",
            drawn,
            changed,
            form.words,
            score,
        )
        said = f"改为 {points_words(score)} 分" if changed else "维持"
        await _acted("reviews.objection_decided", it, f"{said}：{form.words}")


def _points(text: str) -> int:
    try:
        points = round(float(text.strip()) * 100)
    except (ValueError, OverflowError):
        raise Invalid({"points": "请写 0 到 100 之间的分数。"}) from None
    if not 0 <= points <= FULL * 100:
        raise Invalid({"points": "请写 0 到 100 之间的分数。"})
    return points


async def rectify(who: Visitor, drawn: int, words: str) -> None:
    """What the body has put right; waits for a second look."""
    async with transaction(who.scope):
        it = await result_of(who.scope, drawn, lock=True)
        if it["state"] not in ("told", "confirmed") or not it["told"]:
            raise Conflict("评查结果还没有告知。")
        if it["checked"] in ("waiting", "passed"):
            raise Conflict("整改情况已经报送。")
        await execute(
            "update reviews_drawn set rectified = $2, rectified_by = $3, checked = 'waiting'"
            " where id = $1",
            drawn,
            words,
            who.name,
        )
        await _acted("reviews.rectified", it, words)


async def check_rectified(who: Visitor, drawn: int, form: CheckForm) -> None:
    """The second look: passed, or returned with what is still missing."""
    if form.outcome == "returned" and not form.words.strip():
        raise Invalid({"words": "退回要写明还差什么。"})
    async with transaction(who.scope):
        it = await result_of(who.scope, drawn, lock=True)
        if it["checked"] != "waiting":
            raise Conflict("没有等待复核的整改。")
        await execute(
            "update reviews_drawn set checked = $2, checked_note = $3 where id = $1",
            drawn,
            form.outcome,
            form.words,
        )
        said = "整改通过" if form.outcome == "passed" else f"退回：{form.words}"
        await _acted("reviews.rectification_checked", it, said)


async def confirm_plan(who: Visitor, plan: int) -> None:
    """No objection is left open: the scores stand, and others hear of them."""
    async with transaction(who.scope):
        it = await locked_plan(who.scope, plan, "told")
        waiting = await value(
            "select count(*) from reviews_drawn where plan = $1 and objected_at is not null"
            " and accepted is null",
            plan,
        )
        if waiting:
            raise Refused(f"还有 {waiting} 件异议没有处理。")
        await execute(
            "update reviews_plan set state = 'confirmed', confirmed_at = $2 where id = $1",
            plan,
            clock.now(),
        )
        for each in await rows("select * from reviews_drawn where plan = $1 order by id", plan):
            await record(
                "reviews.confirmed",
                drawn_ref(each["id"]),
                facts.Confirmed(
                    plan,
                    each["id"],
                    each["case_id"],
                    each["case_number"],
                    each["score"] / 100,
                    VETOED if each["vetoed"] else grade_of(each["score"]),
                ),
                Place(each["region_lo"], each["org_lo"]),
            )
        told = facts.Stepped(plan, it["title"])
        await record(
            "reviews.plan_confirmed", plan_ref(plan), told, Place(it["region_lo"], it["org_lo"])
        )


def _told(it: dict[str, Any]) -> None:
    if it["state"] != "told" or not it["told"]:
        raise Conflict("评查结果还没有告知，或者已经确认。")


async def _acted(kind: str, it: dict[str, Any], words: str) -> None:
    told = facts.Acted(it["plan"], it["id"], it["case_number"], words)
    await record(kind, drawn_ref(it["id"]), told, Place(it["region_lo"], it["org_lo"]))
