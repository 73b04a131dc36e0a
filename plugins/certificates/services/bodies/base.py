# SPDX-License-Identifier: Apache-2.0
"""What the acts on a body share."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, lock_subjects, rows, value
from core.api.errors import NotFound, Refused
from core.api.facts import record
from core.api.people import (
    OrganisationRow,
)
from core.api.turns import close_turn, hand_turn
from plugins.certificates.facts import BodyChanged
from plugins.certificates.queries.bodies import bodies_of, body_of, body_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    BODIES_WRITE,
    BODY,
    INCLUDE,
    REGISTRATION,
    Actor,
    give_unit,
    must_submit,
    place_of,
    reviewer_of,
)

PHONE, ID_NUMBER = "certificates.body.phone", "certificates.registration.id_number"
LETTER = "certificates.letter"
INCLUDING = "include"


def body_ref(body: int) -> SubjectRef:
    return SubjectRef(BODY, body)


def registration_ref(registration: int) -> SubjectRef:
    return SubjectRef(REGISTRATION, registration)


def info_of(body: Mapping[str, Any]) -> rules.Info:
    """What the body has said about itself so far."""
    return rules.Info(
        kind=body["kind"],
        unified_code=body["unified_code"],
        staffing=tuple(body[key] for key, _ in rules.STAFFING),
        admin_phone=bool(body["admin_phone_masked"]),
        basis=body["basis"],
        basis_url=body["basis_url"],
        superior=body["superior"],
    )


async def must_be_open(unit: OrganisationRow) -> None:
    """Refuse business until every condition of the unit's account holds (S2-15)."""
    if reasons := rules.closed_because(await body_of(unit.id), clock.today()):
        raise Refused(*reasons)


async def closed_units(units: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    """Of units with their names those that may do no business yet, each with every reason."""
    bodies, today = await bodies_of([unit for unit, _ in units]), clock.today()
    found = {unit: rules.closed_because(bodies.get(unit), today) for unit, _ in units}
    return {unit: reasons for unit, reasons in found.items() if reasons}


async def record_act(body: int, act: str, place: Any, reason: str = "") -> None:
    await record("certificates.body_changed", body_ref(body), BodyChanged(body, act, reason), place)


async def enter_body(
    unit: OrganisationRow, kind: str, origin: str, superior: OrganisationRow | None
) -> int:
    """The row of an organisation as a body, if there is none yet."""
    office = await reviewer_of(unit)
    return int(
        await value(
            """insert into certificates_body (organisation, kind, origin, superior, superior_lo,
                 reviewer_lo, reviewer_region_lo, created_at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (organisation) do update set organisation = excluded.organisation
               returning id""",
            unit.id,
            kind,
            origin,
            superior.id if superior else None,
            superior.lo if superior else 0,
            office.lo if office else 0,
            office.region_lo if office else 0,
            clock.now(),
            unit.region_lo,
            unit.lo,
        )
    )


async def ask_unit(body: int) -> None:
    """It is the body's turn: its account lacks what the office has to look at."""
    found = await body_row(body)
    assert found is not None
    await give_unit(
        found,
        body_ref(body),
        title=f"{found['name']}的执法主体账户",
        step="完善资料",
        path=f"/certificates/bodies/{body}",
        permission=BODIES_WRITE,
    )


async def ask_superior(subject: SubjectRef, found: Mapping[str, Any] | None, path: str) -> None:
    """It is also the superior's turn, as long as it has not taken the body in; in any order."""
    if found is None or found["kind"] == "first" or not found["superior_lo"]:
        return
    if found["included_at"] is not None:
        await superior_done(subject)
        return
    await hand_turn(
        subject,
        title=f"{found['name']}等待纳入账户",
        step_title="纳入",
        path=path,
        holder_org=found["superior_lo"],
        permission=INCLUDE,
        place=place_of(found),
        key=INCLUDING,
    )


async def superior_done(subject: SubjectRef) -> None:
    """The superior has nothing to do here any more."""
    await close_turn(subject, key=INCLUDING)


async def own_body(who: Actor, body: int) -> dict[str, Any]:
    """The body, locked, if its own account acts."""
    await lock_subjects(body_ref(body))
    found = await body_row(body)
    if found is None or not who.sees(found):
        raise NotFound
    await must_submit(who, found, BODIES_WRITE)
    return found


async def units_below(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The subordinate organisations the people of a shared account may go to."""
    return await rows(
        """select id, name from core_organisation where lo between $1 and $2 and id <> $3
             and kind in ('second', 'entrusted') and valid_to is null order by lo""",
        body["lo"],
        body["hi"],
        body["organisation"],
    )


async def people_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The officers that stand in the body's own account."""
    return await rows(
        """select id, name, position from certificates_officer
           where organisation = $1 and closed_at is null order by name limit 500""",
        body["organisation"],
    )
