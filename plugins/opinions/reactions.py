# SPDX-License-Identifier: Apache-2.0
"""Answers to others: names of drafts and opinions, and the search."""

from collections.abc import Sequence

from core.api.db import Scope, published_conditions, row, rows
from core.api.plugin import SubjectLabel
from plugins.opinions import queries
from plugins.opinions.services.base import aliases_of


async def describe_draft(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a draft to others, as far as the transaction's scope sees it."""
    found = await row("select title from opinions_draft where id = $1", id)
    return SubjectLabel(found["title"], f"/opinions/{id}") if found else None


async def describe_opinion(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name an opinion to the bureau."""
    found = await row(
        """select o.number, d.title from opinions_opinion o
           join opinions_draft d on d.id = o.draft where o.id = $1""",
        id,
    )
    if found is None:
        return None
    return SubjectLabel(f"第 {found['number']} 件意见", f"/opinions/opinion/{id}", found["title"])


async def describe_own(id: int, scope: Scope) -> SubjectLabel | None:
    """Name an opinion to its author only."""
    found = await queries.own_opinion(id, aliases_of(scope.person)) if scope.person else None
    if found is None:
        return None
    return SubjectLabel(f"我的意见：{found['title']}", f"/opinions/mine/{id}")


async def find_drafts(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Drafts opinions are or were asked about, whose title holds ``text``."""
    sql, args = published_conditions(scope, "d", 2)
    found = await rows(
        f"""select d.id, d.title, d.organ_name from opinions_draft d
            where d.state <> 'draft' and strpos(d.title, $1) > 0 and {sql}
            order by d.sort_at desc limit 10""",
        text,
        *args,
    )
    return [
        SubjectLabel(each["title"], f"/opinions/{each['id']}", each["organ_name"]) for each in found
    ]


async def news_words(scope: Scope) -> str:
    """What the row of 我的意见 says: how many have changed since the author looked."""
    if not scope.person:
        return ""
    number = await queries.own_news(aliases_of(scope.person))
    return f"{number} 件有新进展" if number else ""
