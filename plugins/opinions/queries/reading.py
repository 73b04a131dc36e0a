# SPDX-License-Identifier: Apache-2.0
"""What readers find: drafts open to them, and an author's own opinions."""

from collections.abc import Sequence
from typing import Any

from core.api.audience import group_of
from core.api.db import (
    Scope,
    published_conditions,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.api.web import Column, Filter, Listing, Page, Request
from plugins.opinions.queries.answering import files_of, former_of, measures_of
from plugins.opinions.rules import flow

OWN = Scope.platform(
    "an author reads his own opinions, which stand in the bureau's register"
).read_only()

INBOX = Listing(
    key="opinions.inbox",
    title="意见征集",
    select="d.id, d.title, d.organ_name, d.region_name, d.state, d.opens_on, d.closes_on, d.sort_at",
    source="opinions_draft d",
    alias="d",
    id="d.id",
    tied="published",
    where="d.state <> 'draft'",
    columns=(
        Column("title", "标题"),
        Column("organ_name", "征集机关"),
        Column("closes_on", "截止日期", kind="date", sort="coalesce(d.closes_on, 'infinity')"),
        Column("state", "状态", export=lambda one: flow.STATES[one["state"]]),
        Column("sort_at", "时间", kind="datetime", sort="d.sort_at", shown=False, exported=False),
    ),
    filters=(
        Filter("q", "关键字", where="d.title ilike {}", placeholder="标题里的字"),
        Filter(
            "tab",
            "状态",
            kind="tabs",
            default="open",
            options=(("open", "正在征集"), ("over", "已截止"), ("report", "已公布采纳情况")),
            wheres={
                "open": "d.state = 'open'",
                "over": "d.state in ('closed', 'answered')",
                "report": "d.state = 'published'",
            },
        ),
    ),
    order="-sort_at",
)


def meant_for(scope: Scope, role: str) -> tuple[str, tuple[Any, ...]]:
    """The condition that keeps a list to what is meant for this place and this role."""
    return (
        "d.readers = any({}::text[]) and d.aud_lo <= {}::int8 and d.aud_hi >= {}::int8",
        (["all", group_of(role)], scope.region.lo, scope.region.hi),
    )


async def inbox(request: Request, scope: Scope, role: str) -> Page:
    """The drafts meant for this reader."""
    where, args = meant_for(scope, role)
    return await INBOX.page(request, scope, where=where, args=args, tab_counts=True)


async def find_draft(draft: int, scope: Scope, role: str) -> dict[str, Any] | None:
    """A draft this reader may open: meant for him, or asked inside his scope."""
    sql, args = published_conditions(scope, "d", 3)
    own, more = scope_conditions(scope, "d", 3 + len(args))
    return await row(
        f"select d.* from opinions_draft d where d.id = $1 and d.state <> 'draft' and {sql}"
        f" and (({own}) or d.readers = any($2::text[]))",
        draft,
        ["all", group_of(role)],
        *args,
        *more,
    )


async def own_list(aliases: Sequence[bytes], draft: int = 0) -> list[dict[str, Any]]:
    """The opinions of one author, newest first."""
    async with transaction(OWN):
        return await rows(
            """select o.id, o.number, o.draft, o.label, o.text, o.state, o.sealed, o.sent_at,
                      o.news, o.answer, o.standing, d.title, d.organ_name
               from opinions_opinion o join opinions_draft d on d.id = o.draft
               where o.alias = any($1::bytea[]) and ($2 = 0 or o.draft = $2)
               order by o.sent_at desc, o.id desc limit 200""",
            list(aliases),
            draft,
        )


async def own_counts(aliases: Sequence[bytes], drafts: Sequence[int]) -> dict[int, int]:
    """How many opinions the author has sent on each of these drafts."""
    async with transaction(OWN):
        found = await rows(
            """select draft, count(*) as number from opinions_opinion
               where alias = any($1::bytea[]) and draft = any($2::int8[]) group by draft""",
            list(aliases),
            list(drafts),
        )
    return {each["draft"]: int(each["number"]) for each in found}


async def own_news(aliases: Sequence[bytes]) -> int:
    """How many of his have changed since he looked."""
    async with transaction(OWN):
        return int(
            await value(
                "select count(*) from opinions_opinion where alias = any($1::bytea[]) and news",
                list(aliases),
            )
        )


async def own_opinion(opinion: int, aliases: Sequence[bytes]) -> dict[str, Any] | None:
    """One of the author's own, with what he may read about it."""
    async with transaction(OWN):
        found = await row(
            """select o.id, o.number, o.draft, o.version, o.article, o.label, o.standing, o.text,
                      o.transcript, o.state, o.sealed, o.sent_at, o.revised_at, o.answer,
                      o.answered_at, o.blocked, o.shown, o.statement, o.region_lo, o.org_lo,
                      d.title, d.organ_name, d.state as draft_state, d.closes_on, d.current
               from opinions_opinion o join opinions_draft d on d.id = o.draft
               where o.id = $1 and o.alias = any($2::bytea[])""",
            opinion,
            list(aliases),
        )
        if found is None:
            return None
        found["files"] = (await files_of([opinion])).get(opinion, [])
        found["measures"] = await measures_of(opinion)
        found["former"] = await former_of(opinion)
        return found
