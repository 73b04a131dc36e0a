# SPDX-License-Identifier: Apache-2.0
"""Statistics that name nobody: small numbers are hidden, and cannot be worked out (B14, idea 6)."""

from collections.abc import Mapping, Sequence

SMALLEST = 5
"""A number of 1 to 4 in a table may point to one person; 0 does not."""


def hidden(numbers: Sequence[int], smallest: int = SMALLEST) -> list[bool]:
    """Which numbers of a line whose sum is shown must be hidden.

    When only one is small, its value follows from the sum, so the next smallest is hidden too.
    """
    hide = [0 < n < smallest for n in numbers]
    if sum(hide) == 1:
        others = [i for i, n in enumerate(numbers) if not hide[i] and n > 0]
        if others:
            hide[min(others, key=lambda i: (numbers[i], i))] = True
    return hide


Table = Mapping[str, Sequence[int]]


def masked(table: Table, smallest: int = SMALLEST) -> dict[str, list[int | None]]:
    """A table of lines with hidden cells as ``None``, safe along lines and columns.

    Hiding goes on until no line and no column with a hidden cell has exactly one of them.
    """
    lines = {key: list(numbers) for key, numbers in table.items()}
    hide = {key: hidden(numbers, smallest) for key, numbers in lines.items()}
    keys = list(lines)
    width = max((len(numbers) for numbers in lines.values()), default=0)
    for _ in range(len(keys) * max(width, 1)):
        changed = False
        for n in range(width):
            column = [key for key in keys if hide[key][n]]
            if len(column) == 1:
                others = [
                    (lines[key][n], key) for key in keys if not hide[key][n] and lines[key][n]
                ]
                if others:
                    hide[min(others)[1]][n] = True
                    changed = True
        for key in keys:
            if sum(hide[key]) == 1:
                shown = [(n, i) for i, n in enumerate(lines[key]) if not hide[key][i] and n > 0]
                if shown:
                    hide[key][min(shown)[1]] = True
                    changed = True
        if not changed:
            break
    return {
        key: [None if hide[key][i] else n for i, n in enumerate(numbers)]
        for key, numbers in lines.items()
    }


def total(numbers: Sequence[int], smallest: int = SMALLEST) -> int | None:
    """A sum, hidden when itself small."""
    found = sum(numbers)
    return None if 0 < found < smallest else found
