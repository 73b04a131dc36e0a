# SPDX-License-Identifier: Apache-2.0
"""Counting tasks."""

from core.api.db import Scope, scope_conditions, value


async def open_tasks(scope: Scope) -> int:
    """Tasks nobody has looked at."""
    where, args = scope_conditions(scope, "t")
    return int(
        await value(
            f"select count(*) from library_task t where t.state = 'open' and {where}", *args
        )
    )
