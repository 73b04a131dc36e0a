# SPDX-License-Identifier: Apache-2.0
"""The result of the exam: heard from whoever holds it, or entered from paper."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from core.api import clock
from core.api.db import execute, lock_subjects, transaction
from core.api.errors import Conflict, Invalid
from core.api.facts import record
from core.api.files import Received, keep
from core.api.plugin import Fact
from core.api.turns import close_turn
from plugins.certificates.facts import ExamResult
from plugins.certificates.forms import ResultForm
from plugins.certificates.queries.inspecting import inspection_row
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.rules.applying import after_result
from plugins.certificates.services import correcting
from plugins.certificates.services.applying import PAPER, unwant_exam
from plugins.certificates.services.base import (
    MAKE,
    Actor,
    give_office,
    must_review,
    place_of,
)
from plugins.certificates.services.inspecting.base import (
    inspection_ref,
    path_of,
    take,
    tell_both,
    title_of,
)


async def enter_result(
    who: Actor, inspection: int, form: ResultForm, paper: Received | None
) -> str:
    """An exam held on paper, entered by the legal office with its score sheet."""
    if paper is None:
        raise Invalid({"evidence": "请上传成绩单。"})
    async with transaction(who.wide):
        found = await take(who, inspection)
        must_review(who, found)
        if found["state"] != "exam":
            raise Conflict("现在不能登记成绩。")
        stored = await keep(paper, place=place_of(found), purpose=PAPER)
        await execute(
            "update certificates_inspection set paper = $2, reason = $3 where id = $1",
            inspection,
            stored.id,
            form.reason.strip(),
        )
        await unwant_exam(found, "inspection", "成绩已由法制机构登记")
        return await _take_result(
            found,
            passed=form.passed == "yes",
            score=form.score,
            used=found["attempts_used"] + 1,
            allowed=max(2, found["attempts_allowed"]),
            at=clock.now(),
            by_hand=True,
        )


async def hear_result(fact: Fact) -> None:
    """A published result of somebody under inspection; after a regrade the newest counts."""
    said = fact.payload
    if said.get("purpose") != "inspection":
        return
    found = await inspection_row(int(said["request"]))
    if found is None or found["person"] != fact.subject.id:
        return
    await lock_subjects(inspection_ref(found["id"]))
    if found["result_at"] is not None and fact.at < found["result_at"]:
        return
    if rules.why_not(found["state"], "result"):
        if found["state"] == "done":
            await correcting.note(
                found,
                "inspection",
                inspection_ref(found["id"]),
                path_of(found["id"]),
                passed=bool(said["passed"]),
                score=int(said["score"]),
                at=fact.at,
            )
        return
    await _take_result(
        found,
        passed=bool(said["passed"]),
        score=int(said["score"]),
        used=int(said["attempts_used"]),
        allowed=int(said["attempts_allowed"]),
        at=fact.at,
        by_hand=False,
    )


async def _take_result(
    found: Mapping[str, Any],
    *,
    passed: bool,
    score: int,
    used: int,
    allowed: int,
    at: datetime,
    by_hand: bool,
) -> str:
    state = after_result(passed=passed, attempts_used=used, attempts_allowed=allowed)
    ref = inspection_ref(found["id"])
    try:
        async with transaction():
            await execute(
                """update certificates_inspection set state = $2, score = $3, attempts_used = $4,
                     attempts_allowed = $5, result_at = $6, result_by_hand = $7 where id = $1""",
                found["id"],
                state,
                score,
                used,
                allowed,
                at,
                by_hand,
            )
    except asyncpg.UniqueViolationError:
        return str(found["state"])  # a new inspection was begun after the first one had failed
    await record(
        "certificates.result_taken",
        ref,
        ExamResult(found["id"], "inspection", passed, score, by_hand, state),
        place_of(found),
    )
    if state == "making":
        await give_office(
            found,
            ref,
            title=title_of(found),
            step="换发证件",
            path=path_of(found["id"]),
            permission=MAKE,
        )
        await tell_both(found, "exam_passed", score=score)
    else:
        await close_turn(ref)
        await tell_both(found, "exam_failed", score=score, left=max(0, allowed - used))
    return state
