# SPDX-License-Identifier: Apache-2.0
"""Units in order of their mean score, with how much that order is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

T95: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Student's t for 95 %, by degrees of freedom 1 to 30; beyond, the normal 1.96 is near enough."""
FEWEST: Final = 3
"""With fewer cases no interval is given: two cases say nothing of a unit."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit: mean in points, number of cases, all it had, and the 95 % interval."""

    unit: str
    mean: float
    size: int
    population: int
    low: float | None = None
    high: float | None = None
    rank: int = 0
    """Units whose intervals overlap with the one above share its place."""


def interval(scores: Sequence[float], population: int) -> tuple[float, float] | None:
    """Where the mean of all the unit's cases lies with 95 %; exact when all were reviewed."""
    n = len(scores)
    if n < FEWEST:
        return None
    mean = sum(scores) / n
    variance = sum((each - mean) ** 2 for each in scores) / (n - 1)
    rest = max(0.0, 1 - n / population) if population else 1.0
    t = T95[n - 2] if n - 2 < len(T95) else 1.96
    half = t * sqrt(variance / n * rest)
    return max(0.0, mean - half), min(100.0, mean + half)


def ranking(scores: Mapping[str, Sequence[float]], population: Mapping[str, int]) -> list[Ranked]:
    """Best mean first; what cannot be told apart has the same place."""
    found = []
    for unit, values in scores.items():
        if not values:
            continue
        limits = interval(values, population.get(unit, 0))
        low, high = limits or (None, None)
        found.append(
            Ranked(unit, sum(values) / len(values), len(values), population.get(unit, 0), low, high)
        )
    found.sort(key=lambda each: (-each.mean, each.unit))
    placed: list[Ranked] = []
    for at, each in enumerate(found):
        above = placed[-1] if placed else None
        same = above is not None and (
            each.high is None or above.low is None or each.high >= above.low
        )
        rank = above.rank if above is not None and same else at + 1
        placed.append(
            Ranked(each.unit, each.mean, each.size, each.population, each.low, each.high, rank)
        )
    return placed
