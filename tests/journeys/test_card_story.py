# SPDX-License-Identifier: Apache-2.0
"""A citizen at the roadside: the first scan with a signal, the next one without."""

import io
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture
from tests.journeys.test_supervisor_story import BUREAU, OFFICER, PHONE, VOLUNTEER, card_of_officer

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


def read_off(code: bytes) -> str:
    """Path and signed code in a picture."""
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(code)))
    assert read is not None, "one telephone reads the code off another"
    address = urlsplit(read.text)
    assert address.fragment, "the worker has signed the code"
    return f"{address.path}#{address.fragment}"


def held_out(desks: SignIn, pictures: Path | None) -> tuple[str, str]:
    """What another telephone reads off the supervisor's, and off the printed certificate."""
    desk = desks(VOLUNTEER, width=PHONE)
    desk.go("/supervisors/mine/card")
    code = desk.page.get_by_role("img", name="我的二维码")
    expect(code).to_be_visible(timeout=30_000)
    desk.sees("动态码，两分钟一换")
    desk.shoot(pictures, "supervisor-code")
    moving = read_off(code.screenshot())
    token = urlsplit(moving).path.rpartition("/")[2]
    desk.page.set_viewport_size({"width": 800, "height": 800})
    desk.page.goto(urljoin(desk.page.url, f"/supervisors/card/{token}/qr"))
    return moving, read_off(desk.page.screenshot())


@pytest.mark.req("C6-18", "C13-06")
def test_a_supervisor_is_told_from_an_officer_also_without_a_network(
    desks: SignIn,
    browser: Browser,
    site: str,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    path, printed = held_out(desks, pictures)
    assert path != printed
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    try:
        page = open_at(context, site + path)
        expect(page.locator("main")).to_contain_text("聘期有效")
        expect(page.locator("main")).to_contain_text("行政执法社会监督员，不是执法人员")
        expect(page.locator("#proof")).to_contain_text("刚才为持有人的手机签发")
        assert answer(page) == "valid"
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            page.evaluate(axe)
            assert page.evaluate(RUN) == []
        page.wait_for_function("() => navigator.serviceWorker.controller !== null")
        if pictures is not None:
            page.screenshot(path=pictures / "supervisor-checked.png", full_page=True)

        # A picture of the code, shown ten minutes later: the person may be good, the code is not.
        afterwards = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
        late = afterwards.new_page()
        late.clock.set_fixed_time(late.evaluate("new Date(Date.now() + 600000).toISOString()"))
        late.goto(site + path)
        late.wait_for_selector(ANSWERED)
        assert answer(late) == "moved_on"
        expect(late.locator("#proof")).to_contain_text("可能是截图")
        if pictures is not None:
            late.screenshot(path=pictures / "supervisor-picture.png", full_page=True)
        afterwards.close()

        context.set_offline(True)
        page = open_at(context, site + printed)
        assert answer(page) == "valid"
        expect(page.locator("main")).to_contain_text("证书上印的")
        expect(page.locator("main")).to_contain_text("社会监督员，不是执法人员")
        expect(page.locator("main")).to_contain_text("无权检查、处罚")
        page.evaluate(axe)
        assert page.evaluate(RUN) == []
        if pictures is not None:
            page.screenshot(path=pictures / "supervisor-checked-offline.png", full_page=True)
        at = len(path) - 20
        forged = f"{path[:at]}{'A' if path[at] != 'A' else 'B'}{path[at + 1 :]}"
        page = open_at(context, site + forged)
        assert answer(page) == "bad_signature"
        expect(page.locator("main")).not_to_contain_text("社会监督员")
    finally:
        context.close()
