# SPDX-License-Identifier: Apache-2.0
"""Small numbers on public pages: in a small town they would point at a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SMALLEST = 5
"""What is shown at least; 1 to 4 are shown as 「<5」."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A public number: the part that may be shown, and whether something was left out."""

    n: int = 0
    hidden: int = 0
    """How many places were left out."""

    def __add__(self, other: "Shown") -> "Shown":
        return Shown(self.n + other.n, self.hidden + other.hidden)

    @property
    def words(self) -> str:
        if not self.hidden:
            return f"{self.n:,}"
        if self.n:
            return f"{self.n:,} 以上"
        return f"<{SMALLEST}" if self.hidden == 1 else f"各处 <{SMALLEST}"


def shown(n: int) -> Shown:
    """One place's own number: hidden when it is 1 to 4."""
    return Shown(0, 1) if 0 < n < SMALLEST else Shown(n)


def gathered(numbers: Iterable[int]) -> Shown:
    """The sum of what may be shown.

    A total never holds a hidden number, so no subtraction brings one to light, within a table or
    between the tables of two levels: each is made of the very same smallest parts.
    """
    found = Shown()
    for n in numbers:
        found += shown(n)
    return found


def by_child(own: Mapping[int, int], children: Iterable[tuple[int, int]]) -> list[Shown]:
    """For each child's interval the sum over the places inside; ``own`` is by ``region_lo``."""
    return [gathered(n for lo, n in own.items() if a <= lo <= b) for a, b in children]
