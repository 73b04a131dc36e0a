# SPDX-License-Identifier: Apache-2.0
"""How others name and find power items and drafts of them."""

from collections.abc import Sequence

from core.api.db import Scope
from core.api.plugin import SubjectLabel
from plugins.powers.queries import find_item, search_items
from plugins.powers.queries.drafts import find_draft, search_drafts
from plugins.powers.rules.approval import STATE_WORDS


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


async def describe_draft(draft: int, scope: Scope) -> SubjectLabel | None:
    """The draft's name, page and state, if the scope holds it."""
    found = await find_draft(draft, scope)
    if found is None:
        return None
    return SubjectLabel(f"{found.title}（草稿）", found.path, found.chip[1])


async def find_drafts(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Open drafts by name or code, for the global search."""
    return [
        SubjectLabel(
            f"{found['title']}（草稿）",
            f"/powers/drafts/{found['id']}",
            f"{found['code']} · {STATE_WORDS[found['state']][1]}",
        )
        for found in await search_drafts(text, scope)
    ]
