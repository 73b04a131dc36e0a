# SPDX-License-Identifier: Apache-2.0
"""How much of a video somebody has seen, counted honestly (C8-03).

What counts is seconds of the video that were played at least once: jumping to the end adds
nothing, playing one minute ten times is one minute. A report cannot claim more than the time that
has passed since the one before it could hold.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Ranges: TypeAlias = list[tuple[int, int]]

FASTEST = 2
"""Players offer double speed at most."""
SLACK = 5
MOST_RANGES = 200
LONGEST = 6 * 60 * 60
MOST_A_SECOND = 4_000_000
"""Bytes a second of film fills at most: 32 Mbit/s."""


def merged(ranges: Iterable[Sequence[float]]) -> Ranges:
    """Sorted pairs of whole seconds that do not touch; nonsense is left out."""
    plain = sorted(
        (max(0, round(pair[0])), min(LONGEST, round(pair[1])))
        for pair in ranges
        if len(pair) == 2 and 0 <= pair[0] < pair[1]
    )
    found: Ranges = []
    for begin, end in plain:
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found[:MOST_RANGES]


def seconds_of(ranges: Iterable[tuple[int, int]]) -> int:
    """How long the parts are together."""
    return sum(end - begin for begin, end in ranges)


def taken_in(have: Ranges, reported: Iterable[Sequence[float]], elapsed: float) -> Ranges:
    """``have`` with a report added, cut to what could be watched in ``elapsed`` seconds.

    The surplus is cut from the end, as if the person had watched in order.
    """
    passed = max(0.0, elapsed)
    room = int(passed * FASTEST + min(SLACK, passed))
    kept = merged(have)
    for begin, end in _beyond(kept, merged(reported)):
        kept = merged([*kept, (begin, min(end, begin + room))])
        room -= min(room, end - begin)
    return kept


def _beyond(have: Ranges, more: Ranges) -> Ranges:
    """The parts of ``more`` that are not in ``have``."""
    found: Ranges = []
    for begin, end in more:
        at = begin
        for first, last in have:
            if last <= at or first >= end:
                continue
            if first > at:
                found.append((at, first))
            at = max(at, last)
        if at < end:
            found.append((at, end))
    return found


def share(seconds: int, length: int) -> int:
    """Percent of the video, never rounded up to a hundred."""
    return min(100, seconds * 100 // length) if length > 0 else 0


def believable_length(seconds: float, size: int) -> int:
    """What a player says a video's length is, if a file of that size can be so long; else 0.

    Even the smallest picture needs a kilobyte a second, and no film fills more than some megabytes.
    """
    # Written so that "nan" and "inf", which are numbers too, are no length.
    length = round(seconds) if 0 < seconds <= LONGEST else 0
    if length <= 0 or length < size // MOST_A_SECOND:
        return 0
    return length if length <= min(LONGEST, max(60, size // 1000)) else 0
