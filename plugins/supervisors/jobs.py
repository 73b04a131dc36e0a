# SPDX-License-Identifier: Apache-2.0
"""What happens by itself at night: terms end, reminders go out, old papers are deleted."""

from collections.abc import Mapping
from typing import Any

from core.api.db import Scope, transaction
from plugins.supervisors.services.closing import clear_unsuccessful
from plugins.supervisors.services.conduct import check_against_officers
from plugins.supervisors.services.ending import expire_terms, remind_of_end
from plugins.supervisors.services.publicity import take_down_notices

REASON = "the check against officers looks at the officers of the whole country"


async def end_terms(_payload: Mapping[str, Any]) -> None:
    """期满 and approved resignations take effect; the role goes with the term."""
    await expire_terms()


async def remind(_payload: Mapping[str, Any]) -> None:
    """T-60, by the days each region has set."""
    await remind_of_end()


async def check_officers(_payload: Mapping[str, Any]) -> None:
    """Nobody who has become an officer serves on unnoticed (S3-3)."""
    async with transaction(Scope.platform(REASON)):
        await check_against_officers()


async def clear(_payload: Mapping[str, Any]) -> None:
    """What unsuccessful applicants handed in goes after a year."""
    await clear_unsuccessful()


async def take_down(_payload: Mapping[str, Any]) -> None:
    """Names leave the public page when the period is over."""
    await take_down_notices()
