# SPDX-License-Identifier: Apache-2.0
"""What the register answers to others: may this person act on that day?"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope
from core.api.plugin import Blocker, SubjectLabel, SubjectRef
from plugins.certificates.queries import OFFICERS, cards_of, find_officer
from plugins.certificates.rules import judge_person


async def answer_officer_may_act(
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None = None,  # noqa: ARG001 - the gate hands it to every check
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Who of ``subjects`` (``core.person``) holds no good certificate on ``on_date`` (S1-15)."""
    cards = await cards_of([subject.id for subject in subjects])
    found: dict[SubjectRef, list[Blocker]] = {}
    for subject in subjects:
        standing = judge_person(cards.get(subject.id, []), on_date)
        if not standing.qualified:
            card = SubjectRef("certificates.certificate", standing.card) if standing.card else None
            found[subject] = [
                Blocker(standing.code, standing.reason, card, {"number": standing.number})
            ]
    return found


async def describe_officer(officer: int, scope: Scope) -> SubjectLabel | None:
    """The officer's name and page, if the scope sees it."""
    found = await find_officer(officer, scope)
    if found is None:
        return None
    return SubjectLabel(
        found["name"], f"/certificates/officers/{officer}", found["organisation_name"]
    )


async def find_officers(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Officers by name or certificate number, for the global search."""
    found = await OFFICERS.export({"q": text}, scope, limit=10)
    return [
        SubjectLabel(
            one["name"],
            f"/certificates/officers/{one['id']}",
            " · ".join(part for part in (one["number"], one["organisation"]) if part),
        )
        for one in found
    ]
