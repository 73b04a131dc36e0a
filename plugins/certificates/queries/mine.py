# SPDX-License-Identifier: Apache-2.0
"""What an officer reads about himself, and the figures of a scope."""

from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from plugins.certificates.queries.register import NEWEST_CARD, STANDING_TODAY


async def officer_of(person: int) -> dict[str, Any] | None:
    """The officer a person is, with unit and masked numbers."""
    return await row(
        """select o.id, o.person, o.name, o.position, o.category, o.photo, o.closed_at,
                  o.region_lo, o.org_lo, g.name as organisation_name, n.id_number_masked,
                  n.phone_masked
           from certificates_officer o join core_organisation g on g.id = o.organisation
           left join core_person n on n.id = o.person where o.person = $1""",
        person,
    )


async def own_requests(person: int) -> list[dict[str, Any]]:
    """His applications, newest first."""
    return await rows(
        """select id, state, submitted_at, score, attempts_used, attempts_allowed, reason
           from certificates_request where person = $1 order by id desc limit 5""",
        person,
    )


async def notes_of(person: int) -> list[dict[str, Any]]:
    """The praise that stays in his record."""
    return await rows(
        "select kind, text, at from certificates_note where person = $1 order by at desc limit 20",
        person,
    )


async def figures_by_unit(scope: Scope) -> list[dict[str, Any]]:
    """How the cards of each unit stand today; the scope of a superior holds those below it."""
    condition, args = scope_conditions(scope, "o")
    return await rows(
        f"""select g.id, g.name, g.kind, count(*) as officers,
               count(*) filter (where s.standing = 'valid') as valid,
               count(*) filter (where s.standing = 'not_inspected' or s.standing = 'overdue')
                 as not_inspected,
               count(*) filter (where s.standing = 'suspended') as suspended,
               count(*) filter (where s.standing = 'expired') as expired,
               count(*) filter (where s.standing in ('none', 'making')) as none
            from (select o.organisation, {STANDING_TODAY} as standing
                  from certificates_officer o {NEWEST_CARD}
                  where {condition} and o.closed_at is null) s
            join core_organisation g on g.id = s.organisation
            group by g.id, g.name, g.kind, g.lo order by g.lo limit 1000""",
        *args,
    )


async def figures_of_work(scope: Scope) -> dict[str, int]:
    """How much is under way: applications and inspections by state."""
    condition, args = scope_conditions(scope, "q")
    found = await rows(
        f"select 'request.' || q.state as key, count(*) as n from certificates_request q"
        f" where {condition} group by 1",
        *args,
    )
    condition, args = scope_conditions(scope, "i")
    found += await rows(
        f"select 'inspection.' || i.state as key, count(*) as n from certificates_inspection i"
        f" where {condition} group by 1",
        *args,
    )
    return {each["key"]: int(each["n"]) for each in found}


async def standing_count(scope: Scope, standings: list[str]) -> int:
    """Officers whose card stands so today."""
    condition, args = scope_conditions(scope, "o", start=2)
    found = await row(
        f"""select count(*) as n from certificates_officer o {NEWEST_CARD}
            where o.closed_at is null and ({STANDING_TODAY}) = any($1::text[]) and {condition}""",
        standings,
        *args,
    )
    return int(found["n"]) if found else 0


async def issued_between(scope: Scope, first: Any, last: Any) -> int:
    """Cards handed over in a period."""
    condition, args = scope_conditions(scope, "q", start=3)
    found = await row(
        f"""select count(*) as n from certificates_request q
            where q.issued_on between $1 and $2 and {condition}""",
        first,
        last,
        *args,
    )
    return int(found["n"]) if found else 0
