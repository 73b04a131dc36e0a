# SPDX-License-Identifier: Apache-2.0
"""Exact search: what was typed, the pairs of characters it is found by, the marked excerpt."""

import itertools
import re
from dataclasses import dataclass

LONGEST, MOST_WORDS = 80, 6


@dataclass(frozen=True)
class Asked:
    """A query: every word must stand in the text, next to each other as typed."""

    words: tuple[str, ...]
    fault: str = ""

    @property
    def grams(self) -> list[int]:
        """The pairs of characters a text must have."""
        return sorted({gram for word in self.words for gram in grams_of(word)})

    @property
    def checked(self) -> list[str]:
        """Words that the pairs alone do not prove: a pair proves itself, more have an order."""
        return [word for word in self.words if len(word) != 2 or not grams_of(word)]


def fold(text: str) -> str:
    """As text is compared: half width, lower case."""
    kept = "".join(chr(ord(each) - 0xFEE0) if _narrow(each) else each for each in text)
    return kept.lower()


def _narrow(each: str) -> bool:
    return "０" <= each <= "９" or "Ａ" <= each <= "Ｚ" or "ａ" <= each <= "ｚ"


def ask(typed: str) -> Asked:
    """What to look for. Words are separated by spaces; the law's own marks may be typed."""
    text = fold(typed.replace("\u3000", " ").replace("\x00", "")).strip()
    if len(text) > LONGEST:
        return Asked((), f"最多 {LONGEST} 个字。")
    words = tuple(dict.fromkeys(text.split()))
    if not words:
        return Asked(())
    if len(words) > MOST_WORDS:
        return Asked((), f"最多 {MOST_WORDS} 个词。")
    if all(len(word) < 2 for word in words):
        return Asked(words, "至少要有一个两个字的词。")
    return Asked(words)


def grams_of(word: str) -> list[int]:
    """Pairs of neighbouring characters as 32-bit numbers, as ``library_grams`` makes them."""
    found = []
    for left, right in itertools.pairwise(word):
        a, b = ord(left), ord(right)
        if 33 <= a <= 0xFFFF and 33 <= b <= 0xFFFF:
            code = a << 16 | b
            found.append(code - (1 << 32) if code >= 1 << 31 else code)
    return found


def pattern_of(word: str) -> str:
    """The LIKE pattern that is the truth about a word."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


def marked(text: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The text in pieces, those that were looked for marked."""
    folded = fold(text)
    if len(folded) != len(text):
        folded = text
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    if not pattern:
        return [(text, False)]
    pieces: list[tuple[str, bool]] = []
    at = 0
    for found in re.finditer(pattern, folded):
        if found.start() > at:
            pieces.append((text[at : found.start()], False))
        pieces.append((text[found.start() : found.end()], True))
        at = found.end()
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


_BARS = re.compile(r"(?:\s*\|[\s|:-]*)+")


def excerpt(text: str, words: tuple[str, ...], length: int = 110) -> list[tuple[str, bool]]:
    """The part of a text around what was found, marked."""
    # The bars of a table are no words; kept in place of them, no two cells run together.
    flat = _BARS.sub("　", text).replace("\n", " ").strip("　")
    folded = fold(flat)
    first = min((at for word in words if (at := folded.find(word)) >= 0), default=0)
    begin = max(0, first - length // 3)
    piece = flat[begin : begin + length]
    out = marked(piece, words)
    if begin:
        out.insert(0, ("…", False))
    if begin + length < len(flat):
        out.append(("…", False))
    return out
