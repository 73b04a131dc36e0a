# SPDX-License-Identifier: Apache-2.0
"""What pages show: text in pieces with links, parts, tables, a table of contents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.library.rules.citing import citations_in
from plugins.library.rules.searching import marked
from plugins.library.rules.tree import Part, parts_of
from plugins.library.services.answering import laws_cited

LONGEST_NAME = 40


@dataclass(frozen=True)
class Piece:
    """Words, with a link where they cite, marked where they were looked for."""

    text: str
    href: str = ""
    hit: bool = False
    title: str = ""


@dataclass(frozen=True)
class ShownPart:
    """A 款, 项, 目 or table."""

    key: str
    kind: str
    pieces: tuple[Piece, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()


async def shown_text(
    nodes: Sequence[dict[str, Any]],
    law: int,
    *,
    base: str,
    on: date | None = None,
    words: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Nodes with their parts, citations linked under ``base`` for the same day."""
    names = sorted(
        {name for node in nodes for each in citations_in(node["text"]) for name in each.names}
    )
    laws = {name: found[0]["id"] for name, found in (await laws_cited(names)).items()}
    day = f"?on={on.isoformat()}" if on else ""
    own = {node["key"] for node in nodes}
    for node in nodes:
        if node["kind"] in ("part", "chapter", "section"):
            node["parts"] = ()
            continue
        node["parts"] = tuple(
            # An article that an annex has of its own is no citation of the law's.
            _part(
                each,
                laws,
                law,
                own if node["kind"] != "annex" or each.text[:1] != "第" else set(),
                base,
                day,
                words,
            )
            for each in parts_of(node["text"])
        )
    return list(nodes)


def _part(
    part: Part,
    laws: Mapping[str, int],
    own: int,
    own_keys: set[str],
    base: str,
    day: str,
    words: tuple[str, ...],
) -> ShownPart:
    if part.kind == "table":
        grid = [
            tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
            for line in part.text.split("\n")
        ]
        kept = tuple(line for line in grid if not all(set(cell) <= set("-: ") for cell in line))
        return ShownPart(part.key, part.kind, cells=kept)
    return ShownPart(
        part.key,
        part.kind,
        tuple(pieces_of(part.text, laws, own, own_keys, base, day, words)),
    )


def pieces_of(
    text: str,
    laws: Mapping[str, int],
    own: int,
    own_keys: set[str],
    base: str,
    day: str,
    words: tuple[str, ...] = (),
) -> list[Piece]:
    """One line of text with its citations as links."""
    found: list[Piece] = []
    at = 0
    for each in citations_in(text):
        law = next((laws[name] for name in each.names if name in laws), 0)
        if not each.names and each.key in own_keys:
            law = own
        if not law or each.start < at:
            continue
        found += _marked(text[at : each.start], words)
        href = f"#{each.key}" if law == own and not day else f"{base}/{law}{day}#{each.key}"
        found.append(Piece(text[each.start : each.end], href))
        at = each.end
    return [*found, *_marked(text[at:], words)]


def _marked(text: str, words: tuple[str, ...]) -> list[Piece]:
    if not text:
        return []
    return [Piece(each, hit=hit) for each, hit in marked(text, words)]


def _name_of(text: str) -> str:
    """What an annex is called: its first line, where that is no sentence and no table."""
    first = text.split("\n", 1)[0]
    return "" if len(first) > LONGEST_NAME or first[:1] == "|" or first[-1:] in "。：；" else first


def contents_of(nodes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """编、章、节 with the first article under each."""
    found: list[dict[str, Any]] = []
    for node in nodes:
        if node["kind"] in ("part", "chapter", "section"):
            found.append(
                {
                    "key": node["key"],
                    "kind": node["kind"],
                    "title": f"{node['label']} {node['text']}".strip(),
                    "first": "",
                }
            )
        elif node["kind"] == "article" and found and not found[-1]["first"]:
            found[-1]["first"] = node["label"]
        elif node["kind"] == "annex":
            found.append(
                {
                    "key": node["key"],
                    "kind": "chapter",
                    "title": f"{node['label']} {_name_of(node['text'])}".strip(),
                    "first": "",
                }
            )
    return found
