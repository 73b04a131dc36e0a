# SPDX-License-Identifier: Apache-2.0
"""A certificate's life: from a body's account to the card in the hand, inspected, struck off.

One platform for all stories; each works with people and units of its own, or with those of the
demo that are left waiting for exactly this.
"""

import re
import secrets
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import xlsxwriter
import zxingcpp
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect
from stdnum.cn import uscc

from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk, Upload
from tests.journeys.files import paper
from tests.journeys.test_axe import axe  # noqa: F401 - a fixture
from tests.journeys.test_supervisor_story import clean, new_password, opened, signs_in
from tests.journeys.volunteer import Volunteer

BUREAU, BODY, OFFICER = "zhaojianguo", "yangfan", "zhanghailong"
BUREAU_UNIT, BODY_UNIT = "磴口县司法局", "磴口县市场监管综合行政执法大队"
PHONE = 390
OWN = "Zhengjian2026"
ANSWERED = "#proof[data-code]"
LISTED = ("姓名", "身份证号", "单位")


def code_of_unit() -> str:
    """A unified code nobody has."""
    seventeen = f"11150822{secrets.randbelow(10**9):09d}"
    return seventeen + uscc.calc_check_digit(seventeen)


def sheet(name: str, head: tuple[str, ...], *lines: tuple[str, ...]) -> Upload:
    """A workbook whose cells are all text."""
    kept = BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for row, line in enumerate((head, *lines)):
            page.write_row(row, 0, line)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Upload(f"{name}.xlsx", kind, kept.getvalue())


def portrait() -> Upload:
    """Head and shoulders on white, as the card wants it."""
    picture = Image.new("RGB", (500, 700), "#ffffff")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((150, 140, 350, 400), fill="#d9b48f")
    draw.ellipse((60, 450, 440, 1000), fill="#24435c")
    draw.pieslice((140, 120, 360, 380), 180, 360, fill="#20262a")
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=92)
    return Upload("证件照.jpg", "image/jpeg", kept.getvalue())


def give(desk: Desk, name: str, file: Upload) -> None:
    """A file for the field of that name."""
    field = desk.page.locator(f"input[type=file][name='{name}']").first
    field.set_input_files([file.payload])  # type: ignore[arg-type]


def slip(desk: Desk) -> tuple[str, str]:
    """登录凭条: account and one-time password."""
    said = desk.page.locator("dl")
    return tuple(  # type: ignore[return-value]
        said.get_by_text(word, exact=True).locator("xpath=following::dd[1]").first.inner_text()
        for word in ("账号", "一次性密码")
    )


def first_time(desks: SignIn, login: str, code: str) -> Desk:
    """Sign in with the slip and choose a password."""
    desk = desks()
    signs_in(desk, login, code)
    assert desk.path.startswith("/password")
    new_password(desk, code, OWN)
    return desk


def complete(desk: Desk, *, entrusted: bool = False) -> None:
    """主体资料 of the open body, handed in."""
    desk.fill(
        civil_quota="0",
        civil_actual="0",
        career_quota="12",
        career_actual="10",
        other_quota="0",
        other_actual="0",
        admin_name="管理员",
        admin_phone="13947800001",
        basis="《中华人民共和国行政处罚法》",
    )
    desk.send("保存资料")
    if entrusted:
        desk.send("提交审核")
        desk.sees("要先上传盖章的委托书")
        today = date.today()  # noqa: DTZ011 - the desk's day, as people type it
        desk.fill(valid_from=f"{today}", valid_until=f"{today + timedelta(days=700)}")
        give(desk, "file", paper("委托书"))
        desk.send("上传委托书")
    desk.send("提交审核")


def approve_body(bureau: Desk, name: str) -> str:
    """账户审核 by the legal office; the address of the body."""
    address = opened(bureau, f"/certificates/bodies?q={name}", name)
    bureau.fill(decision="pass")
    bureau.send("提交审核结论")
    return address


def register_body(desks: SignIn, bureau: Desk, name: str) -> Desk:
    """A first-level body from the public door to its open account; its administrator's desk."""
    public = desks()
    public.go("/certificates/register")
    boss = Volunteer()
    public.fill(
        name=name,
        kind="first",
        unified_code=code_of_unit(),
        reviewer=BUREAU_UNIT,
        admin_name=boss.name,
        id_number=boss.number,
        phone=boss.phone,
    )
    public.send("提交注册")
    public.sees("注册已提交")
    bureau.go("/certificates/bodies")
    bureau.send(bureau.link(name))
    bureau.fill(decision="pass")
    bureau.send("提交审核结论")
    bureau.sees("账户已开立")
    admin = first_time(desks, *slip(bureau))
    opened(admin, "/certificates/bodies", name)
    admin.sees("业务还没有开放")
    complete(admin)
    approve_body(bureau, name)
    admin.page.reload()
    admin.sees("条件都齐了")
    return admin


def list_persons(bureau: Desk, kind: str, *persons: Volunteer) -> None:
    """A new version of a list of the identity checks."""
    bureau.go("/certificates/lists")
    bureau.fill(kind=kind)
    lines = [(each.name, each.number, "磴口县") for each in persons]
    give(bureau, "file", sheet("名单", LISTED, *lines))
    bureau.send("导入")
    bureau.said(f"已导入 {len(lines)} 人")


def apply_for(desk: Desk, who: Volunteer, unit: str) -> str:
    """新申领; the address of the application."""
    desk.go("/certificates/requests/new")
    desk.fill(
        organisation=unit,
        name=who.name,
        id_number=who.number,
        phone=who.phone,
        position="执法员",
        category="市场监管",
        powers="行政检查，行政处罚",
    )
    give(desk, "photo", portrait())
    desk.send("提交申领")
    return desk.path


def to_the_card(bureau: Desk, request: str) -> None:
    """From the legal office over an exam on paper to the card with its number."""
    bureau.go(request)
    bureau.fill(decision="pass")
    bureau.send("提交审核结论")
    bureau.fill(score="88", passed="yes", reason="县党校一楼，监考赵建国")
    give(bureau, "evidence", paper("成绩单"))
    bureau.send("登记成绩")
    bureau.send("取得证号并制证")


def face_of(desk: Desk, request: str) -> str:
    """看证面 of the card of an application, once the worker has signed it."""
    desk.go(request)
    desk.send(desk.link("看证面、打印"))
    front = desk.page.locator("img[src$='front.png']")
    for _ in range(40):
        if front.count():
            break
        desk.page.wait_for_timeout(500)
        desk.page.reload()
    assert front.evaluate("(e) => e.decode().then(() => [e.naturalWidth, e.naturalHeight])") == [
        1011,
        638,
    ]
    return desk.path


def code_on_face(desk: Desk, face: str) -> str:
    """What a telephone reads off the printed card: path and signed card."""
    for side in ("front", "back"):
        picture = desk.context.request.get(f"{face}/{side}.png").body()
        if read := zxingcpp.read_barcode(Image.open(BytesIO(picture))):
            address = urlsplit(read.text)
            assert address.fragment
            return f"{address.path}#{address.fragment}"
    raise AssertionError("no code on the card")


def checked_offline(browser: Browser, site: str, path: str) -> tuple[str, str]:
    """The first scan with a signal, the second without; the answer to the second and its words."""
    context = browser.new_context(viewport={"width": PHONE, "height": 844}, locale="zh-CN")
    try:

        def scan() -> Page:
            page = context.new_page()
            page.goto(site + path)
            page.wait_for_selector(ANSWERED)
            return page

        scan().wait_for_function("() => navigator.serviceWorker.controller !== null")
        context.set_offline(True)
        page = scan()
        words = page.locator("main").inner_text()
        return page.locator(ANSWERED).get_attribute("data-code") or "", words
    finally:
        context.close()


def press(desk: Desk, sheet_of: str, button: str | None = None) -> None:
    """Open the sheet behind a button and confirm."""
    box = desk.page.locator("details.jd-confirm").filter(
        has=desk.page.locator("summary", has_text=sheet_of)
    )
    box.locator("summary").first.click()
    desk.send(box.get_by_role("button", name=button or sheet_of, exact=True))


@pytest.mark.req("S2-9", "S2-16", "S2-19", "S2-24", "C6-01", "C6-04")
def test_a_new_officer_from_the_account_to_the_card(
    desks: SignIn,
    browser: Browser,
    site: str,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    bureau, who = desks(BUREAU), Volunteer()
    unit = f"磴口县林草执法大队{secrets.token_hex(2)}"
    admin = register_body(desks, bureau, unit)
    list_persons(bureau, "establishment", who)
    request = apply_for(admin, who, unit)
    admin.sees("待法制机构审核", "在编名单中")
    assert (
        admin.page.locator("#h-checks")
        .locator("xpath=../..")
        .get_by_text("通过", exact=True)
        .count()
        == 4
    )
    clean(admin, axe)
    admin.shoot(pictures, "request")
    to_the_card(bureau, request)
    bureau.sees("证面单位", unit)
    face = face_of(bureau, request)
    path = code_on_face(bureau, face)
    # Made is not issued: nobody is qualified by a card that lies in the office.
    code, words = checked_offline(browser, site, path)
    assert code in ("suspended", "list_stale"), words
    bureau.go("/certificates/faces")
    box = bureau.page.get_by_label(f"选择{who.name}").first
    answer = bureau.context.request.post(
        "/certificates/faces",
        form={
            "_csrf": bureau.page.locator("[name=_csrf]").first.input_value(),
            "id": box.input_value(),
        },
    )
    assert answer.body().startswith(b"%PDF")
    bureau.go(request)
    bureau.send("登记发证")
    bureau.sees("已办结")
    code, words = checked_offline(browser, site, path)
    for _ in range(20):
        if code == "valid":
            break
        bureau.page.wait_for_timeout(500)
        code, words = checked_offline(browser, site, path)
    assert code == "valid", words
    assert who.name in words
    assert unit in words
    assert who.number not in words


@pytest.mark.req("S2-5", "S2-10", "S2-11", "S2-13")
def test_second_level_and_entrusted_faces(desks: SignIn, pictures: Path | None) -> None:
    bureau, above = desks(BUREAU), desks(BODY)
    who = {"second": Volunteer(), "entrusted": Volunteer()}
    list_persons(bureau, "establishment", *who.values())
    for kind, person in who.items():
        name = f"{'巴彦套海市场监管所' if kind == 'second' else '磴口县食品检验中心'}{secrets.token_hex(2)}"
        boss = Volunteer()
        above.go("/certificates/bodies/new")
        above.fill(
            superior=BODY_UNIT,
            kind=kind,
            name=name,
            unified_code=code_of_unit(),
            admin_name=boss.name,
            id_number=boss.number,
            phone=boss.phone,
        )
        above.send("建立账户")
        admin = first_time(desks, *slip(above))
        opened(admin, "/certificates/bodies", name)
        complete(admin, entrusted=kind == "entrusted")
        approve_body(bureau, name)
        if kind == "entrusted":
            public = desks()
            public.go("/certificates/letters")
            public.sees(name)
        request = apply_for(admin, person, name)
        # The superior reads and does nothing in its name.
        above.go(request)
        above.sees(person.name)
        expect(above.button("无证注销")).to_have_count(0)
        to_the_card(bureau, request)
        bureau.sees("证面单位", name if kind == "second" else BODY_UNIT)
        face = face_of(bureau, request)
        # The sub-heading says what is printed: the second level its own, the entrusted its superior.
        expect(bureau.page.locator("#main")).to_contain_text(
            name if kind == "second" else BODY_UNIT
        )
        if pictures is not None:
            picture = bureau.context.request.get(f"{face}/front.png").body()
            (pictures / f"face-{kind}.png").write_bytes(picture)


@pytest.mark.req("S2-20", "S2-22", "S2-23", "C1-19")
def test_an_overdue_complaint_stops_the_inspection_until_it_is_answered(
    desks: SignIn,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    """张海龙's inspection of two years: stopped, let go, and finished by himself."""
    admin, bureau = desks(BODY), desks(BUREAU)
    inspection = opened(admin, "/certificates/inspections?tab=all&q=张海龙", "张海龙")
    admin.sees("受阻事项", "推送后没有按期反馈", "有异议：投诉")
    complaint = re.search(r"投〔\d+〕\d+号", admin.page.locator("#main").inner_text())
    assert complaint
    admin.send("重新申请年审")
    admin.sees("受阻", complaint[0])
    admin.shoot(pictures, "inspection-blocked")

    unit = desks("wuyunna")
    opened(unit, f"/complaints/copies?tab=all&q={complaint[0]}", complaint[0])
    unit.fill(founded="no", text="经查，当日两人到场并出示证件。", measures="已当面说明。")
    unit.send("反馈司法行政机关")
    unit.said("已反馈")

    admin.go(inspection)
    admin.send("重新申请年审")
    admin.sees("待法制机构审核")
    bureau.go(inspection)
    bureau.fill(decision="pass")
    bureau.send("提交审核结论")
    bureau.sees("待扫码完成")

    # Himself, on his phone, with the code of his own card and of nobody else.
    officer = desks(OFFICER, width=PHONE)
    officer.go("/certificates/mine")
    officer.sees("今天有执法资格")
    own = code_shown(officer, officer.page.get_by_role("img", name="我的执法证二维码"))
    officer.send(officer.link(re.compile("点这里扫码")))
    clean(officer, axe)
    officer.narrow(PHONE)
    officer.fill(code="15082204017")
    officer.send("完成年审")
    officer.error("输入证号不算")
    bureau.go("/certificates/?q=斯琴高娃")
    bureau.send(bureau.page.locator("#main tbody a.jd-main-link").first)
    other = code_shown(bureau, bureau.page.get_by_role("img", name=re.compile("查验二维码")).first)
    officer.fill(code=other)
    officer.send("完成年审")
    officer.error("扫的不是张海龙的证件")
    officer.fill(code=own)
    officer.shoot(pictures, "inspection-scan")
    officer.send("完成年审")
    officer.sees("已完成", "本人扫码")
    officer.go("/certificates/mine")
    officer.sees("今天有执法资格")
    # Whoever scans it a second time is told so.
    admin.go(inspection)
    expect(admin.button("完成年审")).to_have_count(0)
    admin.sees("已完成")


def code_shown(desk: Desk, picture: Locator) -> str:
    """What a telephone reads off a code on a screen."""
    expect(picture).to_be_visible()
    assert picture.evaluate("(e) => e.decode().then(() => true)")
    read = zxingcpp.read_barcode(Image.open(BytesIO(picture.screenshot())))
    assert read is not None
    return str(read.text)


@pytest.mark.req("S2-19", "S2-26")
def test_after_a_forced_cancellation_no_new_application(
    desks: SignIn, browser: Browser, site: str, pictures: Path | None
) -> None:
    admin, bureau, who = desks(BODY), desks(BUREAU), Volunteer()
    today = date.today()  # noqa: DTZ011 - the desk's day, as people type it
    number = f"150822{secrets.randbelow(10**7):07d}"
    admin.go("/certificates/officers/new")
    admin.fill(
        name=who.name,
        organisation=BODY_UNIT,
        id_number=who.number,
        phone=who.phone,
        number=number,
        valid_from=f"{today - timedelta(days=400)}",
        valid_until=f"{today + timedelta(days=1400)}",
        inspection_due=f"{today + timedelta(days=330)}",
    )
    admin.send("登记执法人员")
    path = signed_code(admin)
    bureau.go(admin.path)
    bureau.send(bureau.link("注销、暂扣、调动"))
    card = bureau.path
    bureau.fill(act="forced", reason="因受贿被开除公职")
    bureau.send("办理")
    bureau.error("依据")  # nothing happens without the paper it rests on
    bureau.fill(act="forced", reason="因受贿被开除公职")
    give(bureau, "evidence", paper("处分决定书"))
    bureau.send("办理")
    bureau.sees("强制注销", "因受贿被开除公职")
    assert bureau.path == card
    bureau.shoot(pictures, "card-forced")

    public = desks(width=PHONE)
    public.go(f"/certificates/check/?number={number}")
    expect(public.page.locator("main")).to_contain_text("注销")
    code, words = checked_offline(browser, site, path)
    for _ in range(20):
        if code == "cancelled":
            break
        public.page.wait_for_timeout(500)
        code, words = checked_offline(browser, site, path)
    assert code == "cancelled", words

    list_persons(bureau, "establishment", who)
    apply_for(admin, who, BODY_UNIT)
    admin.sees("不予办理", "强制注销", "因受贿被开除公职")
    expect(admin.button("重新核查")).to_have_count(0)
    admin.shoot(pictures, "request-forced")


def signed_code(desk: Desk) -> str:
    """Path and signed card of the code on an officer's page, once the worker has signed it."""
    for _ in range(40):
        code = desk.page.get_by_role("img", name=re.compile("查验二维码")).first
        address = urlsplit(code_shown(desk, code))
        if address.fragment:
            return f"{address.path}#{address.fragment}"
        desk.page.wait_for_timeout(500)
        desk.page.reload()
    raise AssertionError("the card was not signed")


OLD = ("姓名", "身份证号", "手机", "单位", "证号", "发证日期", "有效期至", "状态")


@pytest.mark.req("S2-17", "S2-18")
def test_the_old_system_comes_over_and_is_signed_for(
    desks: SignIn,
    axe: str,  # noqa: F811
    pictures: Path | None,
) -> None:
    bureau, admin, mark = desks(BUREAU), desks(BODY), secrets.token_hex(2)
    unit = f"磴口县文化执法大队{mark}"

    def try_out(kind: str, file: Upload) -> str:
        bureau.go("/certificates/migrations")
        bureau.fill(kind=kind)
        give(bureau, "file", file)
        bureau.send("试运行")
        return bureau.path

    def figure(title: str) -> str:
        term = bureau.page.locator("#main dt").get_by_text(title, exact=True)
        return term.locator("xpath=following::dd[1]").inner_text()

    bodies = sheet("主体", ("单位名称", "统一社会信用代码", "类别"), (unit, code_of_unit(), ""))
    try_out("bodies", bodies)
    assert figure("要写入") == "1"
    give(bureau, "file", bodies)
    bureau.send("写入")
    bureau.said("已写入 1 行")

    keep, made, gone, old = (Volunteer() for _ in range(4))

    def line(who: Volunteer, number: str, place: str, until: str, state: str) -> tuple[str, ...]:
        return (who.name, who.number, who.phone, place, number, "2023-05-01", until, state)

    first = secrets.randbelow(10**6)
    numbers = [f"1508229{first + each:06d}" for each in range(5)]
    people = sheet(
        "人员",
        OLD,
        line(keep, numbers[0], BODY_UNIT, "2028-04-30", "在用"),
        line(made, numbers[1], unit, "2028-04-30", "在用"),
        line(gone, numbers[2], BODY_UNIT, "2028-04-30", "已注销"),
        line(old, numbers[3], BODY_UNIT, "2025-04-30", "过期"),
        ("坏行", "15082219850616", "", BODY_UNIT, numbers[4], "2023-05-01", "2028-04-30", "在用"),
    )
    run = try_out("officers", people)
    assert (figure("总行数"), figure("要写入"), figure("有问题")) == ("5", "2", "1")
    bureau.sees("坏行", "有问题的行")
    clean(bureau, axe)
    bureau.shoot(pictures, "migration-dry")
    # Nothing is there yet, and only the very file that was tried is taken.
    bureau.go(f"/certificates/?q={keep.name}")
    assert numbers[0] not in bureau.page.locator("#main").inner_text()
    bureau.go(run)
    give(
        bureau, "file", sheet("人员", OLD, line(keep, numbers[0], BODY_UNIT, "2028-04-30", "在用"))
    )
    bureau.send("写入")
    bureau.error("不是")
    give(bureau, "file", people)
    bureau.send("写入")
    bureau.said("正在写入 2 人")
    # The page follows the worker by itself.
    expect(bureau.page.locator("#main .jd-state").filter(has_text="已写入")).to_be_visible(
        timeout=60_000
    )
    assert figure("已写入") == "2"
    bureau.go(f"/certificates/?q={keep.name}")
    bureau.sees(numbers[0])
    again = try_out("officers", people)
    assert again != run
    assert figure("已有，跳过") == "2"

    # 数据核对: the body first, then the legal office, with figures and differences before them.
    def sign(desk: Desk, agrees: str = "yes") -> None:
        desk.go("/certificates/data")
        card = desk.page.locator("section.card").filter(
            has=desk.page.get_by_role("heading", name=BODY_UNIT, exact=True)
        )
        card.locator("summary").click()
        card.locator(f"[name=agrees][value={agrees}]").check()
        if agrees == "no":
            card.locator("textarea").fill("少一名本月新发证的人员")
        desk.send(card.get_by_role("button", name="签字"))
        desk.said("核对结果已签字")

    sign(admin, "no")
    sign(admin)
    sign(bureau)
    clean(bureau, axe)
    bureau.shoot(pictures, "data-signed")

    # Taken back as a whole, where nothing was built on it.
    bureau.go(run)
    press(bureau, "撤销这次迁移")
    bureau.said("已撤销，2 人离岗")
