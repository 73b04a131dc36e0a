# SPDX-License-Identifier: Apache-2.0
"""学时: writing them, adding them, taking them back, and what a role owes in a year (C8-04, C8-10)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

MOST = 2000
"""Tenths one entry may hold: 200 hours are a whole course."""
REMIND_FROM_MONTH = 10
"""From October on, whoever is short for the year is reminded on the first of each month."""

ROLES: Mapping[str, str] = {
    "supervisor": "社会监督员",
    "handler": "办件人员",
    "submitter": "送审人员",
    "legal_office": "法制机构人员",
    "dept_supervisor": "监察室人员",
    "body_admin": "执法主体管理员",
    "justice_office": "司法所人员",
    "supervision_bureau": "监督机关人员",
}
"""Roles that may owe hours."""

_WRITTEN = re.compile(r"\d{1,3}(?:\.\d)?")


def tenths_of(text: str) -> int | None:
    """``2.5`` as tenths; None when it is no number of hours with at most one decimal."""
    plain = text.strip().replace("．", ".").replace("。", ".").removesuffix("学时").strip()
    return round(float(plain) * 10) if _WRITTEN.fullmatch(plain) else None


def hours_words(tenths: int) -> str:
    """``25`` as ``2.5``, ``-30`` as ``-3``."""
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}{f'.{rest}' if rest else ''}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger."""

    id: int
    year: int
    tenths: int
    reverses: int | None = None


def sum_by_year(entries: Iterable[Entry]) -> dict[int, int]:
    """Tenths by year, counter-entries taken off."""
    found: dict[int, int] = {}
    for each in entries:
        found[each.year] = found.get(each.year, 0) + each.tenths
    return found


def why_not_reversed(entry: Entry, reversed_already: bool, reason: str) -> str:
    """Why an entry cannot be taken back; empty when it can."""
    if entry.reverses is not None:
        return "这一条本身就是冲销，不能再冲销；记错了请重新登记。"
    if reversed_already:
        return "这一条已经冲销过。"
    if len(reason.strip()) < 2:
        return "请写明冲销的原因，本人会看到。"
    return ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A requirement: so many tenths a year, from a year on, perhaps until one."""

    tenths: int
    from_year: int
    to_year: int | None = None


def owed_in(year: int, requirements: Iterable[Owed]) -> int:
    """What is owed in a year. Of several offices' requirements the highest counts, not the sum."""
    return max(
        (
            each.tenths
            for each in requirements
            if each.from_year <= year and (each.to_year is None or year <= each.to_year)
        ),
        default=0,
    )


def short_by(owed: int, have: int) -> int:
    """How many tenths are missing; never negative."""
    return max(0, owed - have)


def reminds_on(today: date, reminded_on: date | None) -> bool:
    """Whether those who are short are reminded by themselves today: once a month from October."""
    if today.month < REMIND_FROM_MONTH:
        return False
    return reminded_on is None or (reminded_on.year, reminded_on.month) != (today.year, today.month)
