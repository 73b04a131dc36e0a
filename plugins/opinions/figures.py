# SPDX-License-Identifier: Apache-2.0
"""The numbers of the statistics pages."""

from datetime import date

from core.api.db import Scope, scope_conditions, value

DAY = "(({})::timestamptz at time zone 'Asia/Shanghai')::date between $1 and $2"


async def asked_in(scope: Scope, period: tuple[date, date]) -> int:
    """Drafts opened in the period."""
    sql, args = scope_conditions(scope, "d", 3)
    day = DAY.format("d.opened_at")
    return int(
        await value(f"select count(*) from opinions_draft d where {day} and {sql}", *period, *args)
    )


async def received_in(scope: Scope, period: tuple[date, date]) -> int:
    """Opinions received in the period that count."""
    sql, args = scope_conditions(scope, "o", 3)
    day = DAY.format("o.sent_at")
    return int(
        await value(
            f"select count(*) from opinions_opinion o where o.state <> 'removed' and {day} and {sql}",
            *period,
            *args,
        )
    )
