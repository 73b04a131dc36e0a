# SPDX-License-Identifier: Apache-2.0
"""The offices of two counties, on a Monday morning."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from core.api.db import transaction
from core.api.people import appoint_organ
from core.auth.services import apply_defaults
from core.host import registry as host_registry
from core.host.registry import build
from tests.absence import of_those_here
from tests.plugins.supervisors.factories import MONDAY, OFFICE, Office, actor

_minutes = count()


async def make_office(tree: Any, agencies: Any, clock: Any) -> Office:
    """Bureaus that are competent, and who acts for them."""
    async with transaction(OFFICE):
        await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(tree.city.id, "supervision", agencies.city_bureau.id)
    return Office(
        tree.county,
        tree.other_county,
        tree.city,
        agencies,
        actor(tree.county),
        actor(tree.other_county),
        actor(tree.city),
        clock,
    )


@pytest.fixture
async def office(db, region_tree, agencies, clock, files) -> AsyncIterator[Office]:
    # A minute of its own for every test: what is open to everybody is counted by the minute.
    clock(MONDAY + timedelta(minutes=next(_minutes) % 300))
    registry = build(of_those_here("certificates", "supervisors"))
    with host_registry.use(registry):
        await apply_defaults(registry)
        yield await make_office(region_tree, agencies, clock)
