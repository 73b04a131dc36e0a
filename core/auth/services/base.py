# SPDX-License-Identifier: Apache-2.0
"""What every act on accounts needs: the scope it runs under, and the facts it leaves."""

from collections.abc import Mapping
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth import queries
from core.auth.declared import AccountActed, RoleActed
from core.auth.visitor import Visitor
from core.errors import NotFound
from core.facts.services import record
from core.scope import Scope

USER = "core.user"


def office(actor: int) -> Scope:
    """The scope accounts are kept under."""
    return Scope.platform("账号属于全平台，不属于某一地区", actor=actor)


async def must_have(user_id: int) -> dict[str, Any]:
    found = await queries.user(user_id)
    if found is None:
        raise NotFound("没有这个账号。")
    return found


def place_of(who: Visitor) -> Place:
    return Place(
        max(who.region.lo, 0) if who.region.id else 0,
        who.organisation.lo if who.organisation else 0,
    )


async def home_of(user_id: int) -> Place:
    """Where facts about an account belong: the place of its first role."""
    found = await db.row(
        "select coalesce(g.lo, 0) as region_lo, coalesce(o.lo, 0) as org_lo"
        " from core_assignment a left join core_region g on g.id = a.region"
        ' left join core_organisation o on o.id = a.organisation where a."user" = $1'
        " and a.revoked_at is null order by a.id limit 1",
        user_id,
    )
    return Place(found["region_lo"], found["org_lo"]) if found else Place(0)


async def account_fact(kind: str, user: Mapping[str, Any], reason: str = "") -> None:
    payload = AccountActed(user=user["id"], login=user["login"], name=user["name"], reason=reason)
    await record(kind, SubjectRef(USER, user["id"]), payload, await home_of(user["id"]))


async def role_fact(
    kind: str, user: Mapping[str, Any], assignment_id: int, reason: str = ""
) -> None:
    found = await queries.assignment(assignment_id, clock.today())
    assert found is not None
    payload = RoleActed(
        user=user["id"],
        login=user["login"],
        name=user["name"],
        assignment=assignment_id,
        role=found["role"],
        role_title=found["role_title"],
        region=found["region"],
        region_name=found["region_name"] or "",
        organisation=found["organisation"],
        organisation_name=found["organisation_name"] or "",
        until=found["valid_to"].isoformat() if found["valid_to"] else "",
        delegated_by=found["delegated_by"],
        reason=reason,
    )
    place = Place(found["region_lo"] or 0, found["org_lo"] or 0)
    await record(kind, SubjectRef(USER, user["id"]), payload, place)
