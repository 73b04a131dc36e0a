# SPDX-License-Identifier: Apache-2.0
"""The line is cut for ten minutes and the browser started again: nothing is lost (C7-08)."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core import db
from core.api.db import Scope, execute, row, rows, transaction, value
from core.api.people import appoint_organ
from core.api.testing import Browser, make_agencies, sign_in_as
from core.auth import services
from core.host import enabling
from core.host import registry as host_registry
from plugins.exams.services import chaining, door, sitting
from tests import factories
from tests.chromium import ARGUMENTS, find
from tests.plugins.exams.conftest import MORNING, START, Hall

CHROMIUM = find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]
WIDE = Scope.platform("a test looks at everything")


@pytest.fixture
async def room(fresh_db: str, app: Any, registry: Any, clock: Any) -> Any:
    clock(MORNING)
    enabling.forget()
    with host_registry.use(registry):
        tree = await factories.region_tree()
        agencies = await make_agencies(tree)
        async with transaction(WIDE):
            await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
        async with db.transaction(services.office(0)):
            await services.apply_defaults(registry)
        browser = Browser(app)
        who = await sign_in_as(browser, "supervision_bureau", region=tree.county)
        made = Hall(who, agencies.agency)
        await made.stock()
        await made.ask(1)
        async with transaction(WIDE):
            await made.plan()
        yield made
        await browser.close()
    enabling.forget()


@asynccontextmanager
async def serving(app: Any, port: int) -> AsyncIterator[None]:
    """The server as long as the block lasts; outside of it the line is cut."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.05)
    try:
        yield
    finally:
        server.should_exit = True
        server.force_exit = True
        await task


def face() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "#b0845f").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.req("B41-5")
async def test_ten_minutes_without_a_line_and_a_new_browser(
    room: Hall, app: Any, clock: Any, tmp_path: Path
) -> None:
    from playwright.async_api import async_playwright, expect

    code = await room.open()
    entry, password = await room.let_in()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    async with transaction(WIDE):
        right = await room.answers()

    async def answers() -> int:
        async with transaction(WIDE):
            return int(await value("select count(*) from exams_act where kind = 'answer'"))

    async with async_playwright() as playwright:

        async def browse() -> Any:
            return await playwright.chromium.launch_persistent_context(
                str(tmp_path / "profile"), executable_path=CHROMIUM, args=list(ARGUMENTS)
            )

        async with serving(app, port):
            browser = await browse()
            page = await browser.new_page()
            await page.goto(f"{home}/exams/sit?code={code}")
            await page.fill("[name=ticket]", entry["ticket"])
            await page.fill("[name=password]", password)
            # There is no camera here: the page says so by itself, sooner or later.
            async with page.expect_response("**/exams/sit/answers") as told:
                await page.click("button:has-text('进入考试')")
            assert (await told.value).ok
            await page.set_input_files(
                "#f-photo", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": face()}
            )
            async with page.expect_navigation(wait_until="load"):
                await page.click("button:has-text('上传照片')")
            clock(START)
            await page.reload()
            await page.click("button:has-text('开始作答')")
            assert await page.locator("fieldset.jd-exam-question").count() == 4
            q, keys = right["single"]
            await page.check(f"[name=q{q}][value={keys[0]}]")
            await expect(page.locator("[data-exam-line]")).to_have_text("答案已保存")
            # The worker has the page once its cache answers.
            await page.wait_for_function(
                "caches.open('jiandu-exam').then(c => c.match('/exams/sit/paper')).then(Boolean)"
            )
            assert await answers() == 1
        # The server is gone. Answering goes on, the browser is closed and started again.
        fill = right["fill"][0]
        await page.fill(f"[name=q{fill}]", "三十")
        await expect(page.locator("[data-exam-banner]")).to_contain_text("网络断开")
        await browser.close()
        browser = await browse()
        page = await browser.new_page()
        await page.goto(f"{home}/exams/sit/paper")
        assert await page.input_value(f"[name=q{fill}]") == "三十"
        assert await page.is_checked(f"[name=q{q}][value={keys[0]}]")
        many, two = right["multiple"]
        for key in two:
            await page.check(f"[name=q{many}][value={key}]")
        await expect(page.locator("[data-exam-banner]")).to_contain_text("2 个答案")
        clock(START + timedelta(minutes=10))
        assert await answers() == 1
        async with serving(app, port):
            # The browser hears of the line; without that it asks again within seconds.
            await page.evaluate("window.dispatchEvent(new Event('online'))")
            await expect(page.locator("[data-exam-line]")).to_have_text(
                "答案已保存", timeout=20_000
            )
            await page.click("summary:has-text('交卷')")
            await page.click("[data-exam-submit]")
            await page.wait_for_url("**/exams/sit/done")
            assert await page.evaluate("Object.keys(localStorage).length") == 0
            await browser.close()
    async with transaction(WIDE):
        held = await row("select * from exams_attempt")
        assert held is not None
        assert (held["state"], held["how"], held["score"]) == ("submitted", "self", 80)
        assert chaining.verified(await chaining.acts_of(held["id"]), held["head"]) == 0
        kinds = [each["kind"] for each in await rows("select kind from exams_act order by seq")]
    # That the camera failed stands in the chain and kept nobody out.
    assert "photo_failed" in kinds
    assert [each for each in kinds if each not in ("photo_failed", "answer", "blur")] == [
        "checked_in", "signed_in", "photo", "begun", "submitted",
    ]  # fmt: skip
    assert kinds[-1] == "submitted"


@pytest.mark.req("B41-5")
async def test_a_line_that_comes_back_too_late_still_costs_no_answer(
    room: Hall, app: Any, clock: Any, tmp_path: Path
) -> None:
    """Cut before the end, back after it: the answers go into the sealed file, not to the wind."""
    from playwright.async_api import async_playwright, expect

    code = await room.open()
    entry, password = await room.let_in()
    async with transaction(WIDE):
        await door.waive_photo(room.who, room.session, entry["id"], "没有摄像头")
        right = await room.answers()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    clock(START)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        # As narrow as a telephone: handing in must be within reach there too.
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        async with serving(app, port):
            await page.goto(f"{home}/exams/sit?code={code}")
            await page.fill("[name=ticket]", entry["ticket"])
            await page.fill("[name=password]", password)
            await page.click("button:has-text('进入考试')")
            await page.click("button:has-text('开始作答')")
            await expect(page.locator("[data-exam-line]")).to_have_text("答案已保存")
            await page.click("summary:has-text('交卷')")
            await expect(page.locator("[data-exam-submit]")).to_be_in_viewport(ratio=1)
            await page.click("button:has-text('再检查')")
        q, keys = right["single"]
        await page.check(f"[name=q{q}][value={keys[0]}]")
        await page.fill(f"[name=q{right['fill'][0]}]", "三十")
        await expect(page.locator("[data-exam-banner]")).to_contain_text("2 个答案")
        clock(START + timedelta(minutes=75))
        async with transaction(WIDE):
            await sitting.sweep(0, 2**62)
        async with serving(app, port):
            await page.evaluate("window.dispatchEvent(new Event('online'))")
            await page.wait_for_url("**/exams/sit/done")
            rescue = page.locator("[data-exam-rescue]")
            await expect(rescue).to_contain_text("还有 2 个答案没有送到")
            # Not left by mistake, and not gone when the page is opened again.
            await page.click("button:has-text('下一名考生')")
            await expect(rescue).to_contain_text("离开就没有了")
            await page.reload()
            await expect(rescue).to_contain_text("还有 2 个答案没有送到")
            async with page.expect_download() as saved:
                await page.click("[data-exam-file]")
            content = await asyncio.to_thread(Path(await (await saved.value).path()).read_bytes)
            await page.click("button:has-text('下一名考生')")
            await page.wait_for_url(lambda url: not url.endswith("/done"))
            assert await page.evaluate("Object.keys(localStorage).length") == 0
        await browser.close()
    async with transaction(WIDE):
        assert await value("select score from exams_attempt") == 0
        assert await door.ask_sealed(room.who, room.session, entry["id"], content, "线路中断") == 2
        asked = await value("select id from exams_confirmation where state = 'open'")
        await execute("update exams_confirmation set asked_by = 0")
        await door.decide(room.who, asked, "agreed")
        assert await value("select score from exams_attempt") == 40
