# SPDX-License-Identifier: Apache-2.0
"""Exact search over the published words: what a scan would find, found by pairs of characters."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.api.db import Scope, rows, value
from plugins.library.rules.searching import Asked, ask, excerpt, marked, pattern_of

PAGE = 20


@dataclass(frozen=True)
class Wanted:
    """What is searched, and where. Without ``on`` every version is looked at."""

    asked: Asked
    kind: str = ""
    region: tuple[int, int] | None = None
    on: date | None = None

    @property
    def empty(self) -> bool:
        return not self.asked.words or bool(self.asked.fault)


@dataclass
class Found:
    """A page of hits, the whole number, and the laws whose title has the words."""

    total: int = 0
    hits: list[dict[str, Any]] = field(default_factory=list)
    laws: list[dict[str, Any]] = field(default_factory=list)


def wanted(
    typed: str, kind: str = "", region: tuple[int, int] | None = None, on: date | None = None
) -> Wanted:
    """A search as the form or the command line asks it."""
    return Wanted(ask(typed), kind, region, on)


def _matching(what: Wanted, args: list[Any], *, scan: bool = False) -> str:
    """The rows a query means, by the index or, among few rows, by looking at their words."""
    conditions: list[str] = []
    if not scan and (grams := what.asked.grams):
        args.append(grams)
        conditions.append(f"library_grams(a.text) @> ${len(args)}::int4[]")
    for word in what.asked.words if scan else what.asked.checked:
        args.append(pattern_of(word))
        conditions.append(f"lower(a.text) like ${len(args)}")
    if what.on is not None:
        args.append(what.on)
        at = f"${len(args)}::date"
        conditions.append(f"a.from_on <= {at} and (a.to_on is null or a.to_on > {at})")
    if what.kind or what.region:
        inner = ["published"]
        if what.kind:
            args.append(what.kind)
            inner.append(f"kind = ${len(args)}")
        if what.region:
            args.extend(what.region)
            inner.append(f"applies_lo <= ${len(args) - 1} and applies_hi >= ${len(args)}")
        conditions.append(f"a.law in (select id from library_law where {' and '.join(inner)})")
    return " and ".join(conditions) or "false"


async def matching_ids(what: Wanted) -> list[int]:
    """Every hit; what the measurement compares with a scan."""
    if what.empty:
        return []
    args: list[Any] = []
    where = _matching(what, args)
    found = await rows(f"select a.id from library_article a where {where}", *args)
    return [each["id"] for each in found]


async def search(what: Wanted, scope: Scope, page: int = 1) -> Found:  # noqa: ARG001 - published words are everybody's
    """Hits in order of weight: the law's title, its force, its date, then as it reads.

    A frequent word has tens of thousands of hits, so the index only counts them by law; laws are
    put in order, and of the few that reach this page the words are looked at.
    """
    if what.empty:
        return Found()
    args: list[Any] = []
    where = _matching(what, args)
    among = _matching(what, args, scan=True)
    at = len(args)
    found = await rows(
        f"""with counted as materialized (
              select a.law, count(*) as n from library_article a where {where} group by a.law
            ), weighed as (
              select c.law, c.n, l.rank, l.sort_on,
                     (lower(l.title) like all(${at + 1}::text[])) as named
              from counted c join library_law l on l.id = c.law
            ), ranked as (
              select w.*, sum(n) over (order by named desc, rank, sort_on desc, law) as upto
              from weighed w
            ), chosen as materialized (
              select r.*, upto - n as before from ranked r
              where upto > ${at + 2}::int8 and upto - n < ${at + 2}::int8 + {PAGE}
            )
            select (select sum(n) from counted) as total, c.law, c.named, a.id, a.version, a.key, a.kind, a.label, a.path, a.text,
                   a.from_on, a.to_on, l.title, l.kind as law_kind, l.region_name, l.repealed_on
            from chosen c join library_law l on l.id = c.law cross join lateral (
              -- "offset 0": each chosen law by its own index, never all laws at once.
              select * from library_article a where a.law = c.law and {among} offset 0
            ) a
            order by c.named desc, c.rank, c.sort_on desc, c.law, a.version desc, a.seq
            limit {PAGE}
            offset ${at + 2}::int8 - (select coalesce(min(before), 0) from chosen)""",
        *args,
        [pattern_of(word) for word in what.asked.words],
        (max(page, 1) - 1) * PAGE,
    )
    for each in found:
        each["pieces"] = excerpt(each["text"], what.asked.words)
    total = int(found[0]["total"]) if found else 0
    return Found(total, found, await laws_named(what) if page <= 1 else [])


async def laws_named(what: Wanted, limit: int = 5) -> list[dict[str, Any]]:
    """Laws whose title has all the words."""
    args: list[Any] = [[pattern_of(word) for word in what.asked.words]]
    more = ""
    if what.kind:
        args.append(what.kind)
        more += f" and kind = ${len(args)}"
    if what.region:
        args.extend(what.region)
        more += f" and applies_lo <= ${len(args) - 1} and applies_hi >= ${len(args)}"
    found = await rows(
        "select id, title, kind, issuer, region_name, sort_on, repealed_on from library_law"
        f" where published and lower(title) like all($1::text[]){more}"
        f" order by length(title), rank, sort_on desc limit {limit}",
        *args,
    )
    for each in found:
        each["pieces"] = marked(each["title"], what.asked.words)
    return found


async def size_of_index() -> dict[str, int]:
    """Bytes of the words, and of what finds them."""
    return {
        "text": int(
            await value("select coalesce(sum(octet_length(text)), 0) from library_article")
        ),
        "index": int(await value("select pg_relation_size('library_article_grams')")),
    }
