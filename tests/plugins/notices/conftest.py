# SPDX-License-Identifier: Apache-2.0
"""Two counties whose bureaus publish, and people who read."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.api.access import Visitor
from core.api.db import Scope, transaction
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies, LoginAs

As = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def bureaus(region_tree: Any, agencies: Agencies) -> None:
    async with transaction(Scope.platform("test data")):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)


@pytest.fixture
def as_bureau(bureaus: None, login_as: LoginAs, region_tree: Any) -> As:
    async def sign_in(region: Any = None) -> Visitor:
        return await login_as(
            "supervision_bureau", organisation=False, region=region or region_tree.county
        )

    return sign_in


@pytest.fixture
def as_reader(login_as: LoginAs, agencies: Agencies, region_tree: Any) -> As:
    """``as_reader("supervisor")``: somebody with a person behind the account."""
    persons: dict[str, int] = {}

    async def sign_in(
        role: str = "supervisor", name: str = "白音", region: Any = None, organisation: Any = None
    ) -> Visitor:
        if name not in persons:
            async with transaction(Scope.platform("test data")):
                home = organisation or agencies.agency
                persons[name] = (await enter_person(name, home.id)).id
        if role == "supervisor":
            return await login_as(
                role,
                organisation=False,
                region=region or region_tree.county,
                name=name,
                person=persons[name],
            )
        return await login_as(
            role,
            organisation=organisation or agencies.agency,
            region=region,
            name=name,
            person=persons[name],
        )

    return sign_in
