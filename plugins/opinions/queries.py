# SPDX-License-Identifier: Apache-2.0
"""Reading drafts, opinions and reports; every function under the open transaction's scope."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.api.audience import READERS, group_of
from core.api.db import (
    Scope,
    column,
    published_conditions,
    row,
    rows,
    scope_conditions,
    transaction,
    value,
)
from core.api.people import mask_name
from core.api.web import Column, Filter, Listing, Page, Request
from plugins.opinions.rules import articles, flow

OWN = Scope.platform(
    "an author reads his own opinions, which stand in the bureau's register"
).read_only()
KIND_WORDS = {"photo": "照片", "audio": "录音", "video": "录像"}


def author_words(one: Any) -> str:
    """The author as lists and exports name him: masked, under seal not at all."""
    if one["sealed"]:
        return "保密人员"
    return mask_name(one["person_name"]) if one["person_name"] else ""


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


# --- opinions at the bureau ----------------------------------------------------------------------


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


async def templates_of(scope: Scope) -> list[dict[str, Any]]:
    """The office's text templates."""
    sql, args = scope_conditions(scope, "t", 1)
    return await rows(
        f"select t.* from opinions_template t where {sql} order by t.title, t.id limit 200", *args
    )


# --- an author's own -----------------------------------------------------------------------------


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


# --- what everybody may read ---------------------------------------------------------------------


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


async def authors_of(draft: int) -> list[int]:
    """The persons to be told of a draft's report: authors who gave their names."""
    return [
        int(each)
        for each in await column(
            "select distinct person from opinions_opinion where draft = $1 and person > 0", draft
        )
    ]
