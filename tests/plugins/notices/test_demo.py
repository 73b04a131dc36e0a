# SPDX-License-Identifier: Apache-2.0
"""The demo's bureaus publish under their own rights, and a second seeding adds nothing."""

from datetime import timedelta
from typing import Any

from core.api import clock as core_clock
from core.api.db import rows, value
from core.api.demo import DemoContext
from plugins.notices.demo import BUREAUS, publish_demo_notices
from tests.plugins.notices.conftest import As


async def test_each_bureau_publishes_once(as_bureau: As, region_tree: Any) -> None:
    context = DemoContext()
    context.shared["core.visitors"] = {
        BUREAUS[0]: await as_bureau(),
        BUREAUS[1]: await as_bureau(region_tree.other_county),
    }
    for _ in range(2):
        await publish_demo_notices(context)
        for lane in context.lanes:
            while (found := context.next_before(context.now, lane)) is not None:
                moment, act = found
                with core_clock.frozen(moment):
                    await act()
    assert await value("select count(*) from notices_notice where state = 'published'") == 6
    assert await value("select count(*) from notices_guide where current > 0") == 4
    assert await value("select count(distinct organ) from notices_notice") == 2
    # A notice is of these weeks: a year ago nobody was there to read it.
    days = [each["published_at"] for each in await rows("select published_at from notices_notice")]
    assert min(days) > context.now - timedelta(days=60)
    assert len({day.date() for day in days}) == 3
