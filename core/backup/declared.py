# SPDX-License-Identifier: Apache-2.0
"""What backups declare as part of plugin ``core``."""

import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, FactKind, Job, SubjectKind, SubjectLabel
from core.scope import Scope
from core.settings import ROOT, read


def fact_kinds() -> list[FactKind]:
    from core.backup.recording import FACT_KINDS

    return FACT_KINDS


class BackupFailed(RuntimeError):
    """The nightly backup did not succeed; the message is what the command said."""


async def _nightly(_payload: Mapping[str, Any]) -> None:
    """In a process of its own: it reads everything there is, and the worker must stay small."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "core.cli",
        "backup",
        "--scheduled",
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    # 3 = done, but stored files were damaged already: trying again would not mend them, and the
    # page warns.
    if process.returncode not in (0, 3):
        lines = said.decode("utf-8", "replace").strip().splitlines() or [f"{process.returncode}"]
        raise BackupFailed(lines[-1][:400])


REASON = "a backup is of the whole installation"
LONG = timedelta(hours=6)


def jobs() -> list[Cron | Job]:
    """A backup on request, and the nightly one unless the operator has set no time for it."""
    now = Job("core.backup.now", _nightly, timeout=LONG, tries=1, scope="platform", reason=REASON)
    at = read(os.environ).backup.at
    if not at:
        return [now]
    return [
        now,
        Cron(
            "core.backup.nightly",
            _nightly,
            at=at,
            timeout=LONG,
            reason=REASON,
        ),
    ]


async def _describe(_id: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("备份", "/operations")


subject_kinds = [SubjectKind("core.backup", "备份", _describe, permission="core.operation.manage")]
