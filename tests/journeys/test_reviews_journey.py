# SPDX-License-Identifier: Apache-2.0
"""File review: from the published seed to guidance that anybody reads.

Three persons at screens, the acts of the browser; the closed cases are laid under it, for closing
some takes longer than the whole review.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.clock import today
from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.test_audit_story import database  # noqa: F401 - a fixture
from tests.journeys.test_axe import RUN, axe  # noqa: F401 - a fixture

pytestmark = pytest.mark.needs("reviews")

BODY = "磴口县市场监督管理局"
CLOSED = """
insert into reviews_case (case_id, case_number, title, item, persons, closed_on, region_lo, org_lo)
select 900000000 + n, '评查〔2020〕' || n || '号', '未履行进货查验义务案', 0, '[]', date '2020-05-01' + n,
 o.region_lo, o.lo from core_organisation o, generate_series(1, 2) n where o.name = $1
on conflict do nothing
"""


def check_page(desk: Desk, script: str, pictures: Path | None, name: str) -> None:
    """No fault of accessibility, no sideways scrolling, at both widths."""
    faults: list[str] = []
    for width in (1280, 390):
        desk.narrow(width)
        desk.page.evaluate(script)
        faults += [f"{name} {width}: {each}" for each in desk.page.evaluate(RUN)]
        if (wide := desk.page.evaluate("() => document.documentElement.scrollWidth")) > width:
            faults.append(f"{name}: {wide} px wide at {width}")
        desk.shoot(pictures, f"reviews-{name}")
    desk.narrow(1280)
    assert not faults, "\n".join(faults)


def without_a_line(desk: Desk) -> None:
    """The page is closed half-way and opened again, then the line is cut: it goes out by itself."""
    form = desk.page.locator("form[data-jd-draft][data-jd-ready]")
    expect(form.locator(".jd-kept")).to_contain_text("草稿已存")
    desk.page.reload()
    expect(form).to_have_count(1)
    expect(desk.page.locator("[name='reason.i4']")).to_have_value("没有送达回证")
    desk.context.set_offline(True)
    desk.page.get_by_role("button", name="交卷", exact=True).click()
    expect(desk.page.locator(".jd-note--said")).to_contain_text("信号恢复后自动发出")
    expect(desk.page.locator("[data-jd-unsent]")).to_contain_text("未发送 1")
    desk.context.set_offline(False)
    expect(desk.page.locator(".jd-note--said")).to_contain_text("已经发出")


def hand_in(desk: Desk, *, cut_off: bool = False, **lost: str) -> None:
    """Score every case that waits; points are lost with reason and page."""
    while True:
        desk.go("/reviews/mine")
        waiting = desk.page.locator("tr").filter(has_text="待评").filter(has_text="评查〔2020〕")
        if not waiting.count():
            return
        desk.send(waiting.first.locator("a"))
        for key, points in lost.items():
            desk.fill(
                **{
                    f"lost.{key}": points,
                    f"reason.{key}": "没有送达回证",
                    f"page.{key}": "第 19 页",
                }
            )
        if cut_off:
            without_a_line(desk)
            cut_off = False
            continue
        desk.send("交卷")
        desk.said("评分已提交")


@pytest.mark.req("C10-03", "C10-05", "C10-10", "C10-07", "C10-09", "C10-11", "C10-13")
def test_from_the_plan_to_guidance(
    desks: SignIn,
    database: Callable[..., Any],  # noqa: F811
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    database(CLOSED, BODY)
    office, second, third = desks("zhaojianguo"), desks("baolixin"), desks("qimuge")
    office.go("/reviews/templates/new")
    office.fill(name=f"旅程评分表 {today():%m%d}", power_class="")
    office.send("发布评分表")
    office.said("评分表已发布")

    office.go("/reviews/new")
    office.fill(
        title="二〇二〇年案卷评查",
        template="旅程评分表",
        since="2020-05-01",
        until="2020-05-31",
        seed="福彩双色球 03 07 12 19 24 31 + 08",
    )
    for name in ("赵建国", "包立新", "其木格"):
        box = office.page.locator("#f-reviewers label").filter(has_text=name).locator("input")
        office.tick(box)
    office.send("公布计划和种子")
    office.said("计划和种子已公布")
    plan = office.path.partition("?")[0]
    act(office, "固定名单并抽取")
    office.said("抽出 2 卷")

    # Blind: until the last sheet is handed in the plan tells no score. 20 points apart call a third.
    people = (office, second, third)
    for desk, lost in zip(people, ("2", "15", "2"), strict=True):
        hand_in(desk, cut_off=desk is third, i4=lost)
    for desk in people:
        hand_in(desk, i4="2")
    office.go(plan)
    act(office, "告知结果")
    office.said("结果已告知")

    unit = desks("wuyunna")
    case = office.page.locator("#main a[href^='/reviews/results/']").first
    result = case.get_attribute("href") or ""
    unit.go(result)
    unit.sees_not("包立新")
    unit.page.locator(f"form[action='{result}/object'] textarea").fill("送达回证在第 20 页。")
    unit.send("提出异议")
    unit.said("异议已提出")

    office.go(result)
    office.tick(office.page.locator("[name=outcome][value=change]"))
    office.fill(points="100", words="第 20 页确有回证。")
    office.send("答复异议")
    office.said("异议已处理")
    unit.go(result)
    unit.sees("100 分", "采纳")

    office.go(plan)
    act(office, "确认成绩")
    office.said("成绩已确认")
    office.sees("各单位", "95% 区间")

    # Put right, and looked at a second time.
    unit.go(result)
    unit.page.locator(f"form[action='{result}/rectify'] textarea").fill("目录已改。")
    unit.send("报送整改")
    unit.said("等待复核")
    office.go(result)
    office.tick(office.page.locator("[name=outcome][value=passed]"))
    office.fill(words="已核对原卷。")
    office.send("记下复核结果")
    office.said("复核结果已记下")
    office.sees("复核通过", "已核对原卷")

    office.send(office.page.get_by_role("link", name="写成典型案例"))
    office.fill(
        kind="warn",
        title="送达回证没有归入原处的案件",
        story="王小明经营的河套商行未查验供货者许可证，身份证号150801198811207478。",
        findings="送达回证夹在其他材料里，评查时没有看到。",
        advice="送达回证装订在决定书后面。",
        swaps="王小明=王某\n河套商行=某商行",
    )
    check_page(office, axe, pictures, "writing")
    office.send("隐去身份并送审定")
    office.said("等另一人审定")
    office.sees("王某经营的某商行", "编写的人不能自己审定")
    page = office.path.partition("?")[0]

    second.go(page)
    second.tick(second.page.locator("[name=outcome][value=publish]"))
    second.send("记下审定")
    second.said("已发布")
    check_page(second, axe, pictures, "approved")

    anybody = desks()
    anybody.go("/reviews/public")
    anybody.send(anybody.page.get_by_role("link", name="送达回证没有归入原处的案件").first)
    expect(anybody.page.locator("body")).to_contain_text("送达回证装订在决定书后面")
    expect(anybody.page.locator("body")).not_to_contain_text("王小明")
    check_page(anybody, axe, pictures, "public")


def act(desk: Desk, verb: str) -> None:
    """An act that asks first: open the sheet, then say yes."""
    sheet = desk.page.locator("details.jd-confirm").filter(has_text=verb)
    sheet.locator("summary").click()
    desk.send(sheet.get_by_role("button", name=verb, exact=True))
