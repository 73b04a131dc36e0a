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


def _matching(what: Wanted) -> tuple[str, list[Any]]:
    """The rows a query means, and the values bound."""
    args: list[Any] = []
    conditions: list[str] = []
    if grams := what.asked.grams:
        args.append(grams)
        conditions.append(f"library_grams(a.text) @> ${len(args)}::int4[]")
    for word in what.asked.checked:
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
    return " and ".join(conditions) or "false", args


async def matching_ids(what: Wanted) -> list[int]:
    """Every hit; what the measurement compares with a scan."""
    if what.empty:
        return []
    where, args = _matching(what)
    return [
        each["id"]
        for each in await rows(f"select a.id from library_article a where {where}", *args)
    ]


async def search(what: Wanted, scope: Scope, page: int = 1) -> Found:  # noqa: ARG001 - published words are everybody's
    """Hits in order of weight: the law's title, its force, its date, then as it reads."""
    if what.empty:
        return Found()
    where, args = _matching(what)
    titles = [pattern_of(word) for word in what.asked.words]
    at = len(args)
    found = await rows(
        f"""with hit as materialized (
              select a.id, a.law, a.version, a.seq from library_article a where {where}
            ), best as (
              select h.id, h.version, h.seq, l.rank, l.sort_on, l.id as law,
                     (lower(l.title) like all(${at + 1}::text[])) as named
              from hit h join library_law l on l.id = h.law
              order by named desc, l.rank, l.sort_on desc, l.id, h.version desc, h.seq
              limit {PAGE} offset ${at + 2}
            )
            select (select count(*) from hit) as total, b.law, b.named, a.id, a.version, a.key,
                   a.kind, a.label, a.path, a.text, a.from_on, a.to_on, l.title, l.kind as law_kind,
                   l.region_name, l.repealed_on
            from best b join library_article a on a.id = b.id join library_law l on l.id = b.law
            order by b.named desc, b.rank, b.sort_on desc, b.law, b.version desc, b.seq""",
        *args,
        titles,
        (max(page, 1) - 1) * PAGE,
    )
    for each in found:
        each["pieces"] = excerpt(each["text"], what.asked.words)
    total = found[0]["total"] if found else 0
    return Found(int(total), found, await laws_named(what) if page <= 1 else [])


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
