# SPDX-License-Identifier: Apache-2.0
"""From entries to the rows of figures they add to, and the difference between two states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One row of the figures; the order is the one in which rows are locked."""

    origin: int
    whole: bool
    org_lo: int
    measure: str
    power_class: str
    month: int


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as far as it is added up."""

    measure: str
    region_lo: int
    org_lo: int
    power_class: str
    day: date
    amount: int = 0
    above: tuple[int, ...] = ()
    """The beginnings of the region itself and of all regions above it."""


def month_of(day: date) -> int:
    """202605."""
    return day.year * 100 + day.month


def cells_of(line: Line) -> Iterable[Cell]:
    """Its organisation's row and those of the regions above, each with and without the class."""
    month = month_of(line.day)
    for power_class in dict.fromkeys(("", line.power_class)):
        yield Cell(line.region_lo, False, line.org_lo, line.measure, power_class, month)
        for above in line.above:
            yield Cell(above, True, 0, line.measure, power_class, month)


def added(lines: Iterable[Line]) -> dict[Cell, tuple[int, int]]:
    """All cells of these entries with number and amount."""
    found: dict[Cell, tuple[int, int]] = {}
    for line in lines:
        for cell in cells_of(line):
            n, amount = found.get(cell, (0, 0))
            found[cell] = (n + 1, amount + line.amount)
    return found


def difference(before: Iterable[Line], after: Iterable[Line]) -> Mapping[Cell, tuple[int, int]]:
    """What must be added to the figures, in the order of locking; nothing that cancels out."""
    old, new = added(before), added(after)
    found = {}
    for cell in sorted(old.keys() | new.keys()):
        n, amount = new.get(cell, (0, 0))
        was, had = old.get(cell, (0, 0))
        if (n, amount) != (was, had):
            found[cell] = (n - was, amount - had)
    return found
