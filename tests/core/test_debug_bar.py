# SPDX-License-Identifier: Apache-2.0
"""The debug bar: in the development environment where it was asked for, and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest

from core.api.testing import Browser, browsing, sign_in_as
from core.app import create_app
from core.host.registry import build
from core.observing import watching
from core.settings import Settings, SettingsError, read
from core.web import debugging

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.req("C11-15")]


def with_bar(settings: Settings, environment: Any, *, on: bool = True) -> Settings:
    return replace(settings, environment=environment, server=replace(settings.server, debug_bar=on))


async def signed_in(browser: Browser, agencies: Any) -> None:
    await sign_in_as(browser, "handler", organisation=agencies.agency)


@pytest.mark.needs("cases")
async def test_it_tells_what_the_page_cost(settings: Settings, agencies: Any) -> None:
    app = create_app(with_bar(settings, "development"), build(), database=False)
    async with browsing(app) as browser:
        await signed_in(browser, agencies)
        page = await browser.get("/powers/")
        assert page.status_code == 200
        bar = page.text.split("data-jd-debug", 1)[1].split("</details>")[0]
        assert "powers/" in bar, "the template"
        assert "select " in bar, "the queries"
        assert page.headers["x-request-id"] in bar
        assert f"organisation {agencies.agency.lo}" in bar, "the scope"
        assert "handler" in bar
        assert "db;dur=" in page.headers["server-timing"]
        assert "queries" in page.headers["server-timing"]
        # What people typed are parameters; the bar shows texts of queries only.
        searched = await browser.get("/powers/?q=秘密的当事人")
        bar = searched.text.split("data-jd-debug", 1)[1].split("</details>")[0]
        assert "秘密的当事人" not in bar
    assert watching.get() is None


@pytest.mark.parametrize(("environment", "on"), [("test", True), ("development", False)])
async def test_nowhere_else(settings: Settings, agencies: Any, environment: Any, on: bool) -> None:
    app = create_app(with_bar(settings, environment, on=on), build(), database=False)
    async with browsing(app) as browser:
        await signed_in(browser, agencies)
        page = await browser.get("/powers/")
        assert "jd-debug" not in page.text
        assert "server-timing" not in page.headers


def test_production_does_not_start_with_it(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="正式环境不能打开调试栏"):
        create_app(with_bar(settings, "production"), build(), database=False)
    assert not debugging.wanted(with_bar(settings, "production"))
    asked = read({"JIANDU_ENV": "production", "JIANDU_DEBUG_BAR": "1", "JIANDU_SECRET": "x" * 40})
    with pytest.raises(SettingsError):
        debugging.refuse_in_production(asked)
    debugging.refuse_in_production(read({"JIANDU_DEBUG_BAR": "1"}))
