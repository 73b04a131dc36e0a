# SPDX-License-Identifier: Apache-2.0
"""Two reviewers, each for himself; a third when they lie far apart."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, execute, json, row, rows, transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.plugin import SubjectRef
from core.api.turns import close_turn
from plugins.reviews import facts
from plugins.reviews.queries.lists import OWN_SHEET
from plugins.reviews.rules.scoring import (
    DECIDED_TITLES,
    Item,
    Mark,
    final_of,
    items_of,
    problems_of,
    score_of,
)
from plugins.reviews.services.planning import (
    ask_reviewer,
    drawn_ref,
    locked_plan,
    third_reviewer,
)

JOINED = (
    "select s.*, d.plan, d.case_id, d.case_number, d.title as case_title, d.unit, p.state,"
    " p.title as plan_title, p.gap, p.seed, p.head, p.reviewers, t.items, t.name as template_name,"
    " t.version from reviews_sheet s join reviews_drawn d on d.id = s.drawn"
    " join reviews_plan p on p.id = d.plan join reviews_template t on t.id = p.template"
)


async def own_sheet(who: Visitor, sheet: int, *, lock: bool = False) -> dict[str, Any]:
    """The visitor's own sheet; anybody else's does not exist for him."""
    end = " for update of s" if lock else ""
    async with transaction(OWN_SHEET):
        found = await row(f"{JOINED} where s.id = $1 and s.person = $2{end}", sheet, who.person_id)
    if found is None or not who.person_id:
        raise NotFound("没有这张评分表，或者不是派给你的。")
    return found


async def proposed(case: int, items: list[Item]) -> dict[str, tuple[Mark, list[dict[str, Any]]]]:
    """Items that events decide: what is proposed, and the alarms it rests on."""
    async with transaction(OWN_SHEET):
        alarms = await rows(
            "select alarm, kind, sentence from reviews_alarm where case_id = $1 and not revoked"
            " order by alarm",
            case,
        )
    found = {}
    for item in items:
        if not item.decided_by:
            continue
        these = [each for each in alarms if each["kind"] == item.decided_by]
        reason = "；".join(str(each["sentence"]) for each in these)[:300]
        page = "监察记录" if these else ""
        found[item.key] = (Mark((item.weight or 1) if these else 0, reason, page), these)
    return found


def proposal_words(item: Item, alarms: list[dict[str, Any]]) -> str:
    """What stands beside an item that was scored before anybody looked."""
    title = DECIDED_TITLES[item.decided_by]
    return f"“{title}”报警 {len(alarms)} 个没有撤销" if alarms else f"没有未撤销的“{title}”报警"


async def hand_in(who: Visitor, sheet: int, marks: Mapping[str, Mark], remark: str) -> None:
    """The sheet is final; with the second one the case has a score, or a third reviewer."""
    async with transaction(who.scope):
        it = await own_sheet(who, sheet, lock=True)
        if it["state"] != "scoring" or it["handed_at"] or it["recused"]:
            raise Conflict("这张评分表已经交了，或者评查已经结束。")
        items = items_of(it["items"])
        if problems := problems_of(items, marks):
            raise Invalid({f"lost.{key}": words for key, words in problems.items()})
        score = score_of(items, marks)
        kept = {
            key: {"lost": mark.lost, "reason": mark.reason.strip(), "page": mark.page.strip()}
            for key, mark in marks.items()
            if mark.lost
        }
        async with transaction(OWN_SHEET):
            # The case is locked, so that of two sheets handed in at once the second sees the first.
            drawn = await row("select * from reviews_drawn where id = $1 for update", it["drawn"])
            assert drawn is not None
            await execute(
                "update reviews_sheet set marks = $2::jsonb, remark = $3, score = $4,"
                " vetoed = $5::jsonb, handed_at = $6 where id = $1",
                sheet,
                json(kept),
                remark.strip(),
                score.points,
                json(list(score.vetoed)),
                clock.now(),
            )
            await close_turn(SubjectRef("reviews.sheet", sheet))
            told = facts.Scored(it["plan"], it["drawn"], it["case_number"])
            await record(
                "reviews.scored", drawn_ref(it["drawn"]), told, Place(it["region_lo"], it["org_lo"])
            )
            await _settle(it, drawn)


async def recuse(who: Visitor, sheet: int, reason: str) -> None:
    """A reviewer steps back for a reason nobody else knew; another one is asked."""
    async with transaction(who.scope):
        it = await own_sheet(who, sheet, lock=True)
        if it["state"] != "scoring" or it["handed_at"] or it["recused"]:
            raise Conflict("这张评分表已经交了，或者评查已经结束。")
        async with transaction(OWN_SHEET):
            drawn = await row("select * from reviews_drawn where id = $1 for update", it["drawn"])
            assert drawn is not None
            await execute("update reviews_sheet set recused = $2 where id = $1", sheet, reason)
            await close_turn(SubjectRef("reviews.sheet", sheet))
            told = facts.Acted(it["plan"], it["drawn"], it["case_number"], reason)
            place = Place(it["region_lo"], it["org_lo"])
            await record("reviews.recused", drawn_ref(it["drawn"]), told, place)
            await _ask_another(it, drawn)


async def replace_reviewer(who: Visitor, plan: int, sheet: int, reason: str) -> bool:
    """The bureau takes a sheet back that nobody hands in, and asks the next reviewer.

    Ill, moved away or simply silent: one person must not hold up the results of all. Records
    ``reviews.replaced``; says whether somebody was left to be asked.
    """
    async with transaction(who.scope):
        it = await locked_plan(who.scope, plan, "scoring")
        async with transaction(OWN_SHEET):
            found = await row(
                "select s.*, d.case_number from reviews_sheet s join reviews_drawn d"
                " on d.id = s.drawn where s.id = $1 and d.plan = $2 for update of s",
                sheet,
                plan,
            )
            if found is None:
                raise NotFound("这个计划没有这张评分表。")
            if found["handed_at"] or found["recused"]:
                raise Conflict("这张评分表已经交了，或者已经换人。")
            drawn = await row(
                "select * from reviews_drawn where id = $1 for update", found["drawn"]
            )
            assert drawn is not None
            words = f"换下{found['name']}：{reason}"
            await execute("update reviews_sheet set recused = $2 where id = $1", sheet, words)
            await close_turn(SubjectRef("reviews.sheet", sheet))
            told = facts.Acted(plan, found["drawn"], found["case_number"], words)
            await record(
                "reviews.replaced",
                drawn_ref(found["drawn"]),
                told,
                Place(found["region_lo"], found["org_lo"]),
            )
            return await _ask_another({**it, "plan": plan, "plan_title": it["title"]}, drawn)


async def _settle(it: Mapping[str, Any], drawn: Mapping[str, Any]) -> None:
    sheets = await rows(
        "select score, vetoed, handed_at from reviews_sheet where drawn = $1 and recused = ''",
        drawn["id"],
    )
    if any(each["handed_at"] is None for each in sheets) or len(sheets) < 2:
        return
    final = final_of([each["score"] for each in sheets], it["gap"])
    if final is None:
        await _ask_another(it, drawn)
        return
    # A veto counts when more than half of the reviewers found it.
    titles = [title for each in sheets for title in each["vetoed"]]
    vetoed = [title for title in dict.fromkeys(titles) if titles.count(title) * 2 > len(sheets)]
    await execute(
        "update reviews_drawn set score = $2, vetoed = $3::jsonb where id = $1",
        drawn["id"],
        final,
        json(vetoed),
    )


async def _ask_another(it: Mapping[str, Any], drawn: Mapping[str, Any]) -> bool:
    """Whether somebody was left to be asked."""
    plan = {
        "id": it["plan"],
        "title": it["plan_title"],
        "reviewers": it["reviewers"],
        "seed": it["seed"],
        "head": it["head"],
        "region_lo": it["region_lo"],
        "org_lo": it["org_lo"],
    }
    person = await third_reviewer(plan, drawn)
    # With nobody left the plan's page says so, and the bureau asks one more by hand.
    if person:
        await ask_reviewer(plan, drawn["id"], str(drawn["case_number"]), person)
    return bool(person)
