# SPDX-License-Identifier: Apache-2.0
"""文书 from template to receipt: what is missing, the number, the files, service, the public page."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.files import paper, photo
from tests.journeys.test_story import (
    TODAY,
    approve_filing,
    check_clue,
    conclude,
    investigate,
    open_case,
    shop,
)


def text_of(desk: Desk, address: str) -> str:
    """The words of a PDF the platform sends."""
    answer = desk.context.request.get(address)
    assert answer.status == 200, address
    pages = PdfReader(BytesIO(answer.body())).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def issue(desk: Desk, case: str, title: str, pictures: Path | None, name: str) -> str:
    """Make and issue a document from the list; its address."""
    desk.go(f"{case}/documents")
    row = desk.page.locator(".jd-row").filter(has_text=title).first
    desk.send(row.get_by_role("link", name=re.compile("制作")))
    desk.shoot(pictures, f"document-{name}-new")
    if desk.page.locator("#h-miss").count():
        desk.tick(desk.page.locator("[name=blanks_confirmed]"))
    desk.send("签发文书")
    desk.said("文书已签发")
    return desk.path


def number_of(desk: Desk) -> str:
    found = re.search(r"\S+〔\d{4}〕\d+号", desk.page.locator(".jd-pairs dd").first.inner_text())
    assert found, "the document has no number"
    return found.group()


@pytest.mark.req("C3-18")
@pytest.mark.parametrize("width", [1280, 390])
def test_a_document_from_template_to_receipt(
    desks: SignIn, pictures: Path | None, width: int
) -> None:
    handler, legal = desks("zhanghailong", width=width), desks("liwenbo", width=width)
    party = shop()
    case = open_case(handler, party)
    check_clue(handler)
    approve_filing(handler, "张海龙", "斯琴高娃")
    handler.send("提交本环节")

    # A document whose form is still empty says what is missing first, with the way to it.
    handler.go(f"{case}/documents/new/record")
    expect(handler.page.locator("#h-miss")).to_contain_text("还缺")
    handler.shoot(pictures, "document-missing")
    link = handler.page.locator("li").filter(has_text="违法事实").get_by_role("link")
    handler.send(link)
    assert handler.path.endswith("#f-v-facts"), handler.path
    investigate(handler)
    handler.attach("photos", photo("现场照片"))
    handler.attach("transcripts", paper("询问笔录"))
    handler.send("提交本环节")
    conclude(handler, case)
    legal.go(case)
    legal.fill_step(result="同意", review_opinion="同意。")
    legal.send("提交本环节")

    # 告知书: issued with a number, served with a photograph that becomes evidence of the step.
    handler.go(f"{case}/documents")
    handler.sees("行政处罚事先告知书", "本环节")
    handler.shoot(pictures, "documents")
    notice = issue(handler, case, "行政处罚事先告知书", pictures, "notice")
    number = number_of(handler)
    assert "罚告" in number, number
    pdf = handler.page.get_by_role("link", name="PDF", exact=True).get_attribute("href") or ""
    words = text_of(handler, pdf)
    assert "".join(party.split()) in words, words[:400]
    assert number in words
    handler.send(handler.link("登记送达"))
    handler.shoot(pictures, "document-serve")
    handler.send("登记送达")
    handler.error("请填写签收人")
    handler.fill(recipient="李建军", relation="经营者", place="磴口县振兴路 12 号")
    handler.page.set_input_files("#f-file", files=[photo("签收照片").payload])
    handler.send("登记送达")
    handler.said("送达已登记")
    handler.sees("直接送达", "李某某", "陈述申辩和要求听证的期限")
    handler.shoot(pictures, "document-served")
    handler.go(case)
    expect(handler.page.locator("#ev-notice_receipt .jd-ev__files")).to_contain_text("签收照片")
    handler.fill_step(notified_on=TODAY, waived="true")
    handler.authorise_next("张海龙", "斯琴高娃")
    handler.send("提交本环节")

    # 决定书: the number is drawn at issue and is the number of the case's decision.
    handler.fill_step(
        outcome="给予处罚",
        basis="第一百二十六条",
        kinds="罚款",
        tier="从轻",
        amount="10000",
        correction="立即建立进货查验记录。",
    )
    handler.send("保存草稿")
    decision = issue(handler, case, "行政处罚决定书", pictures, "decision")
    number = number_of(handler)
    pdf = handler.page.get_by_role("link", name="PDF", exact=True).get_attribute("href") or ""
    assert "罚款10,000.00元" in text_of(handler, pdf)
    handler.go(case)
    expect(handler.page.locator("#ev-decision_file .jd-ev__files")).to_contain_text("决定书")
    handler.send("提交本环节")
    handler.sees(number)
    handler.go(decision)
    handler.sees("还没有公示")
    handler.send(handler.link("登记送达"))
    handler.fill(way="leave", witness="社区干部王五")
    handler.send("登记送达")
    handler.said("送达已登记")

    # 公示: masked by rule, read by anybody, withdrawn with a reason.
    legal.go(f"{decision}/disclosure")
    legal.page.locator("[name=facts]").fill("李建军（电话 13800001111）未查验供货者许可证。")
    legal.send("看公示效果")
    legal.sees("已隐去")
    legal.shoot(pictures, "document-disclosure")
    legal.send("公示")
    legal.said("摘要已公示")
    public = legal.page.get_by_role("link", name="看公示的页面").get_attribute("href") or ""
    anybody = desks(width=width)
    anybody.go(public)
    anybody.sees(number, party)
    anybody.sees_not("13800001111")
    anybody.shoot(pictures, "document-public")
    legal.go(f"{decision}/disclosure")
    legal.fill(reason="决定被撤销。")
    legal.send("撤回公示")
    assert anybody.go(public) == 404

    # What was served is mended by a new document that names the old one.
    handler.go(notice)
    handler.sees("已经送达的文书不能作废")
    handler.send(handler.link("制作更正文书"))
    handler.fill(reason="送达地点写错。")
    handler.send("签发文书")
    handler.said("文书已签发")
    handler.go(notice)
    handler.sees("这份文书已被更正")
    handler.shoot(pictures, "document-corrected")
