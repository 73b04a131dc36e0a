# SPDX-License-Identifier: Apache-2.0
"""Every morning: who is invited for the next day is reminded, what is over is to be closed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api import clock
from core.api.db import current_scope, execute
from core.api.messages import notify
from core.api.turns import hand_turn
from plugins.activities.queries import invitations_of, to_close, to_remind
from plugins.activities.rules.attendance import LEAVE
from plugins.activities.rules.words import MANAGE
from plugins.activities.services.base import activity_ref, invitation_ref, place_of, span

AHEAD = timedelta(hours=36)
"""From the morning on: everything of today and of tomorrow."""


async def remind(_payload: Mapping[str, Any]) -> None:
    """Whoever has not asked for leave hears of today's and tomorrow's activity, once."""
    now = clock.now()
    for each in await to_remind(now, now + AHEAD, current_scope()):
        await execute(
            "update activities_activity set reminded_at = $2 where id = $1", each["id"], now
        )
        for one in await invitations_of(each["id"]):
            if one["answer"] == LEAVE or one["outcome"]:
                continue
            await notify(
                "activities.reminder",
                [one["person"]],
                invitation_ref(one["id"]),
                {
                    "title": each["title"],
                    "when": span(each["starts_at"], each["ends_at"]),
                    "where": each["place"],
                },
                place_of(each),
            )


async def ask_to_close(_payload: Mapping[str, Any]) -> None:
    """It is the bureau's turn to close the attendance of what is over."""
    now = clock.now()
    for each in await to_close(now, current_scope()):
        await execute("update activities_activity set asked_at = $2 where id = $1", each["id"], now)
        await hand_turn(
            activity_ref(each["id"]),
            title=f"登记考勤：{each['title']}",
            subline=span(each["starts_at"], each["ends_at"]),
            step_title="登记考勤并结束活动",
            path=f"/activities/desk/{each['id']}",
            holder_org=each["org_lo"],
            permission=MANAGE,
            place=place_of(each),
            key="close",
        )
