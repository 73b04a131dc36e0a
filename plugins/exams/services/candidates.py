# SPDX-License-Identifier: Apache-2.0
"""Who has to pass an exam: told by the certificates, or entered by the office."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.db import Place, execute, row, value
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.people import organisation, person
from plugins.exams import facts
from plugins.exams.services.base import person_ref, place_of, settings_in

UPSERT = """
insert into exams_wanted (purpose, request, person, name, organisation, unit, card_number, due_on,
  state, used, allowed, reason, asked_at, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $10, $11, $12, $13)
on conflict (purpose, request, person) do update set name = excluded.name, unit = excluded.unit,
  card_number = excluded.card_number, due_on = excluded.due_on, reason = excluded.reason,
  state = case when exams_wanted.state = 'withdrawn' then 'waiting' else exams_wanted.state end
returning id
"""


async def want(
    *,
    purpose: str,
    request: int,
    person_id: int,
    name: str,
    organisation_id: int,
    card_number: str,
    due_on: date | None,
    place: Place,
    reason: str = "",
) -> int:
    """Somebody waits for a seat; told twice it changes nothing that has happened since."""
    unit = await organisation(organisation_id) if organisation_id else None
    options = await settings_in(place.region_lo)
    return int(
        await value(
            UPSERT,
            purpose,
            request,
            person_id,
            name,
            organisation_id,
            unit.name if unit else "",
            card_number,
            due_on,
            options.attempts,
            reason,
            clock.now(),
            place.region_lo,
            place.org_lo,
        )
    )


async def unwant(purpose: str, request: int, person_id: int, reason: str) -> None:
    """The application was withdrawn; what was sat already stays."""
    await execute(
        """update exams_wanted set state = 'withdrawn', reason = $4
           where purpose = $1 and request = $2 and person = $3 and state in ('waiting', 'seated')""",
        purpose,
        request,
        person_id,
        reason[:300],
    )
    await execute(
        """delete from exams_entry e using exams_wanted w, exams_session s
           where w.id = e.wanted and s.id = e.session and w.purpose = $1 and w.request = $2
             and w.person = $3 and w.state = 'withdrawn' and s.state = 'planned'""",
        purpose,
        request,
        person_id,
    )


async def enter(person_id: int, reason: str) -> int:
    """A candidate nobody told us of: a test after a training, a sitting ordered by the office."""
    found = await person(person_id)
    if found is None:
        raise NotFound
    if not found.organisation:
        raise Invalid({"person": "这个人没有单位，不能安排考试。"})
    unit = await organisation(found.organisation)
    assert unit is not None
    waiting = await value(
        """select 1 from exams_wanted where person = $1 and purpose = 'other'
           and state in ('waiting', 'seated')""",
        person_id,
    )
    if waiting:
        raise Conflict(f"{found.name}已经在等待考试。")
    number = int(
        await value(
            "select coalesce(max(request), 0) + 1 from exams_wanted where person = $1"
            " and purpose = 'other'",
            person_id,
        )
    )
    place = Place(unit.region_lo, unit.lo)
    made = await want(
        purpose="other",
        request=number,
        person_id=person_id,
        name=found.name,
        organisation_id=unit.id,
        card_number="",
        due_on=None,
        place=place,
        reason=reason.strip(),
    )
    await record(
        "exams.candidate_entered",
        person_ref(person_id),
        facts.Asked(person_id, found.name, "other", reason.strip()),
        place,
    )
    return made


async def withdraw(wanted: int, reason: str) -> None:
    """Take back a candidate the office entered itself."""
    found: dict[str, Any] | None = await row(
        "select * from exams_wanted where id = $1 for update", wanted
    )
    if found is None:
        raise NotFound
    if found["purpose"] != "other" or found["state"] not in ("waiting", "seated"):
        raise Conflict("只能撤回本机关补录、还没有考的考生；申领和年审的在执法证件里撤回。")
    await unwant("other", found["request"], found["person"], reason)
    await record(
        "exams.candidate_withdrawn",
        person_ref(found["person"]),
        facts.Asked(found["person"], found["name"], "other", reason.strip()),
        place_of(found),
    )
