# SPDX-License-Identifier: Apache-2.0
"""The months figures are about. Whole months only: that is how they are kept."""

from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST: Final = 200001
LONGEST: Final = 60
"""Months; a longer table is one nobody can read."""
CHOICES: Final = (
    ("month", "本月"),
    ("quarter", "本季"),
    ("year", "本年"),
    ("last", "上年"),
    ("own", "自选月份"),
)


def shifted(month: int, by: int) -> int:
    """Another month, so many later."""
    number = month // 100 * 12 + month % 100 - 1 + by
    return number // 12 * 100 + number % 12 + 1


def month_words(month: int) -> str:
    """2026年5月."""
    return f"{month // 100}年{month % 100}月"


def month_text(month: int) -> str:
    """As a month field of a form writes it: 2026-05."""
    return f"{month // 100}-{month % 100:02d}"


def read_month(text: str) -> int | None:
    """The month of ``2026-05``; ``None`` when it is none."""
    year, _, month = text.strip().partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(year) == 4 and 1 <= len(month) <= 2):
        return None
    found = int(year) * 100 + int(month)
    return found if 1 <= int(month) <= 12 and FIRST <= found <= 210012 else None


@dataclass(frozen=True, slots=True)
class Period:
    """Both months are inside."""

    key: str
    first: int
    last: int
    error: str = ""

    @property
    def months(self) -> list[int]:
        found, month = [], self.first
        while month <= self.last:
            found.append(month)
            month = shifted(month, 1)
        return found

    @property
    def year_before(self) -> "Period":
        return Period("own", shifted(self.first, -12), shifted(self.last, -12))

    @property
    def words(self) -> str:
        if self.first == self.last:
            return month_words(self.first)
        if self.first // 100 == self.last // 100:
            return f"{month_words(self.first)}至{self.last % 100}月"
        return f"{month_words(self.first)}至{month_words(self.last)}"

    @property
    def params(self) -> dict[str, str]:
        """As an address says it, the same whenever it is opened."""
        return {"period": "own", "from": month_text(self.first), "to": month_text(self.last)}


def period_of(today: date, key: str = "", first: str = "", last: str = "") -> Period:
    """What the address asks for; what makes no sense is said, and this year shown."""
    now = today.year * 100 + today.month
    match key:
        case "month":
            return Period(key, now, now)
        case "quarter":
            return Period(key, today.year * 100 + (today.month - 1) // 3 * 3 + 1, now)
        case "last":
            return Period(key, (today.year - 1) * 100 + 1, (today.year - 1) * 100 + 12)
        case "own":
            return _own(now, today, first, last)
    return Period("year", today.year * 100 + 1, now)


def _own(now: int, today: date, first: str, last: str) -> Period:
    since, until = read_month(first), read_month(last)
    errors = [
        f"“{text.strip()[:20]}”不是一个月份，请写成 2026-05 这样"
        for text, found in ((first, since), (last, until))
        if text.strip() and found is None
    ]
    since = since or today.year * 100 + 1
    until = until or now
    if until < since:
        errors.append("起月晚于止月，已对调")
        since, until = until, since
    if shifted(since, LONGEST - 1) < until:
        errors.append("期间最长五年，已从止月往前算五年")
        since = shifted(until, 1 - LONGEST)
    return Period("own", since, until, "；".join(errors))
