# SPDX-License-Identifier: Apache-2.0
"""Answers the gate ``cases.basis_in_force``: is what a decision cites the law on that day?

A law the library does not hold says nothing: it is no proof of anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api.db import SubjectRef, rows
from core.api.plugin import Blocker
from core.api.regions import REGIONS
from plugins.library.rules.citing import Citation, citations_in
from plugins.library.rules.timeline import label
from plugins.library.services.base import ARTICLE


@dataclass(frozen=True)
class Standing:
    """One cited article, looked up for a day."""

    citation: Citation
    key: str
    law: int = 0
    title: str = ""
    article: int = 0
    text: str = ""
    code: str = ""
    """Why it is no basis on that day; empty when it is one, or when nobody knows."""
    words: str = ""

    @property
    def known(self) -> bool:
        return self.law != 0

    @property
    def label(self) -> str:
        return label(self.key)


async def laws_cited(
    names: Sequence[str], region_lo: int | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The published laws that bear one of the names; a title may be kept in several regions.

    With ``region_lo`` only what this region or one above it keeps: nobody is judged by what a
    neighbour wrote down.
    """
    above = list(REGIONS.ancestors(region_lo)) if region_lo is not None else None
    found: dict[str, list[dict[str, Any]]] = {}
    for each in await rows(
        "select id, title, names, repealed_on, repeal_note, region_lo, rank from library_law"
        " where published and names && $1::varchar[]"
        " and ($2::int8[] is null or region_lo = any($2::int8[]))"
        " order by length(title) desc, region_lo, id",
        list(names),
        above,
    ):
        for name in each["names"]:
            found.setdefault(name, []).append(each)
    return found


async def standing_of(text: str, on_date: date, region_lo: int | None = None) -> list[Standing]:
    """Every citation of a text and how it stands on that day in that region."""
    cited = citations_in(text)
    names = sorted({name for each in cited for name in each.names})
    laws = await laws_cited(names, region_lo) if names else {}
    pairs: list[tuple[Citation, str, list[dict[str, Any]]]] = []
    for each in cited:
        known = next((laws[name] for name in each.names if name in laws), [])
        pairs += [(each, key, known) for key in each.keys]
    wanted = [(law["id"], key) for _each, key, known in pairs for law in known]
    articles: dict[tuple[int, str], list[dict[str, Any]]] = {}
    if wanted:
        for one in await rows(
            """select a.id, a.law, a.key, a.text, a.from_on, a.to_on from library_article a
               join unnest($1::int8[], $2::text[]) as w(law, key)
                 on a.law = w.law and a.key = w.key order by a.from_on, a.id""",
            [law for law, _key in wanted],
            [key for _law, key in wanted],
        ):
            articles.setdefault((one["law"], one["key"]), []).append(one)
    partial = await _partial([law for law, _key in wanted])
    found = []
    for each, key, known in pairs:
        looked = [
            _look(each, key, law, articles.get((law["id"], key), []), on_date, partial)
            for law in known
        ]
        # Kept in several places, it is a basis where one of them says so.
        best = next((one for one in looked if not one.code), looked[0] if looked else None)
        found.append(best or Standing(each, key))
    return found


async def _partial(laws: Sequence[int]) -> dict[int, tuple[bool, date | None]]:
    """Whether a law is kept only in part, and since when the library knows its words."""
    return {
        each["law"]: (each["excerpt"], each["since"])
        for each in await rows(
            "select law, bool_or(excerpt) as excerpt, min(effective_from) as since"
            " from library_version where law = any($1::int8[]) and state = 'published' group by law",
            list(dict.fromkeys(laws)),
        )
    }


def _look(
    citation: Citation,
    key: str,
    law: Mapping[str, Any],
    versions: Sequence[Mapping[str, Any]],
    on_date: date,
    partial: Mapping[int, tuple[bool, date | None]],
) -> Standing:
    name = f"《{law['title']}》"
    base = (citation, key, law["id"], law["title"])
    if law["repealed_on"] and law["repealed_on"] <= on_date:
        words = f"{name}已于{_day(law['repealed_on'])}废止（{law['repeal_note']}）。"
        return Standing(*base, code="library.repealed", words=words)
    now = [
        each
        for each in versions
        if each["from_on"] <= on_date and (each["to_on"] is None or each["to_on"] > on_date)
    ]
    if now:
        return Standing(*base, now[-1]["id"], now[-1]["text"])
    excerpt, since = partial.get(law["id"], (False, None))
    begun = [each for each in versions if each["from_on"] != each["to_on"]]
    ended = [each["to_on"] for each in begun if each["to_on"] and each["to_on"] <= on_date]
    if ended:
        words = f"{name}{label(key)}自{_day(max(ended))}起不再有效。"
        return Standing(*base, code="library.ended", words=words)
    if begun and min(each["from_on"] for each in begun) > on_date:
        first = min(each["from_on"] for each in begun)
        if since is not None and since < first:
            words = f"{name}{label(key)}自{_day(first)}起才施行。"
            return Standing(*base, code="library.not_yet", words=words)
        return Standing(*base)
    if since is not None and on_date < since:
        return Standing(*base)
    if excerpt:
        return Standing(*base)
    words = f"{name}在{_day(on_date)}有效的文本里没有{label(key)}。"
    return Standing(*base, code="library.no_article", words=words)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


async def basis_in_force(
    subjects: Sequence[SubjectRef], on_date: date, draft: Mapping[str, Any] | None
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Every article cited by the decision that is not the law on its day."""
    text = str((draft or {}).get("basis") or "")
    if not text.strip():
        return {}
    region_lo = int((draft or {}).get("region") or REGIONS.root.lo)
    dead = [each for each in await standing_of(text, on_date, region_lo) if each.code]
    blockers = [
        Blocker(
            each.code,
            each.words,
            SubjectRef(ARTICLE, each.article) if each.article else None,
            {
                "law": each.law,
                "key": each.key,
                "title": each.title,
                "on": on_date.isoformat(),
            },
        )
        for each in dead
    ]
    return dict.fromkeys(subjects, blockers) if blockers else {}
