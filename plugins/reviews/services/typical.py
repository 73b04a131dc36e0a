# SPDX-License-Identifier: Apache-2.0
"""A reviewed case becomes guidance: names taken out, approved by a second person, published."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, Scope, SubjectRef, execute, row, rows, scope_conditions, transaction
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.people import organisation_at, persons
from core.api.turns import close_turn, hand_turn
from plugins.reviews import facts
from plugins.reviews.forms import ApproveForm, TypicalForm
from plugins.reviews.rules.anonymous import doubtful, read_swaps, swaps_of, veil
from plugins.reviews.services.answering import result_of
from plugins.reviews.services.planning import ASSIGN, office_place

APPROVE = "reviews.guidance.approve"
TEXTS = ("title", "story", "findings", "advice")


def guidance_ref(guidance: int) -> SubjectRef:
    return SubjectRef("reviews.guidance", guidance)


async def typical_of(scope: Scope, guidance: int, *, lock: bool = False) -> dict[str, Any]:
    """A typical case of the bureau, published or not."""
    where, args = scope_conditions(scope, "g", 2)
    end = " for update" if lock else ""
    found = await row(
        f"select g.* from reviews_guidance g where g.id = $1 and {where}{end}", guidance, *args
    )
    if found is None:
        raise NotFound("没有这个典型案例，或者不在你的管理范围内。")
    return found


async def written_of(drawn: int) -> dict[str, Any] | None:
    """What was written of a reviewed case before, so that a returned one is not typed again."""
    return await row(
        "select id, kind, title, story, findings, advice, state, note from reviews_guidance"
        " where drawn = $1",
        drawn,
    )


async def doubts_of(it: Mapping[str, Any]) -> list[str]:
    """What may still say whom it is about."""
    async with transaction(ASSIGN):
        case = await row("select title from reviews_drawn where id = $1", it["drawn"])
    return doubtful([str(it[name]) for name in TEXTS], case["title"] if case else "")


async def _known(it: Mapping[str, Any]) -> dict[str, str]:
    """Words the platform knows of a case by itself: who dealt with it, who reviewed it, the body."""
    async with transaction(ASSIGN):
        case = await row("select persons from reviews_case where case_id = $1", it["case_id"])
        sheets = await rows("select person from reviews_sheet where drawn = $1", it["id"])
        ids = [*(case["persons"] if case else ()), *(each["person"] for each in sheets)]
        names = [each.name for each in (await persons(ids)).values()]
        body = await organisation_at(it["org_lo"])
    units = {it["unit"], *((body.name, body.short_name) if body else ())}
    return swaps_of(names, units, [it["case_number"]])


async def write_typical(who: Visitor, drawn: int, form: TypicalForm) -> int:
    """Mark a reviewed case as typical, or write it again after it was returned or withdrawn."""
    swaps, problems = read_swaps(form.swaps)
    if problems:
        raise Invalid({"swaps": " ".join(problems[:5])})
    async with transaction(who.scope):
        it = await result_of(who.scope, drawn, lock=True)
        if it["state"] != "confirmed":
            raise Conflict("成绩确认以后才能写成典型案例。")
        place = await office_place(who)
        known = await _known(it)
        # The office's own words win over what the platform would have said.
        texts = [veil(str(getattr(form, name)).strip(), known, swaps) for name in TEXTS]
        before = await row(
            "select id, state from reviews_guidance where drawn = $1 for update", drawn
        )
        if before and before["state"] in ("waiting", "published"):
            raise Conflict("这份案卷已经写成典型案例。")
        if len(texts[0]) > 120:
            raise Invalid({"title": "隐去以后超过 120 个字，请写短一些。"})
        values = (form.kind, *texts, who.person_id, who.name, clock.now())
        if before:
            made = int(before["id"])
            await execute(
                "update reviews_guidance set kind = $2, title = $3, story = $4, findings = $5,"
                " advice = $6, written_by = $7, written_name = $8, written_at = $9,"
                " state = 'waiting' where id = $1",
                made,
                *values,
            )
        else:
            organ = await organisation_at(place.org_lo)
            entered = await row(
                "insert into reviews_guidance (drawn, kind, title, story, findings, advice,"
                " written_by, written_name, written_at, organ, region_lo, org_lo)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id",
                drawn,
                *values,
                organ.name if organ else "",
                place.region_lo,
                place.org_lo,
            )
            assert entered is not None
            made = int(entered["id"])
        await record(
            "reviews.guidance_written", guidance_ref(made), facts.Guided(made, texts[0]), place
        )
        await hand_turn(
            guidance_ref(made),
            title=f"典型案例“{texts[0]}”",
            step_title="另一人审定",
            path=f"/reviews/typical/{made}",
            holder_org=place.org_lo,
            permission=APPROVE,
            place=place,
        )
    return made


async def decide_typical(who: Visitor, guidance: int, form: ApproveForm) -> None:
    """The second person publishes it, or says what still has to go."""
    words = form.words.strip()
    async with transaction(who.scope):
        it = await typical_of(who.scope, guidance, lock=True)
        if it["state"] != "waiting":
            raise Conflict("这个典型案例没有在等审定。")
        if it["written_by"] == who.person_id or not who.person_id:
            raise Refused("写的人不能自己审定，请另一人审定。")
        publish = form.outcome == "publish"
        if not publish and not words:
            raise Invalid({"words": "退回要写明还要改什么。"})
        if publish and not form.checked and await doubts_of(it):
            raise Invalid({"checked": "还有可能认出是谁的词。逐处核对以后勾选，或者退回改写。"})
        await execute(
            "update reviews_guidance set state = $2, note = $3, approved_name = $4,"
            " published = $5, published_at = $6 where id = $1",
            guidance,
            "published" if publish else "returned",
            words,
            who.name,
            publish,
            clock.now() if publish else None,
        )
        ref, place = guidance_ref(guidance), Place(it["region_lo"], it["org_lo"])
        if publish:
            await close_turn(ref)
            texts = {name: it[name] for name in ("kind", *TEXTS, "organ")}
            told = facts.Guidance(guidance=guidance, path=f"/reviews/public/{guidance}", **texts)
            await record("reviews.guidance_published", ref, told, place)
            return
        await record(
            "reviews.guidance_returned", ref, facts.Guided(guidance, it["title"], words), place
        )
        await hand_turn(
            ref,
            title=f"典型案例“{it['title']}”",
            step_title="改写",
            step_note=words[:200],
            path=f"/reviews/results/{it['drawn']}/typical",
            holder_person=it["written_by"],
            place=place,
        )


async def withdraw_typical(who: Visitor, guidance: int, words: str) -> None:
    """No longer shown to anybody; why is kept."""
    async with transaction(who.scope):
        it = await typical_of(who.scope, guidance, lock=True)
        if it["state"] != "published":
            raise Conflict("这个典型案例没有公开。")
        await execute(
            "update reviews_guidance set state = 'withdrawn', published = false, note = $2"
            " where id = $1",
            guidance,
            words,
        )
        told = facts.Guided(guidance, it["title"], words)
        place = Place(it["region_lo"], it["org_lo"])
        await record("reviews.guidance_withdrawn", guidance_ref(guidance), told, place)
