# SPDX-License-Identifier: Apache-2.0
"""The demo's bureaus publish under their own rights, and a second seeding adds nothing."""

from typing import Any

from core.api.db import value
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
    assert await value("select count(*) from notices_notice where state = 'published'") == 6
    assert await value("select count(*) from notices_guide where current > 0") == 4
    assert await value("select count(distinct organ) from notices_notice") == 2
