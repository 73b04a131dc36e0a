# SPDX-License-Identifier: Apache-2.0
"""What stored files declare as part of plugin ``core``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, ExtensionPoint, SubjectKind, SubjectLabel
from core.scope import Scope
from core.storage.readers import POINT, FileReaders
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

extension_points = [
    ExtensionPoint(
        POINT,
        "附件由谁打开",
        FileReaders,
        docs="键为附件的用途；用 core.api.files.readers 写。没有写的用途，/files/ 不给任何人打开。",
    )
]
