# SPDX-License-Identifier: Apache-2.0
"""Numbers of a draft, findings by article, and the published reports."""

from typing import Any

from core.api.db import (
    row,
    rows,
)
from plugins.opinions.queries.answering import FILES
from plugins.opinions.queries.desk import versions_with_text


async def counts_of(draft: int) -> dict[str, int]:
    """Opinions by state, and all that count."""
    found = await row(
        """select count(*) filter (where state = 'new') as new,
                  count(*) filter (where state = 'returned') as returned,
                  count(*) filter (where state = 'answered') as answered,
                  count(*) filter (where state = 'removed') as removed,
                  count(*) filter (where state <> 'removed') as counted,
                  count(*) filter (where sealed and state <> 'removed') as sealed,
                  count(*) filter (where standing in ('changed', 'gone')) as moved,
                  (select count(*) from opinions_measure m join opinions_opinion p
                    on p.id = m.opinion where p.draft = $1 and m.appealed_at is not null
                    and m.decided = '') as appealed
           from opinions_opinion where draft = $1""",
        draft,
    )
    return {key: int(number) for key, number in (found or {}).items()}


async def by_article(draft: int) -> dict[str, int]:
    """How many opinions count for each article; the whole text under the empty key."""
    found = await rows(
        """select split_part(article, '.', 1) as article, count(*) as number from opinions_opinion
           where draft = $1 and state <> 'removed' group by 1""",
        draft,
    )
    return {each["article"]: int(each["number"]) for each in found}


async def by_region(draft: int) -> list[dict[str, Any]]:
    """How many opinions came from where (C2-13); sealed ones say nothing."""
    return await rows(
        """select home_name as name, count(*) as number from opinions_opinion
           where draft = $1 and state <> 'removed' group by 1 order by 2 desc, 1""",
        draft,
    )


async def findings_of(draft: int) -> dict[str, dict[str, Any]]:
    """采纳情况 by article."""
    found = await rows(
        "select article, outcome, reason, by_name, at from opinions_finding where draft = $1", draft
    )
    return {each["article"]: each for each in found}


async def labels_of(draft: int) -> dict[str, str]:
    """The name of every article there ever was, as it is called now or was called last."""
    made: dict[str, str] = {}
    for each in await versions_with_text(draft):
        for one in each["articles"]:
            made[one["key"]] = one["label"]
    return made


async def unjudged(draft: int) -> list[str]:
    """The articles with opinions and without a finding, by name."""
    labels, known = await labels_of(draft), await findings_of(draft)
    counted = await by_article(draft)
    return [
        labels.get(key, "全文") if key else "全文"
        for key in sorted(counted, key=order)
        if key not in known
    ]


def order(key: str) -> tuple[int, str]:
    """Keys in the order they were given; the whole text first."""
    return (int(key[1:]) if key[1:].isdecimal() else 0, key)


async def for_report(draft: int) -> list[dict[str, Any]]:
    """Every opinion that counts, without its author."""
    return await rows(
        f"""select o.id, o.number, o.article, o.label, o.standing, o.text, o.transcript, o.shown,
                   o.blocked, o.statement, o.answer, o.state, o.sealed, o.person_name,
                   (select count(*) from opinions_attachment a where a.opinion = o.id) as pieces,
                   coalesce({FILES}, '') as files
            from opinions_opinion o where o.draft = $1 and o.state <> 'removed'
            order by o.number limit 20000""",
        draft,
    )


async def reports(before: int = 0, limit: int = 30) -> list[dict[str, Any]]:
    """The published reports, newest first."""
    return await rows(
        """select id, title, organ_name, region_name, published_at from opinions_report
           where published and ($1 = 0 or id < $1) order by id desc limit $2""",
        before,
        limit,
    )


async def report(number: int) -> dict[str, Any] | None:
    """One published report."""
    return await row("select * from opinions_report where id = $1 and published", number)


async def report_of(draft: int) -> dict[str, Any] | None:
    """The report of a draft, for the bureau."""
    return await row("select * from opinions_report where draft = $1", draft)
