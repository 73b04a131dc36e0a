# SPDX-License-Identifier: Apache-2.0
"""各地方格: a tile for each place, where no map with an approval number (审图号) is at hand.

The tiles stand in the order of the regions and say their number in digits; how dark one is only
repeats it. Nothing is counted here, so a tile cannot differ from the table.
"""

from collections.abc import Sequence
from typing import Final

LEVELS: Final = 4
"""Shades besides the blank one; more are not told apart."""


def shades(numbers: Sequence[int]) -> list[int]:
    """How dark each number is, 0 (none at all) to ``LEVELS``, by its share of the greatest."""
    most = max(numbers, default=0)
    return [-(-LEVELS * n // most) if n > 0 else 0 for n in numbers]
