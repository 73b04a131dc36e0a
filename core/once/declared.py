# SPDX-License-Identifier: Apache-2.0
"""What forms that act once declare as part of plugin ``core``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.plugin import Cron


async def _sweep(_payload: Mapping[str, Any]) -> None:
    from core.once.services import sweep

    await sweep()


jobs = [
    Cron(
        "core.once.sweep",
        _sweep,
        at="03:50",
        timeout=timedelta(minutes=5),
        reason="keys of forms belong to no region",
    )
]
