# SPDX-License-Identifier: Apache-2.0
"""The offices of two counties, on a Monday morning."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count

import pytest

from core.api.db import transaction
from core.api.people import appoint_organ
from core.auth.services import apply_defaults
from core.host import registry as host_registry
from core.host.registry import build
from tests.plugins.supervisors.factories import MONDAY, OFFICE, Office, actor

_minutes = count()


@pytest.fixture
async def office(db, region_tree, agencies, clock, files) -> AsyncIterator[Office]:
    # A minute of its own for every test: what is open to everybody is counted by the minute.
    clock(MONDAY + timedelta(minutes=next(_minutes) % 300))
    async with transaction(OFFICE):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)
    registry = build(["certificates", "supervisors"])
    with host_registry.use(registry):
        await apply_defaults(registry)
        yield Office(
            region_tree.county,
            region_tree.other_county,
            region_tree.city,
            agencies,
            actor(region_tree.county),
            actor(region_tree.other_county),
            actor(region_tree.city),
            clock,
        )
