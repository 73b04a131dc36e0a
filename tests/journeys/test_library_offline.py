# SPDX-License-Identifier: Apache-2.0
"""Laws on the phone of a volunteer where there is no line (S0-22, C9-14)."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.phone import Phone, drawn, film, until
from tests.journeys.test_field_client import AXE, AXE_RUN

pytest.importorskip("plugins.library.plugin")

SUPERVISOR = "zhangmin"
LAW = "中华人民共和国食品安全法"
KEPT = """async (path) => !!(await (await caches.open("jd-open")).match(new URL(path, location).href, {ignoreVary: true}))"""
WORDS = """async () => { let out = ""; const cache = await caches.open("jd-open");
  for (const each of await cache.keys()) { const found = await cache.match(each, {ignoreVary: true});
    out += [...found.headers].join() + await found.text(); } return out; }"""


@pytest.fixture
def phone(browser: Browser, chromium: str, site: str, tmp_path: Path) -> Iterator[Phone]:
    scene = film(tmp_path / "camera.y4m", drawn("https://jd.example/"))
    held = Phone(browser, chromium, site, tmp_path / "phone", scene).sign_in(SUPERVISOR)
    yield held
    with suppress(Exception):
        held.context.close()
    assert not held.faults, "the browser complained:\n" + "\n".join(held.faults)


def in_control(phone: Phone) -> None:
    phone.page.goto("/")
    phone.page.evaluate("async () => { await navigator.serviceWorker.ready; }")


@pytest.mark.req("S0-22", "C9-14")
def test_laws_read_on_the_phone_are_there_without_a_line(
    phone: Phone, pictures: Path | None
) -> None:
    """Read once, they open and are searched offline, also after the sign-out; nothing of a person stays."""
    page = phone.page
    in_control(phone)
    page.goto("/library/")
    page.get_by_role("link", name=LAW).first.click()
    expect(page.locator("h1")).to_have_text(LAW)
    path = page.url.rsplit("/", 1)[-1]
    until(page, KEPT, f"/library/public/{path}")
    until(page, KEPT, "/library/public/kept")
    words = page.evaluate(WORDS)
    for secret in ("张敏", SUPERVISOR, "x-jiandu-account", "set-cookie"):
        assert secret not in words
    phone.context.set_offline(True)
    page.goto("/complaints/mine/nothing")
    expect(page.locator("h1")).to_have_text("没有网络")
    page.get_by_role("link", name="存在手机上的法规").click()
    expect(page.locator("h1")).to_have_text("存在手机上的法规")
    expect(page.locator("[data-library-list] li")).to_have_count(1)
    page.fill("#f-q", "进货查验 记录")
    page.get_by_role("button", name="检索").click()
    expect(page.locator("#h-hits")).to_have_text("找到 2 条")
    expect(page.locator(".library-hits mark").first).to_have_text("进货查验")
    assert page.evaluate(f"async () => {{ {AXE.read_text('utf-8')}; return ({AXE_RUN})(); }}") == []
    if pictures:
        page.screenshot(path=pictures / "library-kept-390.png", full_page=True)
    page.get_by_role("link", name=f"{LAW} 第一百二十六条").click()
    expect(page.locator("#a126")).to_contain_text("处五千元以上五万元以下罚款")
    expect(page.locator("main")).to_contain_text("没有网络。这是")
    # Drawn as with a line: the style sheets are kept with the pages.
    assert (
        page.evaluate(
            "() => getComputedStyle(document.querySelector('.library-number')).fontWeight"
        )
        == "600"
    )
    # Not the text of another day in its place.
    page.goto(f"/library/public/{path}?on=2010-01-01")
    expect(page.locator("h1")).to_have_text("没有网络")
    phone.context.set_offline(False)
    page.goto("/me")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login*")
    phone.context.set_offline(True)
    page.goto(f"/library/public/{path}")
    expect(page.locator("h1")).to_have_text(LAW)
    page.goto("/library/public/kept")
    page.get_by_role("button", name=f"从手机上删除{LAW}").click()
    expect(page.locator("[data-library-said]")).to_contain_text("已从这部手机上删除")
    page.goto(f"/library/public/{path}")
    expect(page.locator("h1")).to_have_text("没有网络")


@pytest.mark.req("C9-14")
def test_reading_open_pages_leaves_what_the_account_keeps(phone: Phone) -> None:
    """A page without a session says nothing of who holds the phone: the account's pages stay."""
    page = phone.page
    in_control(phone)
    page.goto("/messages")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.goto("/messages")
    page.goto("/library/public/kept")
    until(page, KEPT, "/library/public/kept")
    phone.context.set_offline(True)
    page.goto("/messages")
    expect(page.locator("main")).to_contain_text("没有网络。这是")
