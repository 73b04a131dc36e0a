# SPDX-License-Identifier: Apache-2.0
"""The story of the training material: a case, its alarm, five steps of 督办, the withdrawal.

People, unit and matter are those of the demo accounts. Each person sits at a screen of his own.
"""

import re
import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.clock import today
from tests.journeys.conftest import SignIn
from tests.journeys.desk import CONTROL, PASSWORD, Desk
from tests.journeys.files import paper, photo

ITEM = "对拒不改正进货查验违法行为的处罚"
TODAY = today().isoformat()


def shop() -> str:
    """A party of its own for each journey: the platform asks about a second case of the same."""
    return f"磴口县鲜味园餐饮店（{secrets.randbelow(10**6)} 号店）"


# --- acts of the handler ---------------------------------------------------------------------


def open_case(desk: Desk, party: str) -> str:
    """新建案件; the address of the case."""
    desk.go("/cases/new")
    desk.send(desk.link(ITEM))
    desk.fill(
        title="拒不改正进货查验违法行为案",
        source="random",
        party_kind="business",
        party_name=party,
    )
    desk.send("新建案件")
    desk.said("案件已建立")
    return desk.path


def check_clue(desk: Desk) -> None:
    """线索核查, handing 立案审批 to the handler himself."""
    desk.fill_step(clue_on=TODAY, clue_facts="双随机检查发现进货查验记录缺失，责令改正后仍未改正。")
    desk.authorise_next("张海龙")
    desk.send("提交本环节")
    desk.sees("立案审批")


def approve_filing(desk: Desk, *officers: str) -> None:
    """立案审批, with the two officers of 调查取证; the form only, not its submission."""
    desk.fill_step(outcome="立案", basis="第一百二十六条", opinion="同意立案。")
    desk.authorise_next(*officers)


def investigate(desk: Desk) -> None:
    """调查取证: the form, without any evidence."""
    desk.fill_step(
        inquired_on=TODAY,
        place="磴口县巴彦高勒镇振兴路 12 号",
        facts="当事人购进冷冻牛肉未查验供货者许可证，责令改正后再次检查仍未改正。",
        goods_value="3200",
        refused_times="1",
    )


def case_number_of(desk: Desk) -> str:
    found = re.search(r"\S+〔\d{4}〕\d+号", desk.page.locator(".jd-crumb").inner_text())
    assert found, "the case has no number"
    return found.group()


def alarm_in(desk: Desk, case_number: str, headline: str) -> str:
    """The address of an alarm of the case, from the list of alarms."""
    desk.go(f"/inspection/alarms?q={case_number}")
    row = desk.page.locator("tbody tr").filter(has_text=headline).filter(has_text=case_number)
    href = row.first.locator("a.jd-main-link").get_attribute("href")
    assert href, f"no alarm {headline} of {case_number}"
    return href


# --- the story --------------------------------------------------------------------------------


@pytest.mark.req(
    "S1-5", "S1-6", "S1-7", "S1-16", "S1-18", "S1-23", "S1-24", "S1-25", "S1-26", "S1-27"
)
def test_from_the_opened_case_to_the_archive(desks: SignIn, pictures: Path | None) -> None:
    handler = desks().sign_in("zhanghailong")
    before = handler.check_counters()

    case = open_case(handler, shop())
    number = case_number_of(handler)
    assert "轮到我" in handler.ball()
    handler.shoot(pictures, "case-clue")
    assert handler.check_counters()["我的待办"] == before["我的待办"] + 1

    # The point of dual enforcement sits on the step before (S1 page 30): judged on leaving 立案审批.
    handler.go(case)
    check_clue(handler)
    approve_filing(handler, "张海龙", "王志远")
    expect(handler.hint()).to_contain_text("若现在提交：红灯")
    expect(handler.hint()).to_contain_text("主体资格")
    handler.shoot(pictures, "case-filing")
    handler.send("提交本环节")
    handler.said("报了红灯")
    bad = handler.page.locator(".jd-person--bad")
    expect(bad).to_contain_text("王志远")
    expect(bad).to_contain_text("不合格")
    handler.sees("需要 2 名以上合格的执法人员")
    handler.check_counters()

    # No photograph: predicted, raised, and it does not stop the case.
    handler.go(case)
    investigate(handler)
    handler.attach("transcripts", paper("询问笔录"))
    expect(handler.hint()).to_contain_text("若现在提交：红灯")
    expect(handler.hint()).to_contain_text("现场照片 0/1")
    handler.shoot(pictures, "case-inquiry")
    handler.send("提交本环节")
    handler.said("报了红灯")
    handler.sees("调查终结")
    handler.shoot(pictures, "case-red")

    # The alarm with its proof.
    alarm = alarm_in(handler, number, "现场照片")
    handler.go(alarm)
    handler.sees("现场照片", "证明", "为什么报这个灯", "灯不会自动熄灭")
    assert handler.page.locator(".jd-say").inner_text().strip()
    expect(handler.page.locator("table .jd-hash").first).to_be_visible()
    expect(handler.page.locator(".jd-clause")).to_contain_text("第四十六条")
    handler.shoot(pictures, "alarm")
    handler.page.get_by_role("button", name="用封存的证明重新判定").click()
    expect(handler.page.locator("#jd-again")).to_contain_text("一致")

    # Back to the step: one yellow. The photograph comes now, and the red light stays.
    handler.go(f"{case}/rollback")
    handler.fill(to_step="inquiry", reason="补充现场照片。")
    handler.shoot(pictures, "rollback")
    handler.send("回退环节")
    handler.check_counters()
    handler.go(case)
    handler.sees("环节回退")
    handler.attach("photos", photo("现场照片一"))
    expect(handler.hint()).not_to_contain_text("现场照片 0/1")
    handler.send("提交本环节")
    handler.sees("调查终结")
    handler.go(alarm)
    expect(handler.page.locator(".jd-lamp--red").first).to_be_visible()
    handler.sees("灯不会自动熄灭")

    red_number = five_steps(desks, handler, alarm, number, pictures)

    handler.go(alarm)
    handler.sees("已经督办撤销", red_number)
    handler.shoot(pictures, "alarm-revoked")
    handler.check_counters()

    to_the_archive(desks, handler, case, pictures)


def five_steps(
    desks: SignIn,
    handler: Desk,
    alarm: str,
    case_number: str,
    pictures: Path | None,
    *,
    width: int = 1280,
    script: bool = True,
) -> str:
    """① to ⑤ with three people; the number of the bureau's order."""
    bureau = desks("zhaojianguo", width=width, script=script)
    department = desks("wuyunna", width=width, script=script)

    # ① from the list of alarms.
    bureau.go(f"/inspection/alarms?q={case_number}")
    bureau.shoot(pictures, "alarms")
    bureau.go(alarm)
    bureau.send(bureau.link("发起督办"))
    bureau.shoot(pictures, "order-new")
    bureau.send("发起督办")
    bureau.said("督办已发出")
    order = bureau.path
    one = order_number(bureau)
    assert "县市场监管局" in bureau.ball()
    bureau.shoot(pictures, "order-issued")
    bureau.sees("撤销报警")
    expect(bureau.button("撤销报警")).to_be_disabled()
    bureau.check_counters()

    # ② number (2) under number (1); ④ is closed before ③.
    assert any(one in task or case_number in task for task in department.my_tasks())
    counted = department.check_counters()
    department.go(order)
    assert "轮到我" in department.ball()
    expect(department.button("回复监察机关")).to_be_disabled()
    department.sees("第 ④ 步")
    department.shoot(pictures, "order-relay")
    department.send("转给办件人员")
    department.said("已转给办件人员")
    node = department.page.locator(".jd-tree .jd-node").nth(1)
    expect(node).to_contain_text("张海龙")
    two = number_in(node.inner_text())
    assert "张海龙" in department.ball()
    expect(department.button("回复监察机关")).to_be_disabled()
    department.shoot(pictures, "order-relayed")
    assert department.check_counters()["我的待办"] <= counted["我的待办"]

    # ③ the handler, from his own list.
    handler.go("/orders/")
    handler.shoot(pictures, "orders")
    row = handler.page.locator("tbody tr").filter(has_text=two)
    handler.send(row.locator("a.jd-main-link"))
    assert order_number(handler) == two
    assert "轮到我" in handler.ball()
    handler.shoot(pictures, "order-reply")
    handler.fill(cause="no_evidence", text="执法记录仪故障，照片当日没有上传，现已补传。")
    handler.send("回复督办")
    handler.said("已回复")
    handler.check_counters()

    # ④ from the draft, confirmed by hand.
    department.go(order)
    assert "轮到我" in department.ball()
    draft = department.page.locator("#f-text").last.input_value()
    assert two in draft, draft
    assert "执法记录仪故障" in draft, draft
    department.shoot(pictures, "order-answer")
    answer = department.page.locator("#answer")
    department.send(answer.get_by_role("button", name="回复监察机关"))
    department.error("核对")
    department.tick(department.page.locator("#answer [name=confirmed]"))
    department.send(department.page.locator("#answer").get_by_role("button", name="回复监察机关"))
    department.said("已回复监察机关")
    department.check_counters()

    # ⑤ read and withdraw.
    bureau.go("/orders/?tab=replied")
    bureau.send(bureau.page.locator("tbody tr").filter(has_text=one).locator("a.jd-main-link"))
    assert "轮到我" in bureau.ball()
    bureau.sees("部门回复", "执法记录仪故障")
    bureau.shoot(pictures, "order-decide")
    bureau.page.locator("#f-reason").fill("照片已经补正，属于设备故障，予以撤销。")
    bureau.send(bureau.button("撤销报警"))
    bureau.said("报警已撤销")
    bureau.sees("已办结")
    expect(bureau.page.locator(".jd-tree .jd-node--ball")).to_have_count(0)
    tree = bureau.page.locator(".jd-tree").inner_text()
    assert one in tree, tree
    assert two in tree, tree
    bureau.shoot(pictures, "order-revoked")
    bureau.check_counters()
    return one


def order_number(desk: Desk) -> str:
    return number_in(desk.page.locator(".jd-crumb").inner_text())


def number_in(text: str) -> str:
    found = re.search(r"督办〔\d{4}〕\d+号", text)
    assert found, text
    return found.group()


def to_the_archive(desks: SignIn, handler: Desk, case: str, pictures: Path | None) -> None:
    """终结, 法制审核, 告知, 决定, 送达, 执行 in instalments, 结案归档."""
    legal = desks("liwenbo")
    conclude(handler, case)
    review(legal, case, pictures)
    notify(handler, case)
    decide(handler, case, pictures)
    execute(handler, legal, case, pictures)
    close(handler, case, pictures)


def conclude(handler: Desk, case: str) -> None:
    handler.go(case)
    handler.fill_step(report="违法事实清楚，证据确实充分。", proposal="建议处罚")
    handler.attach("report_file", paper("调查终结报告"))
    handler.send("提交本环节")
    handler.sees("你没有审核权限")


def review(legal: Desk, case: str, pictures: Path | None) -> None:
    """The reviewer is another person than the investigator, and the task is on his list."""
    counted = legal.check_counters()
    assert counted["本单位待办"] >= 1
    legal.go(case)
    legal.fill_step(result="同意", review_opinion="主体、事实、程序、裁量、文书均无不当，同意。")
    legal.shoot(pictures, "case-legal-review")
    legal.send("提交本环节")
    legal.sees("事先告知")


def notify(handler: Desk, case: str) -> None:
    """事先告知, naming one qualified officer and one without certificate for the decision."""
    handler.go(case)
    handler.fill_step(notified_on=TODAY, waived="true")
    handler.attach("notice_receipt", paper("告知书送达回证"))
    handler.authorise_next("张海龙", "王志远")
    handler.send("提交本环节")


def decide(handler: Desk, case: str, pictures: Path | None) -> None:
    """处罚决定 needs two qualified officers by law: with one of them the act is refused."""
    handler.go(case)
    handler.fill_step(
        outcome="给予处罚",
        basis="第一百二十六条",
        kinds="罚款",
        tier="从轻",
        amount="10000",
        correction="立即建立进货查验记录。",
    )
    handler.attach("decision_file", paper("行政处罚决定书"))
    expect(handler.hint()).to_contain_text("不能提交")
    handler.shoot(pictures, "case-decide-stop")
    handler.send("提交本环节")
    handler.error("2 名以上具有执法资格")
    handler.shoot(pictures, "case-decide-refused")

    handler.go(f"{case}/officers?step=decide")
    authorise(handler, "张海龙", "斯琴高娃")
    handler.shoot(pictures, "case-officers")
    handler.send("保存授权")
    handler.fill_step(
        outcome="给予处罚",
        basis="第一百二十六条",
        kinds="罚款",
        tier="从轻",
        amount="10000",
        correction="立即建立进货查验记录。",
    )
    expect(handler.hint()).to_contain_text("不报灯")
    handler.shoot(pictures, "case-decide")
    handler.send("提交本环节")
    handler.sees("10,000.00 元")


def execute(handler: Desk, legal: Desk, case: str, pictures: Path | None) -> None:
    """送达, then two parts, approved by somebody else and each paid with its voucher."""
    handler.go(case)
    handler.fill_step(method="直接送达", served_on=TODAY, needs_execution="需要执行")
    handler.attach("receipt", paper("送达回证"))
    handler.send("提交本环节")
    legal.go(f"{case}/payments")
    later = (today() + timedelta(days=20)).isoformat()
    legal.fill(
        **{"parts.0.amount": "6000", "parts.0.due": TODAY},
        **{"parts.1.amount": "4000", "parts.1.due": later},
        reason="当事人资金周转困难，申请分两期缴纳。",
    )
    legal.send("批准分期缴纳")
    handler.go(f"{case}/payments")
    for amount in ("6000", "4000"):
        handler.fill(kind="instalment", amount=amount)
        handler.page.set_input_files("#f-file", files=[paper(f"缴款凭据{amount}").payload])
        handler.send("登记缴款")
    handler.sees("10,000.00 元", "0.00 元")
    handler.shoot(pictures, "case-payments")
    handler.go(case)
    expect(handler.hint()).to_contain_text("不报灯")
    handler.send("提交本环节")


def close(handler: Desk, case: str, pictures: Path | None) -> None:
    """结案归档; the whole file reads and prints."""
    handler.go(case)
    handler.fill_step(
        closing_report="处罚已经执行完毕，当事人已改正，结案。", archive_number="2026-017"
    )
    handler.send("提交本环节")
    handler.said("案件已办结")
    handler.sees("已办结")
    handler.shoot(pictures, "case-closed")
    handler.check_counters()
    handler.go(f"{case}/print")
    handler.shoot(pictures, "case-print")
    handler.go(f"{case}/timeline")
    handler.shoot(pictures, "case-timeline")


def authorise(desk: Desk, *people: str) -> None:
    """Tick exactly these people on the page of 环节授权."""
    boxes = desk.page.locator("#main input[name=officers]")
    for index in range(boxes.count()):
        box = boxes.nth(index)
        name = box.locator("xpath=..").inner_text().strip()
        desk.tick(box, any(name.startswith(each) for each in people))
    lead = desk.page.locator("#main select[name=lead] option").filter(has_text=people[0]).first
    desk.page.locator("#main select[name=lead]").select_option(lead.get_attribute("value"))


# --- on a phone, without script, and what goes wrong ------------------------------------------


def to_the_red_light(desk: Desk) -> tuple[str, str]:
    """A case that has left 调查取证 without a photograph: its address and its number."""
    case = open_case(desk, shop())
    number = case_number_of(desk)
    check_clue(desk)
    approve_filing(desk, "张海龙", "斯琴高娃")
    desk.send("提交本环节")
    # Files first: without script an upload leaves the page, as the page says.
    desk.attach("transcripts", paper("询问笔录"))
    investigate(desk)
    desk.send("提交本环节")
    return case, number


@pytest.mark.req("S1-24", "S1-25")
def test_five_steps_on_a_phone(desks: SignIn, pictures: Path | None) -> None:
    handler = desks(width=390).sign_in("zhanghailong")
    case, number = to_the_red_light(handler)
    handler.said("报了红灯")
    handler.shoot(pictures, "case-red")
    alarm = alarm_in(handler, number, "现场照片")
    handler.go(alarm)
    handler.shoot(pictures, "alarm")
    five_steps(desks, handler, alarm, number, pictures, width=390)
    handler.go(alarm)
    handler.sees("已经督办撤销")
    handler.go(case)
    handler.shoot(pictures, "case-after")


@pytest.mark.req("S1-24", "S1-27")
def test_the_acts_need_no_script(desks: SignIn) -> None:
    """Old browsers and strict offices: forms and links carry the whole story."""
    handler = desks(script=False).sign_in("zhanghailong")
    _case, number = to_the_red_light(handler)
    alarm = alarm_in(handler, number, "现场照片")
    five_steps(desks, handler, alarm, number, None, script=False)
    handler.go(alarm)
    handler.sees("已经督办撤销")


def test_another_region_finds_nothing(desks: SignIn) -> None:
    """What is not in one's region does not exist for one: case, alarm and order answer 404."""
    handler = desks("zhanghailong")
    case, number = to_the_red_light(handler)
    alarm = alarm_in(handler, number, "现场照片")
    bureau = desks("zhaojianguo")
    bureau.go(alarm)
    bureau.send(bureau.link("发起督办"))
    bureau.send("发起督办")
    order = bureau.path

    stranger = desks("wangqiang")
    for path in (case, f"{case}/timeline", f"{case}/print", alarm, order, f"{order}/print"):
        assert stranger.go(path) == 404, path
        assert number not in stranger.page.content()
    stranger.go(f"/inspection/alarms?q={number}")
    expect(stranger.page.locator("tbody tr")).to_have_count(0)


def test_two_clicks_are_one_submission(desks: SignIn) -> None:
    desk = desks("zhanghailong")
    case = open_case(desk, shop())
    desk.fill_step(clue_on=TODAY, clue_facts="双随机检查发现进货查验记录缺失。")
    desk.authorise_next("张海龙")
    with desk.leaving():
        desk.button("提交本环节").dblclick()
    desk.go(f"{case}/timeline")
    expect(desk.page.locator("#main").get_by_text("张海龙提交线索核查")).to_have_count(1)

    # Without script the browser really sends twice; the second answer is the first one's.
    plain = desks("zhanghailong", script=False)
    plain.go(case)
    approve_filing(plain, "张海龙", "斯琴高娃")
    # The second request breaks off the answer to the first, so no single navigation is waited for.
    plain.button("提交本环节").dblclick(no_wait_after=True)
    expect(plain.page.locator(f"[name={CONTROL}inquired_on]")).to_be_visible(timeout=20_000)
    plain.page.wait_for_load_state("load")
    plain.go(f"{case}/timeline")
    expect(plain.page.locator("#main").get_by_text("张海龙提交立案审批")).to_have_count(1)


def test_the_back_button_does_not_do_it_again(desks: SignIn) -> None:
    desk = desks("zhanghailong")
    case = open_case(desk, shop())
    check_clue(desk)
    desk.page.go_back()
    desk.page.wait_for_load_state("load")
    if desk.path == case and desk.button("提交本环节").count():
        # The page of before, or the present one: either way no step is submitted a second time.
        desk.go(case)
    desk.sees("立案审批")
    desk.go(f"{case}/timeline")
    expect(desk.page.locator("#main").get_by_text("张海龙提交线索核查")).to_have_count(1)


def end_the_session_elsewhere(desks: SignIn, login: str) -> None:
    """The cookie of the other page is still there and means nothing any more."""
    elsewhere = desks(login)
    elsewhere.go("/sessions")
    for button in elsewhere.page.locator("#main form button[type=submit]").all():
        if "退出" in button.inner_text():
            elsewhere.send(button)
            return


def test_a_dead_session_keeps_what_was_typed(desks: SignIn) -> None:
    desk = desks("zhanghailong")
    case = open_case(desk, shop())
    desk.fill_step(clue_on=TODAY)
    end_the_session_elsewhere(desks, "zhanghailong")
    words = "签收检查记录时当事人拒绝说明进货来源，已录像。"
    # The page asks by itself what the step would come to, hears that the session is over, and
    # stays as it is: nobody loses a form to a request he did not make.
    with desk.page.expect_response(lambda answer: answer.url.endswith("/hint")) as asked:
        desk.fill_step(clue_facts=words)
    assert asked.value.status == 204
    alerts = desk.page.locator("#jd-alerts")
    expect(alerts).to_contain_text("很久没有操作，已自动退出。填的内容还在这一页上")
    expect(desk.page.locator(f"[name={CONTROL}clue_facts]")).to_have_value(words)
    desk.send("保存草稿")
    assert desk.path.startswith("/login") or desk.page.locator("#f-password").count()
    desk.sees("登录后接着办，刚才填的内容还在")
    desk.page.fill("#f-login", "zhanghailong")
    desk.page.fill("#f-password", PASSWORD)
    desk.send(desk.button("登录"))
    desk.sees("填的内容还在")
    desk.send("再交一次")
    assert desk.path == case
    expect(desk.page.locator(f"[name={CONTROL}clue_facts]")).to_have_value(words)


def test_a_page_that_was_left_goes_back_to_the_door(desks: SignIn) -> None:
    """Nobody reads on at a desk that was left: the counts, asked every two minutes, hear of it."""
    desk = desks("zhanghailong")
    desk.page.clock.install()
    desk.go("/cases/")
    expect(desk.page.locator("#jd-side .jd-count").first).to_be_visible()
    with desk.page.expect_request("**/nav/badges") as asked:
        desk.page.keyboard.press("Tab")
        desk.page.clock.fast_forward(121_000)
    assert asked.value.headers["jd-active"] == "1"  # somebody is there, the session stays awake
    end_the_session_elsewhere(desks, "zhanghailong")
    with desk.leaving():
        desk.page.clock.fast_forward(121_000)
    assert desk.path == "/login?next=%2Fcases%2F&idle=1"
    desk.sees("很久没有操作，已自动退出。登录后回到刚才的页面。")
    desk.page.fill("#f-login", "zhanghailong")
    desk.page.fill("#f-password", PASSWORD)
    desk.send(desk.button("登录"))
    assert desk.path == "/cases/"


def test_changing_the_identity_in_the_demo(desks: SignIn) -> None:
    """The door of a demo lists its identities; each is a real sign-in with its own menu."""
    desk = desks()
    desk.go("/login")
    desk.send(desk.page.locator(".jd-demo button").filter(has_text="赵建国"))
    expect(desk.page.locator(".jd-who")).to_contain_text("赵建国")
    expect(desk.page.locator("#jd-side")).to_contain_text("报警中心")
    desk.page.locator(".jd-who").click()
    desk.send(desk.page.get_by_role("button", name="退出登录"))
    desk.go("/login")
    desk.send(desk.page.locator(".jd-demo button").filter(has_text="刘晓燕"))
    expect(desk.page.locator(".jd-who")).to_contain_text("填报人员")
    expect(desk.page.locator("#jd-side")).not_to_contain_text("督办中心")


def test_a_second_case_of_the_same_party_asks_first(desks: SignIn) -> None:
    """一事不再罚: the form comes back with everything typed and the earlier case named."""
    desk = desks("zhanghailong")
    party = shop()
    open_case(desk, party)
    number = case_number_of(desk)
    desk.go("/cases/new")
    desk.send(desk.link(ITEM))
    desk.fill(title="拒不改正案", source="random", party_kind="business", party_name=party)
    desk.send("新建案件")
    desk.sees(number)
    expect(desk.page.locator("#f-party_name")).to_have_value(party)
    desk.tick(desk.page.locator("#f-same_party_confirmed"))
    desk.send("新建案件")
    desk.said("案件已建立")
