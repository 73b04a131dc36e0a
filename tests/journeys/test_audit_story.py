# SPDX-License-Identifier: Apache-2.0
"""Audit after tampering: the auditor verifies, somebody changes a row in the database, the
auditor verifies again and is led to the very record."""

import asyncio
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import expect

from core.db import OWNER
from tests.journeys.conftest import SignIn

SECONDS = 60_000


@pytest.fixture
def database(site: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs SQL past the platform, as its owner: what somebody with the password could do."""
    given = os.environ.get("JIANDU_JOURNEYS_DATA")
    folders = (
        [Path(given) / "serve.json"]
        if given
        else sorted(tmp_path_factory.getbasetemp().glob("platform*/data/serve.json"))
    )
    records = [json.loads(each.read_text("utf-8")) for each in folders if each.exists()]
    addresses = [each["database_url"] for each in records if each["url"] == site]
    if not addresses:
        pytest.skip("the database of this platform is not known here")

    async def run(sql: str, *args: Any) -> Any:
        connection = await asyncpg.connect(addresses[0], server_settings={"role": OWNER})
        try:
            return await connection.fetchval(sql, *args)
        finally:
            await connection.close()

    def ask(sql: str, *args: Any) -> Any:
        # Playwright keeps a loop running in this thread.
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(asyncio.run(run(sql, *args))))
        thread.start()
        thread.join()
        return found[0]

    return ask


@pytest.mark.req("C11-11")
@pytest.mark.parametrize("script", [True, False])
def test_a_changed_record_is_found_and_shown(
    desks: SignIn, database: Callable[..., Any], script: bool
) -> None:
    desk = desks("auditadmin", script=script)
    page = desk.page

    def verify() -> None:
        page.goto("/seals")
        page.get_by_role("button", name="核验全部记录").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("次核验")
        for _ in range(60):
            if page.locator("#h-result").count():
                return
            if script:
                page.locator("#h-result").wait_for(timeout=SECONDS)
            else:
                page.wait_for_timeout(500)
                page.reload()
        raise AssertionError(page.inner_text("main"))

    verify()
    expect(page.locator("#h-result")).to_have_text("记录完好")

    fact = database(
        "select f.id from core_fact f where f.kind = 'core.account.opened'"
        " and not exists (select 1 from core_unsealed u where u.fact = f.id) order by f.id limit 1"
    )
    before = database("select payload from core_fact where id = $1", fact)
    database(
        'update core_fact set payload = replace(payload, \'"name":"\', \'"name":"伪\') where id = $1',
        fact,
    )
    try:
        verify()
        expect(page.locator("#h-result")).to_have_text("记录被改动过")
        expect(page.locator("main")).to_contain_text(f"记录 {fact} 的内容与封存时不一致")
        page.get_by_role("link", name=f"记录 {fact} 的内容").click()
        expect(page.locator("main")).to_contain_text("这条记录在封存以后被改过")
    finally:
        # The platform is shared with the other journeys.
        database("update core_fact set payload = $2 where id = $1", fact, before)
    page.reload()
    expect(page.locator("main")).to_contain_text("与封存时一致")
    verify()
    expect(page.locator("#h-result")).to_have_text("记录完好")
