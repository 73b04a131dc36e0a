# SPDX-License-Identifier: Apache-2.0
"""What the acts on an inspection share: the gate with its evidence, the history, the words."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, execute, json, lock_subjects
from core.api.errors import NotFound
from core.api.facts import record
from core.api.gates import decide
from plugins.certificates.facts import InspectionChanged
from plugins.certificates.queries.inspecting import inspection_row
from plugins.certificates.queries.register import cards_of
from plugins.certificates.rules import Card
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.services.base import (
    OWN_INSPECTION,
    SUBMIT,
    Actor,
    person_ref,
    place_of,
    tell,
)

INSPECTION = "certificates.inspection"
GATE = "certificates.annual_review"


def inspection_ref(inspection: int) -> SubjectRef:
    return SubjectRef(INSPECTION, inspection)


def path_of(inspection: int) -> str:
    return f"/certificates/inspections/{inspection}"


def title_of(found: Mapping[str, Any]) -> str:
    return f"{found['name']}的{rules.KINDS[found['kind']]}"


def end_of(day: date) -> datetime:
    """The moment the last day is over."""
    return datetime.combine(
        day + timedelta(days=1), datetime.min.time(), clock.SHANGHAI
    ).astimezone(UTC)


async def card_of(person: int, certificate: int) -> Card:
    for each in (await cards_of([person])).get(person, []):
        if each.id == certificate:
            return each
    raise NotFound


async def ask(found: Mapping[str, Any], moment: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What stands against the inspection at this moment, and who had a say in it."""
    ref = person_ref(found["person"])
    verdict = await decide(
        GATE,
        [ref],
        clock.today(),
        {"kind": found["kind"], "moment": moment, "request": found["id"]},
    )
    blockers = [
        {
            "code": each.code,
            "text": each.text,
            "kind": each.subject.kind if each.subject else "",
            "id": each.subject.id if each.subject else 0,
        }
        for each in verdict.blockers.get(ref, ())
    ]
    evidence = {
        "at": clock.now().isoformat(),
        "asked": list(verdict.asked),
        "silent": list(verdict.silent),
        "objected": list(verdict.objected),
        "unavailable": list(verdict.unavailable),
        "blockers": [each["text"] for each in blockers],
    }
    return blockers, evidence


async def keep_moment(
    found: Mapping[str, Any],
    state: str,
    moment: str,
    blockers: Sequence[Mapping[str, Any]],
    evidence: Mapping[str, Any],
    reason: str = "",
) -> None:
    await execute(
        """update certificates_inspection set state = $2, blockers = $3, reason = $4,
             evidence = evidence || $5::jsonb where id = $1""",
        found["id"],
        state,
        json(list(blockers)),
        reason[:500],
        json({moment: dict(evidence)}),
    )
    await record(
        "certificates.inspection_changed",
        inspection_ref(found["id"]),
        InspectionChanged(
            found["id"],
            found["person"],
            found["certificate"],
            found["kind"],
            found["due_on"].isoformat(),
            state,
            moment,
            dict(evidence),
            reason,
        ),
        place_of(found),
    )


async def record_state(found: Mapping[str, Any], state: str, moment: str, reason: str) -> None:
    """An act that asks the gate nothing, in the inspection's history."""
    await record(
        "certificates.inspection_changed",
        inspection_ref(found["id"]),
        InspectionChanged(
            found["id"],
            found["person"],
            found["certificate"],
            found["kind"],
            found["due_on"].isoformat(),
            state,
            moment,
            {},
            reason,
        ),
        place_of(found),
    )


async def take(who: Actor, inspection: int) -> dict[str, Any]:
    """The inspection, locked, if he may see it: his unit's, his office's, or his own."""
    seen = await inspection_row(inspection)
    if seen is None or not (who.sees(seen) or seen["person"] == who.person_id):
        raise NotFound
    await lock_subjects(inspection_ref(inspection))
    found = await inspection_row(inspection)
    assert found is not None
    return found


def words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


async def tell_both(found: Mapping[str, Any], event: str, **params: object) -> None:
    await tell(
        event,
        inspection_ref(found["id"]),
        place_of(found),
        person=found["person"],
        own=SubjectRef(OWN_INSPECTION, found["id"]),
        office=SUBMIT,
        name=found["name"],
        kind=rules.KINDS[found["kind"]],
        **params,
    )
