# SPDX-License-Identifier: Apache-2.0
"""Names of the library's objects, search for the one box, figures."""

import re
from collections.abc import Sequence
from datetime import date

from core.api import clock
from core.api.db import Scope, SubjectRef, row, scope_conditions, value
from core.api.plugin import SubjectLabel
from plugins.library.queries.searching import search, wanted
from plugins.library.queries.tasks import open_tasks
from plugins.library.rules import KINDS
from plugins.library.services.answering import standing_of
from plugins.library.services.base import ARTICLE

__all__ = ["open_tasks"]

MOST_FOUND = 10


async def describe_law(law: int, _scope: Scope) -> SubjectLabel | None:
    """Title and page of a law that is published, or of one's own."""
    found = await row("select id, title, kind from library_law where id = $1", law)
    if found is None:
        return None
    return SubjectLabel(f"《{found['title']}》", f"/library/{law}", KINDS[found["kind"]])


async def describe_article(article: int, scope: Scope) -> SubjectLabel | None:
    """Law and number, with the version its words are of; for the public its open page."""
    found = await row(
        "select a.law, a.version, a.key, a.label, l.title from library_article a"
        " join library_law l on l.id = a.law where a.id = $1",
        article,
    )
    if found is None:
        return None
    base = "/library/public" if scope == Scope.public() else "/library"
    return SubjectLabel(
        f"《{found['title']}》{found['label']}",
        f"{base}/{found['law']}?version={found['version']}#{found['key']}",
    )


async def search_articles(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """The first articles in force with these words."""
    found = await search(wanted(text, on=clock.today()), scope)
    laws = [
        SubjectLabel(f"《{each['title']}》", f"/library/{each['id']}", KINDS[each["kind"]])
        for each in found.laws
    ]
    hits = [
        SubjectLabel(
            f"《{each['title']}》{each['label']}",
            f"/library/{each['law']}#{each['key']}",
            "".join(words for words, _hit in each["pieces"]),
        )
        for each in found.hits
    ]
    return [*laws, *hits][:MOST_FOUND]


async def resolve_article(code: str) -> SubjectRef | None:
    """《食品安全法》第一百二十六条 typed as a whole opens the article in force today."""
    if not re.search(r"第.{1,8}条", code) or len(code) > 80:
        return None
    found = [each for each in await standing_of(code, clock.today()) if each.article]
    if len(found) != 1 or found[0].citation.end < len(code.rstrip()):
        return None
    return SubjectRef(ARTICLE, found[0].article)


async def describe_version(version: int, scope: Scope) -> SubjectLabel | None:
    """A version kept in one's own scope."""
    where, args = scope_conditions(scope, "v", 2)
    found = await row(
        "select v.name, l.title from library_version v join library_law l on l.id = v.law"
        f" where v.id = $1 and {where}",
        version,
        *args,
    )
    if found is None:
        return None
    return SubjectLabel(f"《{found['title']}》{found['name']}", f"/library/versions/{version}")


async def describe_task(task: int, scope: Scope) -> SubjectLabel | None:
    """A task of one's own scope."""
    where, args = scope_conditions(scope, "t", 2)
    found = await row(
        f"select title, law_title from library_task t where t.id = $1 and {where}", task, *args
    )
    if found is None:
        return None
    return SubjectLabel(
        f"核对依据：{found['title']}", f"/library/tasks/{task}", f"《{found['law_title']}》"
    )


async def _made(scope: Scope, period: tuple[date, date], more: str = "") -> int:
    where, args = scope_conditions(scope, "t", 3)
    return int(
        await value(
            "select count(*) from library_task t where"
            " t.made_at >= ($1::date)::timestamp at time zone 'Asia/Shanghai'"
            " and t.made_at < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
            f" and {where}{more}",
            *period,
            *args,
        )
    )


async def tasks_made(scope: Scope, period: tuple[date, date]) -> int:
    """How many tasks amendments made."""
    return await _made(scope, period)


async def tasks_waiting(scope: Scope, period: tuple[date, date]) -> int:
    """How many of those wait."""
    return await _made(scope, period, " and t.state = 'open'")
