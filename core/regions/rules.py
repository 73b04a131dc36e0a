# SPDX-License-Identifier: Apache-2.0
"""Levels of regions, and what an import of the official list would change. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

COUNTRY_NAME = "全国"
LEVELS = {0: "国家", 1: "省级", 2: "地级", 3: "县级", 4: "乡级"}
OWN = "own"
"""``code_source`` of what an office added itself: imports leave those rows alone."""


@dataclass(frozen=True, slots=True)
class Division:
    """A row of the official list."""

    level: int
    code: str
    parent: str
    name: str


@dataclass(frozen=True, slots=True)
class Existing:
    """What is stored about a region that exists and carries an official code."""

    id: int
    code: str
    name: str
    parent_code: str


@dataclass
class Changes:
    """What an import would do; printed before anything is done."""

    new: list[Division] = field(default_factory=list)
    renamed: list[tuple[Existing, str]] = field(default_factory=list)
    moved: list[tuple[Existing, Division]] = field(default_factory=list)
    """Under another parent now, or below one that is: an interval cannot move, so the row is
    closed and a new one succeeds it."""
    gone: list[Existing] = field(default_factory=list)
    same: int = 0

    @property
    def none(self) -> bool:
        return not (self.new or self.renamed or self.moved or self.gone)

    def counts(self) -> Mapping[str, int]:
        return {
            "new": len(self.new),
            "renamed": len(self.renamed),
            "moved": len(self.moved),
            "gone": len(self.gone),
            "same": self.same,
        }


def chosen(divisions: Iterable[Division], provinces: Sequence[str] | None) -> list[Division]:
    """All provinces, and everything below those named by their first two digits."""
    rows = list(divisions)
    if provinces is None:
        return rows
    wanted = {code[:2] for code in provinces}
    return [row for row in rows if row.level == 1 or row.code[:2] in wanted]


def compare(
    stored: Mapping[str, Existing],
    divisions: Sequence[Division],
    provinces: Sequence[str] | None = None,
) -> Changes:
    """The difference between the stored regions and the official list.

    ``divisions`` names parents before children. Regions of provinces that are not part of this
    import are left alone.
    """
    changes = Changes()
    seen, again = set(), set()
    for row in divisions:
        seen.add(row.code)
        have = stored.get(row.code)
        if have is None:
            changes.new.append(row)
        elif have.parent_code != row.parent or row.parent in again:
            changes.moved.append((have, row))
            again.add(row.code)
        elif have.name != row.name:
            changes.renamed.append((have, row.name))
        else:
            changes.same += 1
    scope = None if provinces is None else {code[:2] for code in provinces}
    changes.gone = [
        have
        for code, have in stored.items()
        if code not in seen and (scope is None or code[:2] in scope)
    ]
    return changes
