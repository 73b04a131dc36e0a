# SPDX-License-Identifier: Apache-2.0
"""The period figures are about: from the address, this year when it says nothing sensible."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api.clock import SHANGHAI, today


@dataclass(frozen=True)
class Period:
    """Both days are inside."""

    first: date
    last: date
    error: str = ""

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(0), SHANGHAI)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(0), SHANGHAI)

    @property
    def params(self) -> dict[str, str]:
        """As the lists' filters read it."""
        return {"since": self.first.isoformat(), "until": self.last.isoformat()}

    @property
    def words(self) -> str:
        return f"{_day(self.first)}至{_day(self.last)}"

    def months(self) -> list["Period"]:
        """The months it touches, cut at its ends."""
        found = []
        first = self.first
        while first <= self.last:
            following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
            found.append(Period(first, min(self.last, following - timedelta(days=1))))
            first = following
        return found


LONGEST = timedelta(days=366 * 5)
"""Five years of months are a table nobody can read already."""


def period_of(request: Any) -> Period:
    """What the address asks for; a date that is none is said and replaced by this year's."""
    now = today()
    errors: list[str] = []
    first = _read(request.query_params.get("since", ""), now.replace(month=1, day=1), errors)
    last = _read(request.query_params.get("until", ""), now, errors)
    if last < first:
        errors.append("期间止早于期间起")
        first, last = last, first
    if last - first > LONGEST:
        errors.append("期间最长五年，已从止日往前算五年")
        first = last - LONGEST
    return Period(first, last, "；".join(errors))


def _read(text: str, otherwise: date, errors: list[str]) -> date:
    if not text.strip():
        return otherwise
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        errors.append(f"“{text.strip()[:20]}”不是一个日期，请写成 2026-05-12 这样")
        return otherwise
    return found if date(2000, 1, 1) <= found <= date(2100, 1, 1) else otherwise


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
