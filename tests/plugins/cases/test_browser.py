# SPDX-License-Identifier: Apache-2.0
"""The live hint in a real browser: typing asks again, nothing typed is touched."""

import asyncio
import socket
from typing import Any

import pytest

from core import db
from core.api.testing import Browser, make_agencies, sign_in_as
from core.auth import services
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry
from tests import factories
from tests.chromium import ARGUMENTS, find
from tests.plugins.cases.conftest import TUESDAY, Office, make_office
from tests.plugins.cases.test_together import app, publish, registry

__all__ = ["app", "registry"]

CHROMIUM = find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]


@pytest.fixture
async def office(fresh_db: str, registry: Registry, clock: Any) -> Any:
    clock(TUESDAY)
    enabling.forget()
    with host_registry.use(registry):
        tree = await factories.region_tree()
        made = await make_office(tree, await make_agencies(tree))
        await publish(made)
        async with db.transaction(services.office(0)):
            await services.apply_defaults(registry)
        yield made
    enabling.forget()


@pytest.mark.req("S1-5")
async def test_the_hint_follows_what_is_typed(office: Office, app: Any) -> None:
    import uvicorn
    from playwright.async_api import async_playwright, expect

    case = await office.to_inquiry()
    browser = Browser(app)
    await sign_in_as(
        browser, organisation=office.agency, name=office.zhang.name, person=office.zhang.person
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.05)
    home = f"http://127.0.0.1:{port}"
    said: list[str] = []
    try:
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=list(ARGUMENTS)
            )
            page = await chromium.new_page()
            page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
            cookie = str(browser.http.cookies.get("jiandu"))
            await page.context.add_cookies([{"name": "jiandu", "value": cookie, "url": home}])
            await page.goto(f"{home}/cases/{case}")
            assert "还有 3 处没有填好" in await page.inner_text("#jd-hint-box")
            await page.fill("[name='v-place']", "团结路 18 号")
            await page.fill("[name='v-facts']", "未建立进货查验记录")
            await page.press("[name='v-facts']", "Tab")
            await expect(page.locator("#jd-hint-box")).to_contain_text(
                "还有 1 处没有填好", timeout=15_000
            )
            assert await page.locator("#jd-verdict-line").count() == 1
            assert await page.input_value("[name='v-place']") == "团结路 18 号"
            await chromium.close()
    finally:
        server.should_exit = True
        await serving
        await browser.close()
    assert said == []
