# SPDX-License-Identifier: Apache-2.0
"""Two hands at the same moment, with real commits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.api.db import transaction, value
from core.api.errors import Conflict, Invalid, Refused
from core.api.testing import make_agencies
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.supervisors.forms import ObjectionForm
from plugins.supervisors.queries.applications import notice_of
from plugins.supervisors.services import applying, publicity
from tests import factories
from tests.absence import of_those_here
from tests.plugins.supervisors.conftest import make_office
from tests.plugins.supervisors.factories import (
    MONDAY,
    OFFICE,
    Office,
    form,
    id_number,
    invitation,
    papers,
)


@pytest.fixture
async def office(fresh_db: str, clock: Any, files: Any) -> AsyncIterator[Office]:
    clock(MONDAY)
    enabling.forget()
    registry = build(of_those_here("certificates", "supervisors"))
    with host_registry.use(registry):
        await apply_defaults(registry)
        tree = await factories.region_tree()
        yield await make_office(tree, await make_agencies(tree), clock)
    enabling.forget()


async def count(sql: str) -> int:
    async with transaction(OFFICE):
        return int(await value(sql))


@pytest.mark.req("S3-6", "C13-04")
async def test_of_two_approvals_at_once_one_appoints(office: Office) -> None:
    application = await office.apply()
    await office.publish(application)
    await office.after_notice(application)
    done = await asyncio.gather(
        *(office.appoint(application) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(each, int) for each in done) == 1, done
    assert sum(isinstance(each, Conflict) for each in done) == 2, done
    assert await count("select count(*) from supervisors_term") == 1
    assert await count("select count(*) from supervisors_card") == 1
    assert await count("select last from core_number_series where series like 'supervisors%'") == 1


@pytest.mark.req("S0-10")
async def test_of_two_routes_at_once_one_application_comes_in(office: Office) -> None:
    number = id_number(male=False)
    own = applying.apply(form(office.county.id, id_number=number), await papers())
    invited = applying.enter_invited(
        office.bureau,
        invitation(office.county.id, id_number=number, name="张敏", sex="女"),
        await papers(),
    )
    done = await asyncio.gather(own, invited, return_exceptions=True)
    assert sum(isinstance(each, Invalid) for each in done) == 1, done
    assert await count("select count(*) from supervisors_application") == 1
    assert await count("select count(*) from core_user where person is not null") == 1


@pytest.mark.req("S3-6")
async def test_an_objection_and_an_appointment_at_once_are_ordered(office: Office) -> None:
    application = await office.apply()
    await office.publish(application)
    async with transaction(OFFICE):
        notice = await notice_of(application)
    office.clock(notice["ends_at"])
    objected, appointed = await asyncio.gather(
        publicity.object_to(notice["id"], ObjectionForm("最后一秒的异议。")),
        office.appoint(application),
        return_exceptions=True,
    )
    assert isinstance(objected, str)
    assert isinstance(appointed, Refused)
    assert await office.state_of(application) == "objected"
