# SPDX-License-Identifier: Apache-2.0
"""Absences from organised activities: the second unexcused one in a row counts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

PRESENT, EXCUSED, ABSENT = "present", "excused", "absent"
OUTCOMES: dict[str, str] = {PRESENT: "到场", EXCUSED: "请假", ABSENT: "无故缺席"}


@dataclass(frozen=True, slots=True)
class Attendance:
    """How somebody took part in one activity."""

    activity: int
    on: date
    outcome: str


def absent_in_a_row(record: Iterable[Attendance]) -> list[Attendance]:
    """The unexcused absences at the end of a record, oldest first.

    One attended or excused activity in between begins the count anew (S3-25).
    """
    run: list[Attendance] = []
    for each in sorted(record, key=lambda one: (one.on, one.activity)):
        run = [*run, each] if each.outcome == ABSENT else []
    return run


def proposes_dismissal(record: Sequence[Attendance], limit: int = 2) -> list[Attendance]:
    """The absences that raise a proposal, or none: 「两次以上」 includes the second (S3-25)."""
    run = absent_in_a_row(record)
    return run if len(run) >= limit else []
