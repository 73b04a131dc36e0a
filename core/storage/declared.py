# SPDX-License-Identifier: Apache-2.0
"""What stored files declare as part of plugin ``core``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, SubjectKind, SubjectLabel
from core.scope import Scope
from core.storage.services import files, sweep_orphans


def route_handlers() -> list[Any]:
    from core.storage.routes import HANDLERS
    from core.storage.upload_routes import HANDLERS as UPLOADING

    return [*HANDLERS, *UPLOADING]


async def _sweep(_payload: Mapping[str, Any]) -> None:
    from core.storage.uploads import sweep

    await sweep()
    await sweep_orphans()


jobs = [
    Cron(
        "core.storage.sweep",
        _sweep,
        at="03:40",
        timeout=timedelta(minutes=30),
        reason="objects without a row belong to no region",
    )
]


async def _describe(file_id: int, _scope: Scope) -> SubjectLabel | None:
    found = (await files([file_id])).get(file_id)
    return None if found is None else SubjectLabel(found.name, found.url, found.size_words)


subject_kinds = [SubjectKind("core.file", "文件", _describe)]
