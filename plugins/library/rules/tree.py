# SPDX-License-Identifier: Apache-2.0
"""A law as a tree: 编, 章, 节 above the article, 款, 项, 目 inside it, each with an id that stays."""

import re
from dataclasses import dataclass
from typing import Literal

from plugins.library.rules.numerals import NUMBER, read_number

NodeKind = Literal["part", "chapter", "section", "preamble", "article", "clause", "annex"]
HEADINGS: dict[str, tuple[NodeKind, str]] = {
    "编": ("part", "p"),
    "分编": ("part", "p"),
    "章": ("chapter", "c"),
    "节": ("section", "s"),
}
LEVELS = {"part": 0, "chapter": 1, "section": 2}


@dataclass(frozen=True)
class Node:
    """A piece of a law. ``text`` of an article holds its paragraphs, one a line."""

    key: str
    """``c2.s1`` for a heading, ``a10-1`` for 第十条之一: the same as long as the number is."""
    kind: NodeKind
    label: str
    title: str = ""
    text: str = ""
    path: tuple[str, ...] = ()
    """The headings above it."""
    line: int = 0


@dataclass(frozen=True)
class Fault:
    """What was not understood, and where."""

    line: int
    text: str
    serious: bool = True
    """Somebody must look at it; otherwise it was put right and is only told."""


@dataclass(frozen=True)
class Part:
    """A 款, 项 or 目 of an article: ``k1``, ``k1.x3``, ``k1.x3.m2``."""

    key: str
    kind: Literal["paragraph", "item", "point", "table"]
    text: str


_ITEM = re.compile(rf"^[（(]({NUMBER}+)(?:之{NUMBER}+)?[)）]")
_POINT = re.compile(r"^([0-9０-９]{1,2})[.．、](?![0-9０-９])")


def parts_of(text: str) -> list[Part]:
    """款, 项 and 目 of an article's text, in order."""
    found: list[Part] = []
    paragraph = item = 0
    item_key = ""
    for line in text.split("\n"):
        if not line:
            continue
        if line.startswith("|"):
            if found and found[-1].kind == "table":
                found[-1] = Part(found[-1].key, "table", found[-1].text + "\n" + line)
            else:
                found.append(Part(f"k{max(paragraph, 1)}.t{len(found)}", "table", line))
        elif paragraph and (match := _ITEM.match(line)):
            item = read_number(match[1]) or item + 1
            item_key = f"k{paragraph}.x{item}"
            found.append(Part(item_key, "item", line))
        elif item_key and (match := _POINT.match(line)):
            found.append(Part(f"{item_key}.m{read_number(match[1])}", "point", line))
        else:
            paragraph, item, item_key = paragraph + 1, 0, ""
            found.append(Part(f"k{paragraph}", "paragraph", line))
    return found
