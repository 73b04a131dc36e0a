# SPDX-License-Identifier: Apache-2.0
"""What the dummy plugin does when others act; it keeps what it saw, so that tests may look."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, SubjectRef, row
from core.api.gates import Blocker
from core.api.plugin import Fact, SubjectLabel

heard: list[Fact] = []
ran: list[Mapping[str, Any]] = []


async def hear(fact: Fact) -> None:
    """Remember the fact."""
    heard.append(fact)


async def too_long(
    subjects: Sequence[SubjectRef], _on_date: date, _draft: Mapping[str, Any] | None
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Object to subjects with an id above 100."""
    return {
        ref: (Blocker("dummy.too_long", "便笺太长，请先缩短。", ref),)
        for ref in subjects
        if ref.id > 100
    }


async def describe(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a note."""
    found = await row("select text from dummy_note where id = $1", id)
    return SubjectLabel(found["text"], f"/dummy/notes/{id}") if found else None


async def tidy(payload: Mapping[str, Any]) -> None:
    """Remember that the job ran."""
    ran.append(payload)


async def count_notes(_scope: Scope, _period: tuple[date, date]) -> int:
    """Count something."""
    return 7


async def open_notes(_scope: Scope) -> int:
    """The number beside the menu entry."""
    return 3
