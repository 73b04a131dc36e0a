# SPDX-License-Identifier: Apache-2.0
"""The demo's people as the platform sees them when they sign in: role, place, rights."""

from core import clock
from core.auth.visitor import Visitor, visitor_of
from core.db import Scope, rows, transaction

ASSIGNED = """
select u.id as user_id, u.name, u.login, u.person as person_id, u.text_size, u.density, u.demo,
  u.must_change, r.key as role, r.title as role_title, r.reach, a.id as assignment_id, a.valid_to,
  false as delegated, '' as principal, '' as csrf, 0 as session_id, 0 as version,
  g.id as region_id, g.name as region_name, g.level as region_level, g.lo as region_lo,
  g.hi as region_hi, o.id as org_id, o.name as org_name, o.short_name as org_short,
  o.lo as org_lo, o.hi as org_hi,
  array(select p.permission from core_role_permission p where p.role = r.id) as permissions
from core_user u
join core_assignment a on a."user" = u.id and a.revoked_at is null and a.delegated_by is null
join core_role r on r.id = a.role
left join core_region g on g.id = a.region
left join core_organisation o on o.id = a.organisation
where u.demo and u.active and a.valid_from <= $1 and (a.valid_to is null or a.valid_to >= $1)
order by a.id desc
"""


async def visitors() -> dict[str, Visitor]:
    """By login, everybody of the demo with the role he was given first."""
    async with transaction(Scope.platform("demo data: who acts under which rights")):
        found = await rows(ASSIGNED, clock.today())
    return {each["login"]: visitor_of(each, frozenset(each["permissions"])) for each in found}
