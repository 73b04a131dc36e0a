# SPDX-License-Identifier: Apache-2.0
"""Names and pages of records, activities and invitations; codes that stand for activities."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.db import Scope, SubjectRef, rows, scope_conditions
from core.api.plugin import SubjectLabel
from plugins.activities.queries import (
    activity_row,
    find_activity,
    find_record,
    invitation_row,
)
from plugins.activities.rules.records import STATES
from plugins.activities.rules.words import ACTIVITY, CODE
from plugins.activities.services.base import span


async def describe_record(record: int, scope: Scope) -> SubjectLabel | None:
    """The bureau's page of a record; its own person is led to his."""
    found = await find_record(record, scope)
    if found is None:
        return None
    mine = scope.person and found["person"] == scope.person
    path = f"/activities/mine/{record}" if mine else f"/activities/records/{record}"
    return SubjectLabel(f"活动登记：{found['organisation_name']}", path, STATES[found["state"]][1])


async def describe_activity(activity: int, scope: Scope) -> SubjectLabel | None:
    """An activity of the scope."""
    found = await find_activity(activity, scope)
    if found is None:
        return None
    return SubjectLabel(
        found["title"], f"/activities/desk/{activity}", span(found["starts_at"], found["ends_at"])
    )


async def describe_invitation(invitation: int, scope: Scope) -> SubjectLabel | None:
    """The invited person's page, or the bureau's of the activity."""
    found = await invitation_row(invitation)
    if found is None:
        return None
    if scope.person and found["person"] == scope.person:
        return SubjectLabel("活动邀请", f"/activities/invitations/{invitation}")
    activity = await activity_row(found["activity"])
    if activity is None:
        return None
    return SubjectLabel(f"{found['name']}的邀请", f"/activities/desk/{activity['id']}")


async def resolve_code(code: str) -> SubjectRef | None:
    """The activity whose code on the screen was scanned; whether it admits is asked there."""
    match = CODE.search(code.strip()[:400])
    if match is None:
        return None
    found = await activity_row(int(match[1]))
    return SubjectRef(ACTIVITY, found["id"]) if found else None


async def find_activities(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Activities by name or body, for the global search."""
    condition, args = scope_conditions(scope, "a", start=2)
    return [
        _label(each)
        for each in await rows(
            f"""select a.id, a.title, a.starts_at, a.ends_at from activities_activity a
                where (strpos(a.title, $1) > 0 or strpos(a.host_name, $1) > 0) and {condition}
                order by a.starts_at desc limit 10""",
            text,
            *args,
        )
    ]


def _label(found: dict[str, Any]) -> SubjectLabel:
    day = clock.local(found["starts_at"]).date()
    return SubjectLabel(
        found["title"], f"/activities/desk/{found['id']}", f"{day.month}月{day.day}日"
    )


async def find_records(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Records by body or supervisor, for the global search."""
    condition, args = scope_conditions(scope, "r", start=2)
    found = await rows(
        f"""select r.id, r.organisation_name, r.name from activities_record r
            where (strpos(r.organisation_name, $1) > 0 or strpos(r.name, $1) > 0) and {condition}
            order by r.submitted_at desc limit 10""",
        text,
        *args,
    )
    return [
        SubjectLabel(
            f"活动登记：{each['organisation_name']}",
            f"/activities/records/{each['id']}",
            each["name"],
        )
        for each in found
    ]
