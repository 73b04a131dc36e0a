# SPDX-License-Identifier: Apache-2.0
"""Number series: no gap and no double, also when many ask at once and some give up."""

import asyncio
import contextlib
import random

from core.db import Scope, transaction
from core.numbers.services import last_number, next_number

SCOPE = Scope.platform("test")


async def test_series_are_apart_by_kind_organ_and_year(db) -> None:
    assert [await next_number("案号", 1, 2026) for _ in range(3)] == [1, 2, 3]
    assert await next_number("案号", 2, 2026) == 1
    assert await next_number("督办", 1, 2026) == 1
    assert await next_number("案号", 1, 2027) == 1
    assert await last_number("案号", 1, 2026) == 3
    assert await last_number("案号", 9, 2026) == 0


async def test_parallel_and_rolled_back_issues_leave_no_gap(fresh_db) -> None:
    issued: list[int] = []
    chance = random.Random(1)

    class GaveUp(Exception):
        pass

    async def issue(fails: bool) -> None:
        with contextlib.suppress(GaveUp):
            async with transaction(SCOPE):
                number = await next_number("案号", 1, 2026)
                await asyncio.sleep(0)
                if fails:
                    raise GaveUp
            issued.append(number)

    await asyncio.gather(*(issue(chance.random() < 0.3) for _ in range(60)))
    assert sorted(issued) == list(range(1, len(issued) + 1))
    assert 20 < len(issued) < 60
    async with transaction(SCOPE):
        assert await last_number("案号", 1, 2026) == len(issued)
