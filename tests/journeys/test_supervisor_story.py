# SPDX-License-Identifier: Apache-2.0
"""People in the field: an application, a complaint from a place without a line, a sealed name.

The volunteer holds a phone, the bureau sits at a desk, the citizen has no account. What takes
weeks happens on the same platform on a later day (``later.py``).
"""

import io
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.journeys.conftest import SignIn
from tests.journeys.desk import Desk
from tests.journeys.later import Later
from tests.journeys.phone import READY, Phone, film, until
from tests.journeys.test_axe import AXE, RUN, faults_of
from tests.journeys.volunteer import COUNTY, OWN_PASSWORD, Volunteer, portrait

PHONE = 390
BUREAU, BODY, VOLUNTEER, OFFICER = "zhaojianguo", "wuyunna", "zhangmin", "张海龙"


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make setup")
    return AXE.read_text("utf-8")


def clean(desk: Desk, axe: str) -> None:
    """The open page, judged by axe on the phone and on a wide screen."""
    desk.page.evaluate(axe)
    for width in (1280, PHONE):
        desk.narrow(width)
        assert desk.page.evaluate(RUN) == [], f"{desk.path} at {width}"


def opened(desk: Desk, listed: str, text: str) -> str:
    """Open the first row of a list that says ``text``; the address it led to."""
    desk.go(listed)
    row = desk.page.locator("#main tbody tr").filter(has_text=text).first
    desk.send(row.locator("a.jd-main-link").first)
    return desk.path


# --- the application ---------------------------------------------------------------------------


def choose_county(desk: Desk, start: str = "/supervisors/apply") -> None:
    """From the country to the county, by its name."""
    desk.go(start)
    desk.page.fill("#f-place", COUNTY)
    desk.send("找地区")
    desk.send(desk.link(re.compile("^磴口县")).first)


def particulars(desk: Desk, who: Volunteer) -> None:
    """Every field of S0-2 that all routes share."""
    desk.page.locator("#f-photo").set_input_files([portrait().payload])  # type: ignore[list-item]
    desk.fill(
        name=who.name,
        id_number=who.number,
        sex=who.sex,
        birth_date=who.born,
        source="律师",
        industry="法律服务",
        employer="磴口县黄河法律服务所",
        phone=who.phone,
        legal_qualified="true",
    )
    boxes = desk.page.locator("[name=declared]")
    for index in range(boxes.count()):
        desk.tick(boxes.nth(index))


def apply(desk: Desk, who: Volunteer) -> None:
    """个人申报 without an account, to the end."""
    choose_county(desk)
    particulars(desk, who)
    desk.fill(route="self", password=OWN_PASSWORD, again=OWN_PASSWORD)
    desk.tick(desk.page.locator("[name=agreed]"))


def application_of(bureau: Desk, who: Volunteer) -> str:
    """The address of somebody's application at the bureau."""
    return opened(bureau, f"/supervisors/?tab=all&q={who.name}", who.name)


def pass_to_publicity(bureau: Desk, application: str) -> None:
    """筛选 and 审核, both passed."""
    bureau.go(application)
    for word in ("筛选", "审核"):
        bureau.fill(decision="pass")
        bureau.send(f"提交{word}结论")


@pytest.mark.req("S0-2", "S0-4", "S0-5", "S0-6", "S0-7", "S3-6", "S3-7")
def test_from_the_application_to_the_card(
    desks: SignIn, later: Later, axe: str, pictures: Path | None
) -> None:
    who = Volunteer()
    person = desks(width=PHONE)
    apply(person, who)
    person.shoot(pictures, "apply")
    person.send("提交申请")
    person.sees("申请已提交", "身份证号")

    # Pending: only 办证进度 and messages.
    person.sign_in(who.number, OWN_PASSWORD)
    person.go("/me")
    person.sees("办证进度")
    person.sees_not("我的二维码", "申请继任、辞职")
    assert person.context.request.get("/complaints/mine").status == 403
    assert person.context.request.get("/supervisors/mine/card").status == 403
    person.go("/supervisors/mine/progress")
    person.sees("个人申报", "磴口县")
    person.shoot(pictures, "progress")

    bureau = desks(BUREAU)
    application = application_of(bureau, who)
    pass_to_publicity(bureau, application)
    bureau.said("已开始公示")
    expect(bureau.page.locator("#appoint")).to_contain_text("公示")
    expect(bureau.button("聘任并签发证书")).to_have_count(0)
    bureau.shoot(pictures, "application")

    # Anybody reads the notice; no number, no telephone.
    public = desks(width=PHONE)
    public.go("/supervisors/publicity")
    public.shoot(pictures, "publicity")
    public.send(public.link(re.compile(who.name)))
    public.sees(who.name, "公示单位", "提出异议")
    said = public.page.content()
    assert who.number not in said
    assert who.phone not in said
    public.shoot(pictures, "notice")

    # After the period.
    day = later.to(12)
    bureau = desks(BUREAU, at=day.url)
    bureau.go(application)
    bureau.send("聘任并签发证书")
    bureau.said("已聘任")
    volunteer = desks(width=PHONE, at=day.url).sign_in(who.number, OWN_PASSWORD)
    volunteer.go("/supervisors/mine/card")
    volunteer.sees(who.name, "有效", "第 1 届")
    # The worker lives in the present, before the term: the telephone falls back on what is printed.
    code = volunteer.page.get_by_role("img", name="我的二维码")
    expect(code).to_be_visible(timeout=30_000)
    assert (code.bounding_box() or {}).get("width", 0) > 250
    clean(volunteer, axe)
    volunteer.shoot(pictures, "card")
    paper = volunteer.context.request.get("/supervisors/mine/certificate.pdf")
    assert paper.status == 200
    assert paper.body().startswith(b"%PDF")
    href = volunteer.link("别人扫码看到的").get_attribute("href")
    public = desks(width=PHONE, at=day.url)
    public.go(href or "")
    public.sees("聘期有效", who.name)
    assert who.number not in public.page.content()
    clean(public, axe)
    public.shoot(pictures, "card-public")


# --- a complaint from the field ------------------------------------------------------------------


def card_of_officer(bureau: Desk) -> str:
    """The officer's page at the bureau, with the QR code of his certificate."""
    return opened(bureau, f"/certificates/?q={OFFICER}", OFFICER)


@pytest.fixture
def shown_to(
    browser: Browser, chromium: str, site: str, tmp_path: Path
) -> Iterator[Callable[[bytes], Phone]]:
    """A phone whose camera sees a picture."""
    held: list[Phone] = []

    def show(picture: bytes) -> Phone:
        scene = film(tmp_path / "camera.y4m", Image.open(io.BytesIO(picture)))
        held.append(Phone(browser, chromium, site, tmp_path / "phone", scene))
        return held[-1].sign_in(VOLUNTEER)

    yield show
    faults = [fault for phone in held for fault in phone.faults]
    for phone in held:
        with suppress(Exception):
            phone.context.close()
    assert not faults, "the browser complained:\n" + "\n".join(faults)


def own_complaints(phone: Phone) -> int:
    """How many complaints of his the volunteer finds, done or not."""
    found = 0
    for tab in ("?tab=open", "?tab=done"):
        text = phone.context.request.get(f"/complaints/mine{tab}").text()
        found += len(re.findall(r'href="/complaints/mine/\d+"', text))
    return found


def write(phone: Phone, account: str, *, sealed: bool = False) -> None:
    """The words of a complaint on the open form; kept by the phone as they are typed."""
    page = phone.page
    page.select_option("[name=enforcement_type]", label="行政检查")
    page.fill("[name=account]", account)
    page.locator(f"[name=confidential][value={'sealed' if sealed else 'open'}]").locator(
        "xpath=ancestor::label"
    ).click()
    until(
        page,
        """async (text) => (await jdOutbox.all("drafts")).some(
          (each) => each.fields.some(([name, value]) => value === text))""",
        account,
    )


def push(bureau: Desk, number: str) -> str:
    """推送 with the copy as it was prepared; the address of the complaint."""
    address = opened(bureau, f"/complaints/?tab=undone&q={number}", number)
    bureau.send(bureau.link("推送单位").first)
    bureau.fill(demand="请核实并在期限内反馈。")
    checked = bureau.page.locator("[name=checked]")
    if checked.count():
        bureau.tick(checked)
    bureau.send("推送")
    bureau.said("已推送")
    return address


@pytest.mark.req("S0-12", "S0-13", "S0-14", "S0-15", "S0-16")
def test_a_complaint_from_a_place_without_a_line(
    desks: SignIn,
    shown_to: Callable[[bytes], Phone],
    later: Later,
    pictures: Path | None,
) -> None:
    bureau = desks(BUREAU)
    officer = card_of_officer(bureau)
    code = bureau.page.get_by_role("img", name=re.compile("查验二维码")).first
    phone = shown_to(code.screenshot())
    page = phone.page
    before = own_complaints(phone)
    photograph(phone, pictures, "phone-home")

    # Two taps: 扫码, then 举报 beside what the camera read.
    page.locator("a[href='/scan']").first.click()
    expect(page.get_by_role("region", name="扫码结果")).to_contain_text(OFFICER)
    photograph(phone, pictures, "phone-scanned")
    page.get_by_role("link", name="举报", exact=True).click()
    page.wait_for_selector(READY)
    expect(page.locator("main")).to_contain_text("证件已核实")
    expect(page.locator("main")).to_contain_text(OFFICER)

    account = f"检查时只来了一个人，没有出示证件（{secrets.token_hex(3)}）。"
    write(phone, account)
    phone.record("photo")
    phone.items(1)
    phone.context.set_offline(True)
    phone.record("audio")
    phone.record("video")
    phone.items(3)
    photograph(phone, pictures, "phone-complaint")
    page.get_by_role("button", name=re.compile("^提交给")).click()
    expect(page.get_by_role("link", name="未发送 1")).to_be_visible()
    photograph(phone, pictures, "phone-unsent")
    phone.context.set_offline(False)
    expect(page.locator(".jd-note--said, .jd-said").first).to_contain_text(
        re.compile("已经发出|已提交给")
    )
    until(page, "async () => (await jdOutbox.all('drafts')).length === 0")
    assert own_complaints(phone) == before + 1

    # The newest of his own.
    page.goto("/complaints/mine?tab=open")
    page.locator("a[href^='/complaints/mine/']").first.click()
    page.wait_for_url(re.compile(r"/complaints/mine/\d+$"))
    expect(page.locator("main")).to_contain_text(account)
    own, number = page.url, page.locator("h1").inner_text().strip()

    opened(bureau, f"/complaints/?tab=undone&q={number}", number)
    bureau.sees(account, OFFICER, "张敏")
    for kind in ("img", "audio", "video"):
        expect(bureau.page.locator(f".jd-medialist {kind}")).to_have_count(1)
    bureau.shoot(pictures, "complaint-desk")
    complaint = push(bureau, number)
    bureau.shoot(pictures, "complaint-pushed")

    body = desks(BODY)
    opened(body, f"/complaints/copies?q={number}", number)
    body.sees("社会监督员", OFFICER)
    assert "张敏" not in body.page.locator("#main").inner_text()
    expect(body.page.locator(".jd-medialist")).to_have_count(0)
    body.fill(
        founded="yes",
        text="经查，当日确为一人到场，未出示执法证件。",
        measures="已批评教育，今后两人以上执法。",
    )
    body.shoot(pictures, "copy")
    body.send("反馈司法行政机关")
    body.said("已反馈")

    bureau.go(complaint)
    bureau.fill(founded="yes", result="情况属实，已责令改正，今后两人以上执法并亮证。")
    bureau.send("告知结果并办结")
    bureau.sees("已告知结果")
    page.goto(own)
    expect(page.locator("main")).to_contain_text("情况属实，已责令改正")
    photograph(phone, pictures, "phone-result")

    # Another one, pushed and never answered.
    page.goto("/complaints/mine?tab=open")
    token = bureau_token(bureau, officer)
    page.goto(f"/complaints/new?code={token}")
    page.wait_for_selector(READY)
    write(phone, f"检查记录没有让当事人看过就收走了（{secrets.token_hex(3)}）。")
    page.get_by_role("button", name=re.compile("^提交给")).click()
    page.wait_for_url(re.compile(r"/complaints/mine/\d+$"))
    silent = page.locator("h1").inner_text().strip()
    push(bureau, silent)
    bureau.go(officer)
    bureau.sees_not(f"投诉 {silent} 推送后没有按期反馈")

    day = later.to(34)
    bureau = desks(BUREAU, at=day.url)
    bureau.go(officer)
    panel = bureau.page.get_by_role("region", name="年审准备情况")
    expect(panel).to_contain_text(f"投诉 {silent} 推送后没有按期反馈")
    assert number not in panel.inner_text()
    bureau.shoot(pictures, "readiness")


def bureau_token(bureau: Desk, officer: str) -> str:
    bureau.go(officer)
    href = bureau.link("公开查验页").first.get_attribute("href") or ""
    return href.rpartition("/")[2]


def photograph(phone: Phone, folder: Path | None, name: str) -> None:
    """A picture of what the phone shows."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        phone.page.screenshot(path=folder / f"{name}.png")


# --- without an account --------------------------------------------------------------------------


@pytest.mark.req("C1-13", "C1-18")
def test_anybody_files_and_follows_with_a_code(
    desks: SignIn, axe: str, pictures: Path | None
) -> None:
    bureau = desks(BUREAU)
    card_of_officer(bureau)
    address = bureau.link("公开查验页").first.get_attribute("href") or ""
    public = desks(width=PHONE)
    public.go(address)
    public.sees("证件有效", OFFICER)
    public.send(public.link("投诉或表扬"))
    public.sees("证件已核实", OFFICER)
    account = f"当场交了钱，没有给票据（{secrets.token_hex(3)}）。"
    public.fill(kind="complaint", enforcement_type="行政处罚", account=account)
    public.shoot(pictures, "public-form")
    public.send("提交")
    public.sees("投诉已提交", "回执码")
    code = public.page.locator(".jd-bignum").inner_text()
    number = public.page.locator(".jd-verdict strong").inner_text()
    clean(public, axe)
    public.shoot(pictures, "receipt")

    # On another day, with another browser: the code alone.
    again = desks(width=PHONE)
    again.go("/complaints/public/follow")
    again.fill(code=code)
    again.send("查进展")
    again.sees(number, account, "已推送给有关单位")
    clean(again, axe)
    again.shoot(pictures, "follow")
    again.fill(text="补充：时间是上午十点。")
    again.send("补充")
    again.sees("已补充。")

    # Who walks through codes learns nothing and is stopped.
    again.go("/complaints/public/follow")
    token = again.page.locator("[name=_csrf]").first.input_value()
    answers = []
    for _ in range(60):
        guess = "".join(secrets.choice("0123456789") for _ in range(16))
        answer = again.context.request.post(
            "/complaints/public/follow", form={"_csrf": token, "code": guess}
        )
        answers.append(answer.status)
        if answer.status == 429:
            break
    assert answers[0] in (404, 429)
    assert set(answers[:-1]) <= {404}
    assert answers[-1] == 429
    # Not even the right code is answered then by the process that counted.
    assert "没有这个回执码" not in answer.text()


# --- who may begin, and who may not again -----------------------------------------------------------


def new_password(desk: Desk, old: str, new: str) -> None:
    """The password that has to be changed at the first sign-in, or because it is old."""
    if not desk.path.startswith("/password"):
        return
    if desk.page.locator("[name=current]").count():
        desk.fill(current=old)
    desk.fill(password=new, again=new)
    desk.send("修改密码")


def signs_in(desk: Desk, login: str, password: str) -> None:
    """Sign in where one may be led to the password first."""
    desk.go("/login")
    desk.page.fill("#f-login", login)
    desk.page.fill("#f-password", password)
    desk.send(desk.button("登录"))


@pytest.mark.req("S0-8", "S0-9")
def test_an_invited_person_signs_in_after_the_approval(
    desks: SignIn, pictures: Path | None
) -> None:
    who = Volunteer(name="单志远")
    bureau = desks(BUREAU)
    bureau.go("/supervisors/invite")
    particulars(bureau, who)
    bureau.send("登记")
    # 单 is read Shan in a surname; shown before it is saved.
    login = bureau.page.locator("[name=login]").input_value()
    assert re.fullmatch(r"shanzhiyuan\d*", login)
    bureau.shoot(pictures, "invite")
    bureau.send("登记")
    bureau.said("特邀人员已登记")
    bureau.sees("审核通过后才能登录")
    expect(bureau.button("打印登录凭条")).to_have_count(0)

    person = desks(width=PHONE)
    signs_in(person, login, "123456")
    assert person.path.startswith("/login")

    bureau.fill(decision="pass")
    bureau.send("提交筛选结论")
    bureau.fill(decision="pass")
    bureau.send("提交审核结论")
    bureau.sees("登录凭条", login)
    code = bureau.page.locator("dl").get_by_text("一次性密码").locator("xpath=following::dd[1]")
    bureau.shoot(pictures, "slip")
    signs_in(person, login, code.inner_text())
    assert person.path.startswith("/password")
    new_password(person, code.inner_text(), OWN_PASSWORD)
    person.go("/supervisors/mine/progress")
    person.sees("特邀", "公示")


@pytest.mark.req("S3-8")
def test_a_third_term_in_a_row_is_refused(
    desks: SignIn, later: Later, pictures: Path | None
) -> None:
    """李秀英 serves her first term, asks for the second, and may not have a third."""
    name, number = "李秀英", "15082219790322482X"
    bureau = desks(BUREAU)
    opened(bureau, f"/supervisors/terms?q={name}", name)
    asked = bureau.page.locator("[id^=request-]")
    if asked.count():  # left to be decided, unless this platform has seen this journey before
        bureau.fill(decision="pass")
        bureau.send("提交审核结论")
        bureau.said("已审核")
        day = later.to(12)
        office = desks(BUREAU, at=day.url)
        opened(office, f"/supervisors/?tab=all&q={name}", name)
        office.send("聘任并签发证书")
        office.said("已聘任")
    day = later.to(75)
    person = desks(width=PHONE, at=day.url)
    signs_in(person, number, "Jiandu2026")
    if person.path.startswith("/login"):
        signs_in(person, number, OWN_PASSWORD)
    new_password(person, "Jiandu2026", OWN_PASSWORD)
    person.go("/supervisors/mine/term")
    person.sees("第 2 届", "已经是连任的第二届，按规定不得连任超过两届，不能申请继任")
    expect(person.button("申请继任")).to_have_count(0)
    person.shoot(pictures, "third-term")


# --- a record of an activity -----------------------------------------------------------------------


class Hand:
    """One hand on a phone, whose time is reckoned as one reckons it before a thing is built.

    Keystroke-level model (Card, Moran and Newell 1980) with figures for touch screens: making up
    one's mind before each field 1.35 s, a tap 1.1 s, a Chinese character by pinyin 1.2 s, a digit
    0.4 s, and three seconds for every page.
    """

    def __init__(self, desk: Desk) -> None:
        self.page = desk.page
        self.seconds = 0.0

    def waits(self) -> None:
        self.seconds += 3

    def taps(self, target: Locator) -> None:
        self.seconds += 1.35 + 1.1
        target.click()

    def writes(self, name: str, text: str) -> None:
        field = self.page.locator(f"[name={name}]")
        self.taps(field)
        field.press_sequentially(text)
        self.seconds += sum(0.4 if each.isascii() else 1.2 for each in text)


@pytest.mark.req("S0-20")
def test_an_activity_is_recorded_in_less_than_two_minutes(desks: SignIn) -> None:
    volunteer = desks(VOLUNTEER, width=PHONE)
    hand = Hand(volunteer)
    mark = secrets.token_hex(2)
    volunteer.go("/activities/mine")
    hand.waits()
    volunteer.send(volunteer.page.locator("a[href^='/activities/new']").first)
    hand.seconds += 2.45
    hand.waits()
    page = volunteer.page
    hand.taps(page.get_by_label("自主"))
    hand.writes("unit", "市场监督")
    hand.taps(page.locator("#jd-units button").filter(has_text="磴口县市场监督管理局").first)
    expect(page.locator("[name=unit]")).to_have_value("磴口县市场监督管理局")
    if not page.locator("[name=unit_phone]").input_value():
        hand.writes("unit_phone", "04827912345")
    # The day and the county stand there already.
    assert page.locator("[name=registered_on]").input_value()
    assert "磴口县" in page.locator("#f-region").input_value()
    hand.writes("street", "巴彦高勒镇")
    hand.writes("address", "黄河路农贸市场")
    hand.writes("matter", "现场检查食品销售摊位")
    hand.writes("party", f"鲜味园{mark}")
    hand.writes("party_phone", "13947800000")
    hand.writes("outcome", "责令当场改正")
    hand.writes("advice", "检查时先亮证再询问")
    volunteer.send(volunteer.page.get_by_role("button", name=re.compile("^提交给")))
    hand.seconds += 2.45
    hand.waits()
    volunteer.go("/activities/mine")
    volunteer.sees("磴口县市场监督管理局")
    assert hand.seconds < 120, f"{hand.seconds:.0f} s"


# --- two absences ----------------------------------------------------------------------------------


def invite(bureau: Desk, title: str, on: date) -> str:
    """An activity of the bureau's with 张敏 invited; its address."""
    bureau.go("/activities/desk/new")
    bureau.fill(
        title=title,
        seats="3",
        starts_at=f"{on}T09:00",
        ends_at=f"{on}T11:00",
        place="磴口县司法局二楼会议室",
        unit="磴口县市场监督管理局",
    )
    bureau.page.locator("[name=kind]").select_option(index=1)
    bureau.send("下一步：邀请")
    bureau.page.fill("#main [type=search]", "张敏")
    bureau.page.keyboard.press("Enter")
    bureau.page.wait_for_url(lambda url: "q=" in url)
    bureau.tick(bureau.page.locator("[name=persons]:enabled").first)
    bureau.send("邀请")
    return bureau.path.removesuffix("/invite")


@pytest.mark.req("S3-24", "S3-25", "C13-09")
def test_two_absences_in_a_row_are_put_before_a_human(
    desks: SignIn, later: Later, pictures: Path | None
) -> None:
    bureau = desks(BUREAU)
    mark = secrets.token_hex(2)
    today = date.today()  # noqa: DTZ011 - the desk's day, as the bureau types it
    held = [
        invite(bureau, f"{word}执法现场观摩{mark}", today + timedelta(days=days))
        for word, days in (("第一次", 2), ("第二次", 3))
    ]
    volunteer = desks(VOLUNTEER, width=PHONE)
    volunteer.go("/activities/invitations")
    volunteer.sees(f"第一次执法现场观摩{mark}", f"第二次执法现场观摩{mark}")

    day = later.to(5, lapse=False)
    office = desks(BUREAU, at=day.url)
    for activity in held:
        office.go(activity)
        office.tick(office.page.locator("[name=confirmed]"))
        office.send("登记考勤并结束")
        office.sees("缺席")
    later.to(5)
    opened(office, "/supervisors/terms?q=张敏", "张敏")
    office.sees("建议解聘，等你决定", "无故不参加组织的活动", "在聘")
    office.shoot(pictures, "two-absences")


# --- a sealed name ---------------------------------------------------------------------------------

CUSTODIANS = ("heqige", "qimuge")
PASSPHRASE = "磴口的风吹过乌兰布和沙漠里"


@pytest.mark.req("C1-12")
def test_a_sealed_name_is_opened_by_two(desks: SignIn, pictures: Path | None) -> None:
    volunteer = desks(VOLUNTEER, width=PHONE)
    # A code nobody signed leads nowhere, and hinders nobody.
    volunteer.go("/scan")
    volunteer.fill(code="https://zhifa.example/verify#QR-7")
    volunteer.send("核对")
    volunteer.sees("这个码不是本平台签发的", "平台没有打开它")
    volunteer.send(volunteer.link("照常举报"))
    volunteer.page.wait_for_selector(READY)
    volunteer.sees("证件未核实")
    volunteer.fill(
        target="act",
        enforcement_type="行政检查",
        account=f"检查人员收了两条烟（{secrets.token_hex(3)}）。",
        department="磴口县市场监督管理局",
        body="磴口县市场监管综合行政执法大队",
        confidential="sealed",
    )
    volunteer.send(volunteer.page.get_by_role("button", name=re.compile("^提交给")))
    number = volunteer.page.locator("h1").inner_text().strip()

    bureau = desks(BUREAU)
    complaint = opened(bureau, f"/complaints/?tab=undone&q={number}", number)
    bureau.sees("社会监督员（保密）", "身份已封存", "zhifa.example")
    assert "张敏" not in bureau.page.locator("#main").inner_text()
    reason = f"需要当面核实（{secrets.token_hex(2)}）"
    sheet = bureau.page.locator("details.jd-confirm").filter(has_text="申请打开身份")
    sheet.locator("summary").click()
    sheet.locator("textarea").fill(reason)
    bureau.send(sheet.get_by_role("button", name="申请打开身份", exact=True))
    bureau.said("等两位保管人同意")
    assert "张敏" not in bureau.page.locator("#main").inner_text()
    bureau.shoot(pictures, "sealed")

    def agree(desk: Desk, words: str) -> None:
        if not desk.path.startswith("/custody"):
            desk.go("/custody")
        row = desk.page.locator("#main li").filter(has_text=reason)
        sheet = row.locator("details.jd-confirm").filter(has_text="你的保管口令")
        if sheet.get_attribute("open") is None:
            sheet.locator("summary").click()
        sheet.locator("input[type=password]").fill(words)
        desk.send(sheet.get_by_role("button", name="同意打开", exact=True))

    first = desks(CUSTODIANS[0])
    agree(first, "猜一猜的口令猜一猜的口令")
    first.sees_not("打开的身份")
    agree(first, PASSPHRASE)
    first.said("还需要另一位保管人同意")
    first.sees_not("打开的身份", "张敏")
    row = first.page.locator("#main li").filter(has_text=reason)
    expect(row.locator("summary")).to_have_count(0)

    second = desks(CUSTODIANS[1])
    agree(second, PASSPHRASE)
    second.sees("打开的身份", "张敏", "只显示这一次")
    second.shoot(pictures, "custody")
    second.go("/custody")
    second.sees_not("打开的身份", "张敏")
    second.sees(reason, "已打开")
    bureau.go(complaint)
    bureau.sees("上次申请：已打开")
    assert "张敏" not in bureau.page.locator("#main").inner_text()
    # Who asked, who agreed and that it was opened stands in the trail; whose it is does not.
    trail = desks("auditadmin")
    trail.go("/audit?kind=core.custody.opened")
    trail.sees(f"{number}的举报人", "其木格与另一位保管人打开")
    assert "张敏" not in trail.page.locator("#main tbody").inner_text()
    trail.shoot(pictures, "trail")


# --- the pages the walk through the menu does not reach ----------------------------------------------


def first_of(desk: Desk, listed: str, start: str) -> str:
    """The first link of a page that begins with ``start`` and a number."""
    desk.go(listed)
    for href in desk.page.locator(f"#main a[href^='{start}']").evaluate_all(
        "links => links.map((each) => each.getAttribute('href'))"
    ):
        if re.fullmatch(rf"{re.escape(start)}\d+", href):
            return str(href)
    raise AssertionError(f"no {start}… on {listed}")


PAGES: dict[str, tuple[str, ...]] = {
    "": (
        "/supervisors/apply",
        "/supervisors/objection",
        "/complaints/public",
        "/complaints/public/follow",
        "/complaints/receipts",
    ),
    VOLUNTEER: ("/complaints/new",),
    BUREAU: ("/supervisors/invite", "/complaints/figures", "/complaints/routing"),
    BODY: ("/supervisors/reports/new",),
}
LISTED: dict[str, tuple[tuple[str, str], ...]] = {
    "": (("/supervisors/publicity", "/supervisors/publicity/"),),
    VOLUNTEER: (("/complaints/mine", "/complaints/mine/"),),
    BUREAU: (
        ("/complaints/?tab=undone", "/complaints/"),
        ("/supervisors/?tab=all", "/supervisors/applications/"),
        ("/supervisors/terms", "/supervisors/terms/"),
    ),
    BODY: (("/complaints/copies", "/complaints/copies/"),),
}


@pytest.mark.parametrize("login", PAGES, ids=["public", "volunteer", "bureau", "body"])
def test_the_pages_of_the_field_are_clean(
    desks: SignIn, axe: str, login: str, pictures: Path | None
) -> None:
    desk = desks(login)
    addresses = list(PAGES[login])
    addresses += [first_of(desk, listed, start) for listed, start in LISTED[login]]
    if login == "":
        choose_county(desk)
        addresses.append(desk.path)
        addresses.append(f"/complaints/public/new?code={public_code(desks(BUREAU))}&kind=complaint")
    if login == BUREAU:
        addresses.append(addresses[-3] + "/push")
    faults: list[str] = []
    for address in addresses:
        name = f"axe-{re.sub(r'[^a-z0-9]+', '-', address.partition('?')[0])}"
        faults += faults_of(desk, axe, address, lambda name=name: desk.shoot(pictures, name))
    assert not faults, "\n".join(faults)


def public_code(bureau: Desk) -> str:
    """What the QR code of the officer's certificate holds."""
    return bureau_token(bureau, card_of_officer(bureau))
