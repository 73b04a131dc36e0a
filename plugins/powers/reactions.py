# SPDX-License-Identifier: Apache-2.0
"""How others name and find power items."""

from collections.abc import Sequence

from core.api.db import Scope
from core.api.plugin import SubjectLabel
from plugins.powers.queries import find_item, search_items


async def describe_item(item: int, scope: Scope) -> SubjectLabel | None:
    """The item's name and page, if the scope sees it."""
    found = await find_item(item, scope)
    if found is None:
        return None
    return SubjectLabel(found.definition.title, f"/powers/{item}", found.definition.code)


async def find_items(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Items by name or code, for the global search."""
    return [
        SubjectLabel(found["title"], f"/powers/{found['id']}", found["code"])
        for found in await search_items(text, scope)
    ]
