# SPDX-License-Identifier: Apache-2.0
"""Answers to others: names of notices, the search, and the nightly reminder."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import Scope, current_scope, published_conditions, row, rows
from core.api.plugin import SubjectLabel
from plugins.notices.rules import KINDS, reminded_by_itself
from plugins.notices.services.notices import remind


async def describe_notice(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a notice to others, as far as the transaction's scope sees it."""
    found = await row("select title from notices_notice where id = $1", id)
    return SubjectLabel(found["title"], f"/notices/{id}") if found else None


async def describe_guide(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a standing page to others."""
    found = await row("select title, kind from notices_guide where id = $1", id)
    if found is None:
        return None
    return SubjectLabel(found["title"], f"/notices/guides/{id}", KINDS[found["kind"]])


async def find_notices(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Published notices whose title holds ``text``."""
    sql, args = published_conditions(scope, "n", 2)
    found = await rows(
        f"""select n.id, n.title, n.organ_name from notices_notice n
            where n.state = 'published' and strpos(n.title, $1) > 0 and {sql}
            order by n.published_at desc limit 10""",
        text,
        *args,
    )
    return [
        SubjectLabel(each["title"], f"/notices/{each['id']}", each["organ_name"]) for each in found
    ]


async def remind_by_itself(_payload: Mapping[str, Any]) -> None:
    """Every morning: who has to confirm soon and has not is reminded, once and on the last day."""
    today, scope = clock.today(), current_scope()
    found = await rows(
        """select * from notices_notice where state = 'published' and must_confirm
           and confirm_by >= $1 and region_lo between $2 and $3 order by id for update""",
        today,
        scope.region.lo,
        scope.region.hi,
    )
    for each in found:
        last = each["reminded_at"]
        if reminded_by_itself(
            each["confirm_by"], clock.local(last).date() if last else None, today
        ):
            await remind(each)
