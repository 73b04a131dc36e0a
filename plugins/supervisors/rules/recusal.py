# SPDX-License-Identifier: Apache-2.0
"""Whether somebody who has to withdraw may take part in a matter. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.supervisors.rules.words import RELATIONS


@dataclass(frozen=True, slots=True)
class Recusal:
    """Declared by the supervisor or ordered by the bureau (S3-17); either binds alike."""

    id: int
    kind: str
    """declared | ordered"""
    relation: str
    organisation_lo: int = 0
    organisation_hi: int = 0
    """The unit it concerns, with everything below it; 0 = no unit."""
    officer: int = 0
    """The person it concerns; 0 = nobody in particular."""
    case: str = ""
    """The case, by number or name as written down; empty = not one case."""
    since: date = date.min
    until: date | None = None

    def stands_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


def touches(recusal: Recusal, draft: Mapping[str, Any]) -> bool:
    """Whether a matter (its unit, its officer, its case) is one to withdraw from."""
    unit = int(draft.get("organisation_lo") or 0)
    officer = int(draft.get("officer") or 0)
    case = _plain(str(draft.get("case") or ""))
    if recusal.officer and officer == recusal.officer:
        return True
    if recusal.case and case and _plain(recusal.case) == case:
        return True
    # A recusal naming an officer or a case concerns only these, though it names their unit too.
    general = not recusal.officer and not recusal.case
    return bool(
        general
        and recusal.organisation_lo
        and recusal.organisation_lo <= unit <= recusal.organisation_hi
    )


def conflicts(
    recusals: Iterable[Recusal], draft: Mapping[str, Any] | None, day: date
) -> list[tuple[Recusal, str]]:
    """The recusals that stand in the way, each with its sentence."""
    found = []
    for each in recusals:
        if draft and each.stands_on(day) and touches(each, draft):
            who = "司法行政机关要求回避" if each.kind == "ordered" else "本人已申请回避"
            found.append((each, f"{who}（{RELATIONS[each.relation]}），不能参与这一事项。"))
    return found


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
