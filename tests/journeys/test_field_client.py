# SPDX-License-Identifier: Apache-2.0
"""In the field: photos, sound and film recorded on the phone, drafts without a line, scanning.

A phone with a fake camera that sees a QR code, and a profile on disk, so that the browser can be
closed and opened again. The page is the one of the components, which keeps what it is sent.
"""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Browser, Request, Response, expect

from core.settings import ROOT
from tests.journeys.desk import PASSWORD
from tests.journeys.files import photo
from tests.journeys.phone import FIELD, KEPT, READY, Phone, drawn, film, until

SCAN = "/components/scan"
CODE = "https://jd.example/verify#QR-7"
BUDGET = 250_000
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
  (each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).join(" | ")}`)"""


EMPTY = "async () => (await jdOutbox.all('drafts')).length === 0"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("scene") / "camera.y4m", drawn(CODE))


Pick = Callable[..., Phone]


@pytest.fixture
def phones(
    browser: Browser, chromium: str, site: str, scene: Path, tmp_path: Path
) -> Iterator[Pick]:
    held: list[Phone] = []

    def pick(login: str = "zhanghailong") -> Phone:
        phone = Phone(browser, chromium, site, tmp_path / f"phone{len(held)}", scene)
        held.append(phone)
        return phone.sign_in(login)

    yield pick
    faults = [fault for phone in held for fault in phone.faults]
    for phone in held:
        with suppress(Exception):
            phone.context.close()
    assert not faults, "the browser complained:\n" + "\n".join(faults)


def title() -> str:
    return f"记录{uuid.uuid4().hex[:8]}"


def test_photo_sound_and_film_are_recorded_and_arrive(phones: Pick) -> None:
    """Taken with the fake camera, seen, one removed again, sent ahead in pieces, kept by the server."""
    phone, name = phones(), title()
    page = phone.form()
    phone.type(name)
    for number, kind in enumerate(("photo", "audio", "video", "photo"), 1):
        phone.record(kind)
        phone.items(number)
    assert page.locator("[data-jd-media] audio").evaluate("e => e.src.startsWith('blob:')")
    page.get_by_role("button", name="移除第 2 张照片").click()
    phone.items(3)
    expect(page.locator("[data-jd-state]", has_text="已上传")).to_have_count(3)
    phone.submit()
    expect(page.locator(".jd-said")).to_contain_text(f"已收到“{name}”")
    assert phone.arrived(name) == 1
    kinds = page.locator(".jd-medialist li").evaluate_all(
        "all => all.slice(0, 3).map((e) => e.querySelector('audio, video, img').localName)"
    )
    assert sorted(kinds) == ["audio", "img", "video"]
    # Film and sound are played by ranges.
    source = page.locator(".jd-medialist video").first.get_attribute("src")
    part = phone.context.request.get(source or "", headers={"Range": "bytes=0-9"})
    assert (part.status, len(part.body())) == (206, 10)
    assert page.evaluate("async () => (await jdOutbox.all('drafts')).length") == 0
    assert page.evaluate("async () => (await jdOutbox.all('files')).length") == 0


def test_a_draft_outlives_reload_and_restart_and_goes_out_once(phones: Pick) -> None:
    """No line: typed, photographed, reloaded, the browser closed; back online it arrives once."""
    phone, name = phones(), title()
    phone.form()
    phone.type(name)
    phone.record("photo")
    phone.items(1)
    phone.page.reload()
    phone.page.wait_for_selector(READY)
    expect(phone.page.locator("#f-title")).to_have_value(name)
    phone.items(1)
    phone.restart()
    phone.form()
    expect(phone.page.locator("#f-title")).to_have_value(name)
    phone.items(1)
    phone.context.set_offline(True)
    phone.submit()
    expect(phone.page.locator(".jd-note--said")).to_contain_text("信号恢复后自动发出")
    expect(phone.page.locator("[data-jd-unsent]")).to_contain_text("未发送 1")
    assert phone.page.evaluate("async () => (await jdOutbox.all('drafts')).length") == 1
    phone.context.set_offline(False)
    expect(phone.page.locator(".jd-note--said")).to_contain_text("已经发出")
    assert phone.arrived(name) == 1
    phone.restart()
    phone.form()
    expect(phone.page.locator("#f-title")).to_have_value("")
    assert phone.arrived(name) == 1


def test_a_lost_answer_does_not_file_twice(phones: Pick) -> None:
    """The server acted, the answer was lost: what is sent again is led to the first result."""
    phone, name = phones(), title()
    page = phone.page
    lost: list[str] = []
    line = {"cut": True}

    def lose(route: object, request: Request) -> None:
        # The page tries again by itself every half minute; until somebody has read what it says,
        # the line stays cut for that too.
        if request.method == "POST" and line["cut"]:
            if not lost:
                answer = route.fetch()  # type: ignore[attr-defined]
                lost.append(str(answer.status))
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    # Before the page is open: one that its worker already looks after has been seen to send past
    # a route that was laid later.
    page.route(f"**{FIELD}", lose)
    phone.form()
    phone.type(name)
    phone.record("photo")
    phone.submit()
    expect(page.locator(".jd-note--said")).to_contain_text("没有网络")
    assert lost == ["200"]
    line["cut"] = False
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator(".jd-note--said")).to_contain_text("已经发出")
    assert phone.arrived(name) == 1


def test_an_upload_goes_on_where_the_line_broke(phones: Pick) -> None:
    """The second piece is lost; after it only what is missing travels."""
    phone, name = phones(), title()
    page = phone.page
    pieces: list[str] = []

    def cut(route: object, request: Request) -> None:
        if request.method == "PATCH":
            pieces.append(request.headers["upload-offset"])
            if len(pieces) == 2:
                return route.abort()  # type: ignore[attr-defined]
        return route.continue_()  # type: ignore[attr-defined]

    page.route("**/uploads/*", cut)
    phone.form()
    phone.type(name)
    noise = Image.effect_noise((1400, 1400), 90)
    path = Path(str(phone._folder)) / "large.png"
    noise.save(path)
    page.locator(".jd-media__choose input").set_input_files(str(path))
    expect(page.locator("[data-jd-state]")).to_have_text("等信号")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-jd-state]")).to_have_text("已上传")
    assert pieces[0] == "0"
    assert pieces[1] == pieces[2] == str(512 * 1024)
    assert pieces.count("0") == 1


def test_one_draft_in_two_tabs_is_sent_once(phones: Pick) -> None:
    """Both show the same draft; when one has sent it, the other says so and cannot send again."""
    phone, name = phones(), title()
    phone.form()
    phone.type(name)
    second = phone.context.new_page()
    phone.form(second)
    expect(second.locator("#f-title")).to_have_value(name)
    phone.submit()
    phone.submit(second)
    expect(phone.page.locator(".jd-said, .jd-note--said").first).to_be_visible()
    expect(second.locator(".jd-said, .jd-note--said").first).to_be_visible()
    until(phone.page, EMPTY)
    assert phone.arrived(name) == 1


def test_what_is_refused_comes_back_with_everything(phones: Pick) -> None:
    """The server's sentence stands at the field, the photograph is still there, nothing is doubled."""
    phone, name = phones(), title()
    page = phone.form()
    page.locator("#f-account").fill(name)
    until(page, KEPT, name)
    phone.record("photo")
    phone.items(1)
    phone.submit()
    expect(page.locator("#jd-errbox")).to_contain_text("请填写标题。")
    expect(page.locator("#f-account")).to_have_value(name)
    # One word about what is to be mended, none of a form left behind some other time.
    page.wait_for_selector(READY)
    expect(page.get_by_text("上次没有提交的内容已经填回来")).to_have_count(0)
    phone.items(1)
    expect(page.locator("[data-jd-media] figure")).to_have_count(1)
    expect(page.locator("[data-jd-media]").get_by_text("已收到")).to_have_count(0)
    phone.type(name)
    phone.submit()
    expect(page.locator(".jd-said")).to_contain_text(name)
    assert phone.arrived(name) == 1


def test_wrong_files_are_named_before_they_travel(phones: Pick) -> None:
    """HEIC with its cure, empty sound, another kind, too large: said at once, nothing is sent."""
    phone = phones()
    page = phone.form()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    for file_name, content, said in (
        ("a.heic", b"\0\0\0\x18ftypheic", "HEIC"),
        ("b.mp3", b"", "是空的"),
        ("c.exe", b"MZ", "不能用"),
        ("d.jpg", bytes(21 * 1024 * 1024), "照片最大 20 MB"),
    ):
        path = phone._folder / file_name
        path.write_bytes(content)
        page.locator(".jd-media__choose input").set_input_files(str(path))
        expect(page.locator("[data-jd-media] [data-jd-said]")).to_contain_text(said)
    phone.items(0)
    assert not [each for each in sent if "/uploads" in each]


def test_signing_out_asks_and_nobody_else_sees_the_draft(phones: Pick) -> None:
    """Kept for the same account: another one neither sees nor sends it."""
    phone, name = phones(), title()
    phone.form()
    phone.type(name)
    leave = """() => { const form = document.createElement('form'); form.method = 'post';
      form.action = '/logout'; form.append(document.querySelector('[name=_csrf]').cloneNode());
      document.body.append(form); form.requestSubmit(); }"""
    phone.page.evaluate(leave)
    sheet = phone.page.locator("dialog")
    expect(sheet).to_contain_text("还有 1 份没有发出")
    sheet.get_by_role("button", name="先不退出").click()
    expect(phone.page.locator("#f-title")).to_have_value(name)
    phone.page.evaluate(leave)
    sheet.get_by_role("button", name="退出，留着草稿").click()
    phone.page.wait_for_url("**/login*")
    phone.sign_in("liwenbo")
    phone.form()
    expect(phone.page.locator("#f-title")).to_have_value("")
    expect(phone.page.locator("[data-jd-unsent]")).to_be_hidden()
    phone.page.evaluate(leave)
    phone.page.wait_for_url("**/login*")
    phone.sign_in()
    phone.form()
    expect(phone.page.locator("#f-title")).to_have_value(name)


def test_what_waits_for_an_account_is_sent_when_it_is_back(phones: Pick) -> None:
    """The session ended while the draft waited: it stays, and goes out after the sign-in."""
    phone, name = phones(), title()
    page = phone.form()
    phone.type(name)
    phone.context.clear_cookies()
    phone.submit()
    expect(page.locator(".jd-note--said")).to_contain_text("用原来的账号登录后自动发出")
    phone.sign_in()
    until(page, EMPTY)
    assert phone.arrived(name) == 1


def test_pages_last_read_open_without_a_line_for_this_account_only(phones: Pick) -> None:
    """The volunteer's shell and lists from the phone; nothing of them is left after the sign-out."""
    phone = phones("wangshufen")
    page = phone.page
    page.goto("/")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.goto(
        "/"
    )  # opened while the worker was being installed, the first is not under its control
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    for path in ("/messages", "/me/profile", "/"):
        page.goto(path)
    until(
        page,
        """async () => { for (const name of await caches.keys()) if (name.startsWith("jd-pages-"))
          return (await (await caches.open(name)).keys()).length >= 2; return false; }""",
    )
    phone.context.set_offline(True)
    page.goto("/messages")
    expect(page.locator("main")).to_contain_text("没有网络。这是")
    expect(page.locator(".jd-bottom")).to_be_visible()
    page.goto("/password")
    expect(page.locator("h1")).to_have_text("没有网络")
    phone.context.set_offline(False)
    page.goto("/me")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login*")
    until(
        page, """async () => (await caches.keys()).every((name) => !name.startsWith("jd-pages-"))"""
    )
    phone.context.set_offline(True)
    page.goto("/messages")
    expect(page.locator("h1")).to_have_text("没有网络")


KEPT_AHEAD = """async (path) => { for (const name of await caches.keys())
  if (name.startsWith("jd-pages-") && await (await caches.open(name)).match(new URL(path, location).href,
    {ignoreVary: true})) return true; return false; }"""


def test_a_form_opens_where_there_is_no_line_and_two_are_two(phones: Pick) -> None:
    """The list keeps the blank form; opened twice without a line it makes two complaints."""
    phone = phones("zhangmin")
    page = phone.page
    # Once is enough, also on the very first visit.
    page.goto("/complaints/mine?tab=open")
    until(page, KEPT_AHEAD, "/complaints/new")
    until(page, KEPT_AHEAD, "/complaints/mine")
    phone.context.set_offline(True)
    page.goto("/complaints/mine")
    expect(page.get_by_role("link", name="新增", exact=True)).to_be_visible()
    accounts = [title(), title()]
    for account in accounts:
        page.goto("/complaints/new")
        page.wait_for_selector(READY)
        expect(page.locator("main")).to_contain_text("没有网络。这是")
        expect(page.locator("[name=account]")).to_have_value("")
        page.locator("[name=target][value=act]").check(force=True)
        page.select_option("[name=enforcement_type]", label="行政检查")
        page.fill("[name=account]", f"{account}：检查没有出示证件。")
        page.select_option("[name=department]", index=1)
        page.fill("[name=body_name]", "镇里的执法队")
        page.locator("[name=confidential][value=open]").check(force=True)
        page.get_by_role("button", name=re.compile("^提交给")).click()
        expect(page.locator("main")).to_contain_text("内容存在这部手机上")
    assert page.evaluate("async () => (await jdOutbox.all('drafts')).length") == 2
    phone.context.set_offline(False)
    until(page, EMPTY)
    done = page.evaluate("async () => (await jdOutbox.all('done')).map((each) => each.to)")
    assert len(set(done)) == 2
    texts = [phone.context.request.get(path).text() for path in done]
    assert all(any(account in text for text in texts) for account in accounts)


def test_a_phone_whose_clock_is_a_day_ahead_or_behind(phones: Pick) -> None:
    """The kept form takes the later day, waits, and comes back with the sentence; nothing is lost."""
    phone, account = phones("zhangmin"), title()
    page = phone.page
    page.goto("/complaints/new")
    day = page.locator("[name=happened_on]").input_value()
    page.goto("/complaints/mine?tab=open")
    until(page, KEPT_AHEAD, "/complaints/new")
    phone.context.set_offline(True)
    real = datetime.now(UTC)
    page.clock.set_fixed_time(real - timedelta(days=1))
    page.goto("/complaints/new")
    page.wait_for_selector(READY)
    expect(page.locator("main")).to_contain_text("没有网络。这是")
    # No form is filled in on a day before the one it was drawn on.
    expect(page.locator("[name=happened_on]")).to_have_value(day)

    page.clock.set_fixed_time(real + timedelta(days=1))
    page.goto("/complaints/new")
    page.wait_for_selector(READY)
    later = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    expect(page.locator("[name=happened_on]")).to_have_value(later)
    page.locator("[name=target][value=act]").check(force=True)
    page.select_option("[name=enforcement_type]", label="行政检查")
    page.fill("[name=account]", f"{account}：检查没有出示证件。")
    page.select_option("[name=department]", index=1)
    page.fill("[name=body_name]", "镇里的执法队")
    page.locator("[name=confidential][value=open]").check(force=True)
    page.get_by_role("button", name=re.compile("^提交给")).click()
    expect(page.locator("main")).to_contain_text("内容存在这部手机上")
    phone.context.set_offline(False)
    # The page that stood open has the form again, with the reason above it.
    expect(page.locator(".jd-note--said")).to_contain_text("手机的日期可能不对")
    expect(page.locator("[name=account]")).to_have_value(f"{account}：检查没有出示证件。")
    page.fill("[name=happened_on]", day)
    page.get_by_role("button", name=re.compile("^提交给")).click()
    expect(page.locator(".jd-said")).to_contain_text("已提交给")
    until(page, EMPTY)


def test_a_code_is_read_by_the_camera(phones: Pick) -> None:
    """The detector is loaded when the camera is opened, from this site, and reads the code."""
    phone = phones()
    asked: list[str] = []
    phone.context.on("request", lambda request: asked.append(request.url))
    phone.page.goto(SCAN)
    assert not [each for each in asked if "barcode-detector" in each or ".wasm" in each]
    phone.page.locator("[data-jd-start]").click()
    expect(phone.page.locator("#read")).to_have_text(CODE)
    assert [each for each in asked if ".wasm" in each]
    own = phone.page.url.removesuffix(SCAN)
    assert not [each for each in asked if not each.startswith((own, "blob:", "data:"))]


def test_only_pages_with_the_component_may_use_the_device(phones: Pick) -> None:
    phone = phones()

    def said(path: str) -> tuple[str, str]:
        headers = phone.context.request.get(path).headers
        return headers["permissions-policy"], headers["content-security-policy"]

    permissions, policy = said("/messages")
    assert "camera=()" in permissions
    assert "microphone=()" in permissions
    assert "blob:" not in policy
    assert "wasm" not in policy
    permissions, policy = said(FIELD)
    assert "camera=(self)" in permissions
    assert "microphone=(self)" in permissions
    assert "media-src blob: 'self'" in policy
    assert "wasm" not in policy
    permissions, policy = said(SCAN)
    assert "camera=(self)" in permissions
    assert "microphone=()" in permissions
    assert "script-src 'wasm-unsafe-eval' 'self'" in policy


def test_without_script_the_inputs_are_plain(browser: Browser, site: str, tmp_path: Path) -> None:
    """Chosen and posted as a form: the record arrives with its photograph."""
    context = browser.new_context(
        base_url=site, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page, name = context.new_page(), title()
    page.goto("/login")
    page.fill("#f-login", "zhanghailong")
    page.fill("#f-password", PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto(FIELD)
    page.fill("#f-title", name)
    given = photo(name)
    page.locator("#f-media-any").set_input_files([given.payload])  # type: ignore[list-item]
    page.get_by_role("button", name="提交试用记录").click()
    expect(page.get_by_text(f"已收到“{name}”")).to_be_visible()
    expect(page.locator(".jd-medialist").get_by_text(name)).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 360])
def test_readers_and_narrow_screens(phones: Pick, width: int, pictures: Path | None) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make setup")
    phone = phones()
    phone.page.set_viewport_size({"width": width, "height": 740})
    phone.form()
    phone.type(title())
    for kind in ("photo", "audio", "video"):
        phone.record(kind)
    phone.items(3)

    def judge(name: str) -> None:
        phone.page.evaluate(AXE.read_text("utf-8"))
        assert phone.page.evaluate(AXE_RUN) == [], name
        assert phone.page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            phone.page.screenshot(path=pictures / f"field-{name}-{width}.png")

    judge("form")
    phone.page.locator("[data-jd-take=video]").click()
    expect(phone.page.locator("dialog .btn-primary:enabled")).to_be_visible()
    judge("recorder")
    phone.page.get_by_role("button", name="取消").click()
    phone.page.get_by_role("button", name=re.compile("^放大")).first.click()
    judge("viewer")
    phone.page.get_by_role("button", name="关闭").click()
    phone.context.set_offline(True)
    phone.submit()
    expect(phone.page.locator(".jd-note--said")).to_be_visible()
    phone.page.locator(".jd-unsent > summary").click()
    judge("unsent")
    phone.context.set_offline(False)
    phone.page.goto(SCAN)
    judge("scan")


def test_a_first_visit_stays_within_the_budget(phones: Pick) -> None:
    """Everything the form needs, from an empty cache, without pictures: at most 250 kB."""
    phone = phones()
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        with suppress(Exception):
            if response.request.resource_type != "image":
                sizes[response.url] = response.request.sizes()["responseBodySize"]

    session = phone.context.new_cdp_session(phone.page)
    session.send("Network.clearBrowserCache")
    phone.page.on("response", weigh)
    phone.page.goto(FIELD)
    phone.page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) > 50_000, "nothing was measured"
    assert sum(sizes.values()) <= BUDGET, sizes


@pytest.mark.req("C1-10")
def test_a_phone_whose_clock_is_a_day_ahead_loses_nothing(phones: Pick) -> None:
    """Its "today" is the server's tomorrow: told so, put right, filed once, dated by the server."""
    phone = phones("zhangmin")
    page = phone.page
    page.goto("/complaints/mine?tab=open")
    until(page, KEPT_AHEAD, "/complaints/new")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    page.clock.install(time=tomorrow)
    phone.context.set_offline(True)
    page.goto("/complaints/new")
    page.wait_for_selector(READY)
    there = tomorrow.astimezone(ZoneInfo("Asia/Shanghai")).date()
    expect(page.locator("[name=happened_on]")).to_have_value(there.isoformat())
    account = title()
    page.locator("[name=target][value=act]").check(force=True)
    page.select_option("[name=enforcement_type]", label="行政检查")
    page.fill("[name=account]", f"{account}：检查没有出示证件。")
    page.select_option("[name=department]", index=1)
    page.fill("[name=body_name]", "镇里的执法队")
    page.locator("[name=confidential][value=open]").check(force=True)
    page.get_by_role("button", name=re.compile("^提交给")).click()
    expect(page.locator("main")).to_contain_text("内容存在这部手机上")
    phone.context.set_offline(False)
    until(page, "async () => (await jdOutbox.all('drafts'))[0]?.state === 'refused'")
    page.goto("/complaints/mine?tab=open")
    unsent = page.locator("[data-jd-unsent]")
    expect(unsent).to_contain_text("有的没有收下，请打开看看")
    expect(unsent).to_contain_text("举报日期不能晚于今天")
    unsent.locator("summary").click()
    unsent.get_by_role("link", name="打开").click()
    page.wait_for_selector(READY)
    expect(page.locator("[name=account]")).to_have_value(f"{account}：检查没有出示证件。")
    expect(page.locator("main")).to_contain_text("举报日期不能晚于今天")
    page.fill("[name=happened_on]", (there - timedelta(days=1)).isoformat())
    page.get_by_role("button", name=re.compile("^提交给")).click()
    expect(page.locator("main")).to_contain_text(account)
    assert page.evaluate("async () => (await jdOutbox.all('drafts')).length") == 0
    assert page.url.rpartition("/")[2].isdigit()
    # What counts is the server's moment; the day of the phone decides nothing.
    expect(page.locator("main")).to_contain_text(f"{there - timedelta(days=1):%-m月%-d日}")
