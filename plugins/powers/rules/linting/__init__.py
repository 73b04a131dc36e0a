# SPDX-License-Identifier: Apache-2.0
"""Finds what is set up wrongly in a power item before a case suffers from it (features C4-15).

`lint` is pure and quick enough for every save. Every finding has a number, says in plain Chinese
what is wrong and what to do, and where the cure is mechanical `apply_fix` carries it out.
"""

from collections.abc import Callable, Iterable, Mapping

from plugins.powers.rules.definition import Definition
from plugins.powers.rules.linting.finding import LEVEL_TITLES, Finding, Level

__all__ = ["LEVEL_TITLES", "Finding", "Level", "apply_fix", "lint"]

Check = Callable[[Definition], Iterable[Finding]]
Fix = Callable[[Definition, Finding], Definition]

CHECKS: tuple[Check, ...] = ()
FIXES: Mapping[str, Fix] = {}

_ORDER: Mapping[Level, int] = {"error": 0, "warning": 1, "note": 2}


def lint(definition: Definition) -> list[Finding]:
    """Everything found in the item, errors first, in the order of the item."""
    found = [finding for check in CHECKS for finding in check(definition)]
    return sorted(found, key=lambda finding: _ORDER[finding.level])


def apply_fix(definition: Definition, finding: Finding) -> Definition:
    """The item with the finding's cure carried out; unchanged where there is none to carry out."""
    fix = FIXES.get(finding.number) if finding.fix else None
    return fix(definition, finding) if fix else definition
