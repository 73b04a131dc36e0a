# SPDX-License-Identifier: Apache-2.0
"""Drafts at the bureau, their versions, and who has written."""

from typing import Any

from core.api.audience import READERS
from core.api.db import (
    Scope,
    column,
    row,
    rows,
    scope_conditions,
)
from core.api.web import Column, Filter, Listing
from plugins.opinions.rules import flow

DESK = Listing(
    key="opinions.desk",
    title="征集管理",
    select=(
        "d.id, d.title, d.readers, d.region_name, d.state, d.opens_on, d.closes_on, d.sort_at,"
        " d.received, (select count(*) from opinions_opinion o where o.draft = d.id"
        " and o.state = 'new') as waiting"
    ),
    source="opinions_draft d",
    alias="d",
    id="d.id",
    columns=(
        Column("title", "标题"),
        Column("readers", "对象", export=lambda one: READERS[one["readers"]]),
        Column("region_name", "范围"),
        Column("opens_on", "开始", kind="date", shown=False),
        Column("closes_on", "截止", kind="date", sort="coalesce(d.closes_on, 'infinity')"),
        Column("received", "收到", kind="number", sort="d.received"),
        Column("waiting", "待答复", kind="number"),
        Column("state", "状态", export=lambda one: flow.STATES[one["state"]]),
        Column("sort_at", "时间", kind="datetime", sort="d.sort_at", shown=False, exported=False),
    ),
    filters=(
        Filter("q", "关键字", where="d.title ilike {}", placeholder="标题里的字"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), *flow.STATES.items()),
            where="d.state = {}",
        ),
    ),
    order="-sort_at",
)


async def locked_draft(draft: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A draft of one's own office, locked for a change."""
    sql, args = scope_conditions(scope, "d", 3)
    return await row(
        f"select d.* from opinions_draft d where d.id = $1 and d.organ = $2 and {sql} for update",
        draft,
        organ,
        *args,
    )


async def desk_draft(draft: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A draft of one's own office."""
    sql, args = scope_conditions(scope, "d", 3)
    return await row(
        f"select d.* from opinions_draft d where d.id = $1 and d.organ = $2 and {sql}",
        draft,
        organ,
        *args,
    )


async def version_of(draft: int, number: int) -> dict[str, Any] | None:
    """One version with its words."""
    return await row(
        "select * from opinions_version where draft = $1 and number = $2", draft, number
    )


async def versions_of(draft: int) -> list[dict[str, Any]]:
    """All versions, newest first, without their words."""
    return await rows(
        """select number, changes, published_at, published_by_name from opinions_version
           where draft = $1 order by number desc""",
        draft,
    )


async def versions_with_text(draft: int) -> list[dict[str, Any]]:
    """All versions with their articles."""
    return await rows(
        "select number, articles from opinions_version where draft = $1 order by number", draft
    )


async def authors_of(draft: int) -> list[int]:
    """The persons to be told of a draft's report: authors who gave their names."""
    return [
        int(each)
        for each in await column(
            "select distinct person from opinions_opinion where draft = $1 and person > 0", draft
        )
    ]
