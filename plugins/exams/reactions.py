# SPDX-License-Identifier: Apache-2.0
"""What others tell and ask: who has to sit, whose inspection waits for an exam; work by itself."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, current_scope, row
from core.api.plugin import Blocker, Fact, SubjectLabel, SubjectRef
from plugins.exams.rules.sitting import SESSIONS
from plugins.exams.services.after import delete_photos, not_passed
from plugins.exams.services.candidates import unwant, want
from plugins.exams.services.sitting import sweep


async def describe_session(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a session to others."""
    found = await row("select title, state from exams_session where id = $1", id)
    return (
        SubjectLabel(found["title"], f"/exams/sessions/{id}", SESSIONS[found["state"]][1])
        if found
        else None
    )


async def describe_entry(id: int, scope: Scope) -> SubjectLabel | None:
    """A candidate's place; he himself is led to his own page."""
    found = await row("select name, ticket, session, person from exams_entry where id = $1", id)
    if found is None:
        return None
    path = f"/exams/sessions/{found['session']}/entries/{id}"
    if found["person"] == scope.person:
        path = f"/exams/mine/{id}"
    return SubjectLabel(f"{found['name']} {found['ticket']}", path)


async def describe_paper(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a paper."""
    found = await row("select title from exams_paper where id = $1", id)
    return SubjectLabel(found["title"], f"/exams/papers/{id}") if found else None


async def describe_question(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a question."""
    found = await row("select words from exams_question where id = $1", id)
    return SubjectLabel(found["words"][:60], f"/exams/bank/{id}") if found else None


async def describe_batch(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name an import."""
    found = await row("select filename from exams_batch where id = $1", id)
    return SubjectLabel(found["filename"], f"/exams/bank/imports/{id}") if found else None


async def describe_office(_id: int, _scope: Scope) -> SubjectLabel | None:
    """The photos of an office as a whole have no page."""
    return None


# --- certificates -------------------------------------------------------------------------------


async def note_wanted(fact: Fact) -> None:
    """An application passed the legal office, or a four-year inspection was approved."""
    told = fact.payload
    if told.get("purpose") not in ("application", "inspection"):
        return
    due = str(told.get("due_on") or "")
    await want(
        purpose=told["purpose"],
        request=int(told["request"]),
        person_id=int(told["person"]),
        name=str(told.get("name") or "")[:60],
        organisation_id=int(told.get("organisation") or 0),
        card_number=str(told.get("card_number") or "")[:40],
        due_on=date.fromisoformat(due[:10]) if due else None,
        place=fact.place,
    )


async def note_unwanted(fact: Fact) -> None:
    """It was withdrawn; an exam already sat stays."""
    told = fact.payload
    await unwant(
        str(told.get("purpose") or ""),
        int(told["request"]),
        int(told["person"]),
        str(told.get("reason") or "申请已撤回"),
    )


async def answer_review(
    subjects: Sequence[SubjectRef],
    _on_date: date,
    draft: Mapping[str, Any] | None = None,
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """A four-year inspection needs its exam (S2-24); a two-year one does not.

    At the application and the approval the exam cannot have been sat yet, so only one that is
    open from before counts then, i.e. of another request.
    """
    asked = dict(draft or {})
    if asked.get("kind") == "two_year":
        return {}
    early = asked.get("moment") in ("application", "approval")
    found: dict[SubjectRef, list[Blocker]] = {}
    waiting = await not_passed([each.id for each in subjects])
    for subject in subjects:
        held = waiting.get(subject.id)
        if held is None or (early and held["request"] == asked.get("request")):
            continue
        words = (
            f"考试机会已用完（{held['used']} 次），没有合格。"
            if held["state"] == "failed"
            else "四年年审要考试合格，还没有合格成绩。"
        )
        found[subject] = [
            Blocker(
                "exams.not_passed",
                words,
                subject,
                {"request": held["request"], "used": held["used"], "allowed": held["allowed"]},
            )
        ]
    return found


# --- by itself ------------------------------------------------------------------------------------


async def every_minute(_payload: Mapping[str, Any]) -> None:
    """Hand in what is over its time, close what is over."""
    scope = current_scope()
    await sweep(scope.region.lo, scope.region.hi)


async def at_night(_payload: Mapping[str, Any]) -> None:
    """Photos whose time is over."""
    scope = current_scope()
    await delete_photos(scope.region.lo, scope.region.hi)
