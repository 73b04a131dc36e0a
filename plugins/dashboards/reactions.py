# SPDX-License-Identifier: Apache-2.0
"""What happens elsewhere and what it changes here; all by the worker, never in anybody's way."""

from collections.abc import Mapping
from typing import Any

from core.api.access import persons_holding_in
from core.api.clock import today
from core.api.db import Place, SubjectRef, current_scope
from core.api.messages import notify
from core.api.plugin import Fact, SubjectLabel
from core.api.regions import region_at
from plugins.dashboards.rules.periods import month_text, month_words, shifted

READ = "dashboards.board.read"
REPORT = "dashboards.report"


def the_subject(fact: Fact) -> tuple[SubjectRef, ...]:
    """Two facts of one subject are taken in one after the other."""
    return (fact.subject,)


async def tell_of_report(_payload: Mapping[str, Any]) -> None:
    """On the first day of a month, who may read the board hears that the report is there."""
    now = today()
    if now.day != 1:
        return
    lo = current_scope().region.lo
    here = await region_at(lo)
    persons = await persons_holding_in(READ, lo)
    if here is None or not persons:
        return
    month = shifted(now.year * 100 + now.month, -1)
    await notify(
        "dashboards.report",
        persons,
        SubjectRef(REPORT, here.id * 1_000_000 + month),
        {"where": here.name, "month": month_words(month)},
        Place(lo),
    )


async def describe_report(number: int, _scope: Any) -> SubjectLabel | None:
    """The page of a report; who may open it is asked there."""
    region, month = divmod(number, 1_000_000)
    text = month_text(month)
    return SubjectLabel(
        f"{month_words(month)}监督月报", f"/dashboards/report?region={region}&month={text}"
    )
