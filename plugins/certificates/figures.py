# SPDX-License-Identifier: Apache-2.0
"""The metrics of the register: each number with the list it is counted from."""

from datetime import date

from core.api.db import Scope
from plugins.certificates.queries.mine import issued_between, standing_count


async def in_force(scope: Scope, _period: tuple[date, date]) -> int:
    """Officers with a card in force today."""
    return await standing_count(scope, ["valid"])


async def not_inspected(scope: Scope, _period: tuple[date, date]) -> int:
    """Officers whose inspection is overdue today."""
    return await standing_count(scope, ["not_inspected", "overdue"])


async def issued(scope: Scope, period: tuple[date, date]) -> int:
    """First cards handed over during a period."""
    return await issued_between(scope, period[0], period[1])
