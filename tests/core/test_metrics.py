# SPDX-License-Identifier: Apache-2.0
"""Numbers of other plugins: each asked on its own, none spoils another."""

from datetime import date
from typing import Any

import pytest

from core.api.metrics import ABSENT, FAILED, measure, offered
from core.api.plugin import Manifest, Metric, hookimpl
from core.db import Interval, Scope, execute, transaction, value
from core.host import registry
from core.intervals import REGIONS

COUNTY = REGIONS.child(REGIONS.child(0, 0).lo, 0)
SCOPE = Scope(COUNTY, Interval(7, 7), actor=4)
PERIOD = (date(2026, 1, 1), date(2026, 6, 30))


async def seven(scope: Scope, _period: tuple[date, date]) -> int:
    return scope.organisation.lo


async def broken(_scope: Scope, _period: tuple[date, date]) -> int:
    return int(await value("select 1 / 0"))


async def writing(_scope: Scope, _period: tuple[date, date]) -> int:
    await execute("create temporary table nobody_wanted (id int)")
    return 1


class Counting:
    MANIFEST = Manifest("counting", "计数", "1")

    @hookimpl
    def metrics(self) -> list[Metric]:
        return [
            Metric("counting.seven", "七", "数到七", seven, "/counting", per_unit=True),
            Metric("counting.broken", "坏的", "数不出", broken),
            Metric("counting.writing", "会写的", "偷着写", writing, per_unit=True),
        ]


@pytest.mark.req("C10-14")
async def test_one_that_fails_is_absent_or_writes_spoils_no_other(db: Any) -> None:
    keys = ["counting.broken", "gone.number", "counting.writing", "counting.seven"]
    with registry.use(registry.build([Counting()])):
        async with transaction(SCOPE):
            found = await measure(keys, SCOPE, PERIOD)
            # The transaction of the one who asked goes on.
            assert await value("select 1") == 1
        assert [found[key].number for key in keys] == [None, None, None, 7]
        assert found["counting.broken"].problem == FAILED
        assert found["gone.number"].problem == ABSENT
        assert found["counting.seven"].definition == "数到七"
        assert found["counting.seven"].rows_path == "/counting"
        async with transaction(SCOPE):
            units = await offered(COUNTY.lo, per_unit=True)
        assert {each.key for each in units} == {"counting.seven", "counting.writing"}
