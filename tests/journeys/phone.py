# SPDX-License-Identifier: Apache-2.0
"""A phone in somebody's hand: a profile on disk, a fake camera that sees what it is shown."""

import re
import time
from pathlib import Path

import qrcode
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.chromium import ARGUMENTS
from tests.journeys.desk import PASSWORD, PATIENCE, WATCH_POLICY

FIELD = "/components/field"
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
READY = "form[data-jd-draft][data-jd-ready]"
KEPT = """async (text) => (await jdOutbox.all("drafts")).some(
  (each) => each.fields.some(([name, value]) => value === text))"""


def drawn(text: str) -> Image.Image:
    """A QR code."""
    return qrcode.make(text, box_size=6).get_image().convert("L")


def film(path: Path, code: Image.Image) -> Path:
    """What the fake camera sees: a code on a card, as raw video."""
    width, height = 640, 480
    code = code.convert("L").resize((360, 360))
    scene = Image.new("L", (width, height), 200)
    scene.paste(code, (140, 60))
    frame = b"FRAME\n" + scene.tobytes() + bytes([128]) * (width * height // 2)
    head = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n"
    path.write_bytes(head.encode() + frame * 10)
    return path


class Phone:
    """A phone in somebody's hand: one browser profile, opened and closed."""

    def __init__(self, browser: Browser, chromium: str, site: str, folder: Path, scene: Path):
        self._kind, self._chromium, self._site = browser.browser_type, chromium, site
        self._folder, self._scene = folder, scene
        self.faults: list[str] = []
        self.context: BrowserContext
        self.open()

    def open(self) -> None:
        self.context = self._kind.launch_persistent_context(
            str(self._folder),
            executable_path=self._chromium,
            args=[*ARGUMENTS, *CAMERA, f"--use-file-for-fake-video-capture={self._scene}"],
            viewport={"width": 390, "height": 844},
            is_mobile=True,
            has_touch=True,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self._site,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(WATCH_POLICY)
        self.context.on("console", self._complained)
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()

    def _complained(self, message: object) -> None:
        text = getattr(message, "text", "")
        # What browser and htmx say about the line that the tests cut.
        expected = ("Failed to load", "htmx: htmx:error: Failed to fetch")
        if getattr(message, "type", "") == "error" and not text.startswith(expected):
            self.faults.append(text)

    def restart(self) -> None:
        """The browser is closed and opened; a session ends with it, what is kept does not."""
        self.context.close()
        self.open()
        self.sign_in()

    def sign_in(self, login: str = "zhanghailong") -> "Phone":
        self.page.goto("/login")
        self.page.fill("#f-login", login)
        self.page.fill("#f-password", PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self

    def form(self, page: Page | None = None, path: str = FIELD) -> Page:
        page = page or self.page
        page.goto(path)
        page.wait_for_selector(READY)
        return page

    def type(self, text: str, page: Page | None = None) -> None:
        """Type a title and wait until the phone says that it is kept."""
        page = page or self.page
        page.locator("#f-title").fill(text)
        expect(page.locator("[data-jd-kept]")).to_have_text("草稿已存在手机上")
        until(page, KEPT, text)

    def record(self, kind: str) -> None:
        """Take a picture, or record until the clock has moved."""
        self.page.locator(f"[data-jd-take={kind}]").click()
        sheet = self.page.locator("dialog.jd-recorder")
        sheet.locator(".btn-primary:enabled").click()
        if kind != "photo":
            expect(sheet.locator(".jd-recorder__time")).to_contain_text("0:01")
            sheet.locator(".btn-primary").click()
        expect(sheet).to_have_count(0)

    def items(self, number: int) -> None:
        expect(self.page.locator("[data-jd-media]")).to_have_attribute("data-count", str(number))

    def submit(self, page: Page | None = None) -> None:
        (page or self.page).get_by_role("button", name="提交试用记录").click()

    def arrived(self, title: str) -> int:
        """How many records of that title the server has."""
        answer = self.context.request.get(FIELD)
        assert answer.status == 200
        return len(re.findall(rf"data-record>{re.escape(title)}<", answer.text()))


def until(page: Page, script: str, arg: str = "") -> None:
    """Wait for what only a promise can say; ``wait_for_function`` takes any promise for a yes."""
    end = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(script, arg):
        assert time.monotonic() < end, script
        page.wait_for_timeout(100)
