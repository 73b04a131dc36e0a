# SPDX-License-Identifier: Apache-2.0
"""The scope under which work belonging to one region runs."""

from core.api.plugin import Place
from core.scope import Scope

BITS = 10
LEVELS = 6


def region_hi(lo: int) -> int:
    """The end of the interval that begins at ``lo``.

    Every level of the region tree fills the next ten bits with a number from 1, so the lowest
    filled group tells how deep a region lies and thereby how wide its interval is.
    """
    if lo < 0 or lo >= 1 << (BITS * LEVELS):
        raise ValueError(f"{lo} begins no region")
    for level in range(LEVELS, 0, -1):
        width = BITS * (LEVELS - level)
        if (lo >> width) & ((1 << BITS) - 1):
            return lo + (1 << width) - 1
    return (1 << (BITS * LEVELS)) - 1


def region_scope(place: Place) -> Scope:
    """Everything in the region of ``place``; acts under it are the platform's, not a user's."""
    return Scope.of_place(place, region_hi(place.region_lo))
