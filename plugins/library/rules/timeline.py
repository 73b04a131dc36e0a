# SPDX-License-Identifier: Apache-2.0
"""Which words are in force on which day.

Every version holds the whole text as it will read. What it says of an article counts from the
article's own day (分期施行) or else from the version's; of two versions that count from one day
the later one wins, and what is only to begin after a newer version has spoken never begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Edition:
    """One published version of a law."""

    order: int
    effective_from: date
    texts: Mapping[str, str]
    """Key of each node, and its words."""
    starts: Mapping[str, date] = field(default_factory=dict)
    """Articles with a first day of their own; for one that is left out, the last day plus one."""
    stops: Mapping[str, date] = field(default_factory=dict)
    """Articles that end by themselves."""
    expires_on: date | None = None
    """The first day on which the whole is no longer in force by its own words."""


@dataclass(frozen=True)
class Span:
    """In force from ``begin`` until the day before ``end``; empty when both are the same."""

    begin: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies inside."""
        return self.begin <= day and (self.end is None or day < self.end)


def spans(
    editions: Sequence[Edition], repealed_on: date | None = None
) -> dict[tuple[int, str], Span]:
    """For each version and node the days on which its words are the law."""
    found: dict[tuple[int, str], Span] = {}
    for key in {key for each in editions for key in each.texts}:
        events = sorted(
            (each.starts.get(key, each.effective_from), each.order, each)
            for each in sorted(editions, key=lambda one: one.order)
        )
        newest = -1
        spoken: list[tuple[date, Edition]] = []
        for day, order, edition in events:
            if order > newest:
                newest = order
                spoken.append((day, edition))
        for at, (begin, edition) in enumerate(spoken):
            if key not in edition.texts:
                continue
            ends = [
                each
                for each in (
                    spoken[at + 1][0] if at + 1 < len(spoken) else None,
                    edition.stops.get(key),
                    edition.expires_on,
                    repealed_on,
                )
                if each is not None
            ]
            end = min(ends) if ends else None
            found[edition.order, key] = Span(begin, max(end, begin) if end else None)
        for edition in editions:
            if key in edition.texts and (edition.order, key) not in found:
                day = edition.starts.get(key, edition.effective_from)
                found[edition.order, key] = Span(day, day)
    return found


@dataclass(frozen=True)
class Change:
    """What becomes of an article through a version."""

    key: str
    kind: str
    """added | amended | repealed"""
    on: date


def changes(before: Edition | None, after: Edition) -> list[Change]:
    """The articles a version adds, amends and repeals, each with its day."""
    old = before.texts if before else {}
    found = [
        Change(
            key,
            "amended" if key in old else "added",
            after.starts.get(key, after.effective_from),
        )
        for key, text in after.texts.items()
        if old.get(key) != text
    ]
    found += [
        Change(key, "repealed", after.starts.get(key, after.effective_from))
        for key in old
        if key not in after.texts
    ]
    found += [
        Change(key, "repealed", day) for key, day in after.stops.items() if key in after.texts
    ]
    return found


def faults_of_dates(
    effective_from: date,
    starts: Mapping[str, date],
    stops: Mapping[str, date],
    expires_on: date | None,
    keys: Sequence[str],
    known: Sequence[str],
) -> list[str]:
    """Why these dates cannot be; ``known`` are the keys of the version before."""
    found = [
        f"{label(key)}既不在这一版里，也不在前一版里。"
        for key in {*starts, *stops}
        if key not in keys and key not in known
    ]
    found += [
        f"{label(key)}的施行日期早于整部的施行日期。"
        for key, day in starts.items()
        if day < effective_from
    ]
    found += [
        f"{label(key)}失效早于施行。"
        for key, day in stops.items()
        if day <= starts.get(key, effective_from)
    ]
    if expires_on is not None and expires_on <= effective_from:
        found.append("失效日期必须晚于施行日期。")
    return found


def label(key: str) -> str:
    """``a10-1`` as 第十条之一."""
    from plugins.library.rules.numerals import article_label

    if not key.startswith("a"):
        return key
    number, _, sub = key[1:].partition("~")[0].partition("-")
    return article_label(int(number), int(sub or 0))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one article and the days on which they are the law."""

    begin: date
    end: date | None
    text: str


def next_change(now: Words, later: Sequence[Words]) -> tuple[date, bool] | None:
    """The first day on which an article reads otherwise, and whether it is gone by then.

    A new version mostly repeats the article word for word; that is no change. ``later`` are the
    words of other versions.
    """
    words = now
    while words.end is not None:
        following = next((each for each in later if each.begin == words.end), None)
        if following is None:
            return words.end, True
        if following.text != now.text:
            return words.end, False
        words = following
    return None
