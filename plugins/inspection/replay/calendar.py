# SPDX-License-Identifier: Apache-2.0
"""The working calendar of a replay, without a database: the State Council's published years."""

from datetime import date

from chinese_calendar import is_workday as _is_workday

from plugins.inspection.rules.days import is_weekday

YEARS = range(2004, 2027)
"""Years whose holidays and make-up days (调休) the data package holds."""


class PublishedCalendar:
    """Weekdays with 调休; other years fall back to Monday to Friday and are remembered."""

    def __init__(self) -> None:
        self.guessed: set[int] = set()
        self._known: dict[date, bool] = {}

    def published(self, year: int) -> bool:
        return year in YEARS

    def is_workday(self, day: date) -> bool:
        found = self._known.get(day)
        if found is None:
            if day.year in YEARS:
                found = bool(_is_workday(day))
            else:
                self.guessed.add(day.year)
                found = is_weekday(day)
            self._known[day] = found
        return found

    @property
    def warnings(self) -> list[str]:
        if not self.guessed:
            return []
        years = "、".join(str(year) for year in sorted(self.guessed))
        return [f"{years} 年没有放假安排的数据，工作日按周一至周五计算"]
