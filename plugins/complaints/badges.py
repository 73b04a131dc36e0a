# SPDX-License-Identifier: Apache-2.0
"""The numbers beside the menu, counted by the same queries as the pages."""

from core.api.db import Scope
from plugins.complaints import queries
from plugins.complaints.services.reporters import aliases_of


async def undone_here(scope: Scope) -> int:
    """未处理 of the bureau."""
    return await queries.undone(scope)


async def copies_waiting(scope: Scope) -> int:
    """What waits for the body's answer."""
    return await queries.COPIES.count(scope, {"tab": "open"})


async def news_of(scope: Scope) -> int:
    """What has changed in one's own; under seal no message says it."""
    return await queries.count_own_news(aliases_of(scope.person)) if scope.person else 0
