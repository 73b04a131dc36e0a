# SPDX-License-Identifier: Apache-2.0
"""Two counties whose bureaus train, and people who take part."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.api import clock as core_clock
from core.api.access import Visitor
from core.api.db import Scope, transaction, value
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies, Browser, LoginAs

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


PLAN = {
    "title": "行政处罚法专题",
    "body": "学习立案、调查、告知三章，请带笔记本。",
    "readers": "all",
    "venue": "县司法局三楼会议室",
    "teacher": "李文博",
    "hours": "4",
    "act": "publish",
}


def typed(moment: datetime) -> str:
    """A moment as the browser's control posts it."""
    return f"{core_clock.local(moment):%Y-%m-%dT%H:%M}"


async def announce(client: Browser, **more: Any) -> int:
    """The office publishes a training that begins in an hour; returns its id."""
    begin = core_clock.now() + timedelta(minutes=50)
    form = {
        **PLAN,
        "starts_at": typed(begin),
        "ends_at": typed(begin + timedelta(hours=4)),
        **more,
    }
    answer = await client.post("/training/new", form)
    assert answer.status_code == 303, answer.text
    return int(await value("select max(id) from training_training"))
