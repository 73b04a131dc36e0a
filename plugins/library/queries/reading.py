# SPDX-License-Identifier: Apache-2.0
"""A law on a day, its versions, what was different before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.errors import NotFound
from core.api.web import Column, Filter, Listing
from plugins.library.rules import KINDS, NOT_FOUND
from plugins.library.rules.timeline import Words, next_change

LAWS = Listing(
    key="library.laws",
    title="法律法规",
    select=(
        "l.id, l.title, l.kind, l.issuer, l.region_name, l.sort_on, l.repealed_on, l.rank,"
        " (select count(*) from library_version v where v.law = l.id and v.state = 'published')"
        " as versions"
    ),
    source="library_law l",
    alias="l",
    id="l.id",
    tied="none",
    where="l.published",
    columns=(
        Column("title", "名称"),
        Column("kind", "效力级别", export=lambda one: KINDS[one["kind"]], sort="l.rank"),
        Column("issuer", "制定机关"),
        Column("region_name", "适用地区", export=lambda one: one["region_name"] or "全国"),
        Column("sort_on", "公布日期", kind="date", sort="l.sort_on"),
        Column("repealed_on", "废止日期", kind="date"),
    ),
    filters=(
        Filter("title", "名称", where="l.title ilike {}", placeholder="名称里的字"),
        Filter(
            "kind", "效力级别", kind="choice", options=tuple(KINDS.items()), where="l.kind = {}"
        ),
        Filter(
            "state",
            "效力",
            kind="tabs",
            options=(("", "全部"), ("now", "没有废止"), ("gone", "已废止")),
            wheres={"now": "l.repealed_on is null", "gone": "l.repealed_on is not null"},
        ),
    ),
    order="-sort_on",
)

DESK = Listing(
    key="library.desk",
    title="法规编辑",
    select="v.id, v.law, v.name, v.state, v.effective_from, v.saved_at, v.drafted_by_name, v.returned,"
    " l.title, l.kind, jsonb_array_length(v.report) as doubts",
    source="library_version v join library_law l on l.id = v.law",
    alias="v",
    id="v.id",
    columns=(
        Column("title", "名称"),
        Column("name", "版本"),
        Column("effective_from", "施行日期", kind="date", sort="v.effective_from"),
        Column("drafted_by_name", "编辑人"),
        Column("saved_at", "保存时间", kind="datetime", sort="v.saved_at"),
        Column("state", "状态"),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("open", "编辑和审核中"), ("all", "全部")),
            default="open",
            wheres={"open": "v.state <> 'published'", "all": "true"},
        ),
        Filter("q", "名称", where="l.title ilike {}", placeholder="名称里的字"),
    ),
    order="-saved_at",
)

TASK_LIST = Listing(
    key="library.tasks",
    title="修法影响",
    select="t.*",
    source="library_task t",
    alias="t",
    id="t.id",
    columns=(
        Column("title", "涉及"),
        Column("law_title", "法规"),
        Column("cited", "引用"),
        Column("effective_from", "变化日期", kind="date", sort="t.effective_from"),
        Column("state", "状态"),
        Column("note", "说明"),
        Column("done_by_name", "核对人"),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("open", "待核对"), ("done", "已办结"), ("all", "全部")),
            default="open",
            wheres={"open": "t.state = 'open'", "done": "t.state <> 'open'", "all": "true"},
        ),
        Filter(
            "kind",
            "涉及",
            kind="choice",
            options=(
                ("power", "权力事项"),
                ("standard", "裁量基准"),
                ("point", "监察点"),
                ("case", "在办案件"),
            ),
            where="t.kind = {}",
        ),
        Filter("q", "关键字", where="(t.title || t.law_title) ilike {}", placeholder="事项或法规"),
    ),
    order="effective_from",
)


async def find_law(law: int) -> dict[str, Any]:
    """A law with a published version; ``NotFound`` otherwise."""
    found = await row("select * from library_law where id = $1 and published", law)
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


async def versions_of(law: int) -> list[dict[str, Any]]:
    """Published versions, newest first, without their words."""
    return await rows(
        """select id, number, name, document_number, promulgated_on, effective_from, effective_sure,
             expires_on, starts, stops, excerpt, history, reviewed_by_name, published_at
           from library_version where law = $1 and state = 'published'
           order by effective_from desc, number desc""",
        law,
    )


def version_on(versions: Sequence[Mapping[str, Any]], on: date) -> Mapping[str, Any] | None:
    """The version in force on a day; newest first is how they come."""
    return next((each for each in versions if each["effective_from"] <= on), None)


async def text_on(law: int, on: date, version: int) -> list[dict[str, Any]]:
    """The words in force on a day, in the order of that day's version.

    An article that is not yet in force in it stands with the words it still has; one the version
    leaves out, but only later, stands at the end of its chapter's neighbours by number.
    """
    current = await rows("select * from library_article where version = $1 order by seq", version)
    alive = {
        each["key"]: each
        for each in await rows(
            """select * from library_article where law = $1 and from_on <= $2
               and (to_on is null or to_on > $2) order by version""",
            law,
            on,
        )
    }
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for each in current:
        words = alive.get(each["key"])
        seen.add(each["key"])
        if words is not None:
            found.append({**words, "path": each["path"], "late": words["version"] != version})
        elif each["from_on"] != each["to_on"] and each["from_on"] > on:
            found.append({**each, "text": "", "late": False, "coming": each["from_on"]})
    for key, words in alive.items():
        if key not in seen and words["kind"] in ("article", "annex", "clause"):
            found.insert(_place(found, key), {**words, "late": True})
    return found


async def changes_after(
    law: int, nodes: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[date, bool]]:
    """The day from which each of these articles reads otherwise or is gone, where there is one."""
    ending = {
        each["key"]: Words(each["from_on"], each["to_on"], each["text"])
        for each in nodes
        if each["to_on"] is not None
    }
    if not ending:
        return {}
    later: dict[str, list[Words]] = {}
    for each in await rows(
        """select key, from_on, to_on, text from library_article
           where law = $1 and key = any($2::varchar[]) and (to_on is null or to_on > from_on)""",
        law,
        list(ending),
    ):
        words = Words(each["from_on"], each["to_on"], each["text"])
        later.setdefault(each["key"], []).append(words)
    found = {key: next_change(now, later.get(key, [])) for key, now in ending.items()}
    return {key: change for key, change in found.items() if change is not None}


def _place(found: Sequence[Mapping[str, Any]], key: str) -> int:
    wanted = order_of(key)
    for at, each in enumerate(found):
        if each["kind"] == "article" and order_of(each["key"]) > wanted:
            return at
    return len(found)


def order_of(key: str) -> tuple[int, int]:
    """第十条之一 comes after 第十条."""
    if not key.startswith("a"):
        return (1 << 30, 0)
    number, _, sub = key[1:].partition("~")[0].partition("-")
    return int(number), int(sub or 0)


async def text_of_version(version: int) -> list[dict[str, Any]]:
    """The words of a version as it was published."""
    return await rows("select * from library_article where version = $1 order by seq", version)


async def texts_for_comparing(version: int) -> dict[str, tuple[str, str]]:
    """Label and words of what can differ: headings only tell where something stands."""
    return {
        each["key"]: (each["label"] or "前言", each["text"])
        for each in await text_of_version(version)
        if each["kind"] not in ("part", "chapter", "section")
    }


async def uses_of(names: Sequence[str], scope: Scope, key: str = "") -> list[dict[str, Any]]:
    """Who leans on a law or one of its articles, inside the scope."""
    where, args = scope_conditions(scope, "u", 3)
    return await rows(
        "select u.* from library_use u where u.name = any($1::varchar[]) and ($2 = '' or u.key = $2)"
        f" and {where} order by u.key, u.kind, u.title limit 500",
        list(names),
        key,
        *args,
    )


async def uses_by(subject_kind: str, subject: int, scope: Scope) -> list[dict[str, Any]]:
    """What a power or a case leans on."""
    where, args = scope_conditions(scope, "u", 3)
    return await rows(
        "select u.* from library_use u where u.subject_kind = $1 and u.subject = $2"
        f" and {where} order by u.kind, u.id limit 200",
        subject_kind,
        subject,
        *args,
    )
