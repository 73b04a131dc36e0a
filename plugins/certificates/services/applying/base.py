# SPDX-License-Identifier: Apache-2.0
"""What the acts on an application share."""

from typing import Any

import msgspec

from core.api.db import lock_subjects
from core.api.errors import NotFound
from core.api.facts import record
from core.api.people import (
    clean,
    lookup_hash,
)
from plugins.certificates.facts import (
    ExamUnwanted,
    ExamWanted,
)
from plugins.certificates.queries.applying import (
    request_row,
)
from plugins.certificates.services.base import (
    SUBMIT,
    Actor,
    person_ref,
    place_of,
    request_ref,
    tell,
)

NUMBER, PHONE, HASH = (
    "certificates.request.id_number",
    "certificates.request.phone",
    "certificates.id_number",
)
SOURCES = "certificates.identity_source"
PHOTO, PAPER = "certificates.photo", "certificates.paper"


class IdentitySource(msgspec.Struct, frozen=True):
    """A register that says whether a name and an ID number belong together."""

    title: str
    verify: Any
    """``async (id_number, name) -> "pass" | "fail" | "unavailable"``; raising is unavailable."""


def digest_of(number: str) -> bytes:
    """The keyed hash under which lists and applications find an ID number."""
    return lookup_hash(clean(number), HASH)


def path_of(request: int) -> str:
    return f"/certificates/requests/{request}"


async def take(who: Actor, request: int) -> dict[str, Any]:
    """The application, locked, if he may at least see it."""
    seen = await request_row(request)
    if seen is None or not who.sees(seen):
        raise NotFound
    await lock_subjects(request_ref(request))
    found = await request_row(request)
    assert found is not None
    return found


async def tell_both(found: dict[str, Any], event: str, **params: object) -> None:
    await tell(
        event,
        request_ref(found["id"]),
        place_of(found),
        person=found["person"] or 0,
        own=None,
        office=SUBMIT,
        name=found["name"],
        **params,
    )


async def want_exam(
    found: dict[str, Any], purpose: str, *, card_number: str = "", due_on: str = ""
) -> None:
    """Announce that a person waits for a seat; whoever holds exams keeps the list."""
    await record(
        "certificates.exam_wanted",
        person_ref(found["person"]),
        ExamWanted(
            found["id"],
            purpose,
            found["person"],
            found["name"],
            found["organisation"],
            found["org_lo"],
            found["region_lo"],
            card_number,
            due_on,
        ),
        place_of(found),
    )


async def unwant_exam(found: dict[str, Any], purpose: str, reason: str) -> None:
    """He needs no seat any more."""
    await record(
        "certificates.exam_unwanted",
        person_ref(found["person"]),
        ExamUnwanted(found["id"], purpose, found["person"], reason),
        place_of(found),
    )
