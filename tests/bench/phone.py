# SPDX-License-Identifier: Apache-2.0
"""A volunteer's phone: how soon a page can be used, and what is transferred for it.

The platform as ``make run`` starts it with the demo, Chromium with a phone's screen, its processor
slowed down four times, nothing in its cache. Usable means painted, every script run, the load
event over. The measured time is the wall's, since waiting is what the volunteer notices.
"""

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.bench.measuring import Number
from tests.chromium import ARGUMENTS, find
from tests.journeys.desk import PASSWORD
from tests.journeys.instance import Instance

NAME = "phone"
SLOWER = 4
PAGES = {
    "/": "工作台",
    "/complaints/mine": "我的投诉举报",
    "/complaints/new": "新增投诉举报",
    "/activities/new": "新增活动登记",
    "/messages": "消息",
}
SCREEN: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "service_workers": "block",
}
USABLE = """() => {
  const [it] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(it.loadEventEnd, paint ? paint.startTime : 0);
}"""


@contextmanager
def _browser() -> Iterator[Browser]:
    found = find()
    if not found:
        raise RuntimeError("no Chromium to measure with")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


def _signed_in(browser: Browser, site: str) -> list[Any]:
    """The volunteer's cookies."""
    context = browser.new_context(base_url=site, **SCREEN)
    page = context.new_page()
    page.goto("/login")
    page.fill("#f-login", "zhangmin")
    page.fill("#f-password", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login" not in url)
    cookies = context.cookies()
    context.close()
    return cookies


def _once(browser: Browser, site: str, cookies: list[Any], path: str) -> tuple[float, int, bool]:
    """Milliseconds until usable, bytes without pictures, whether the scanner was fetched."""
    context = browser.new_context(base_url=site, **SCREEN)
    context.add_cookies(cookies)
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    kinds: dict[str, str] = {}
    weight, scanner = 0, False

    def answered(event: dict[str, Any]) -> None:
        nonlocal scanner
        kinds[event["requestId"]] = event["type"]
        scanner |= "zxing" in event["response"]["url"] or "/scan." in event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        nonlocal weight
        if kinds.get(event["requestId"]) not in ("Image", "Media", None):
            weight += int(event["encodedDataLength"])

    client.on("Network.responseReceived", answered)
    client.on("Network.loadingFinished", finished)
    answer = page.goto(path, wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status if answer else 'nothing'}")
    usable = float(page.evaluate(USABLE))
    context.close()
    return usable, weight, scanner


def measure(*, quick: bool = False) -> list[Number]:
    """The slowest and the heaviest of the volunteer's pages."""
    rounds = 1 if quick else 5
    took: dict[str, float] = {}
    weights: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="jiandu-bench-phone-") as folder:
        Path(folder).chmod(0o711)
        instance = Instance(Path(folder) / "data")
        try:
            site = instance.start().url
            with _browser() as browser:
                cookies = _signed_in(browser, site)
                for path in PAGES:
                    _once(browser, site, cookies, path)  # the server's templates are compiled once
                    found = [_once(browser, site, cookies, path) for _ in range(rounds)]
                    took[path] = statistics.median(each[0] for each in found)
                    weights[path] = max(each[1] for each in found)
                    if any(each[2] for each in found):
                        raise RuntimeError(f"{path} fetches the scanner")
        finally:
            instance.stop()
    slowest = max(took, key=lambda path: took[path])
    heaviest = max(weights, key=lambda path: weights[path])
    return [
        Number(
            NAME,
            f"手机上（处理器慢 {SLOWER} 倍，没有缓存）可以用：{len(PAGES)} 页中最慢的一页",
            took[slowest] / 1000,
            "秒",
            2,
            note=f"{PAGES[slowest]}；" + "，".join(f"{PAGES[p]} {took[p]:.0f} ms" for p in PAGES),
        ),
        Number(
            NAME,
            "传输量（不算图片），最重的一页",
            weights[heaviest] / 1000,
            "kB",
            250,
            note=f"{PAGES[heaviest]}；扫码组件只在扫码页取",
        ),
    ]
