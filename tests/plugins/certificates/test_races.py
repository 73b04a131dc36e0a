# SPDX-License-Identifier: Apache-2.0
"""Two hands at the same moment, with real commits."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.api.db import row, rows, transaction
from core.api.errors import Conflict
from core.api.testing import Agencies, make_agencies
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.certificates.forms import DecisionForm
from plugins.certificates.services import inspecting
from tests import factories
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    card_in_hand,
    clerk,
    competent,
    name_list,
    reviewer,
)

ISSUED = datetime(2026, 5, 12, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Unit:
    """An agency with one officer whose inspection is due."""

    agencies: Agencies
    officer: dict[str, Any]

    @property
    def code(self) -> str:
        return f"https://jiandu.example/certificates/check/{self.officer['token']}"


@pytest.fixture
async def unit(fresh_db: str, clock: Any, files: Any) -> AsyncIterator[Unit]:
    clock(ISSUED)
    enabling.forget()
    registry = build(["certificates"])
    with host_registry.use(registry):
        await apply_defaults(registry)
        agencies = await make_agencies(await factories.region_tree())
        await competent(agencies.bureau)
        await name_list(agencies.bureau, ("张海龙", ID))
        request = await card_in_hand(agencies.agency, agencies.bureau, date(2026, 5, 12))
        async with transaction(OFFICE):
            officer = await row(
                """select c.officer as id, c.person, c.token, c.id as card
                   from certificates_request q
                   join certificates_certificate c on c.id = q.certificate where q.id = $1""",
                request,
            )
        assert officer is not None
        clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
        yield Unit(agencies, officer)
    enabling.forget()


@pytest.mark.req("S2-23")
async def test_of_two_people_scanning_for_one_inspection_one_finishes_it(unit: Unit) -> None:
    [inspection], _ = await inspecting.apply(clerk(unit.agencies.agency), [unit.officer["id"]])
    await inspecting.approve(reviewer(unit.agencies.bureau), inspection, DecisionForm("pass"))
    himself = replace(
        clerk(unit.agencies.agency), permissions=frozenset(), person_id=unit.officer["person"]
    )
    done = await asyncio.gather(
        inspecting.scan(himself, inspection, unit.code),
        inspecting.scan(clerk(unit.agencies.agency), inspection, unit.code),
        return_exceptions=True,
    )
    assert sum(each == [] for each in done) == 1, done
    [late] = [each for each in done if each != []]
    assert isinstance(late, Conflict)
    assert "已经完成" in str(late)
    async with transaction(OFFICE):
        [told] = await rows(
            "select payload from core_fact where kind = 'certificates.inspection_done'"
        )
        card = await row("select * from certificates_inspection where id = $1", inspection)
    assert json.loads(told["payload"])["next_due"] == "2030-05-12"
    assert card is not None
    assert card["state"] == "done"


@pytest.mark.req("S2-23")
async def test_of_two_applications_at_once_for_one_officer_one_is_made(unit: Unit) -> None:
    asked = [unit.officer["id"]]
    done = await asyncio.gather(
        *(inspecting.apply(clerk(unit.agencies.agency), asked) for _ in range(3)),
        return_exceptions=True,
    )
    made = [each for each in done if isinstance(each, tuple) and each[0]]
    assert len(made) == 1, done
    async with transaction(OFFICE):
        assert len(await rows("select id from certificates_inspection")) == 1
