# SPDX-License-Identifier: Apache-2.0
"""A published score that becomes a failure after the card was made: marked, and put before a human.

Nothing is undone by itself: a card in somebody's hand is a decision of the office. It gets the
turn; ``settling`` is what it may do then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, execute
from core.api.facts import record
from core.api.turns import close_turn
from plugins.certificates.facts import ExamResult
from plugins.certificates.services.base import MAKE, give_office, place_of, tell_office

TABLES = {
    "application": "certificates_request",
    "inspection": "certificates_inspection",
}


async def note(
    found: Mapping[str, Any],
    purpose: str,
    ref: SubjectRef,
    path: str,
    *,
    passed: bool,
    score: int,
    at: datetime,
) -> None:
    """Mark it and hand the office the turn; a later score that is a pass again takes both back."""
    if passed and not found["correction"]:
        return
    day = clock.local(at)
    words = "" if passed else f"考试成绩于{day.month}月{day.day}日更正为 {score} 分，不合格"
    await execute(
        f"update {TABLES[purpose]} set correction = $2, score = $3, result_at = $4 where id = $1",
        found["id"],
        words,
        score,
        at,
    )
    await record(
        "certificates.result_taken",
        ref,
        ExamResult(found["id"], purpose, passed, score, False, found["state"]),
        place_of(found),
    )
    title = f"{found['name']}的{'执法证申领' if purpose == 'application' else '四年年审'}"
    if passed:
        if found["state"] != "made":
            await close_turn(ref)
        else:
            await give_office(
                dict(found), ref, title=title, step="发证", path=path, permission=MAKE
            )
        return
    await give_office(dict(found), ref, title=title, step="成绩更正后处理", note=words, path=path)
    await tell_office("result_corrected", ref, found, name=found["name"])
