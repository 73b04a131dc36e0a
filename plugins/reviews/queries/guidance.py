# SPDX-License-Identifier: Apache-2.0
"""Typical cases: the bureau's list, and what everybody reads."""

from typing import Any, Final

from core.api.db import Scope, row, rows, transaction
from core.api.web import Column, Filter, Listing

KINDS: Final = {"model": "示范案例", "warn": "警示案例"}
STATES: Final = {
    "waiting": ("doing", "待审定"),
    "returned": ("returned", "退回改写"),
    "published": ("done", "已发布"),
    "withdrawn": ("revoked", "已撤下"),
}
PAGE: Final = 30

TYPICAL = Listing(
    key="reviews.typical",
    title="典型案例",
    select="g.id, g.title, g.kind, g.state, g.written_name, g.written_at, g.approved_name,"
    " g.published_at",
    source="reviews_guidance g",
    alias="g",
    id="g.id",
    columns=(
        Column("title", "标题", fold="jd-say1", width=40),
        Column("kind", "类型", export=lambda r: KINDS[r["kind"]]),
        Column("state", "状态", export=lambda r: STATES[r["state"]][1]),
        Column("written_name", "编写"),
        Column("approved_name", "审定"),
        Column("written_at", "编写时间", kind="datetime", sort="g.written_at"),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("todo", "待审定或改写"), ("published", "已发布"), ("all", "全部")),
            wheres={
                "todo": "g.state in ('waiting', 'returned')",
                "published": "g.state = 'published'",
                "all": "true",
            },
            default="todo",
        ),
        Filter("q", "标题", where="g.title ilike {}", placeholder="输入后回车"),
    ),
    order="-written_at",
)


async def published_guidance(before: int = 0, words: str = "") -> tuple[list[dict[str, Any]], int]:
    """Published typical cases, newest first, and the id to go on from (0 = no more)."""
    async with transaction(Scope.public()):
        found = await rows(
            "select id, kind, title, advice, organ, published_at from reviews_guidance"
            " where published and ($1 = 0 or id < $1) and ($2 = '' or"
            " strpos(title || story || findings || advice, $2) > 0) order by id desc limit $3",
            before,
            words,
            PAGE + 1,
        )
    return found[:PAGE], found[PAGE - 1]["id"] if len(found) > PAGE else 0


async def one_published(guidance: int) -> dict[str, Any] | None:
    """A published one; a withdrawn one is not there."""
    async with transaction(Scope.public()):
        return await row(
            "select id, kind, title, story, findings, advice, organ, published_at"
            " from reviews_guidance where id = $1 and published",
            guidance,
        )
