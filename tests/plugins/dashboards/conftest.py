# SPDX-License-Identifier: Apache-2.0
"""Facts as other plugins record them, put where the worker finds them."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.api.db import Place, Scope, SubjectRef, execute, transaction, value

BEGIN = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICE = Scope.platform("test")
Happen = Callable[..., Awaitable[int]]


async def happen(
    kind: str, subject: SubjectRef, place: Place, day: int = 0, /, **payload: object
) -> int:
    """One fact with its delivery to dashboards, as the recording transaction leaves them."""
    at = BEGIN + timedelta(days=day)
    async with transaction(OFFICE):
        found = await value(
            "insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo,"
            " actor, at, recorded_at) values ($1, $2, $3, $4, $5, $6, 0, $7, $7) returning id",
            kind,
            subject.kind,
            subject.id,
            json.dumps(payload),
            place.region_lo,
            place.org_lo,
            at,
        )
        await execute(
            "insert into core_delivery (fact, plugin, state, tries, due_at, error)"
            " values ($1, 'dashboards', 'pending', 0, $2, '')",
            found,
            BEGIN,
        )
    return int(found)


async def case(
    number: int, place: Place, day: int = 0, closed: int | None = None, item: int = 7
) -> SubjectRef:
    """A case opened and perhaps closed."""
    ref = SubjectRef("cases.case", number)
    told = {"case_number": f"磴市监立〔2026〕{number}号", "title": "未按规定案", "item": item}
    await happen("cases.opened", ref, place, day, **told)
    if closed is not None:
        await happen("cases.closed", ref, place, closed, **told)
    return ref


async def alarm(
    number: int, place: Place, day: int = 0, colour: str = "red", of: int = 0
) -> SubjectRef:
    """An alarm, open."""
    ref = SubjectRef("inspection.alarm", number)
    told = {"colour": colour, "kind": "evidence", "case": of, "case_number": f"{of}号"}
    await happen("inspection.alarm_raised", ref, place, day, **told)
    return ref


@pytest.fixture
def at_noon(clock: Callable[[datetime], object]) -> None:
    clock(datetime(2026, 5, 11, 4, tzinfo=UTC))
