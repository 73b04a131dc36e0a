# SPDX-License-Identifier: Apache-2.0
"""The pages: the phone's form with its look-ups, the desk, the screen; and who may open which."""

import io
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from python_calamine import CalamineWorkbook

from core.api.access import Visitor
from core.api.db import Scope, rows, transaction
from core.api.people import appoint_organ, enter_person
from core.api.testing import htmx, switch_off
from core.web.state import platform_of
from plugins.activities.services import attending, organising
from plugins.activities.services.base import Actor
from tests.absence import of_those_here
from tests.plugins.activities.conftest import END, NOW, OFFICE, START, ask, photo

TITLE = "餐饮食品安全联合检查"


@pytest.fixture(autouse=True)
async def county(agencies: Any, region_tree: Any, files: Any, clock: Any, app: Any) -> Any:
    """The bureaus are named; terms and recusals are another plugin's."""
    assert files
    clock(NOW)
    platform_of(app).limits.counts.clear()
    async with transaction(OFFICE):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
    for plugin in of_those_here("supervisors"):
        await switch_off(plugin, region_tree.county)
    return region_tree.county


@pytest.fixture
def as_volunteer(login_as: Any, agencies: Any, county: Any) -> Any:
    people: dict[str, int] = {}

    async def sign_in(name: str = "乌云娜", region: Any = None) -> Visitor:
        if name not in people:
            async with transaction(OFFICE):
                people[name] = (await enter_person(name, agencies.bureau.id)).id
        return await login_as(
            "supervisor",
            organisation=False,
            region=region or county,
            person=people[name],
            name=name,
        )

    return sign_in


@pytest.fixture
def as_bureau(login_as: Any, county: Any) -> Any:
    async def sign_in(region: Any = None, role: str = "supervision_bureau") -> Visitor:
        return await login_as(role, organisation=False, region=region or county, name="赵建国")

    return sign_in


def record(agencies: Any, county: Any, **more: str) -> dict[str, str]:
    return {
        "type": "self",
        "unit": agencies.agency.name,
        "organisation": str(agencies.agency.id),
        "unit_phone": "0478-4210000",
        "registered_on": "2026-09-01",
        "region": str(county.id),
        "street": "巴彦高勒镇",
        "address": "团结路 12 号",
        "matter": "看了餐饮店的检查。",
        "party": "老兵饭馆",
        "party_phone": "13947812345",
        "outcome": "责令改正。",
        "advice": "记录当场宣读。",
        "once": "k" * 24,
        **more,
    }


def plan(agencies: Any, **more: str) -> dict[str, str]:
    return {
        "title": TITLE,
        "kind": "inspection",
        "starts_at": "2026-09-08T09:00",
        "ends_at": "2026-09-08T11:00",
        "place": "团结路集合",
        "unit": agencies.agency.name,
        "seats": "5",
        "once": "a" * 24,
        **more,
    }


def shown_value(text: str, name: str) -> str:
    match = re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)
    return match[1] if match else ""


# --- 登记 -----------------------------------------------------------------------------------------


@pytest.mark.req("S0-20", "C13-07")
async def test_list_new_submit(client, as_volunteer, as_bureau, agencies, county):
    await as_volunteer()
    assert "/activities/new" in (await client.get("/activities/mine")).text
    page = await client.get("/activities/new")
    order = [
        "类型",
        "自主",
        "应邀",
        "执法部门名称",
        "执法部门联系方式",
        "登记日期",
        "地址",
        "所属街道",
        "详细地址",
        "事由",
        "行政相对人（名称）",
        "联系方式",
        "处理结果",
        "建议/意见",
        "照片、录音、视频",
    ]
    at = 0
    body = page.text.split('<form class="jd-stack" id="record"')[1]
    for words in order:
        at = body.index(words, at) + 1
    # Today, and one's own county, without a tap.
    assert shown_value(page.text, "registered_on") == "2026-09-01"
    assert shown_value(page.text, "region") == str(county.id)
    assert 'data-jd-draft="activities.record"' in page.text
    done = await client.post(
        "/activities/new",
        record(agencies, county),
        files={"media": ("a.jpg", photo(), "image/jpeg")},
    )
    shown = await client.follow(done)
    assert "待阅" in shown.text
    file = re.search(r"/activities/mine/\d+/files/\d+", shown.text)
    assert file is not None
    assert (await client.get(file[0])).status_code == 200
    assert agencies.agency.name in (await client.get("/activities/mine")).text
    await as_volunteer("其其格")
    assert (await client.get(file[0])).status_code == 404
    assert (await client.get(done.headers["location"])).status_code == 404


@pytest.mark.req("S0-20")
async def test_the_partys_contact_is_shown_for_a_reason_that_is_recorded(
    client, as_volunteer, as_bureau, agencies, county, region_tree
):
    await as_volunteer()
    made = await client.post("/activities/new", record(agencies, county))
    number = made.headers["location"].rsplit("/", 1)[-1].split("?")[0]
    path = f"/activities/records/{number}"
    await as_bureau()
    for page in (path, f"{path}/print"):
        text = (await client.get(page)).text
        assert "139****2345" in text
        assert "13947812345" not in text
    refused = await client.post(f"{path}/reveal", data={"reason": ""})
    assert refused.status_code == 422
    assert "13947812345" not in refused.text
    shown = await client.post(f"{path}/reveal", data={"reason": "核实登记的检查情况。"})
    assert shown.status_code == 200
    assert "13947812345" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "13947812345" not in (await client.get(path)).text  # once
    async with transaction(Scope.platform("a test")):
        told = await rows("select payload from core_fact where kind = 'activities.party_revealed'")
    assert len(told) == 1
    assert "核实登记的检查情况" in str(told[0]["payload"])
    assert "13947812345" not in str(told[0]["payload"])
    await as_bureau(role="leader")
    assert (await client.post(f"{path}/reveal", data={"reason": "看看"})).status_code == 403
    await as_bureau(region=region_tree.other_county)
    answer = await client.post(f"{path}/reveal", data={"reason": "看看"})
    assert answer.status_code == 404
    assert "13947812345" not in answer.text


@pytest.mark.req("S0-20")
async def test_sent_twice_and_from_two_tabs_it_is_one(client, as_volunteer, agencies, county):
    await as_volunteer()
    first = await client.post(
        "/activities/new",
        record(agencies, county),
        files={"media": ("a.jpg", photo(), "image/jpeg")},
    )
    # The other tab kept typing: the same draft, other words.
    second = await client.post("/activities/new", record(agencies, county, advice="改过的话"))
    assert second.headers["location"] == first.headers["location"]
    assert await ask("select count(*) from activities_record") == 1
    assert await ask("select count(*) from activities_attachment") == 1


@pytest.mark.req("S0-20")
@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("type", "类型"),
        ("unit", "执法部门名称"),
        ("unit_phone", "执法部门联系方式"),
        ("registered_on", "登记日期"),
        ("region", "地址"),
        ("street", "所属街道"),
        ("address", "详细地址"),
        ("matter", "事由"),
        ("party", "行政相对人（名称）"),
        ("party_phone", "行政相对人联系方式"),
        ("outcome", "处理结果"),
        ("advice", "建议/意见"),
    ],
)
async def test_every_field_is_asked_for(client, as_volunteer, agencies, county, missing, words):
    await as_volunteer()
    given = record(agencies, county)
    given.pop(missing)
    answer = await client.post("/activities/new", given)
    assert answer.status_code == 422
    assert words in answer.text.split('id="jd-errbox"')[1].split("</div>")[0]
    if missing != "matter":
        assert "看了餐饮店的检查。" in answer.text


async def test_files_may_be_left_out_and_bad_ones_are_named(client, as_volunteer, agencies, county):
    await as_volunteer()
    answer = await client.post(
        "/activities/new",
        record(agencies, county),
        files={"media": ("a.jpg", b"", "image/jpeg")},
    )
    assert answer.status_code in (303, 422)
    answer = await client.post(
        "/activities/new",
        record(agencies, county, once="z" * 24),
        files={"media": ("a.jpg", b"MZ not a picture at all", "image/jpeg")},
    )
    assert answer.status_code == 422
    assert "看了餐饮店的检查。" in answer.text


@pytest.mark.req("S0-20")
async def test_a_unit_is_looked_up_while_typing_and_without_script(
    client, as_volunteer, agencies, county
):
    await as_volunteer()
    found = await htmx(client).get("/activities/units?unit=" + quote("市场监督"))
    # One's own county first; elsewhere one may have been invited too.
    assert found.text.index("磴口县市场监督管理局") < found.text.index("临河区市场监督管理局")
    assert "没有找到" in (await htmx(client).get("/activities/units?unit=" + quote("魔法"))).text
    assert "两个字以上" in (await htmx(client).get("/activities/units?unit=" + quote("市"))).text
    chosen = await htmx(client).get(f"/activities/units/{agencies.agency.id}")
    assert 'value="磴口县市场监督管理局"' in chosen.text
    assert shown_value(chosen.text, "organisation") == str(agencies.agency.id)
    # The plain way: the buttons of the form itself, nothing typed is lost, nothing is submitted.
    plain = record(agencies, county, unit="农牧", organisation="")
    listed = await client.post("/activities/new", {**plain, "find": "1"})
    assert listed.status_code == 200
    assert f'name="pick" value="{agencies.other_agency.id}"' in listed.text
    picked = await client.post("/activities/new", {**plain, "pick": str(agencies.other_agency.id)})
    assert 'value="磴口县农牧局"' in picked.text
    assert "看了餐饮店的检查。" in picked.text
    assert await ask("select count(*) from activities_record") == 0


@pytest.mark.req("S0-20")
async def test_the_address_goes_down_level_by_level(
    client, as_volunteer, agencies, county, region_tree
):
    await as_volunteer()
    top = await htmx(client).get("/activities/places?changing=1")
    assert "内蒙古自治区" in top.text
    city = await htmx(client).get(f"/activities/places?region={region_tree.city.id}")
    assert "磴口县" in city.text
    last = await htmx(client).get(f"/activities/places?region={county.id}")
    assert shown_value(last.text, "region") == str(county.id)
    assert "更换" in last.text
    plain = record(agencies, county, region=str(region_tree.city.id))
    moved = await client.post("/activities/new", {**plain, "go": str(county.id), "choose": "1"})
    assert moved.status_code == 200
    assert shown_value(moved.text, "region") == str(county.id)


async def test_nonsense_in_look_ups(client, as_volunteer):
    await as_volunteer()
    assert (await client.get("/activities/units/999999")).status_code == 404
    assert (await client.get("/activities/places?region=abc")).status_code == 200
    assert (await client.get("/activities/new?invitation=99")).status_code == 200


@pytest.mark.req("S0-20", "C13-07")
async def test_returned_and_completed(client, as_volunteer, as_bureau, agencies, county):
    await as_volunteer()
    own = (await client.post("/activities/new", record(agencies, county))).headers["location"]
    number = own.rsplit("/", 1)[1]
    await as_bureau()
    answer = await client.post(f"/activities/records/{number}/return", {"text": ""})
    assert answer.status_code == 422
    await client.post(f"/activities/records/{number}/return", {"text": "写明几个人。"})
    await as_volunteer()
    shown = await client.get(own)
    assert "写明几个人。" in shown.text
    edit = await client.get(f"{own}/edit")
    assert "13947812345" in edit.text
    assert "看了餐饮店的检查。" in edit.text
    answer = await client.post(
        own, record(agencies, county, matter="两名执法人员。", version="1", once="y" * 24)
    )
    assert answer.status_code == 303
    assert (await client.get(f"{own}/edit")).status_code == 303
    stale = await client.post(own, record(agencies, county, version="1", once="x" * 24))
    assert stale.status_code == 422
    assert "没有退回" in stale.text
    await as_bureau()
    done = await client.post(f"/activities/records/{number}/note", {"text": "谢谢。"})
    assert "已阅" in (await client.follow(done)).text
    again = await client.post(f"/activities/records/{number}/note", {"text": ""})
    assert again.status_code == 409


async def test_a_completed_record_stays_with_its_activity(
    client, as_volunteer, as_bureau, agencies, county, clock
):
    one = await as_volunteer()
    made = await announced(await as_bureau(), agencies, one.person_id)
    invitation = await ask("select id from activities_invitation")
    clock(START)
    await as_volunteer()
    answer = record(agencies, county, type="invited", invitation=str(invitation))
    own = (await client.post("/activities/new", answer)).headers["location"]
    tied = "select activity from activities_record"
    assert await ask(tied) == made
    await as_bureau()
    await client.post(f"{own.replace('mine', 'records')}/return", {"text": "写明几个人。"})
    await as_volunteer()
    again = record(agencies, county, type="invited", version="1", once="z" * 24)
    assert (await client.post(own, again)).status_code == 303
    assert await ask(tied) == made


@pytest.mark.parametrize(
    "path",
    [
        "/activities/?until=9999-12-31",
        "/activities/figures?until=0001-01-01",
        "/activities/figures?since=0001-01-01",
    ],
)
async def test_the_ends_of_the_calendar(client, as_bureau, path):
    await as_bureau()
    assert (await client.get(path)).status_code == 200


@pytest.mark.req("S0-20")
async def test_the_bureaus_register_sheet_and_workbook(
    client, as_volunteer, as_bureau, agencies, county
):
    await as_volunteer()
    own = (await client.post("/activities/new", record(agencies, county))).headers["location"]
    number = own.rsplit("/", 1)[1]
    await as_bureau()
    listed = await client.get("/activities/")
    assert "乌云娜" in listed.text
    assert "乌云娜" not in (await client.get("/activities/?tab=noted")).text
    detail = await client.get(f"/activities/records/{number}")
    assert "13947812345" not in detail.text
    assert "139****2345" in detail.text
    assert "老兵饭馆" in (await client.get(f"/activities/records/{number}/print")).text
    book = await client.get("/activities/?format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    cells = [str(cell) for line in sheet.to_python() for cell in line]
    assert "磴口县市场监督管理局" in cells
    assert not any("13947812345" in each for each in cells)
    await as_bureau(role="leader")
    read = await client.get(f"/activities/records/{number}")
    assert "13947812345" not in read.text
    assert (await client.post(f"/activities/records/{number}/note", {})).status_code == 403


# --- who may open what ---------------------------------------------------------------------------


async def test_other_regions_and_missing_rights(
    client, as_volunteer, as_bureau, login_as, agencies, county, region_tree
):
    await as_volunteer()
    own = (await client.post("/activities/new", record(agencies, county))).headers["location"]
    number = own.rsplit("/", 1)[1]
    who = await as_bureau()
    made = await announced(who, agencies)
    for path in ("/activities/", "/activities/desk", "/activities/figures"):
        assert (await client.get(path)).status_code == 200, path
    await as_bureau(region_tree.other_county)
    for path in (
        f"/activities/records/{number}",
        f"/activities/records/{number}/print",
        f"/activities/desk/{made}",
        f"/activities/desk/{made}/invite",
        f"/activities/desk/{made}/screen",
        f"/activities/desk/{made}/edit",
    ):
        assert (await client.get(path)).status_code == 404, path
    for path in (f"/activities/records/{number}/note", f"/activities/desk/{made}/close"):
        assert (await client.post(path, {"confirmed": "true"})).status_code == 404, path
    await login_as("handler", organisation=agencies.agency)
    for path in (
        "/activities/",
        "/activities/mine",
        "/activities/new",
        "/activities/desk",
        "/activities/in",
        "/activities/figures",
        f"/activities/desk/{made}/code",
    ):
        assert (await client.get(path)).status_code == 403, path
    await as_volunteer()
    for path in ("/activities/", "/activities/desk", f"/activities/desk/{made}/code"):
        assert (await client.get(path)).status_code == 403, path


async def announced(who: Visitor, agencies: Any, *people: int) -> int:
    from plugins.activities.forms import ActivityForm

    actor = Actor.of(who)
    made = await organising.announce(
        actor,
        ActivityForm(
            title=TITLE,
            kind="inspection",
            starts_at=START,
            ends_at=END,
            place="团结路集合",
            unit=agencies.agency.name,
            seats=5,
        ),
    )
    if people:
        await organising.invite(actor, made, people)
    return made


# --- activities ----------------------------------------------------------------------------------


@pytest.mark.req("S3-15", "S3-16", "S3-24")
async def test_from_the_announcement_to_the_attendance(
    client, as_volunteer, as_bureau, agencies, county, clock
):
    one, two = await as_volunteer(), await as_volunteer("其其格")
    await as_bureau()
    done = await client.post("/activities/desk/new", plan(agencies))
    again = await client.post("/activities/desk/new", plan(agencies))
    assert again.headers["location"] == done.headers["location"]
    made = int(re.findall(r"\d+", done.headers["location"])[0])
    people = await client.follow(done)
    assert "乌云娜" in people.text
    nobody = await client.post(f"/activities/desk/{made}/invite", {})
    assert nobody.status_code == 422
    both = {"persons": [str(one.person_id), str(two.person_id)]}
    await client.post(f"/activities/desk/{made}/invite", both)
    assert "未答复" in (await client.get(f"/activities/desk/{made}")).text

    await as_volunteer()
    listed = await client.get("/activities/invitations")
    path = re.search(r"/activities/invitations/\d+", listed.text)
    assert path is not None
    shown = await client.get(path[0])
    assert "团结路集合" in shown.text
    assert "不私自接受" in shown.text
    await client.post(f"{path[0]}/answer", {"answer": "coming"})
    await as_volunteer("其其格")
    assert (await client.get(path[0])).status_code == 404
    other = re.search(
        r"/activities/invitations/\d+", (await client.get("/activities/invitations")).text
    )
    assert other is not None
    empty = await client.post(f"{other[0]}/answer", {"answer": "leave", "reason": ""})
    assert empty.status_code == 422
    await client.post(f"{other[0]}/answer", {"answer": "leave", "reason": "孩子住院"})

    await as_bureau()
    page = await client.get(f"/activities/desk/{made}")
    assert "孩子住院" in page.text
    invitation = other[0].rsplit("/", 1)[1]
    leave = f"/activities/desk/{made}/invitations/{invitation}/leave"
    assert (await client.post(leave, {"decision": "refused"})).status_code == 422
    assert (await client.post(leave, {"decision": "granted"})).status_code == 303

    clock(START)
    await as_bureau()
    screen = await client.get(f"/activities/desk/{made}/screen")
    code = re.search(r'act-letters">([a-z2-7]+)<', screen.text)
    assert code is not None
    assert 'hx-trigger="every 15s"' in screen.text
    renewed = await htmx(client).get(f"/activities/desk/{made}/code")
    assert code[1] in renewed.text
    await as_volunteer()
    scanned = await client.get(f"/activities/in?code={code[1]}&id={made}")
    assert TITLE in scanned.text
    seen = shown_value(scanned.text, "seen")
    clock(START + timedelta(seconds=59))
    checked = await client.post("/activities/in", {"id": str(made), "seen": seen})
    after = (await client.follow(checked)).text
    assert "到场" in after
    assert re.search(r"\d\d:\d\d 扫码签到", after)

    clock(END + timedelta(minutes=1))
    await as_bureau()
    assert (await client.post(f"/activities/desk/{made}/close", {})).status_code == 422
    closed = await client.post(f"/activities/desk/{made}/close", {"confirmed": "true"})
    assert "到场 1 人，请假 1 人，缺席 0 人" in (await client.follow(closed)).text
    assert (
        await client.post(f"/activities/desk/{made}/close", {"confirmed": "true"})
    ).status_code == 409
    correct = f"/activities/desk/{made}/invitations/{invitation}/correct"
    bare = await client.post(correct, {"outcome": "present", "reason": ""})
    assert bare.status_code == 422
    await client.post(correct, {"outcome": "present", "reason": "后来赶到，签到表有签名"})
    assert "后来赶到，签到表有签名" in (await client.get(f"/activities/desk/{made}")).text
    figures = await client.get("/activities/figures?since=2026-09-01&until=2026-09-30")
    assert "乌云娜" in figures.text
    book = await client.get("/activities/figures?format=xlsx&until=2026-09-30")
    assert book.headers["content-type"].startswith("application/vnd.openxml")

    await as_volunteer()
    form = await client.get(f"/activities/new?invitation={path[0].rsplit('/', 1)[1]}")
    assert 'value="磴口县市场监督管理局"' in form.text
    assert f'data-jd-draft="activities.record.i{path[0].rsplit("/", 1)[1]}"' in form.text
    assert re.search(r'value="invited" checked', form.text)


@pytest.mark.req("S3-24")
async def test_late_forged_and_uninvited_codes(client, as_volunteer, as_bureau, agencies, clock):
    one, _ = await as_volunteer(), await as_volunteer("其其格")
    made = await announced(await as_bureau(), agencies, one.person_id)
    clock(START)
    code, _ = attending.code_for(made)
    stale = "请重新扫会场屏幕上的码"
    await as_volunteer()
    clock(START + timedelta(minutes=2))
    late = await client.get(f"/activities/in?code={code}&id={made}")
    assert late.status_code == 200
    assert stale in late.text
    posted = await client.post("/activities/in", {"id": str(made), "code": code})
    assert posted.status_code == 409
    assert stale in posted.text
    whole = f"http://jiandu.test/activities/in?code={'a' * 16}&id={made}"
    assert stale in (await client.post("/activities/in", {"code": whole})).text
    for nonsense in ("javascript:alert(1)", "https://evil.example/", "<script>"):
        answer = await client.post("/activities/in", {"code": nonsense})
        assert answer.status_code == 422
        assert "不是会场屏幕上的签到码" in answer.text
        assert nonsense not in answer.text
    await as_volunteer("其其格")
    fresh, _ = attending.code_for(made)
    stranger = await client.post("/activities/in", {"id": str(made), "code": fresh})
    assert "没有邀请你" in stranger.text
    assert TITLE not in stranger.text
    # Scanned with the camera of the page: the whole address in one go.
    await as_volunteer()
    whole = f"http://jiandu.test/activities/in?code={fresh}&id={made}"
    done = await client.post("/activities/in", {"code": whole})
    assert done.status_code == 303


async def test_a_get_checks_nobody_in(client, as_volunteer, as_bureau, agencies, clock):
    one = await as_volunteer()
    made = await announced(await as_bureau(), agencies, one.person_id)
    clock(START)
    code, _ = attending.code_for(made)
    await as_volunteer()
    await client.get(f"/activities/in?code={code}&id={made}")
    assert await ask("select outcome from activities_invitation") == ""


async def test_outside_its_time_the_screen_shows_no_code(client, as_bureau, agencies, clock):
    made = await announced(await as_bureau(), agencies)
    screen = await client.get(f"/activities/desk/{made}/screen")
    assert "08:30 开始签到" in screen.text
    assert "act-letters" not in screen.text
    clock(END + timedelta(minutes=1))
    await as_bureau()
    assert "不再签到" in (await client.get(f"/activities/desk/{made}/screen")).text


async def test_changed_and_cancelled(client, as_volunteer, as_bureau, agencies):
    one = await as_volunteer()
    made = await announced(await as_bureau(), agencies, one.person_id)
    form = await client.get(f"/activities/desk/{made}/edit")
    assert 'value="2026-09-08T09:00"' in form.text
    moved = plan(agencies, place="县政府门口", version="1")
    await client.post(f"/activities/desk/{made}/edit", moved)
    assert "地点改为县政府门口" in (await client.get(f"/activities/desk/{made}")).text
    stale = await client.post(
        f"/activities/desk/{made}/edit", plan(agencies, version="1", once="b" * 24)
    )
    assert stale.status_code == 422
    assert (await client.post(f"/activities/desk/{made}/cancel", {})).status_code == 422
    done = await client.post(f"/activities/desk/{made}/cancel", {"reason": "当天有大风"})
    assert "已取消：当天有大风" in (await client.follow(done)).text
    await as_volunteer()
    assert "已取消" in (await client.get("/activities/invitations?tab=over")).text


async def test_a_scanned_code_of_the_screen_is_known(client, as_volunteer, as_bureau, agencies):
    one = await as_volunteer()
    made = await announced(await as_bureau(), agencies, one.person_id)
    await as_volunteer()
    answer = await client.post(
        "/scan", {"code": f"http://jiandu.test/activities/in?code=abcdefgh22345672&id={made}"}
    )
    assert f"/activities/in?id={made}" in answer.text


async def test_the_city_reads_and_does_not_act(
    client, as_volunteer, as_bureau, agencies, region_tree
):
    made = await announced(await as_bureau(), agencies)
    async with transaction(OFFICE):
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)
    await as_bureau(region_tree.city)
    page = await client.get(f"/activities/desk/{made}")
    assert "由磴口县司法局办理" in page.text
    assert f"/activities/desk/{made}/cancel" not in page.text
    refused = await client.post(f"/activities/desk/{made}/cancel", {"reason": "不办了"})
    assert refused.status_code == 409
