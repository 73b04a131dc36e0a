# SPDX-License-Identifier: Apache-2.0
"""The working calendar of a replay, without a database: the State Council's published years."""

from datetime import date

from core.api.workdays import standard


class PublishedCalendar:
    """Weekdays with 调休; years without a notice count Monday to Friday and are remembered."""

    def __init__(self) -> None:
        self.guessed: set[int] = set()
        self._calendar = standard()
        self._known: dict[date, bool] = {}

    def published(self, year: int) -> bool:
        return self._calendar.published(year)

    def is_workday(self, day: date) -> bool:
        found = self._known.get(day)
        if found is None:
            if not self._calendar.published(day.year):
                self.guessed.add(day.year)
            found = self._known[day] = self._calendar.is_workday(day)
        return found

    @property
    def warnings(self) -> list[str]:
        if not self.guessed:
            return []
        years = "、".join(str(year) for year in sorted(self.guessed))
        return [f"{years} 年没有放假安排的数据，工作日按周一至周五计算"]
