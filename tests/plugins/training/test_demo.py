# SPDX-License-Identifier: Apache-2.0
"""The demo's bureaus train under their own rights, and a second seeding adds nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.api import clock as core_clock
from core.api.db import row, value
from core.api.demo import DemoContext
from plugins.training.demo import BUREAUS, OFFICERS, plan_trainings
from tests.plugins.training.conftest import As

TODAY = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)


async def test_one_training_is_over_with_everything_and_one_is_open(
    as_bureau: As, as_reader: As, region_tree: Any, clock: Any
) -> None:
    clock(TODAY - timedelta(days=90))
    context = DemoContext(now=TODAY)
    visitors = {BUREAUS[0]: await as_bureau()}
    for login in OFFICERS[BUREAUS[0]]:
        visitors[login] = await as_reader("handler", login)
    context.shared["core.visitors"] = visitors
    clock(TODAY)
    await plan_trainings(context)
    while (found := context.next_before(TODAY)) is not None:
        moment, act = found
        with core_clock.frozen(moment):
            await act()
    assert await value("select count(*) from training_training where state = 'finished'") == 1
    assert await value("select count(*) from training_training where state = 'published'") == 1
    past = await row(
        """select count(*) filter (where attendance = 'present') as present,
                  count(*) filter (where attendance = 'absent') as absent,
                  count(*) filter (where feedback) as said from training_seat"""
    )
    assert past == {"present": 3, "absent": 1, "said": 3}
    assert await value("select count(*) from training_feedback where mixed") == 3
    assert await value("select count(*) from training_hours where source = 'training'") == 3
    assert await value("select count(*) from training_lesson where state = 'published'") == 3
    assert await value("select count(*) from training_requirement") == 3
    await plan_trainings(context)
    assert context.next_before(TODAY) is None, "a second seeding plans nothing"
