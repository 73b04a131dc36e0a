# SPDX-License-Identifier: Apache-2.0
"""A text as articles (条) and clauses (款): taken apart, followed over versions, compared.

An opinion is bound to the key of an article or clause, never to a range of characters. A key
stays with its article when the next version words, numbers or places it differently; it is never
given to another one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

MOST_ARTICLES = 400
_NUMERAL = "[一二三四五六七八九十百千零〇两0-9０-９]+"
_ARTICLE = re.compile(rf"^[\s　]*(第({_NUMERAL})条(?:之{_NUMERAL})?)([\s　：:]*)(.*)$")
_CHAPTER = re.compile(rf"^[\s　]*(第{_NUMERAL}[编章节])(?:[\s　]+(.*)|())$")
# 「第三条规定的……」「第三条第二款」 at the beginning of a line quotes an article.
_QUOTED = re.compile(r"(?:第|规定|所列|所称|所指|之|、|和|或|至|的|，|。|；|：)")
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}

ALIKE = 0.6
"""From this likeness on an article with another number is still the same one."""
SAME_NUMBER_ALIKE = 0.3
"""An article that keeps its number may be reworded further and stays the same one."""


def number_of(numeral: str) -> int:
    """The number written in Chinese or Arabic digits; 0 when it is none."""
    plain = numeral.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    if plain.isdecimal():
        return int(plain)
    total, digit = 0, 0
    for char in plain:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        elif char in _DIGITS:
            digit = _DIGITS[char]
        else:
            return 0
    return total + digit


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause (款): one paragraph of an article."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article (条), or a paragraph of a text without articles."""

    key: str
    label: str
    clauses: tuple[Clause, ...]
    chapter: str = ""
    """The heading above it (第一章 总则), on the first article of the chapter only."""
    last: int = 0
    """The highest clause number ever given in this article."""

    @property
    def text(self) -> str:
        """Its words, clause by clause."""
        return "\n".join(each.text for each in self.clauses)

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "key": self.key,
            "label": self.label,
            "chapter": self.chapter,
            "last": self.last,
            "clauses": [{"key": each.key, "text": each.text} for each in self.clauses],
        }


def stored(items: Sequence[Mapping[str, Any]]) -> tuple[Article, ...]:
    """Articles as they were stored."""
    return tuple(
        Article(
            each["key"],
            each["label"],
            tuple(Clause(one["key"], one["text"]) for one in each["clauses"]),
            each.get("chapter", ""),
            each.get("last", 0),
        )
        for each in items
    )


# --- taking apart --------------------------------------------------------------------------------


@dataclass(slots=True)
class Piece:
    """An article as it stands in a text, before it has a key."""

    label: str
    paragraphs: list[str] = field(default_factory=list)
    chapter: str = ""

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


def _begins(line: str, before: int) -> tuple[str, str] | None:
    """Label and first words when the line begins the article after number ``before``."""
    found = _ARTICLE.match(line)
    if found is None:
        return None
    label, numeral, gap, rest = found.groups()
    if not gap and rest and (_QUOTED.match(rest) or number_of(numeral) != before + 1):
        return None
    return label, rest.strip()


def split(text: str) -> list[Piece]:
    """A text taken apart at 第…条; without any, paragraph by paragraph (第 n 段)."""
    lines = [line.strip(" \t　") for line in text.replace("\r\n", "\n").split("\n")]
    pieces: list[Piece] = []
    chapter, number = "", 0
    preamble: list[str] = []
    for line in (each for each in lines if each):
        if heading := _CHAPTER.match(line):
            words = f"{heading[1]} {(heading[2] or '').strip()}".strip()
            chapter = f"{chapter}　{words}" if chapter else words
        elif begun := _begins(line, number):
            pieces.append(Piece(begun[0], [begun[1]] if begun[1] else [], chapter))
            found = _ARTICLE.match(line)
            number, chapter = number_of(found[2]) if found else number + 1, ""
        elif pieces:
            pieces[-1].paragraphs.append(line)
        else:
            preamble.append(line)
    if not pieces:
        return [Piece(f"第 {n} 段", [line]) for n, line in enumerate((e for e in lines if e), 1)]
    if preamble:
        pieces.insert(0, Piece("前言", preamble))
    return [each for each in pieces if each.paragraphs]


def is_structured(text: str) -> bool:
    """Whether a text consists of articles, so that it is shown by them."""
    return sum(each.label.endswith("条") for each in split(text)) > 1


# --- following over versions ---------------------------------------------------------------------


def alike(a: str, b: str) -> float:
    """How alike two texts are, 0 to 1."""
    if a == b:
        return 1.0
    match = SequenceMatcher(None, a, b, autojunk=False)
    if match.real_quick_ratio() < SAME_NUMBER_ALIKE or match.quick_ratio() < SAME_NUMBER_ALIKE:
        return 0.0
    return match.ratio()


def _pairs(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> dict[int, int]:
    """Which of the new (label, text) continues which of the old: new index to old index.

    In this order: the same words (under the same label first), the same label with words not
    wholly different, much the same words under another label.
    """
    found: dict[int, int] = {}
    free = set(range(len(old)))

    def take(n: int, o: int) -> None:
        found[n] = o
        free.discard(o)

    for same_label in (True, False):
        for n, (label, text) in enumerate(new):
            if n in found:
                continue
            for o in sorted(free):
                if old[o][1] == text and (not same_label or old[o][0] == label):
                    take(n, o)
                    break
    for n, (label, text) in enumerate(new):
        if n in found or not label:
            continue
        for o in sorted(free):
            if old[o][0] == label and alike(old[o][1], text) >= SAME_NUMBER_ALIKE:
                # Another one may be the better continuation: an inserted article shifts numbers.
                better = max((alike(old[x][1], text) for x in free if x != o), default=0.0)
                if better < ALIKE or better <= alike(old[o][1], text):
                    take(n, o)
                break
    scored = sorted(
        (
            (-likeness, n, o)
            for n in range(len(new))
            if n not in found
            for o in free
            if (likeness := alike(old[o][1], new[n][1])) >= ALIKE
        ),
    )
    for _, n, o in scored:
        if n not in found and o in free:
            take(n, o)
    return found


def _clauses(
    paragraphs: Sequence[str], key: str, before: Article | None
) -> tuple[tuple[Clause, ...], int]:
    last = before.last if before else 0
    old = before.clauses if before else ()
    pairs = _pairs(
        [(str(n), each.text) for n, each in enumerate(old)],
        [(str(n), each) for n, each in enumerate(paragraphs)],
    )
    made = []
    for n, text in enumerate(paragraphs):
        if n in pairs:
            made.append(Clause(old[pairs[n]].key, text))
        else:
            last += 1
            made.append(Clause(f"{key}.{last}", text))
    return tuple(made), last


def follow(
    pieces: Sequence[Piece], before: Sequence[Article], highest: int
) -> tuple[tuple[Article, ...], int]:
    """The pieces of a new version with their keys, and the highest key number given so far.

    ``before`` is the version before, ``highest`` the highest number ever given in this text.
    """
    pairs = _pairs(
        [(each.label, each.text) for each in before], [(each.label, each.text) for each in pieces]
    )
    made = []
    for n, each in enumerate(pieces):
        old = before[pairs[n]] if n in pairs else None
        if old is None:
            highest += 1
        key = old.key if old else f"a{highest}"
        clauses, last = _clauses(each.paragraphs, key, old)
        made.append(Article(key, each.label, clauses, each.chapter, last))
    return tuple(made), highest


Standing = Literal["same", "moved", "changed", "gone"]
STANDINGS: dict[str, str] = {
    "same": "条文未变",
    "moved": "条文序号已变动",
    "changed": "条文已变动",
    "gone": "条文已删除",
}
"""How the passage an opinion is bound to stands in the text of today (C2-04)."""


def find(articles: Sequence[Article], anchor: str) -> tuple[Article, Clause | None] | None:
    """What a key points to: an article, or a clause of one."""
    for each in articles:
        if each.key == anchor:
            return each, None
        for clause in each.clauses:
            if clause.key == anchor:
                return each, clause
    return None


def standing(anchor: str, then: Sequence[Article], now: Sequence[Article]) -> Standing:
    """How the passage a key points to has fared from one version to another."""
    if not anchor:
        return "same"
    old, new = find(then, anchor), find(now, anchor)
    if old is None or new is None:
        return "gone"
    if (old[1].text if old[1] else old[0].text) != (new[1].text if new[1] else new[0].text):
        return "changed"
    return "moved" if old[0].label != new[0].label else "same"


def article_of(anchor: str) -> str:
    """The key of the article a key belongs to."""
    return anchor.partition(".")[0]


def label_of(articles: Sequence[Article], anchor: str) -> str:
    """第三条第二款, as people say it; empty for the whole text."""
    found = find(articles, anchor) if anchor else None
    if found is None:
        return ""
    article, clause = found
    if clause is None or len(article.clauses) < 2:
        return article.label
    return f"{article.label}第{chinese(article.clauses.index(clause) + 1)}款"


def chinese(number: int) -> str:
    """A number up to 999 in Chinese digits: 第十二款."""
    digits = "零一二三四五六七八九"
    if number >= 100:
        rest = number % 100
        tail = (
            ""
            if not rest
            else ("零" if rest < 10 else "") + ("一" if 10 <= rest < 20 else "") + chinese(rest)
        )
        return f"{digits[number // 100]}百{tail}"
    if number < 10:
        return digits[number]
    ten = "" if number < 20 else digits[number // 10]
    return f"{ten}十{digits[number % 10] if number % 10 else ''}"


# --- comparing -----------------------------------------------------------------------------------

Kind = Literal["same", "moved", "changed", "added", "removed"]
KINDS: dict[str, str] = {
    "same": "未改",
    "moved": "序号变动",
    "changed": "修改",
    "added": "新增",
    "removed": "删除",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one article between two versions."""

    kind: Kind
    key: str
    label: str
    was: str
    """Its label before; the same for most."""
    words: tuple[tuple[str, str], ...]
    """The text in pieces: ``=`` kept, ``-`` struck, ``+`` inserted."""


def words_between(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """One text turned into the other, character by character."""
    made: list[tuple[str, str]] = []
    for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            made.append(("=", old[a:b]))
            continue
        if b > a:
            made.append(("-", old[a:b]))
        if d > c:
            made.append(("+", new[c:d]))
    return tuple(made)


def diff(old: Sequence[Article], new: Sequence[Article]) -> tuple[Change, ...]:
    """Every article of both versions, in the order of the new one; removed ones where they stood."""
    known = {each.key: each for each in old}
    left = {each.key for each in new}

    def gone_after(key: str) -> Iterator[Change]:
        start = next((n for n, each in enumerate(old) if each.key == key), -1) + 1
        if key and not start:
            return
        for each in old[start:]:
            if each.key in left:
                return
            yield Change("removed", each.key, each.label, each.label, (("-", each.text),))

    made = list(gone_after(""))
    for each in new:
        before = known.get(each.key)
        if before is None:
            made.append(Change("added", each.key, each.label, "", (("+", each.text),)))
            continue
        kind: Kind = (
            "changed"
            if before.text != each.text
            else ("moved" if before.label != each.label else "same")
        )
        words = words_between(before.text, each.text)
        made.append(Change(kind, each.key, each.label, before.label, words))
        made.extend(gone_after(each.key))
    return tuple(made)


def in_short(changes: Sequence[Change]) -> str:
    """新增 1 条，修改 2 条; empty when nothing changed."""
    numbers = {
        kind: sum(each.kind == kind for each in changes)
        for kind in ("added", "changed", "moved", "removed")
    }
    return "，".join(f"{KINDS[kind]} {number} 条" for kind, number in numbers.items() if number)
