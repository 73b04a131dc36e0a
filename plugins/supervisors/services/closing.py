# SPDX-License-Identifier: Apache-2.0
"""The unhappy ends of an application, and what is deleted a year later."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api import clock
from core.api.db import execute, transaction
from core.api.facts import record
from core.api.people import mask_name
from core.api.turns import close_turn
from plugins.supervisors.facts import Step
from plugins.supervisors.queries.applications import notice_of, to_clear
from plugins.supervisors.services.base import (
    application_ref,
    office_scope,
    place_of,
    settings_in,
)
from plugins.supervisors.services.clocks import stop_publicity

CLEARING = "what an unsuccessful applicant handed in is kept for a year only"
SHORTEST_KEEPING = 30
"""The fewest days a region may set."""


async def end_application(
    application: Mapping[str, Any], state: str, reason: str, *, by: int
) -> None:
    """Close an application without an appointment; its 公示 leaves the public page at once."""
    await execute(
        """update supervisors_application set state = $2, reason = $3, decided_at = $4,
                  decided_by = $5 where id = $1""",
        application["id"],
        state,
        reason,
        clock.now(),
        by,
    )
    await withdraw_notice(application["id"])
    await stop_publicity(application["id"])
    await close_turn(application_ref(application["id"]))


async def withdraw_notice(application: int) -> None:
    """Take a 公示 from the public page."""
    if await notice_of(application) is not None:
        await execute(
            """update supervisors_notice set published = false, closed_at = $2
               where application = $1""",
            application,
            clock.now(),
        )


async def clear_unsuccessful() -> int:
    """Delete what unsuccessful applicants handed in, a year after the decision (B14).

    What stays is that somebody applied and how it ended, without anything that names him.
    """
    cleared, now = 0, clock.now()
    for each in await to_clear(now - timedelta(days=SHORTEST_KEEPING)):
        kept = (await settings_in(each["region_lo"])).unsuccessful_keep_days
        if each["decided_at"] >= now - timedelta(days=kept):
            continue
        async with transaction(office_scope(place_of(each), CLEARING)):
            await _clear(each)
        cleared += 1
    return cleared


async def _clear(application: Mapping[str, Any]) -> None:
    masked = mask_name(application["name"])
    await execute(
        """update supervisors_application
           set name = $2, sex = '', birth_date = null, industry = '', employer = '',
               recommending_unit = '', photo = null, recommendation = null, attachment = null,
               declared = '[]', checked = '[]', login = '', cleared_at = $3
           where id = $1""",
        application["id"],
        masked,
        clock.now(),
    )
    await execute(
        """update supervisors_notice
           set name = $2, sex = '', industry = '', employer = '', recommending_unit = '',
               published = false
           where application = $1""",
        application["id"],
        masked,
    )
    await execute(
        """update supervisors_objection set name = null, contact = null where application = $1""",
        application["id"],
    )
    files = [application[name] for name in ("photo", "recommendation", "attachment")]
    # The rows go now; what lay in the store behind them is swept as orphaned.
    await execute("delete from core_file where id = any($1::int8[])", [f for f in files if f])
    await record(
        "supervisors.cleared",
        application_ref(application["id"]),
        Step(application["id"], 0, "cleared", application["state"]),
        place_of(application),
    )
