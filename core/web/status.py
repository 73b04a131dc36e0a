# SPDX-License-Identifier: Apache-2.0
"""What the foot of every page says: is the worker alive, is the calendar of this year known?

Looked at now and then per process, by whichever request loads the menu's counts, so that no page
pays for it.
"""

import time
from typing import Any

from core import clock, db
from core.calendar.days import footer_state

FRESH_SECONDS = 15.0
IMPATIENT_SECONDS = 2.0
"""While something is wrong, how soon to look again."""
STARTING_SECONDS = 60.0
"""The worker starts after the first page; until then its silence is no fault."""
SILENT_SECONDS = 90
"""A worker that has not been heard for this long is not working."""

_known: dict[str, Any] = {}
_seen: list[float] = [0.0]
_begun = time.monotonic()


def known() -> dict[str, Any]:
    """The words last found; empty until somebody looked."""
    return dict(_known)


def forget() -> None:
    """Look again at the next occasion."""
    _known.clear()
    _seen[0] = 0.0


async def refresh() -> None:
    """Look again, if the last look is too long ago. Inside the caller's transaction."""
    patience = FRESH_SECONDS if _known.get("worker_sure", False) else IMPATIENT_SECONDS
    if time.monotonic() - _seen[0] < patience:
        return
    _seen[0] = time.monotonic()
    _known.update(calendar=f"工作日历：{await footer_state()}")
    last = await db.value("select max(at) from core_heartbeat")
    alive = last is not None and (clock.now() - last).total_seconds() <= SILENT_SECONDS
    _known["worker_sure"] = alive
    if not alive and time.monotonic() - _begun < STARTING_SECONDS:
        _known.update(worker="后台任务正在启动", worker_ok=True)
        return
    if last is None:
        _known.update(worker="后台任务没有运行", worker_ok=False)
        return
    words = f"{clock.local(last):%H:%M}"
    if alive:
        _known.update(worker=f"后台任务正常，最近一次 {words}", worker_ok=True)
    else:
        _known.update(worker=f"后台任务 {words} 之后没有响应", worker_ok=False)
