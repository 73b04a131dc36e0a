# SPDX-License-Identifier: Apache-2.0
"""The demo's stories are played through the services, once."""

from datetime import datetime, timedelta
from typing import Any

from core.api import clock as core_clock
from core.api.db import value
from core.api.demo import DemoContext
from core.api.testing import Agencies
from plugins.opinions.demo import BUREAUS, ask_for_demo_opinions
from tests.plugins.opinions.conftest import As


async def test_one_is_reported_and_one_is_open(
    as_bureau: As, as_reader: As, agencies: Agencies
) -> None:
    context = DemoContext()
    bureau = await as_bureau()
    readers = [
        await as_reader("handler", name=name, organisation=agencies.agency)
        for name in ("李志强", "王强", "张海龙")
    ]
    context.shared["core.visitors"] = {
        BUREAUS[0]: bureau,
        **{each.login: each for each in readers},
    }
    await ask_for_demo_opinions(context)
    moment: datetime = context.now - timedelta(days=80)
    lane = context.lanes[0]
    while (found := context.next_before(context.now, lane)) is not None:
        moment, act = found
        with core_clock.frozen(moment):
            await act()
    assert moment < context.now
    states: Any = await value(
        "select array_agg(state order by state) from opinions_draft where state <> 'draft'"
    )
    assert states == ["open", "published"]
    assert await value("select count(*) from opinions_opinion") == 9
    assert await value("select count(*) from opinions_opinion where sealed and person = 0") == 2
    content = await value("select content::text from opinions_report where published")
    assert "13904785566" not in content
    before = await value("select count(*) from opinions_draft")
    await ask_for_demo_opinions(DemoContext(shared=dict(context.shared)))
    assert await value("select count(*) from opinions_draft") == before
