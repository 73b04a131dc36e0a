# SPDX-License-Identifier: Apache-2.0
"""What the register answers to others: may this person act on that day?"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, execute, row, transaction, value
from core.api.plugin import Blocker, Fact, SubjectLabel, SubjectRef
from plugins.certificates.queries import OFFICERS, active_officers, cards_of, find_officer
from plugins.certificates.queries.applying import request_row
from plugins.certificates.queries.bodies import body_row, registration_row
from plugins.certificates.queries.inspecting import inspection_row
from plugins.certificates.rules import judge_person
from plugins.certificates.rules.inspecting import KINDS
from plugins.certificates.services import applying, inspecting
from plugins.certificates.services.base import place_of


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


async def answer_may_be_supervisor(
    subjects: Sequence[SubjectRef],
    on_date: date,  # noqa: ARG001 - an officer on the books is one on any day
    draft: Mapping[str, Any] | None = None,  # noqa: ARG001 - the gate hands it to every check
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Who of ``subjects`` (``core.person``) is a serving officer and may not supervise (S3-3).

    The register decides, not the card: an officer whose certificate is suspended is still one.
    """
    officers = await active_officers([subject.id for subject in subjects])
    return {
        subject: [
            Blocker(
                "certificates.is_officer",
                "正在担任行政执法人员，不能担任社会监督员。",
                SubjectRef("certificates.officer", officers[subject.id]),
            )
        ]
        for subject in subjects
        if subject.id in officers
    }


async def describe_officer(officer: int, scope: Scope) -> SubjectLabel | None:
    """The officer's name and page, if the scope sees it."""
    found = await find_officer(officer, scope)
    if found is None:
        return None
    return SubjectLabel(
        found["name"],
        f"/certificates/officers/{officer}",
        found["organisation_name"],
        person=found["person"],
    )


async def describe_request(request: int, scope: Scope) -> SubjectLabel | None:
    """Whose application it is, if the scope sees it."""
    found = await request_row(request)
    if found is None or not scope.sees(place_of(found)):
        return None
    return SubjectLabel(
        f"{found['name']}的执法证申领",
        f"/certificates/requests/{request}",
        found["organisation_name"],
    )


async def describe_inspection(inspection: int, scope: Scope) -> SubjectLabel | None:
    """Whose inspection it is, if the scope sees it."""
    found = await inspection_row(inspection)
    if found is None or not scope.sees(place_of(found)):
        return None
    return SubjectLabel(
        f"{found['name']}的{KINDS[found['kind']]}",
        f"/certificates/inspections/{inspection}",
        found["organisation_name"],
    )


async def describe_card(certificate: int, scope: Scope) -> SubjectLabel | None:
    """A card and its page, if the scope sees whose it is."""
    found = await row(
        """select c.number, o.name, o.region_lo, o.org_lo from certificates_certificate c
           join certificates_officer o on o.id = c.officer where c.id = $1""",
        certificate,
    )
    if found is None or not scope.sees(place_of(found)):
        return None
    return SubjectLabel(
        f"{found['name']}的执法证 {found['number']}", f"/certificates/cards/{certificate}"
    )


async def describe_own(person: int, scope: Scope) -> SubjectLabel | None:
    """Somebody's own pages, for himself alone."""
    return SubjectLabel("我的证件", "/certificates/mine") if scope.person == person else None


async def describe_own_inspection(inspection: int, scope: Scope) -> SubjectLabel | None:
    """Somebody's own inspection, for himself alone; there he scans his card."""
    found = await inspection_row(inspection)
    if found is None or not scope.person or scope.person != found["person"]:
        return None
    return SubjectLabel(f"我的{KINDS[found['kind']]}", f"/certificates/inspections/{inspection}")


async def describe_body(body: int, scope: Scope) -> SubjectLabel | None:
    """The body's name and page, if the scope sees it."""
    found = await body_row(body)
    if found is None or not scope.sees(place_of(found)):
        return None
    return SubjectLabel(found["name"], f"/certificates/bodies/{body}")


async def describe_registration(registration: int, scope: Scope) -> SubjectLabel | None:
    """The name under which a new body registered itself."""
    found = await registration_row(registration)
    if found is None or not scope.sees(place_of(found)):
        return None
    return SubjectLabel(found["name"], f"/certificates/registrations/{registration}")


def the_person(fact: Fact) -> Sequence[SubjectRef]:
    """What a result locks before it is taken over."""
    return (fact.subject,)


async def hear_exam_result(fact: Fact) -> None:
    """A published result is an applicant's or belongs to an inspection."""
    await applying.hear_result(fact)
    await inspecting.hear_result(fact)


async def keep_praise(fact: Fact) -> None:
    """Praise the public was heard with stays in the officer's record; once for each."""
    person = int(fact.payload.get("officer") or 0)
    if not person:
        return
    async with transaction(Scope.platform("praise goes into the officer's own record")):
        officer = await row(
            "select region_lo, org_lo from certificates_officer where person = $1", person
        )
        if officer is None or await value(
            "select 1 from certificates_note where source = $1 and person = $2",
            fact.payload["complaint"],
            person,
        ):
            return
        await execute(
            """insert into certificates_note (kind, source, text, at, person, region_lo, org_lo)
               values ('praise', $1, $2, $3, $4, $5, $6)""",
            fact.payload["complaint"],
            f"收到群众表扬（编号 {fact.payload['number']}）。",
            fact.at,
            person,
            officer["region_lo"],
            officer["org_lo"],
        )


async def describe_check(_id: int, _scope: Scope) -> SubjectLabel | None:
    """The public page has no number: it is opened by the code of a card alone."""
    return None


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


_CHECKED = re.compile(r"/certificates/check/([A-Za-z0-9_-]{8,40})(?:[/?#]|$)")
_BARE = re.compile(r"[A-Za-z0-9_-]{8,40}\Z")


async def resolve_officer(code: str) -> SubjectRef | None:
    """The officer behind a scanned QR code or a typed certificate number; ``None`` for others.

    Only the opaque token in the address counts, wherever the address claims to lead; nothing is
    ever fetched from it.
    """
    text = code.strip()[:400]
    match = _CHECKED.search(text)
    key = match[1] if match else text if _BARE.match(text) else ""
    if not key:
        return None
    officer = await value(
        "select officer from certificates_certificate where published"
        " and (token = $1 or number = $1) order by valid_until desc limit 1",
        key,
    )
    return SubjectRef("certificates.officer", int(officer)) if officer is not None else None
