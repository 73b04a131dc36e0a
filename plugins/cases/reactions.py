# SPDX-License-Identifier: Apache-2.0
"""Handlers of others' facts, and how cases names and finds its objects for others."""

from collections.abc import Sequence

from core.api.db import Scope
from core.api.plugin import Fact, SubjectLabel, SubjectRef
from plugins.cases.queries import SUBJECT, find_cases, label_of, path_of, referral_of
from plugins.cases.rules.flow import CASE_STATES
from plugins.cases.services.documents import warn_of_document
from plugins.cases.services.handing import note_answer
from plugins.cases.services.opening import text_hashes
from plugins.cases.services.projections import (
    end_alarm,
    keep_alarm,
    keep_certificate,
    keep_item_version,
)


async def on_version_effective(fact: Fact) -> None:
    await keep_item_version(fact.payload)


async def on_alarm_raised(fact: Fact) -> None:
    await keep_alarm(fact.payload, fact.at)


async def on_alarm_revoked(fact: Fact) -> None:
    await end_alarm(fact.payload, "revoked", fact.at)


async def on_alarm_upheld(fact: Fact) -> None:
    await end_alarm(fact.payload, "upheld", fact.at)


async def on_certificate_changed(fact: Fact) -> None:
    await keep_certificate(fact.payload, fact.at, fact.place)


async def on_referral_answered(fact: Fact) -> None:
    await note_answer(fact.payload)


async def describe_referral(ident: int, scope: Scope) -> SubjectLabel | None:
    """What was handed over, and by whom."""
    found = await referral_of(scope, ident)
    if found is None:
        return None
    return SubjectLabel(found["title"], f"/cases/referrals/{ident}", f"{found['from_unit']}移送")


async def on_clock_lapsed(fact: Fact) -> None:
    """A document was not served, published or withdrawn in time: whoever handles it is told."""
    if fact.subject.kind == SUBJECT:
        await warn_of_document(fact)


def case_of(fact: Fact) -> Sequence[SubjectRef]:
    """The case an alarm fact speaks of, to be locked before its lamp is counted."""
    case = fact.payload.get("case")
    return (SubjectRef(SUBJECT, int(case)),) if case else ()


async def describe_case(ident: int, scope: Scope) -> SubjectLabel | None:
    """Number, cause and where the case stands."""
    found = await label_of(scope, ident)
    if found is None:
        return None
    return SubjectLabel(
        f"{found['case_number']} {found['title']}",
        path_of(ident),
        f"{found['party_name']} · {CASE_STATES.get(found['state'], '')}"
        f"{'，' + found['step_title'] if found['state'] == 'open' else ''}",
    )


async def search_cases(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Cases by number, cause and party, for the global search."""
    text = text.strip()
    if len(text) < 2:
        return []
    return [
        SubjectLabel(
            f"{r['case_number']} {r['title']}",
            path_of(r["id"]),
            f"{r['party_name']} · {CASE_STATES.get(r['state'], '')}",
        )
        for r in await find_cases(scope, text, text_hashes(text))
    ]
