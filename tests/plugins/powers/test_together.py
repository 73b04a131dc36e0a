# SPDX-License-Identifier: Apache-2.0
"""A new version and the cases already running: with the real case flow and the real engine."""

from datetime import timedelta

import msgspec
import pytest

from core import db
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.powers.rules import Definition
from plugins.powers.rules.writing import write_item
from plugins.powers.services import enter_item

# Any plugin may be absent; then there is nothing to be tested together.
pytest.importorskip("plugins.cases.plugin")
pytest.importorskip("plugins.inspection.plugin")

from tests.plugins.cases.conftest import CLUE, INQUIRY, TUESDAY, make_office
from tests.plugins.cases.definitions import penalty

OFFICE = Scope.platform("test")


@pytest.fixture
async def office(db, region_tree, agencies, clock):
    clock(TUESDAY)
    enabling.forget()
    with host_registry.use(build(["powers", "cases", "inspection"])):
        yield await make_office(region_tree, agencies)
    enabling.forget()


async def in_force(office, definition):
    """Enter the next version; the case flow's id of it."""
    async with db.transaction(OFFICE):
        entered = await enter_item(write_item(definition), office.agency.id)
        return await db.value(
            "select id from cases_item_version where item = $1 and version = $2",
            entered.item,
            entered.number,
        )


async def lamps(case):
    found = await db.rows("select kind, colour from cases_alarm where case_id = $1", case)
    return [(each["kind"], each["colour"]) for each in found]


@pytest.mark.req("S1-14")
async def test_a_step_finished_before_the_version_took_effect_is_not_judged(office, clock):
    watched = msgspec.convert(penalty(office.agency.id), Definition)
    blind = msgspec.structs.replace(
        watched, points=[one for one in watched.points if one.kind != "evidence"]
    )
    first = await in_force(office, blind)
    office.penalty = first
    running = await office.to_inquiry()
    await office.submit(running, INQUIRY)  # without the photograph nobody watches yet
    clock(TUESDAY + timedelta(hours=1))
    second = await in_force(office, watched)
    clock(TUESDAY + timedelta(hours=2))
    assert second != first
    await office.submit(running, {"summary": "事实清楚"})
    assert await lamps(running) == []
    file = await office.file(running)
    assert file.row["item_version"] == first, "a running case stays on the version it began with"

    office.penalty = second
    new = await office.open(same_party_confirmed=True)
    await office.submit(new, CLUE)
    await office.submit(
        new,
        {"outcome": "立案", "basis": "第五十四条"},
        actor=office.chief,
        officers=[office.zhang, office.sqgw],
    )
    await office.submit(new, INQUIRY)
    assert await lamps(new) == [("evidence", "red")]
