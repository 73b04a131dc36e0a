# SPDX-License-Identifier: Apache-2.0
"""A citizen at the roadside: the first scan with a signal, the next one without."""

import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture
from tests.journeys.test_supervisor_story import BUREAU, OFFICER, card_of_officer

ANSWERED = "#proof[data-code]"


def scanned(desks: SignIn) -> str:
    """What a telephone reads off the card on the officer's page: path and signed card."""
    desk = desks(BUREAU)
    card_of_officer(desk)
    code = desk.page.get_by_role("img", name=re.compile("查验二维码")).first
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(code.screenshot())))
    assert read is not None
    address = urlsplit(read.text)
    assert address.fragment, "the worker has signed the card"
    return f"{address.path}#{address.fragment}"


def open_at(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(ANSWERED)
    return page


def answer(page: Page) -> str:
    return page.locator(ANSWERED).get_attribute("data-code") or ""


@pytest.mark.req("C6-01", "C6-02", "C6-04", "C6-19")
def test_the_second_scan_needs_no_network(
    desks: SignIn,
    browser: Browser,
    site: str,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    path = scanned(desks)
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    try:
        page = open_at(context, site + path)
        expect(page.locator("main")).to_contain_text("证件有效")
        expect(page.locator("#proof")).to_contain_text("二维码签名真实")
        assert answer(page) == "valid"
        page.evaluate(axe)
        assert page.evaluate(RUN) == []
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        if pictures is not None:
            page.screenshot(path=pictures / "card-checked.png", full_page=True)

        context.set_offline(True)
        page = open_at(context, site + path)
        assert answer(page) == "valid"
        expect(page.locator("main")).to_contain_text(OFFICER)
        expect(page.locator("main")).to_contain_text("没有连上平台")
        page.evaluate(axe)
        assert page.evaluate(RUN) == []
        if pictures is not None:
            page.screenshot(path=pictures / "card-checked-offline.png", full_page=True)

        at = len(path) - 20
        forged = f"{path[:at]}{'A' if path[at] != 'A' else 'B'}{path[at + 1 :]}"
        assert answer(open_at(context, site + forged)) == "bad_signature"
        assert answer(open_at(context, site + path[:-30])) == "damaged"

        # The telephone was off for a fortnight: the list it keeps is too old to be believed.
        page = context.new_page()
        page.clock.set_fixed_time("2030-01-01T00:00:00Z")
        page.goto(site + path)
        page.wait_for_selector(ANSWERED)
        assert answer(page) in {"list_stale", "expired"}

        context.set_offline(False)
        page = open_at(context, site + forged)
        expect(page.locator("#proof")).to_contain_text("签名不符")
    finally:
        context.close()
