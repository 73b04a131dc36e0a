# SPDX-License-Identifier: Apache-2.0
"""The public page as it runs on the server: one statement on a connection of its own, committed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from litestar import Litestar

from core.api.db import Scope, execute, one_statement, rows, transaction, value
from core.api.testing import Browser, browsing
from core.db import DB
from core.people.services import found_organisation
from core.web.state import platform_of
from plugins.certificates.forms import StateForm
from plugins.certificates.queries.checking import LOOK
from plugins.certificates.services import change_state, register_officer
from tests import factories
from tests.plugins.certificates.test_services import OFFICE, act, officer

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
NOBODY = "x" * 24


@pytest.fixture
async def visitor(fresh_db: str, app: Litestar, clock: Any) -> AsyncIterator[Browser]:
    """A citizen at a platform with one card, all of it committed."""
    clock(NOW)
    platform_of(app).limits.counts.clear()  # of the tests before, in the same standing minute
    async with browsing(app) as browser:
        tree = await factories.region_tree()
        async with transaction(OFFICE):
            unit = await found_organisation(
                "磴口县市场监管综合行政执法大队", "body", tree.county.id
            )
        await act(register_officer, officer(unit))
        yield browser


async def card() -> dict[str, Any]:
    async with transaction(OFFICE):
        return (await rows("select id, token from certificates_certificate"))[0]


async def log() -> list[tuple[str, str]]:
    async with transaction(OFFICE):
        return [
            (each["way"], each["result"])
            for each in await rows("select way, result from certificates_scan order by id")
        ]


@pytest.mark.req("C6-01", "S2-5")
async def test_every_answer_is_in_the_log_and_a_change_shows_at_once(visitor: Browser) -> None:
    found = await card()
    path = f"/certificates/check/{found['token']}"
    answers = await asyncio.gather(*(visitor.get(path) for _ in range(12)))
    assert {each.status_code for each in answers} == {200}
    assert all("证件有效" in each.text for each in answers)
    assert await log() == [("code", "valid")] * 12
    assert DB.standing, "the page has connections of its own"
    assert "110105" not in answers[0].text, "nothing of the identity number"
    form = StateForm(state="revoked", since=date(2026, 5, 12), reason="吊销")
    await act(change_state, found["id"], form)
    after = await visitor.get(path)
    assert "证件已吊销" in after.text
    assert (await log())[-1] == ("code", "revoked")


@pytest.mark.req("C6-01")
async def test_what_is_not_published_or_not_there_is_not_shown_and_not_logged(
    visitor: Browser,
) -> None:
    found = await card()
    assert (await visitor.get(f"/certificates/check/{NOBODY}")).status_code == 404
    async with transaction(OFFICE):
        await execute("update certificates_certificate set published = false")
    gone = await visitor.get(f"/certificates/check/{found['token']}")
    assert gone.status_code == 404
    assert "张海龙" not in gone.text
    assert await log() == []


@pytest.mark.req("C6-01")
async def test_the_wide_scope_stays_on_its_own_connections_and_the_limit_holds(
    visitor: Browser,
) -> None:
    path = f"/certificates/check/{(await card())['token']}"
    statuses = [(await visitor.get(path)).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert len(await log()) == 60
    # Whoever comes next through the pool sees what his own scope lets him see.
    async with transaction(Scope.public()):
        assert await value("select count(*) from certificates_scan") == 0
    seen = await one_statement(Scope.public(), "select count(*) as n from certificates_scan")
    assert seen == {"n": 0}
    assert await one_statement(LOOK, "select count(*) as n from certificates_scan") == {"n": 60}
