# SPDX-License-Identifier: Apache-2.0
r"""A draw anybody can repeat with a list, a seed and any tool that computes SHA-256.

The order inside a stratum is that of sha256(seed + "\\n" + number of the case); the first ones are
drawn. The seed is fixed before the list is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Candidate:
    """A closed case that could be drawn."""

    case: int
    number: str
    stratum: str
    """The unit that dealt with it."""


def list_digest(cases: Sequence[Candidate]) -> str:
    """SHA-256 over the sorted lines of the list: any change of it is another digest."""
    lines = sorted(f"{each.stratum}\t{each.number}\t{each.case}" for each in cases)
    return sha256("\n".join(lines).encode()).hexdigest()


def rank_of(seed: str, number: str) -> str:
    """Where a case stands among those of its unit."""
    return sha256(f"{seed}\n{number}".encode()).hexdigest()


def joined_seed(published: str, head: str) -> str:
    """The seed of the draw: what was published, and the head of the platform's seals at the draw.

    Who publishes a seed does not know that head yet, so nobody can try seeds until one suits.
    """
    return f"{published}\n{head}" if head else published


def draw(cases: Sequence[Candidate], seed: str, each_unit: int) -> list[Candidate]:
    """So many of every unit, all of a unit that has fewer, unit by unit."""
    strata: dict[str, list[Candidate]] = {}
    for case in cases:
        strata.setdefault(case.stratum, []).append(case)
    found: list[Candidate] = []
    for stratum in sorted(strata):
        ordered = sorted(strata[stratum], key=lambda c: (rank_of(seed, c.number), c.number))
        found += ordered[:each_unit]
    return found


def assign(
    drawn: Sequence[Candidate],
    reviewers: Sequence[int],
    recused: Mapping[int, frozenset[int]],
    seed: str,
    count: int = 2,
) -> dict[int, list[int]]:
    """Reviewers by case: never a recused one, the least burdened first, ties by the seed.

    A case for which too few are left gets fewer; the plan says so instead of bending the rule.
    """
    load = dict.fromkeys(reviewers, 0)
    found: dict[int, list[int]] = {}
    for case in drawn:
        free = [each for each in reviewers if each not in recused.get(case.case, frozenset())]
        free.sort(key=lambda each: (load[each], rank_of(seed, f"{case.number}/{each}")))
        found[case.case] = free[:count]
        for each in found[case.case]:
            load[each] += 1
    return found
