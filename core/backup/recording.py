# SPDX-License-Identifier: Apache-2.0
"""Writing down that a backup was made or failed, for the page and for the record."""

from datetime import datetime

import msgspec

from core import clock, db
from core.api.plugin import FactKind, Place, SubjectRef
from core.backup.making import Made
from core.facts.services import record
from core.host.errors import failure_text

SCOPE = db.Scope.platform("a backup is of the whole installation")


class BackedUp(msgspec.Struct, frozen=True):
    path: str
    files: int
    bytes: int
    batch: int
    encrypted: bool


class Failed(msgspec.Struct, frozen=True):
    error: str


FACT_KINDS = [
    FactKind(
        "core.backup.made", "备份", "备份到 {path}，{files} 个文件", BackedUp, broadcast=False
    ),
    FactKind("core.backup.failed", "备份失败", "备份没有成功：{error}", Failed, broadcast=False),
]


async def note(
    url: str, begun: datetime, *, made: Made | None = None, error: Exception | None = None
) -> None:
    """One row and one fact. The command runs outside the platform's processes."""
    db.DB.configure(url, db.OWNER)
    await db.DB.start_connection_pool(min_size=1, max_size=1)
    try:
        async with db.transaction(SCOPE):
            about = made.manifest if made else None
            number = await db.value(
                "insert into core_backup (begun_at, finished_at, ok, path, bytes, files, encrypted,"
                " error) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
                begun,
                clock.now(),
                bool(about and not about.problems),
                str(made.path) if made else "",
                about.size if about else 0,
                len(about.entries) if about else 0,
                bool(about and about.encrypted),
                failure_text(error) if error else "；".join(about.problems if about else [])[:2000],
            )
            subject = SubjectRef("core.backup", int(number))
            if made is not None and about is not None:
                fact = BackedUp(
                    str(made.path), len(about.entries), about.size, about.batch, about.encrypted
                )
                await record("core.backup.made", subject, fact, Place(0))
            elif error is not None:
                await record("core.backup.failed", subject, Failed(failure_text(error)), Place(0))
    finally:
        await db.DB.close_connection_pool()
