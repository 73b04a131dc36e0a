# SPDX-License-Identifier: Apache-2.0
"""An inspection of four years: approved, examined over a cut line, the card renewed.

The exam is held on the same platform with its clock moved (``later.py``): ten minutes without a
line are ten minutes of the server's time, and nobody waits for them.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from plugins.exams.demo_questions import QUESTIONS
from plugins.exams.rules.gift import read_gift
from tests.chromium import ARGUMENTS
from tests.journeys.conftest import SignIn
from tests.journeys.desk import PATIENCE, Desk
from tests.journeys.files import photo
from tests.journeys.later import Later
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture
from tests.journeys.test_certificates_story import code_shown, press
from tests.journeys.test_supervisor_story import opened

BUREAU, WHO = "zhaojianguo", "苏和"
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Seat:
    """The candidate's computer: one browser profile that can be closed and opened again."""

    def __init__(self, browser: Browser, chromium: str, site: str, folder: Path) -> None:
        self._kind, self._chromium, self._site, self._folder = (
            browser.browser_type,
            chromium,
            site,
            folder,
        )
        self.faults: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self.open()

    def open(self, *, offline: bool = False) -> None:
        self.context = self._kind.launch_persistent_context(
            str(self._folder),
            executable_path=self._chromium,
            args=list(ARGUMENTS),
            viewport={"width": 1280, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            base_url=self._site,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.set_offline(offline)
        self.context.on("weberror", lambda error: self.faults.append(str(error.error)))
        self.page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())

    def restart(self, *, offline: bool) -> None:
        self.context.close()
        self.open(offline=offline)


@pytest.fixture
def seat(browser: Browser, chromium: str, later: Later, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(browser, chromium, later.to(0).url, tmp_path / "seat")
    yield made
    made.context.close()
    assert not made.faults, "the browser complained:\\n" + "\\n".join(made.faults)


RIGHT = {"".join(asked.stem.split()): asked for asked in read_gift(QUESTIONS).questions}


def answer(page: Page, field: int) -> None:
    """The right answer to a question of the demo's bank."""
    box = page.locator("[data-exam-question]").nth(field)
    stem = "".join(box.locator(".jd-prose").inner_text().split())
    asked = RIGHT[stem]
    if asked.kind == "fill":
        box.locator("input").fill(asked.accepted[0])
        box.locator("input").blur()
        return
    right = {"".join(each.text.split()) for each in asked.options if each.correct}
    for label in box.locator("label").all():
        words = re.sub(r"^[A-Z]\.", "", "".join(label.inner_text().split()))
        if words in right:
            label.click()


def plan(bureau: Desk, starts: datetime, title: str) -> str:
    """A session with the candidate on its roster; its address."""
    bureau.go("/exams/sessions/new")
    bureau.page.locator("[name=paper]").select_option(index=1)
    bureau.fill(
        title=title, starts_at=f"{starts:%Y-%m-%dT%H:%M}", venue="县司法局三楼", rooms="第一考场 5"
    )
    bureau.send("建好场次")
    bureau.page.locator("li").filter(has_text="年审").filter(has_text=WHO).locator(
        "[name=wanted]"
    ).first.check()
    bureau.send("加入名册")
    bureau.sees(WHO)
    return bureau.path


@pytest.mark.req("S2-20", "S2-22", "S2-24", "S2-27", "S2-28", "C7-02", "C7-08")
def test_an_inspection_of_four_years_over_a_cut_line(
    desks: SignIn,
    later: Later,
    seat: Seat,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    site = later.to(0).url
    bureau = desks(BUREAU, at=site)
    # The code of his card, as the door reads it.
    opened(bureau, f"/certificates/?q={WHO}", WHO)
    card = code_shown(bureau, bureau.page.get_by_role("img", name=re.compile("查验二维码")).first)

    now = datetime.now(SHANGHAI).replace(second=0, microsecond=0)
    title = f"四年年审考试{secrets.token_hex(2)}"
    session = plan(bureau, now + timedelta(minutes=20), title)
    press(bureau, "开始入场")
    bureau.go(f"{session}/door")
    bureau.fill(code=card)
    bureau.send("核对入场")
    bureau.sees(WHO, "一次性密码", "执法证二维码")
    bureau.shoot(pictures, "exam-door")
    said = {
        word: bureau.page.locator("dt", has_text=word)
        .locator("xpath=following-sibling::dd[1]")
        .inner_text()
        for word in ("场次码", "准考证号", "一次性密码")
    }

    page = seat.page
    page.goto(f"/exams/sit?code={said['场次码']}")
    page.fill("[name=ticket]", said["准考证号"])
    page.fill("[name=password]", said["一次性密码"])
    page.click("button:has-text('进入考试')")
    page.set_input_files("#f-photo", [photo("现场").payload])  # type: ignore[arg-type]
    page.click("button:has-text('上传照片')")
    expect(page.locator("main")).to_contain_text("照片已保存")
    judge(page, axe)
    later.to(0, minutes=21)
    page.reload()
    page.click("button:has-text('开始作答')")
    line = page.locator("[data-exam-line]")
    expect(line).to_be_visible()
    judge(page, axe)
    if pictures is not None:
        page.screenshot(path=pictures / "exam-paper-1280.png", full_page=True)
    questions = page.locator("[data-exam-question]").count()
    for number in range(4):
        answer(page, number)
    expect(line).to_contain_text("已保存")
    live = desks(BUREAU, at=site)
    live.go(f"{session}/live")
    progress = live.page.locator("tbody tr").filter(has_text=WHO)
    expect(progress).to_contain_text(f"4/{questions}")

    # The line is cut; he goes on. Ten minutes later his browser crashes and is opened again.
    seat.context.set_offline(True)
    for number in range(4, questions - 2):
        answer(page, number)
    expect(page.locator("[data-exam-banner]")).to_be_visible()
    if pictures is not None:
        page.screenshot(path=pictures / "exam-offline.png")
    later.to(0, minutes=31)
    live.page.reload()
    expect(progress).to_contain_text(f"4/{questions}")
    expect(progress).to_contain_text("断线")
    live.shoot(pictures, "exam-live")
    seat.restart(offline=True)
    page = seat.page
    page.goto("/exams/sit/paper")
    expect(page.locator("[data-exam-banner]")).to_be_visible()
    expect(page.locator(".jd-exam-nav .is-done")).to_have_count(questions - 2)
    for number in range(questions - 2, questions):
        answer(page, number)
    seat.context.set_offline(False)
    expect(page.locator("[data-exam-banner]")).to_be_hidden()
    expect(page.locator("[data-exam-line]")).to_contain_text("已保存")
    live.page.reload()
    expect(progress).to_contain_text(f"{questions}/{questions}")
    page.locator("details.jd-confirm summary").click()
    page.click("[data-exam-submit]")
    page.wait_for_url(re.compile("/exams/sit/done"))
    judge(page, axe)
    if pictures is not None:
        page.screenshot(path=pictures / "exam-done.png", full_page=True)

    # Over; the score goes back to the inspection by itself.
    later.to(0, minutes=150)
    live.go(f"{session}/live")
    live.go(f"{session}/results")
    live.sees("记录相符", WHO)
    press(live, "公布成绩")
    live.sees("合格")
    live.shoot(pictures, "exam-results")
    later.to(0, minutes=151)  # what was published is delivered
    inspection = opened(live, f"/certificates/inspections?tab=all&q={WHO}", WHO)
    live.sees("换发证件", "100 分")
    live.send("登记换发，完成年审")
    live.sees("已完成", "换发")
    assert live.path == inspection


def judge(page: Page, axe: str) -> None:  # noqa: F811
    """The open page by axe on a wide screen and a narrow one."""
    page.evaluate(axe)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(RUN) == [], f"{page.url} at {width}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
