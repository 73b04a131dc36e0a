# SPDX-License-Identifier: Apache-2.0
"""What supervisors answer to others, how they are named elsewhere, and what they hear."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, transaction
from core.api.plugin import Blocker, Fact, SubjectLabel, SubjectRef
from plugins.supervisors.queries.applications import find_application, find_by_name
from plugins.supervisors.queries.terms import (
    TERMS,
    card_by_number,
    find_report,
    find_term,
    public_card,
    recusals_of,
    running_persons,
)
from plugins.supervisors.rules.recusal import conflicts
from plugins.supervisors.rules.states import STATES
from plugins.supervisors.rules.terms import ACTIVE, TERM_STATES
from plugins.supervisors.rules.words import plain_number
from plugins.supervisors.services.base import APPLICATION, TERM

TOKEN = re.compile(r"(?:\A|/supervisors/card/|/check/of/supervisors/)([A-Za-z0-9_-]{24})/?\Z")
"""The opaque code alone, or at the end of an address in a certificate's QR code: its own page, or
that of who signed it."""


async def answer_may_take_part(
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None = None,
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Who of ``subjects`` (``core.person``) may not report or attend, and why.

    Nobody without a running term; nobody who declared a conflict with the matter's unit, officer
    or case, or was told to withdraw (S3-17).
    """
    persons = [each.id for each in subjects]
    serving = await running_persons(persons, on_date)
    duties = await recusals_of(persons)
    found: dict[SubjectRef, list[Blocker]] = {}
    for each in subjects:
        if each.id not in serving:
            text = "现在没有聘期，不能以社会监督员身份参与。"
            found[each] = [Blocker("supervisors.no_term", text)]
        elif stopped := conflicts(duties.get(each.id, ()), draft, on_date):
            found[each] = [
                Blocker(
                    "supervisors.recused",
                    text,
                    SubjectRef("supervisors.recusal", recusal.id),
                    {"relation": recusal.relation, "kind": recusal.kind},
                )
                for recusal, text in stopped
            ]
    return found


# --- names and pages ---------------------------------------------------------------------------


async def describe_application(application: int, scope: Scope) -> SubjectLabel | None:
    """The bureau's page of an application; its own person is led to 办证进度."""
    found = await find_application(application, scope)
    if found is None:
        return None
    mine = scope.person and found["person"] == scope.person
    path = "/supervisors/mine/progress" if mine else f"/supervisors/applications/{application}"
    return SubjectLabel(f"{found['name']}的申请", path, STATES[found["state"]][1])


async def describe_term(term: int, scope: Scope) -> SubjectLabel | None:
    """The page of a term: the bureau's, the supervisor's own, or the public one."""
    found = await find_term(term, scope)
    if found is None:
        return None
    path = f"/supervisors/terms/{term}"
    if scope.person and found["person"] == scope.person:
        # The page of the own term closes with it; how it went stays to be read.
        serving = found["state"] == ACTIVE
        path = "/supervisors/mine/term" if serving else "/supervisors/mine/progress"
    return SubjectLabel(
        f"社会监督员{found['name']}", path, f"{found['number']}，{TERM_STATES[found['state']][1]}"
    )


async def describe_report(report: int, scope: Scope) -> SubjectLabel | None:
    """A body's report, for the bureau and for who reported."""
    found = await find_report(report, scope)
    if found is None:
        return None
    return SubjectLabel(
        f"反映{found['supervisor_name']}", f"/supervisors/reports/{report}", found["body_name"]
    )


async def find_applications(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Applications by name, for the global search."""
    return [
        SubjectLabel(
            f"{each['name']}的申请",
            f"/supervisors/applications/{each['id']}",
            STATES[each["state"]][1],
        )
        for each in await find_by_name(text, scope)
    ]


async def find_terms(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Supervisors by name or certificate number, for the global search."""
    found = await TERMS.export({"q": text, "tab": ""}, scope, limit=10)
    return [
        SubjectLabel(
            f"社会监督员{each['name']}", f"/supervisors/terms/{each['id']}", each["number"]
        )
        for each in found
    ]


async def resolve_card(code: str) -> SubjectRef | None:
    """What a scanned QR or a typed certificate number stands for."""
    text = code.strip().partition("#")[0][:200]  # behind it stands the signature
    async with transaction(Scope.public()):
        if match := TOKEN.search(text):
            found = await public_card(match[1])
        else:
            found = await card_by_number(plain_number(text)) if text else None
    return SubjectRef(TERM, found["term"]) if found else None


# --- what is heard -----------------------------------------------------------------------------


def the_person(fact: Fact) -> Sequence[SubjectRef]:
    return (SubjectRef("core.person", int(fact.payload.get("person") or 0)),)


def the_application(fact: Fact) -> Sequence[SubjectRef]:
    return (fact.subject,) if fact.subject.kind == APPLICATION else ()
