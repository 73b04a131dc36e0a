# SPDX-License-Identifier: Apache-2.0
"""The story of the catalogue: an item is compiled, checked, tried out, returned twice, approved.

Then a new case is judged by the new version. People and item are those of the demo.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.clock import today
from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.files import paper, photo
from tests.journeys.test_story import check_clue, shop

ITEM = "对虚假宣传行为的处罚"
OFFICERS = "调查取证双人执法"
EVIDENCE = "调查取证证据固化"
TRIES = 60
"""How often the last reviewer looks again while past cases are judged in the background."""


def open_item(desk: Desk) -> None:
    desk.go("/powers/?q=虚假宣传")
    desk.send(desk.link(ITEM))


def edit_point(desk: Desk, draft: str, title: str) -> None:
    """Open the form of a monitoring point."""
    desk.go(f"{draft}/edit/points")
    desk.send(desk.link(re.compile(f"^修改监察点 {title}$")))


def save(desk: Desk, words: str) -> None:
    """Save the open entry; the editor comes back in place."""
    desk.button("保存监察点").click()
    expect(desk.page.locator(".jd-said").filter(has_text=words)).to_be_visible()


def act(desk: Desk, name: str, said: str) -> None:
    desk.send(desk.button(name))
    desk.said(said)


def send_back(desk: Desk, draft: str, reason: str) -> None:
    """退回, which asks for its reason."""
    desk.go(draft)
    sheet = desk.page.locator("details.jd-confirm").filter(has_text="退回理由")
    sheet.locator("summary").click()
    sheet.locator("textarea").fill(reason)
    desk.send(sheet.get_by_role("button", name="退回", exact=True))
    desk.said("已退回")


@pytest.mark.req("S1-9", "S1-10", "S1-11", "S1-12", "S1-13", "S1-14")
def test_from_the_draft_to_the_case_judged_by_it(desks: SignIn, pictures: Path | None) -> None:
    maker = desks("saren")
    open_item(maker)
    maker.send(maker.button("修订事项"))
    maker.said("草稿已建立")
    draft = maker.path
    maker.sees("和现在生效的版本没有差别")
    assert "轮到我" in maker.ball()

    # The misplaced point of the training material: the linter says so at the row, and cures it.
    edit_point(maker, draft, OFFICERS)
    maker.page.locator("#entry [name=step]").select_option(label="3 调查取证")
    save(maker, "已保存")
    row = maker.page.locator(".jd-power-said").filter(has_text=OFFICERS)
    expect(row).to_contain_text("人员合格也会误报")
    maker.shoot(pictures, "draft-finding")
    row.get_by_role("button", name=re.compile("移到前一个环节")).click()
    expect(maker.page.locator(".jd-said").filter(has_text="已改好")).to_be_visible()
    expect(row).to_have_count(0)

    # What the new version is about: two photographs instead of one.
    edit_point(maker, draft, EVIDENCE)
    maker.page.locator("#entry [name='controls.0.count']").fill("2")
    maker.shoot(pictures, "draft-entry")
    save(maker, "已保存")
    expect(maker.page.locator("#row-inquiry_photos")).to_contain_text("现场照片 2 份")
    expect(maker.page.locator("figure.jd-chart svg")).to_be_visible()
    maker.go(draft)
    maker.sees("监察点", "修改", EVIDENCE)
    maker.shoot(pictures, "draft")
    act(maker, "试运行", "试运行已经开始")

    # The legal office first, then the submitter.
    act(maker, "送法制审核", "已送法制机构审核")
    legal = desks("liwenbo")
    assert any(ITEM in task for task in legal.my_tasks() + unit_tasks(legal))
    legal.go(draft)
    act(legal, "审核通过", "可以送审了")
    submitter = desks("bateer")
    submitter.go(draft)
    act(submitter, "送审", "已送审")

    # ② returns with a reason; what comes again goes through ② again.
    first = desks("wuyunna")
    first.go(draft)
    assert "轮到我" in first.ball()
    first.shoot(pictures, "draft-first")
    send_back(first, draft, "请写明两张照片的依据。")
    submitter.go(draft)
    submitter.sees("请写明两张照片的依据")
    assert "轮到我" in submitter.ball()
    edit_point(submitter, draft, EVIDENCE)
    submitter.page.locator("#entry [name=clause]").fill(
        "行政处罚法第四十六条、第四十七条，局长办公会纪要"
    )
    save(submitter, "已保存")
    submitter.go(draft)
    act(submitter, "送审", "已送审")
    first.go(draft)
    act(first, "初审通过", "已自动转监察机关审定")

    # ③ returns to the submitter, not to ②.
    final = desks("zhaojianguo")
    final.go(draft)
    assert "轮到我" in final.ball()
    send_back(final, draft, "纪要要写明文号。")
    submitter.go(draft)
    submitter.sees("纪要要写明文号")
    edit_point(submitter, draft, EVIDENCE)
    submitter.page.locator("#entry [name=clause]").fill("行政处罚法第四十六条、第四十七条")
    save(submitter, "已保存")
    submitter.go(draft)
    act(submitter, "送审", "已送审")
    first.go(draft)
    act(first, "初审通过", "已自动转监察机关审定")

    # ③ with the effect on past cases in front of him; the old version is in force until now.
    open_item(final)
    final.sees("第 1 版")
    wait_for_trial(final, draft)
    final.shoot(pictures, "draft-final")
    act(final, "审定", "新版生效")
    final.sees("已办结")
    final.shoot(pictures, "draft-effective")
    open_item(final)
    final.sees("第 2 版")

    judged_by_it(desks, pictures)


def unit_tasks(desk: Desk) -> list[str]:
    """The titles and numbers in 本单位待办."""
    desk.go("/?tab=unit")
    return desk.page.locator("#jd-turns tbody tr .jd-say1").all_inner_texts()


def wait_for_trial(desk: Desk, draft: str) -> None:
    """Look again until the report of exactly this content is there."""
    for _ in range(TRIES):
        desk.go(draft)
        if desk.page.get_by_text("已核验，没有反对").count():
            return
        expect(desk.button("审定")).to_be_disabled()
        desk.page.wait_for_load_state("networkidle")
    raise AssertionError(desk.page.locator("#main").inner_text()[:2000])


def judged_by_it(desks: SignIn, pictures: Path | None) -> None:
    """One photograph was enough for the old version; for the new one it is a red lamp."""
    handler = desks("zhanghailong")
    handler.go("/cases/new")
    handler.send(handler.link(ITEM))
    handler.fill(title="虚假宣传案", source="random", party_kind="business", party_name=shop())
    handler.send("新建案件")
    handler.said("案件已建立")
    check_clue(handler)
    handler.fill_step(outcome="立案", basis="第二十条", opinion="同意立案。")
    handler.authorise_next("张海龙", "斯琴高娃")
    handler.send("提交本环节")
    handler.fill_step(
        inquired_on=today().isoformat(),
        place="磴口县巴彦高勒镇振兴路 12 号",
        facts="当事人在店内张贴与事实不符的功效宣传。",
        goods_value="3200",
    )
    handler.attach("transcripts", paper("询问笔录"))
    handler.attach("photos", photo("现场照片一"))
    expect(handler.hint()).to_contain_text("现场照片 1/2")
    handler.shoot(pictures, "case-on-new-version")
    handler.send("提交本环节")
    handler.said("报了红灯")


@pytest.mark.req("S1-10", "S1-12")
def test_reviewers_decide_on_a_phone(desks: SignIn, pictures: Path | None) -> None:
    """The draft of the demo that waits for the last word, read and returned at 390."""
    final = desks("zhaojianguo", width=390)
    final.go("/powers/drafts?q=计量器具")
    final.shoot(pictures, "drafts-phone")
    final.send(final.link("对使用未经检定的计量器具的处罚"))
    draft = final.path
    if "轮到我" not in final.ball():
        # An earlier journey on the same platform returned it.
        for login, act_, said in (
            ("bateer", "送审", "已送审"),
            ("wuyunna", "初审通过", "已自动转监察机关审定"),
        ):
            desk = desks(login)
            desk.go(draft)
            act(desk, act_, said)
        final.go(draft)
    final.sees("和第 2 版相比", "审定前的核验")
    final.shoot(pictures, "draft-phone")
    send_back(final, draft, "送达期限的办理提示请引用条款。")
    final.sees("退回送审")
    assert final.page.evaluate("() => document.documentElement.scrollWidth") <= 390
