# SPDX-License-Identifier: Apache-2.0
"""The numbers of the statistics pages."""

from datetime import date

from core.api.db import Scope, scope_conditions, value

DAY = "(p.told_at at time zone 'Asia/Shanghai')::date between $1 and $2"


async def told_in(scope: Scope, period: tuple[date, date]) -> int:
    """Cases whose result was told in the period."""
    where, args = scope_conditions(scope, "d", 3)
    return int(
        await value(
            "select count(*) from reviews_drawn d join reviews_plan p on p.id = d.plan"
            f" where {DAY} and {where}",
            *period,
            *args,
        )
    )
