# SPDX-License-Identifier: Apache-2.0
"""What an address asks for: period and class, the same on every page and in every link."""

from dataclasses import dataclass
from urllib.parse import urlencode

from core.api.clock import today
from core.api.web import Request
from plugins.dashboards.rules.measures import BOARD, BY_KEY, CLASS_TITLES
from plugins.dashboards.rules.periods import CHOICES, Period, period_of

READ = "dashboards.board.read"
ROWS = "/dashboards/rows"
SHADE = "alarms.red"


@dataclass(frozen=True)
class Asked:
    """Period and class of a page, and the addresses that keep them."""

    period: Period
    power_class: str
    shade: str = SHADE
    """The measure the tiles are shaded by."""

    @property
    def params(self) -> dict[str, str]:
        found = {} if self.period.key == "year" else {"period": self.period.key}
        if self.period.key == "own":
            found = self.period.params
        return {**found, **self._kept}

    @property
    def _kept(self) -> dict[str, str]:
        power = {"power_class": self.power_class} if self.power_class else {}
        return power if self.shade == SHADE else {**power, "shade": self.shade}

    @property
    def words(self) -> str:
        return f"{self.period.words}，{CLASS_TITLES.get(self.power_class, '八类行政权力')}"

    def to(self, path: str, **more: str) -> str:
        """Another page under the same conditions."""
        query = urlencode({**self.params, **more})
        return f"{path}?{query}" if query else path

    def rows(self, measure: str, where: dict[str, str], **more: str) -> str:
        """The rows behind a number, by months that do not move on with the calendar."""
        own = {"from": self.period.params["from"], "to": self.period.params["to"]}
        power = {"power_class": self.power_class} if self.power_class else {}
        return f"{ROWS}?{urlencode({'measure': measure, **own, **power, **where, **more})}"

    def ways(self, path: str) -> list[dict[str, object]]:
        """The switch of periods."""
        return [
            {
                "title": title,
                "url": f"{path}?{urlencode({'period': key, **self._kept})}",
                "current": key == self.period.key,
            }
            for key, title in CHOICES
            if key != "own"
        ]

    def shadings(self, path: str) -> list[dict[str, object]]:
        """The switch of what the tiles show."""
        return [
            {
                "title": BY_KEY[key].title,
                "url": self.to(path, shade=key) + "#h-tiles",
                "current": key == self.shade,
            }
            for key in BOARD
        ]


def asked_of(request: Request) -> Asked:
    """Read it; what makes no sense restricts nothing."""
    query = request.query_params
    period = period_of(today(), query.get("period", ""), query.get("from", ""), query.get("to", ""))
    power_class = query.get("power_class", "")
    shade = query.get("shade", "")
    return Asked(
        period,
        power_class if power_class in CLASS_TITLES else "",
        shade if shade in BOARD else SHADE,
    )
