# SPDX-License-Identifier: Apache-2.0
"""Opinions at the bureau: the list, one with what belongs to it, templates of answers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.api.db import (
    Scope,
    row,
    rows,
    scope_conditions,
    value,
)
from core.api.people import mask_name
from core.api.web import Column, Filter, Listing
from plugins.opinions.rules import articles, flow

KIND_WORDS = {"photo": "照片", "audio": "录音", "video": "录像"}


def author_words(one: Any) -> str:
    """The author as lists and exports name him: masked, under seal not at all."""
    if one["sealed"]:
        return "保密人员"
    return mask_name(one["person_name"]) if one["person_name"] else ""


FILES = (
    "(select string_agg(a.name || '（' || left(a.sha256, 8) || '）', '；' order by a.id)"
    " from opinions_attachment a where a.opinion = o.id)"
)

OPINIONS = Listing(
    key="opinions.opinions",
    title="征集到的意见",
    select=(
        "o.id, o.number, o.article, o.label, o.standing, o.text, o.transcript, o.state, o.sealed,"
        " o.person_name, o.home_name, o.sent_at, o.revised_at, o.answer, o.answered_at, o.blocked,"
        " o.shown, o.statement, o.version, coalesce(" + FILES + ", '') as files,"
        " (select count(*) from opinions_note n where n.opinion = o.id) as notes,"
        " exists (select 1 from opinions_measure m where m.opinion = o.id"
        "   and m.appealed_at is not null and m.decided = '') as appealed"
    ),
    source="opinions_opinion o",
    alias="o",
    id="o.id",
    columns=(
        Column("number", "编号", kind="number", sort="o.number"),
        Column("label", "条文", export=lambda one: one["label"] or "全文", width=14),
        Column("text", "意见", width=60),
        Column("transcript", "录音里说的话", shown=False, width=30),
        Column("author", "作者", export=author_words, width=12),
        Column("home_name", "地区", shown=False, export=lambda one: one["home_name"] or "未标明"),
        Column("sent_at", "提交时间", kind="datetime", sort="o.sent_at"),
        Column(
            "standing",
            "条文变动",
            shown=False,
            export=lambda one: articles.STANDINGS[one["standing"]],
        ),
        Column("state", "状态", export=lambda one: flow.OPINION_STATES[one["state"]]),
        Column("answer", "答复", shown=False, width=40),
        Column("files", "附件", shown=False, width=40),
    ),
    filters=(
        Filter(
            "q",
            "关键字",
            where="(o.text || ' ' || o.transcript) ilike {}",
            placeholder="意见里的字",
        ),
        Filter(
            "article",
            "条文",
            kind="choice",
            where="coalesce(nullif(split_part(o.article, '.', 1), ''), 'whole') = {}",
        ),
        Filter(
            "standing",
            "条文变动",
            kind="choice",
            options=tuple(articles.STANDINGS.items()),
            where="o.standing = {}",
        ),
        Filter(
            "tab",
            "状态",
            kind="tabs",
            default="new",
            options=(
                ("new", "待答复"),
                ("answered", "已答复"),
                ("returned", "已退回"),
                ("appeal", "有申诉"),
                ("removed", "已移除"),
                ("all", "全部"),
            ),
            wheres={
                "new": "o.state = 'new'",
                "answered": "o.state = 'answered'",
                "returned": "o.state = 'returned'",
                "removed": "o.state = 'removed'",
                "all": "true",
                "appeal": (
                    "exists (select 1 from opinions_measure m where m.opinion = o.id"
                    " and m.appealed_at is not null and m.decided = '')"
                ),
            },
        ),
    ),
    order="number",
)


def opinions_listing(options: Sequence[tuple[str, str]]) -> Listing:
    """The list of a draft's opinions, with its articles to choose from."""
    return replace(
        OPINIONS,
        filters=tuple(
            replace(each, options=tuple(options)) if each.key == "article" else each
            for each in OPINIONS.filters
        ),
    )


async def find_opinion(opinion: int, scope: Scope) -> dict[str, Any] | None:
    """An opinion inside the scope."""
    sql, args = scope_conditions(scope, "o", 2)
    return await row(
        f"select o.* from opinions_opinion o where o.id = $1 and {sql}", opinion, *args
    )


async def opinions_by_id(ids: Sequence[int], draft: int) -> list[dict[str, Any]]:
    """Several opinions of one draft, in order."""
    return await rows(
        "select * from opinions_opinion where id = any($1::int8[]) and draft = $2 order by number",
        list(ids),
        draft,
    )


async def files_of(opinions: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The photos and recordings of opinions."""
    found = await rows(
        """select id, opinion, file, name, kind, media_type, size, sha256 from opinions_attachment
           where opinion = any($1::int8[]) order by id""",
        list(opinions),
    )
    made: dict[int, list[dict[str, Any]]] = {}
    for each in found:
        made.setdefault(each["opinion"], []).append(each)
    return made


async def on_article(draft: int, article: str, without: int) -> list[dict[str, Any]]:
    """The other opinions on the same article, for whoever answers one of them."""
    return await rows(
        """select id, number, label, text, transcript, state, answer from opinions_opinion
           where draft = $1 and split_part(article, '.', 1) = $2 and id <> $3
             and state <> 'removed' order by number limit 20""",
        draft,
        article,
        without,
    )


async def notes_of(opinion: int) -> list[dict[str, Any]]:
    """The remarks among colleagues, oldest first."""
    return await rows(
        "select text, author_name, at from opinions_note where opinion = $1 order by at, id",
        opinion,
    )


async def measures_of(opinion: int) -> list[dict[str, Any]]:
    """What moderators did, newest first."""
    return await rows("select * from opinions_measure where opinion = $1 order by id desc", opinion)


async def appeal_waits(opinion: int) -> bool:
    """Whether an appeal against one of the measures has not been answered."""
    return bool(
        await value(
            """select exists (select 1 from opinions_measure
               where opinion = $1 and appealed_at is not null and decided = '')""",
            opinion,
        )
    )


async def former_of(opinion: int) -> list[dict[str, Any]]:
    """The texts the author has replaced, newest first."""
    return await rows(
        "select text, transcript, until from opinions_former where opinion = $1 order by id desc",
        opinion,
    )


async def templates_of(scope: Scope) -> list[dict[str, Any]]:
    """The office's text templates."""
    sql, args = scope_conditions(scope, "t", 1)
    return await rows(
        f"select t.* from opinions_template t where {sql} order by t.title, t.id limit 200", *args
    )
