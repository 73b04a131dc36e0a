# SPDX-License-Identifier: Apache-2.0
"""The deadline of a 公示: working days of the platform's one calendar."""

from collections.abc import Mapping
from typing import Any

from core.api.deadlines import Clock, Limit, clocks_of, start_clock, stop_clock
from plugins.supervisors.services.base import application_ref, place_of

KEY = "supervisors.publicity"


async def start_publicity(application: Mapping[str, Any], workdays: int) -> Clock:
    """Begin to count; the day of publication is not counted, the last day ends at 23:59:59."""
    return await start_clock(
        application_ref(application["id"]),
        KEY,
        "公示开始",
        Limit(workdays, "working"),
        place_of(application),
    )


async def publicity_clock(application: int) -> Clock | None:
    """The clock of an application's 公示, the newest."""
    found = [each for each in await clocks_of(application_ref(application)) if each.key == KEY]
    return found[-1] if found else None


async def stop_publicity(application: int) -> None:
    """Nothing waits for the end of the 公示 any more."""
    found = await publicity_clock(application)
    if found is not None and found.open:
        await stop_clock(found.id)
