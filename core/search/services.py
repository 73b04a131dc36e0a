# SPDX-License-Identifier: Apache-2.0
"""Asks every plugin for the objects some words may mean, each under the visitor's scope."""

import logging
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from core import db
from core.api.plugin import SubjectKind, SubjectLabel
from core.auth.access import visitor
from core.forms import clean
from core.web.state import held

log = logging.getLogger("jiandu.search")

LONGEST = 80
SHORTEST_NUMBER = 4
"""Characters below which a text is no number of anything."""

_NUMBER_END = re.compile(r"[\s：]")

Answer = tuple[SubjectKind, str, Sequence[SubjectLabel], bool]
"""A kind, the page of what a code stands for, what was found, and whether asking failed."""


async def ask_each(request: Any, text: str) -> AsyncIterator[Answer]:
    """What each kind the visitor may read knows about ``text``; in the caller's transaction."""
    who, kept = visitor(request), held(request)
    registry = kept.platform.registry
    for kind in registry.subject_kinds.values():
        if kind.permission and kind.permission not in who.permissions:
            continue
        if registry.plugin_of(kind) not in kept.enabled:
            continue
        path = ""
        found: Sequence[SubjectLabel] = ()
        try:
            # A savepoint each: an SQL error of one plugin must not end the transaction.
            async with db.transaction():
                if kind.resolve is not None and (ref := await kind.resolve(text)):
                    label = await kind.describe(ref.id, who.scope)
                    path = label.path if label is not None else ""
                if not path and kind.search:
                    found = await kind.search(text, who.scope)
        except Exception:
            log.exception("searching %s failed", kind.key)
            yield kind, "", (), True
            continue
        yield kind, path, found, False


async def page_of_number(request: Any, text: str) -> str:
    """The page of the one object that bears this number, where the visitor may open it; else ``""``.

    For numbers people typed: of a case, a complaint, an alarm. A title begins with its number.
    """
    wanted = clean(text)
    if not SHORTEST_NUMBER <= len(wanted) <= LONGEST:
        return ""
    pages: set[str] = set()
    async with db.transaction(visitor(request).scope):
        async for _kind, _path, found, _failed in ask_each(request, wanted):
            pages |= {each.path for each in found if _NUMBER_END.split(each.title)[0] == wanted}
    return pages.pop() if len(pages) == 1 else ""
