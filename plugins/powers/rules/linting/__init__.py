# SPDX-License-Identifier: Apache-2.0
"""Finds what is set up wrongly in a power item before a case suffers from it (features C4-15).

`lint` is pure and quick enough for every save. Every finding has a number, says in plain Chinese
what is wrong and what to do, and where the cure is mechanical `apply_fix` carries it out.
"""

from collections.abc import Callable, Iterable, Mapping

from plugins.powers.rules.definition import Definition
from plugins.powers.rules.kinds import NONE, Offered
from plugins.powers.rules.linting import (
    decisions,
    discretion,
    evidence,
    execution,
    flow,
    general,
    limits,
    officers,
    rollbacks,
)
from plugins.powers.rules.linting.book import BOOK, CHAPTERS, handbook
from plugins.powers.rules.linting.finding import LEVEL_TITLES, Entry, Finding, Level
from plugins.powers.rules.linting.view import View

__all__ = [
    "BOOK",
    "CHAPTERS",
    "LEVEL_TITLES",
    "Entry",
    "Finding",
    "Level",
    "apply_fix",
    "handbook",
    "lint",
]

Check = Callable[[View], Iterable[Finding]]
Fix = Callable[[Definition, Finding], Definition]

CHECKS: tuple[Check, ...] = (
    flow.check_flow,
    limits.check_limits,
    officers.check_officers,
    rollbacks.check_rollbacks,
    evidence.check_evidence,
    decisions.check_decisions,
    discretion.check_discretion,
    execution.check_execution,
    general.check_general,
)

FIXES: Mapping[str, Fix] = {
    "JD101": limits.fix_point_without_limit,
    "JD103": limits.fix_step_limit,
    "JD106": limits.fix_empty_stage,
    "JD107": limits.fix_unwatched,
    "JD201": officers.fix_wrong_step,
    "JD202": officers.fix_last_step,
    "JD203": officers.fix_only_to,
    "JD204": officers.fix_minimum,
    "JD205": officers.fix_minimum,
    "JD206": officers.fix_minimum,
    "JD207": officers.fix_only_to,
    "JD208": officers.fix_unwatched,
    "JD209": officers.fix_strict,
    "JD301": rollbacks.fix_not_behind,
    "JD302": rollbacks.fix_back_as_branch,
    "JD303": rollbacks.fix_first_step,
    "JD304": rollbacks.fix_unwatched,
    "JD401": evidence.fix_unknown,
    "JD403": evidence.fix_demand,
    "JD404": evidence.fix_counts,
    "JD405": evidence.fix_disagreement,
    "JD406": evidence.fix_unwatched,
    "JD501": decisions.fix_basis,
    "JD502": decisions.fix_outcome,
    "JD503": decisions.fix_negative,
    "JD504": decisions.fix_negative,
    "JD505": decisions.fix_basis,
    "JD506": decisions.fix_negative,
    "JD507": decisions.fix_unwatched,
    "JD601": discretion.fix_standard,
    "JD602": discretion.fix_amount,
    "JD606": discretion.fix_border,
    "JD607": discretion.fix_border,
    "JD612": discretion.fix_range,
    "JD615": discretion.fix_optional,
    "JD616": discretion.fix_unwatched,
    "JD617": discretion.fix_tier,
    "JD619": discretion.fix_act_day,
    "JD701": execution.fix_decision,
    "JD702": execution.fix_decision,
    "JD703": execution.fix_decision,
    "JD704": execution.fix_payment,
    "JD705": execution.fix_unwatched,
    "JD803": flow.fix_dead_end,
    "JD804": flow.fix_dead_way,
    "JD808": flow.fix_quorum,
    "JD901": general.drop_point,
    "JD902": general.drop_second,
    "JD904": general.fix_colour,
}

MOST_AFTERMATH = 5
"""How many faults a cure may uncover; a bound, because a cure must not run for ever."""

_ORDER: Mapping[Level, int] = {"error": 0, "warning": 1, "note": 2}


def lint(definition: Definition, offered: Offered = NONE) -> list[Finding]:
    """Everything found in the item, errors first, in the order of the item.

    ``offered`` are the kinds of points other plugins bring; without them they are pointed out.
    """
    view = View(definition, offered)
    found = [finding for check in CHECKS for finding in check(view)]
    return sorted(found, key=lambda finding: _ORDER[finding.level])


def apply_fix(definition: Definition, finding: Finding) -> Definition:
    """The item with the finding's cure carried out; unchanged where there is none to carry out.

    A cure may uncover what the fault had hidden: a line that becomes a branch leads to a step for
    which nobody set the officers. What is new and can be mended is mended along with it, so that
    no click leaves behind a fault that was not there before.
    """
    fix = FIXES.get(finding.number) if finding.fix else None
    if fix is None:
        return definition
    known = {(one.number, one.place) for one in lint(definition)}
    fixed = fix(definition, finding)
    for _ in range(MOST_AFTERMATH):
        new = next(
            (
                one
                for one in lint(fixed)
                if one.fix and one.level != "note" and (one.number, one.place) not in known
            ),
            None,
        )
        if new is None:
            break
        fixed = FIXES[new.number](fixed, new)
    return fixed
