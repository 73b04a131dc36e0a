# SPDX-License-Identifier: Apache-2.0
"""Who may supervise: at least two, each with a supervision card in force, none of them biased."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MINIMUM = 2


@dataclass(frozen=True, slots=True)
class Inspector:
    """A person with a supervision card (监督人员), as the rules look at him."""

    id: int
    name: str
    org_lo: int
    card: str
    valid_until: date | None
    withdrawn: bool = False


def faults_of(
    it: Inspector, today: date, body_lo: int, body_hi: int, recused: Sequence[int] = ()
) -> list[str]:
    """Why this one may not act on a matter about the body; empty when he may."""
    found = []
    if not it.card.strip():
        found.append(f"{it.name}没有行政执法监督证件。")
    elif it.withdrawn:
        found.append(f"{it.name}的监督证件已经收回。")
    elif it.valid_until is not None and it.valid_until < today:
        found.append(f"{it.name}的监督证件已于 {it.valid_until.isoformat()} 到期。")
    if body_lo <= it.org_lo <= body_hi:
        found.append(f"{it.name}是被监督单位的人员，应当回避。")
    if it.id in recused:
        found.append(f"{it.name}已经回避。")
    return found


def team_faults(
    team: Sequence[Inspector],
    today: date,
    body_lo: int,
    body_hi: int,
    recused: Sequence[int] = (),
) -> list[str]:
    """Why these may not supervise together; every reason at once."""
    found: list[str] = []
    if len({it.id for it in team}) < MINIMUM:
        found.append("监督人员不得少于两人，并应当出示行政执法监督证件。")
    for it in team:
        found += faults_of(it, today, body_lo, body_hi, recused)
    return found
