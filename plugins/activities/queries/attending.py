# SPDX-License-Identifier: Apache-2.0
"""A person's invitations."""

from collections.abc import Mapping
from typing import Any

from core.api.db import row, rows
from plugins.activities.rules.attendance import OUTCOMES


async def invitation_to(activity: int, person: int) -> dict[str, Any] | None:
    """A person's invitation to an activity."""
    return await row(
        "select * from activities_invitation where activity = $1 and person = $2", activity, person
    )


OWN_INVITATIONS = """
select i.*, a.title, a.kind, a.starts_at, a.ends_at, a.place, a.host_name, a.state, a.organ_name,
       (select r.id from activities_record r where r.activity = a.id and r.person = i.person
        order by r.id limit 1) as record
from activities_invitation i join activities_activity a on a.id = i.activity
where i.person = $1
"""


async def own_invitations(person: int, *, over: bool) -> list[dict[str, Any]]:
    """Somebody's invitations: those under way, or those that are over."""
    state = "<> 'open'" if over else "= 'open'"
    order = "desc" if over else ""
    return await rows(
        f"{OWN_INVITATIONS} and a.state {state} order by a.starts_at {order}, a.id limit 200",
        person,
    )


async def own_invitation(invitation: int, person: int) -> dict[str, Any] | None:
    """One of somebody's own invitations with its activity."""
    return await row(f"{OWN_INVITATIONS} and i.id = $2", person, invitation)


def outcome_words(found: Mapping[str, Any]) -> str:
    """到场, 请假, 缺席, or nothing yet."""
    return OUTCOMES[found["outcome"]][1] if found["outcome"] else ""
