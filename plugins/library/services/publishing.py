# SPDX-License-Identifier: Apache-2.0
"""发布: the words of a version become rows, every article gets its days, the change is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from core.api import clock
from core.api.db import execute, execute_many, lock_subjects, row, rows
from core.api.errors import Invalid
from core.api.facts import record
from core.api.jobs import enqueue
from plugins.library import facts
from plugins.library.rules.parsing import Parsed, parse
from plugins.library.rules.timeline import Change, Edition, Span, changes, spans
from plugins.library.rules.tree import Node
from plugins.library.services.base import LAW, days, law_row, place_of, ref

CHANGES = {"added": "新增", "amended": "修改", "repealed": "废止"}
INSERT = """
insert into library_article (law, version, seq, key, kind, label, path, text, from_on, to_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


@dataclass(frozen=True)
class Published:
    """A version that was published, and what it changed."""

    version: int
    number: int
    changes: tuple[Change, ...]


async def editions_of(law: int) -> list[tuple[dict[str, Any], Edition]]:
    """Every published version of a law with its words, the oldest first."""
    versions = await rows(
        "select id, number, effective_from, expires_on, starts, stops, excerpt from library_version"
        " where law = $1 and state = 'published' order by number",
        law,
    )
    texts: dict[int, dict[str, str]] = {}
    for each in await rows(
        "select version, key, path, label, text from library_article where law = $1"
        " order by version, seq",
        law,
    ):
        texts.setdefault(each["version"], {})[each["key"]] = _words(each["label"], each["text"])
    return [
        (
            each,
            Edition(
                each["number"],
                each["effective_from"],
                texts.get(each["id"], {}),
                days(each["starts"]),
                days(each["stops"]),
                each["expires_on"],
            ),
        )
        for each in versions
    ]


def _words(label: str, text: str) -> str:
    return f"{label}\n{text}"


def _of_parsed(parsed: Parsed) -> dict[str, str]:
    return {each.key: _words(each.label[:40], text_of(each)) for each in parsed.nodes}


def text_of(node: Node) -> str:
    """The words of a row: those of a heading are its title, an annex begins with its own."""
    return "\n".join(each for each in (node.title, node.text) if each)


async def publish_version(version: int, *, reviewer: str, first: bool = False) -> Published:
    """Publish a version: rows, days of all versions anew, facts, and the job that looks who leans on it.

    The caller has checked who may. ``first`` spares a law that was just made the look at its past.
    """
    draft = await row("select * from library_version where id = $1", version)
    assert draft is not None
    law_id = draft["law"]
    if not first:
        await lock_subjects(ref(LAW, law_id))
    law = await law_row(law_id)
    parsed = parse(draft["text"], title=law["title"])
    if not parsed.nodes:
        raise Invalid({"text": "没有读到任何条文，不能发布。"})
    before = [] if first else await editions_of(law_id)
    number = before[-1][1].order + 1 if before else 1
    edition = Edition(
        number,
        draft["effective_from"],
        _of_parsed(parsed),
        days(draft["starts"]),
        days(draft["stops"]),
        draft["expires_on"],
    )
    found = spans([*(each for _row, each in before), edition], law["repealed_on"])
    await execute_many(
        INSERT,
        [
            (
                law_id,
                version,
                seq,
                each.key,
                each.kind,
                each.label[:40],
                " › ".join(each.path)[:300],
                text_of(each),
                *_span(found[number, each.key]),
            )
            for seq, each in enumerate(parsed.nodes)
        ],
    )
    for kept, earlier in before:
        await _keep_spans(kept["id"], earlier, found)
    await execute(
        """update library_version set state = 'published', published = true, number = $2,
             published_at = $3, reviewed_by_name = $4, returned = '' where id = $1""",
        version,
        number,
        clock.now(),
        reviewer,
    )
    await execute(
        """update library_law set published = true, sort_on = greatest(sort_on, $2::date)
           where id = $1""",
        law_id,
        draft["promulgated_on"],
    )
    told = _told(before, edition)
    await _record(law, draft, number, told, new=not before)
    return Published(version, number, tuple(told))


def _span(span: Span) -> tuple[date, date | None]:
    return span.begin, span.end


def _told(before: Sequence[tuple[dict[str, Any], Edition]], after: Edition) -> list[Change]:
    """Articles changed, compared with the version this one follows in force."""
    earlier = [
        each
        for _row, each in before
        if (each.effective_from, each.order) < (after.effective_from, after.order)
    ]
    previous = max(earlier, key=lambda one: (one.effective_from, one.order), default=None)
    if previous is None:
        return []
    return [each for each in changes(previous, after) if each.key.startswith("a")]


async def _keep_spans(version: int, edition: Edition, found: dict[tuple[int, str], Span]) -> None:
    """The days of an earlier version, where they are different now."""
    keys = list(edition.texts)
    await execute(
        """update library_article a set from_on = x.begin, to_on = x.until
           from unnest($2::text[], $3::date[], $4::date[]) as x(key, begin, until)
           where a.version = $1 and a.key = x.key
             and (a.from_on, a.to_on) is distinct from (x.begin, x.until)""",
        version,
        keys,
        [found[edition.order, key].begin for key in keys],
        [found[edition.order, key].end for key in keys],
    )


async def _record(
    law: dict[str, Any], draft: dict[str, Any], number: int, told: Sequence[Change], *, new: bool
) -> None:
    place, subject = place_of(law), ref(LAW, law["id"])
    await record(
        "library.version_published",
        subject,
        facts.VersionPublished(
            law["id"],
            draft["id"],
            draft["name"],
            draft["effective_from"],
            law["title"],
            number,
            draft["digest"],
        ),
        place,
    )
    await tell_changes(law, draft["id"], told)
    if not new and told:
        await enqueue(
            "library.impact",
            {"law": law["id"], "version": draft["id"]},
            key=f"library.impact:{draft['id']}",
            place=place,
        )


async def tell_changes(law: dict[str, Any], version: int, told: Sequence[Change]) -> None:
    """One fact for each day and way of changing."""
    ordered = sorted(told, key=lambda one: (one.on, one.kind, one.key))
    for (day, kind), group in groupby(ordered, key=lambda one: (one.on, one.kind)):
        await record(
            "library.article_changed",
            ref(LAW, law["id"]),
            facts.ArticleChanged(
                law["id"],
                tuple(each.key for each in group),
                day,
                kind,
                law["title"],
                version,
                CHANGES[kind],
            ),
            place_of(law),
        )


async def renew_spans(law: int, repealed_on: date | None) -> None:
    """The days of every article anew, after a repeal."""
    editions = await editions_of(law)
    found = spans([each for _row, each in editions], repealed_on)
    for kept, edition in editions:
        await _keep_spans(kept["id"], edition, found)


async def changes_of(version: dict[str, Any]) -> list[Change]:
    """What a published version changed, computed again from the rows."""
    editions = await editions_of(version["law"])
    own = next(each for kept, each in editions if kept["id"] == version["id"])
    return _told([each for each in editions if each[1].order != own.order], own)
