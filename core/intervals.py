# SPDX-License-Identifier: Apache-2.0
"""Trees in numbers: every node has an interval that contains those of everything below it.

Each depth takes a fixed group of bits, so nothing ever shifts when a node is added, and the
interval of a node and the beginnings of all its ancestors follow from its own beginning alone.
"""

from dataclasses import dataclass

BITS = 60


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends belong to it; ``lo > hi`` is the empty interval."""

    lo: int
    hi: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.lo <= number <= self.hi

    def covers(self, other: "Interval") -> bool:
        """Whether ``other`` is a non-empty part of this interval."""
        return self.lo <= other.lo <= other.hi <= self.hi

    @property
    def empty(self) -> bool:
        return self.lo > self.hi


class NoRoom(ValueError):
    """The tree cannot take another node there."""


@dataclass(frozen=True, slots=True)
class Tree:
    """How many bits each depth below the root has."""

    groups: tuple[int, ...]

    def width(self, depth: int) -> int:
        """How many numbers a node has at ``depth`` below the root."""
        return int(2 ** (BITS - sum(self.groups[:depth])))

    @property
    def root(self) -> Interval:
        return Interval(0, 2**BITS - 1)

    def depth(self, lo: int) -> int:
        """The depth of the node that begins at ``lo``; the root's is 0."""
        if not 0 <= lo < 2**BITS:
            raise ValueError(f"{lo} is in no tree")
        for depth in range(len(self.groups) + 1):
            if lo % self.width(depth) == 0:
                return depth
        raise ValueError(f"no node begins at {lo}")

    def interval(self, lo: int) -> Interval:
        """The interval of the node that begins at ``lo``."""
        return Interval(lo, lo + self.width(self.depth(lo)) - 1)

    def capacity(self, depth: int) -> int:
        """How many children a node at ``depth`` can ever have, closed ones included."""
        return int(2 ** self.groups[depth]) - 1 if depth < len(self.groups) else 0

    def child(self, parent_lo: int, index: int) -> Interval:
        """The interval of the child with that index; an index is never given out again."""
        depth = self.depth(parent_lo)
        if depth >= len(self.groups):
            raise NoRoom("层级过深，不能再设下级。")
        if not 0 <= index < self.capacity(depth):
            raise NoRoom("下级数量已达上限。")
        step = self.width(depth + 1)
        lo = parent_lo + (index + 1) * step
        return Interval(lo, lo + step - 1)

    def index(self, lo: int) -> int:
        """Which child of its parent the node at ``lo`` is."""
        return (lo - self.ancestors(lo)[-2]) // self.width(self.depth(lo)) - 1

    def ancestors(self, lo: int) -> tuple[int, ...]:
        """The beginnings of all nodes above ``lo`` and of itself, the root's first."""
        return tuple(lo - lo % self.width(d) for d in range(self.depth(lo) + 1))


REGIONS = Tree((10,) * 6)
"""Six depths below the country, up to 1,023 children each."""

ORGANISATIONS = Tree((24, 12, 12, 12))
"""Root organisations, then three depths of up to 4,095 children; 0 stands for "none"."""
