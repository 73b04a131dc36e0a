# SPDX-License-Identifier: Apache-2.0
"""Two texts of a law side by side: which articles differ, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Pieces = list[tuple[str, str]]
"""Words with "" (both), "del" (only before) or "ins" (only after)."""
MOST_COMPARED = 4_000
"""Characters compared one by one; longer articles are shown whole, before and after."""


@dataclass(frozen=True)
class Difference:
    """An article in two versions."""

    key: str
    label: str
    kind: str
    """added | repealed | amended"""
    pieces: Pieces


def compare_texts(before: str, after: str) -> Pieces:
    """One text with what was struck out and what was put in."""
    if len(before) + len(after) > 2 * MOST_COMPARED:
        return [(before, "del"), (after, "ins")]
    found: Pieces = []
    for act, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act == "equal":
            found.append((before[a:b], ""))
            continue
        if b > a:
            found.append((before[a:b], "del"))
        if d > c:
            found.append((after[c:d], "ins"))
    return found


def compare(
    before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]
) -> list[Difference]:
    """The nodes that differ, in the order of the newer text; both map key to label and text."""
    found: list[Difference] = []
    order = list(after)
    for key in order:
        label, text = after[key]
        if key not in before:
            found.append(Difference(key, label, "added", [(text, "ins")]))
        elif before[key][1] != text:
            found.append(Difference(key, label, "amended", compare_texts(before[key][1], text)))
    found += [
        Difference(key, label, "repealed", [(text, "del")])
        for key, (label, text) in before.items()
        if key not in after
    ]
    return found


def revised(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]], key: str) -> bool:
    """Whether a place that cited an article was changed by a new version.

    ``before`` and ``now`` are the articles a place cites, each with what stands there. A place of
    which nobody kept the words counts as changed only when it cites the article no more.
    """
    then = {words for one, words in before if one == key}
    left = {words for one, words in now if one == key}
    if not then:
        return False
    return not left or ("" not in then and not then & left)
