# SPDX-License-Identifier: Apache-2.0
"""A media report becomes a supervision that climbs its ladder to a verified end; a campaign drawn.

Weeks pass on the same platform with its clock moved (``later.py``).
"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from core.clock import today
from plugins.supervision.commands import checks_of
from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.later import Later
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture

pytestmark = pytest.mark.needs("supervision")

BUREAU, BODY = "zhaojianguo", "wuyunna"
UNIT = "磴口县市场监督管理局"
PROBLEMS = "没有公示行政处罚决定\n现场检查没有录像"


def check_page(desk: Desk, script: str, pictures: Path | None, name: str) -> None:
    """No fault of accessibility, no sideways scrolling, at both widths."""
    faults: list[str] = []
    for width in (1280, 390):
        desk.narrow(width)
        desk.page.evaluate(script)
        faults += [f"{name} {width}: {each}" for each in desk.page.evaluate(RUN)]
        if (wide := desk.page.evaluate("() => document.documentElement.scrollWidth")) > width:
            faults.append(f"{name}: {wide} px wide at {width}")
        desk.shoot(pictures, f"supervision-{name}-{width}")
    desk.narrow(1280)
    assert not faults, "\n".join(faults)


def box(desk: Desk, name: str, words: str) -> Locator:
    """A box or radio of a group, by its words."""
    group = desk.page.locator(f"#f-{name}")
    return group.locator("label").filter(has_text=words).locator("input").first


def tick(desk: Desk, name: str, *words: str) -> None:
    for each in words:
        desk.tick(box(desk, name, each))


def issue(desk: Desk, kind: str, path: str, **more: str) -> None:
    desk.go(f"{path}/issue/{kind}")
    desk.fill(
        facts="经查，你单位办理的三件案件没有公示行政处罚决定，现场检查没有录像。",
        basis="《中华人民共和国行政处罚法》第三十九条、第四十七条",
        requirement="请逐项整改，并附证明材料书面答复。",
        **more,
    )
    desk.send(desk.page.get_by_role("button", name="制发行政执法监督"))
    desk.said("已制发")


@pytest.mark.req("C5-06", "C5-08", "C5-09", "C5-15", "S4-1")
def test_from_a_media_report_to_the_verified_end(
    desks: SignIn,
    later: Later,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    office = desks(BUREAU)
    office.go("/supervision/")
    check_page(office, axe, pictures, "list")
    office.send(office.link("监督立项").first)
    office.fill(title="行政检查不录像问题个案监督", body=UNIT)
    tick(office, "kind", "个案监督")
    tick(office, "contents", "执法规范化建设")
    tick(office, "trigger", "媒体曝光")
    tick(office, "persons", "乌日娜", "陈志强")
    office.fill(source="河套融媒《执法记录仪为何总没电》")
    check_page(office, axe, pictures, "new")
    office.send("立项")
    office.error("写明报道的网址")
    assert office.page.input_value("[name=source]").startswith("河套融媒")
    office.fill(link="https://news.example.cn/hetao/1")
    office.send("立项")
    office.said("监督已立项")
    path = office.path.partition("?")[0]
    office.sees("打开报道")

    issue(office, "notice", path, problems=PROBLEMS)
    check_page(office, axe, pictures, "matter")
    answer = office.page.request.get(
        office.page.get_by_role("link", name="PDF").first.get_attribute("href") or ""
    )
    assert answer.body().startswith(b"%PDF")

    unit = desks(BODY)
    unit.go("/supervision/received")
    unit.send(unit.link("执监通〔").first)
    unit.sees("没有公示行政处罚决定")
    unit.sees_not("河套融媒")
    unit.send("签收")
    unit.said("已签收")
    check_page(unit, axe, pictures, "received")

    # Nobody answers the notice, nor the urging.
    for days, kind, words in ((45, "urge", "督办函"), (65, "opinion", "意见书")):
        office = desks(BUREAU, at=later.to(days).url)
        office.go(path)
        office.sees("逾期未答复")
        issue(office, kind, path)
        expect(office.page.locator(".jd-life")).to_contain_text(words)

    # The answer to the opinion does not hold, so the decision follows.
    unit = desks(BODY, at=later.url)
    answer_first(unit, "执监意〔")
    office.go(path)
    for each, outcome in zip(outcomes(office), ("passed", "failed"), strict=True):
        office.fill(**{each: outcome})
    office.page.locator("[name^=remark_]").last.fill("录像仍然没有补齐")
    office.send("保存复核结果")
    office.said("1 项没有到位")
    office.go(f"{path}/issue/decision")
    office.sees("现场检查没有录像")
    tick(office, "ruling", "责令补正或者改正")
    office.fill(requirement="请自收到之日起三十日内改正，并报告执行情况。")
    office.send("制发行政执法监督决定书")
    office.said("已制发")
    answer_first(unit, "执监决〔")

    office.go(path)
    [left] = outcomes(office)  # what has passed is not asked again
    office.fill(**{left: "passed"})
    office.send("保存复核结果")
    office.said("都已整改")
    office.page.locator("#close textarea").fill("两项问题已经整改，经现场核实。")
    office.send("办结监督")
    office.said("监督已办结")
    office.sees("已办结")
    check_page(office, axe, pictures, "closed")


def outcomes(office: Desk) -> list[str]:
    """The fields of the re-check, one per item that is flagged."""
    names = [each.get_attribute("name") for each in office.page.locator("[name^=outcome_]").all()]
    return list(dict.fromkeys(name for name in names if name))


def answer_first(unit: Desk, number: str) -> None:
    """The unit signs a document and answers every item of it."""
    unit.go("/supervision/received")
    unit.send(unit.link(number).first)
    unit.send("签收")
    for field in unit.page.locator("textarea[name^=answer_]").all():
        field.fill("已经补正，并建立检查制度。")
    unit.fill(text="收到文书后逐项整改，证明材料随附。")
    unit.send("提交答复")
    unit.said("等待复核")


SECTIONS_OF_IT = """() => {
  const row = document.querySelector("main .jd-seg");
  const [seen, here] = [row, row.querySelector("[aria-current]")].map((e) => e.getBoundingClientRect());
  return {
    lines: new Set([...row.children].map((e) => e.getBoundingClientRect().top)).size,
    height: seen.height,
    shown: here.left >= seen.left - 1 && here.right <= seen.right + 1,
  };
}"""


def test_on_a_phone_the_sections_are_one_row_that_shows_where_one_is(desks: SignIn) -> None:
    office = desks(BUREAU)
    office.narrow(390)
    for section in ("", "campaigns", "programmes", "transfers", "registers"):
        office.go(f"/supervision/{section}")
        told = office.page.evaluate(SECTIONS_OF_IT)
        assert told["lines"] == 1, (section, told)
        assert 44 <= told["height"] < 50, (section, told)
        assert told["shown"], section


@pytest.mark.req("B10-1", "C5-07", "S4-2")
def test_a_campaign_with_a_draw_anybody_repeats(
    desks: SignIn,
    later: Later,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    office = desks(BUREAU)
    office.go("/supervision/campaigns/new")
    office.fill(
        title="行政检查公示专项监督",
        scope_words="全县执法单位近一年的行政检查",
        starts_on=today().isoformat(),
        ends_on=(today() + timedelta(days=30)).isoformat(),
        checklist="检查结果是否公示\n检查频次是否超过上限",
    )
    tick(office, "contents", "执法规范化建设")
    office.page.locator("summary").filter(has_text="协助机关").click()
    tick(office, "assists", "巴彦高勒司法所")
    office.send("立项")
    office.said("专项监督已立项")
    campaign = office.path.partition("?")[0]
    for each in office.page.locator("[name=bodies]").all()[:4]:
        office.tick(each)
    tick(office, "persons", "乌日娜", "陈志强", "白音")
    office.send("保存名单")
    office.fill(
        sample="2", source="福彩双色球开奖号码", result_on=(today() + timedelta(days=2)).isoformat()
    )
    check_page(office, axe, pictures, "campaign")
    office.send("锁定名单")
    office.said("承诺已公布")
    office.sees("那一天起再抽取")
    office = desks(BUREAU, at=later.to(2).url)
    office.go(campaign)
    office.fill(result="01 07 12 18 25 30+09")
    office.send("抽取")
    office.said("已抽取 2 个对象")
    public = office.link("打开公示页面").first.get_attribute("href") or ""

    anybody = desks()
    anybody.go(public)
    expect(anybody.page.get_by_text("：通过")).to_have_count(4)
    check_page(anybody, axe, pictures, "draw")
    told = json.loads(anybody.page.request.get(f"{public}/data").body())
    assert all(each["ok"] for each in checks_of(told))

    helper = desks("nashun")
    helper.go("/supervision/")
    helper.send(helper.page.locator("a[href^='/supervision/campaigns/']").first)
    helper.sees("行政检查公示专项监督")

    office.go(campaign)
    office.send(office.page.locator("#main .jd-list a").first)
    for each in office.page.locator("[name^=result_][value=problem]").all():
        office.tick(each)
    for field in office.page.locator("[name^=note_]").all():
        field.fill("两次检查的结果没有公示")
    office.send("保存检查情况")
    office.said("检查情况已登记")
