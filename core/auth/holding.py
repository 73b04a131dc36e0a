# SPDX-License-Identifier: Apache-2.0
"""Who holds a right somewhere today: whom to tell, and whether anybody is there at all.

Only numbers of persons and places come out, never a row about somebody. They are looked up past
the scope of who acts, because an officer's act concerns offices he does not see.
"""

from collections.abc import Sequence

from core import clock, db
from core.scope import Scope

REASON = "who holds a right, to be told of a matter"

# A role that reaches a region is given without an organisation; its office is the person's own.
# Assignments that have run out or have not begun hold nothing.
HOLDERS = """
from core_assignment a
join core_role_permission p on p.role = a.role and p.permission = $1
join core_user u on u.id = a."user" and u.active
left join core_person n on n.id = u.person
left join core_organisation o on o.id = coalesce(a.organisation, n.organisation)
left join core_region g on g.id = a.region
where a.revoked_at is null and a.valid_from <= $2 and (a.valid_to is null or a.valid_to >= $2)
"""


async def persons_holding(permission: str, lo: int, hi: int) -> list[int]:
    """The persons who may do something in an organisation; with ``hi``, also in those below it."""
    async with db.transaction(Scope.platform(REASON, actor=db.current_scope().actor)):
        return [
            int(each)
            for each in await db.column(
                f"select distinct u.person {HOLDERS} and u.person is not null"
                " and o.lo between $3 and $4 order by 1",
                permission,
                clock.today(),
                lo,
                hi,
            )
        ]


async def persons_holding_in(permission: str, region_lo: int) -> list[int]:
    """The persons who may do something for exactly this region."""
    async with db.transaction(Scope.platform(REASON, actor=db.current_scope().actor)):
        return [
            int(each)
            for each in await db.column(
                f"select distinct u.person {HOLDERS} and u.person is not null"
                " and coalesce(g.lo, o.region_lo) = $3 order by 1",
                permission,
                clock.today(),
                region_lo,
            )
        ]


async def places_holding(permission: str, los: Sequence[int]) -> set[int]:
    """Those of some organisations (by ``lo``) where somebody may do something."""
    async with db.transaction(Scope.platform(REASON, actor=db.current_scope().actor)):
        return set(
            await db.column(
                f"select distinct o.lo {HOLDERS} and o.lo = any($3::int8[])",
                permission,
                clock.today(),
                list(los),
            )
        )
