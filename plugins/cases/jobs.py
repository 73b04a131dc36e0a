# SPDX-License-Identifier: Apache-2.0
"""Work that falls due by itself."""

from collections.abc import Mapping
from typing import Any

from plugins.cases.services import renew_turns


async def renew_turns_daily(_payload: Mapping[str, Any]) -> None:
    """Shortly after midnight: delegations and transfers that begin or end today."""
    await renew_turns()
