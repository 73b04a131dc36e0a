# SPDX-License-Identifier: Apache-2.0
"""The pages: both doors, the bureau's desk, the body's, the receipt; and who may open which."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.api.db import Scope, execute, reading, row, rows, transaction, value
from core.api.people import appoint_organ, enter_person
from core.api.testing import Browser, browsing, switch_off
from core.web.state import platform_of
from plugins.complaints import queries
from plugins.complaints.queries.own import OWN
from plugins.complaints.rules import flow, receipts
from plugins.complaints.services.reporters import aliases_of
from tests.absence import of_those_here
from tests.plugins.complaints.conftest import photo

OFFICE = Scope.platform("test")


@pytest.fixture
async def county(agencies: Any, region_tree: Any, files: Any) -> Any:
    """The county's bureau is named; files go to a folder of the test."""
    assert files
    async with transaction(OFFICE):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
    # Terms and recusals are another plugin's; these pages are the same where it is off.
    for plugin in of_those_here("supervisors"):
        await switch_off(plugin, region_tree.county)
    return region_tree.county


async def volunteer(login_as: Any, agencies: Any, county: Any, name: str = "乌云娜") -> Any:
    async with transaction(OFFICE):
        one = await enter_person(name, agencies.bureau.id)
    return await login_as(
        "supervisor", organisation=agencies.bureau, region=county, person=one.id, name=name
    )


def report(agencies: Any, **more: Any) -> dict[str, Any]:
    return {
        "target": "officer",
        "enforcement_type": "行政检查",
        "account": "上午检查时只来了一个人，没有出示证件。",
        "happened_on": "2026-11-01",
        "department": str(agencies.agency.id),
        "body": str(agencies.agency.id),
        "body_name": "",
        "confidential": "open",
        "once": "k" * 24,
        **more,
    }


@pytest.fixture(autouse=True)
def today(clock: Any, app: Any) -> None:
    """One moment for all; what an earlier test asked for is not counted in this one."""
    clock(datetime(2026, 11, 3, 2, 0, tzinfo=UTC))
    platform_of(app).limits.counts.clear()


# --- the supervisor's door ---------------------------------------------------------------------


@pytest.mark.req("S0-12", "S0-14", "S3-18", "S3-22", "C1-03")
async def test_a_supervisor_files_and_follows(client, login_as, agencies, county):
    await volunteer(login_as, agencies, county)
    page = await client.get("/complaints/new")
    assert page.status_code == 200
    for words in (
        "举报对象",
        "执法类型",
        "举报说明",
        "举报日期",
        "举报对象所在部门",
        "举报对象所在主体",
        "照片、录音、视频",
        "当面",
        "启动行政执法监督程序",
        "身份保密",
    ):
        assert words in page.text, words
    # Asked, not buried: neither answer is chosen beforehand.
    block = page.text.split('id="f-confidential"')[1].split("</fieldset>")[0]
    assert "checked" not in block
    done = await client.post(
        "/complaints/new", report(agencies), files={"media": ("a.jpg", photo(), "image/jpeg")}
    )
    shown = await client.follow(done)
    assert "司法局已收到，还没有处理" in shown.text
    listed = await client.get("/complaints/mine")
    assert "投〔2026〕1号" in listed.text
    assert "投〔2026〕1号" not in (await client.get("/complaints/mine?tab=done")).text
    # Sent again, from another tab or after a lost answer.
    again = await client.post("/complaints/new", report(agencies))
    assert again.headers["location"] == done.headers["location"]
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 1
        assert await value("select count(*) from complaints_attachment") == 1


@pytest.mark.req("S0-12")
@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("target", "举报对象"),
        ("enforcement_type", "执法类型"),
        ("account", "举报说明"),
        ("happened_on", "举报日期"),
        ("department", "所在部门"),
        ("body", "所在主体"),
        ("confidential", "身份保密"),
    ],
)
async def test_every_starred_field_is_asked_for(client, login_as, agencies, county, missing, words):
    await volunteer(login_as, agencies, county)
    form = report(agencies)
    form.pop(missing)
    answer = await client.post("/complaints/new", form)
    assert answer.status_code == 422
    assert words in answer.text.split('id="jd-errbox"')[1].split("</div>")[0]
    if missing != "account":
        assert "只来了一个人" in answer.text  # nothing typed is lost


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"happened_on": "2026-11-04"}, "不能晚于今天"),
        ({"enforcement_type": "行政魔法"}, "请从列表里选择"),
        ({"account": "短"}, "举报说明"),
        ({"department": "999999"}, "请从列表里选择部门"),
        ({"body": "x"}, "所在主体"),
    ],
)
async def test_bad_input(client, login_as, agencies, county, more, words):
    await volunteer(login_as, agencies, county)
    answer = await client.post("/complaints/new", report(agencies, **more))
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.req("C1-01")
@pytest.mark.parametrize(
    "code",
    ["FORGED-TOKEN-123", "https://evil.example/phish", "<script>alert(1)</script>", "0" * 300],
)
async def test_forged_and_hostile_codes_still_file(client, login_as, agencies, county, code):
    await volunteer(login_as, agencies, county)
    page = await client.get("/complaints/new", params={"code": code})
    assert "证件未核实" in page.text
    assert "<script>alert" not in page.text
    done = await client.post("/complaints/new", report(agencies, code=code))
    assert done.status_code == 303
    assert done.headers["location"].startswith("/complaints/mine/")
    async with transaction(OFFICE):
        [it] = await rows("select scanned, officer from complaints_complaint")
    assert (it["scanned"], it["officer"]) == ("unverified", 0)


async def officer_with_card(agencies: Any) -> tuple[int, int, str]:
    """An officer of the register: his record, his person, the token of his card."""
    from plugins.certificates.forms import OfficerForm
    from plugins.certificates.services import register_officer

    form = OfficerForm(
        name="李志强",
        id_number="11010519491231002X",
        organisation=agencies.agency.id,
        number="15082204001",
        valid_from=date(2025, 1, 1),
        valid_until=date(2029, 12, 31),
    )
    async with transaction(OFFICE):
        officer = await register_officer(form)
        [card] = await rows("select person, token from certificates_certificate")
    return officer, card["person"], card["token"]


@pytest.mark.req("S0-12", "S0-16", "C1-01")
@pytest.mark.needs("certificates")
async def test_a_scanned_certificate_fills_the_form(client, login_as, agencies, county):
    officer, person, token = await officer_with_card(agencies)
    await volunteer(login_as, agencies, county)
    page = await client.get(
        "/complaints/new", params={"code": f"https://x/certificates/check/{token}"}
    )
    assert "李志强" in page.text
    assert "证件已核实" in page.text
    assert re.search(rf'value="{agencies.agency.id}" selected', page.text)
    form = report(agencies, code=token)
    assert (await client.post("/complaints/new", form)).status_code == 303
    async with transaction(OFFICE):
        [it] = await rows("select scanned, officer, certificate from complaints_complaint")
    assert (it["scanned"], it["officer"], it["certificate"]) == (
        "verified",
        person,
        officer,
    )


@pytest.mark.req("S0-12")
@pytest.mark.parametrize(
    ("said_at", "shown"),
    [
        ("2026-11-04T02:00:00.000Z", "11月4日 10:00"),
        ("2026-11-02T02:00:00.000Z", "11月2日 10:00"),
        ("9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("昨天", "昨天"),
    ],
    ids=["a-day-ahead", "a-day-behind", "last-day", "first-day", "words"],
)
async def test_a_phone_with_a_wrong_clock_moves_no_date(
    client, login_as, agencies, county, said_at, shown
):
    number = await filed(client, login_as, agencies, county, said_at=said_at)
    async with transaction(OFFICE):
        [it] = await rows("select filed_at, said_at from complaints_complaint")
    assert it["filed_at"] == datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    assert it["said_at"] == said_at
    await as_bureau(login_as, agencies, county)
    page = await client.get(f"/complaints/{number}")
    assert page.status_code == 200
    assert f"<dt>手机上的时间</dt><dd>{shown}</dd>" in page.text
    pushed = await client.post(
        f"/complaints/{number}/push", {"text": "检查时只来了一个人，没有出示证件。"}
    )
    assert pushed.status_code == 303, pushed.text[-600:]
    async with transaction(OFFICE):
        started = await value("select started_at from core_clock")
    assert started == datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.mark.req("S3-17")
async def test_without_a_running_term_nobody_reports(client, login_as, agencies, county):
    for plugin in of_those_here("supervisors"):
        await switch_off(plugin, county, on=True)
    await volunteer(login_as, agencies, county)
    answer = await client.post("/complaints/new", report(agencies))
    async with transaction(OFFICE):
        filed_any = await value("select count(*) from complaints_complaint")
    # Where nobody knows of terms, nobody objects.
    known = "supervisors" in platform_of(client.app).registry.implementations
    assert (answer.status_code, filed_any) == ((409, 0) if known else (303, 1))
    if known:
        # Why, in the form itself: the telephone keeps the draft and shows this sentence.
        assert "没有聘期" in answer.text.partition('id="jd-errbox"')[2].partition("</ul>")[0]
        assert report(agencies)["account"] in answer.text


async def test_nobody_elses(client, login_as, agencies, county):
    await volunteer(login_as, agencies, county)
    done = await client.post("/complaints/new", report(agencies, confidential="sealed"))
    path = done.headers["location"]
    await volunteer(login_as, agencies, county, "巴特尔")
    assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{path}/words", {"text": "我是别人"})).status_code == 404
    assert (await client.get(f"{path}/receipt")).status_code == 404


# --- the desk ----------------------------------------------------------------------------------


async def filed(client: Browser, login_as: Any, agencies: Any, county: Any, **more: Any) -> int:
    await volunteer(login_as, agencies, county)
    done = await client.post("/complaints/new", report(agencies, **more))
    return int(done.headers["location"].rpartition("/")[2])


async def as_bureau(login_as: Any, agencies: Any, county: Any) -> Any:
    return await login_as("supervision_bureau", organisation=agencies.bureau, region=county)


@pytest.mark.req("S0-14", "S0-15", "S3-19", "C1-10", "C1-16")
async def test_from_the_desk_to_the_body_and_back(client, login_as, agencies, county):
    reporter = await volunteer(login_as, agencies, county)
    done = await client.post("/complaints/new", report(agencies, confidential="sealed"))
    number = int(done.headers["location"].rpartition("/")[2])
    await as_bureau(login_as, agencies, county)
    assert "投〔2026〕1号" in (await client.get("/complaints/")).text
    detail = await client.get(f"/complaints/{number}")
    assert "社会监督员（保密）" in detail.text
    assert "乌云娜" not in detail.text
    assert "为什么在这里" in detail.text
    push = await client.get(f"/complaints/{number}/push")
    assert push.status_code == 200
    bad = {"text": "我叫乌云娜，检查时只来一个人，电话13722233344。"}
    refused = await client.post(f"/complaints/{number}/push", bad)
    assert refused.status_code == 422
    assert "会让单位认出举报人" in refused.text
    looked = await client.post(f"/complaints/{number}/push/check", bad)
    assert "必须隐去" in looked.text
    good = {"text": "检查时只来了一个人，没有出示证件。", "checked": "true"}
    assert (await client.post(f"/complaints/{number}/push", good)).status_code == 303
    detail = await client.get(f"/complaints/{number}")
    assert "这个日子怎么算出来的" in detail.text
    assert "投〔2026〕1号" not in (await client.get("/complaints/")).text
    assert "投〔2026〕1号" in (await client.get("/complaints/?tab=done")).text

    await login_as("dept_supervisor", organisation=agencies.agency)
    listed = await client.get("/complaints/copies")
    path = re.search(r"/complaints/copies/\d+", listed.text)
    assert path
    copy = await client.get(path[0])
    assert "社会监督员（保密）" in copy.text
    assert "乌云娜" not in copy.text
    assert (await client.get(f"/complaints/{number}")).status_code == 403
    answer = {"founded": "yes", "text": "经查属实，只有一人。", "measures": "已通报批评。"}
    short = await client.post(f"{path[0]}/answer", {**answer, "measures": ""})
    assert short.status_code == 422
    assert "经查属实，只有一人。" in short.text
    assert (await client.post(f"{path[0]}/answer", answer)).status_code == 303
    exported = await client.get("/complaints/copies?tab=all&format=xlsx")
    assert exported.status_code == 200

    await as_bureau(login_as, agencies, county)
    told = {"founded": "partly", "result": "经核实，当天只来一人，已通报批评。"}
    assert (await client.post(f"/complaints/{number}/tell", told)).status_code == 303
    desk = (await client.get(f"/complaints/{number}")).text
    assert "已告知结果" in desk
    # The verdict is told with the words, and it is the bureau's own, not the body's.
    card = desk.partition("告知举报人的结果")[2].partition("</section>")[0]
    assert "<b>部分属实</b>" in card
    await login_as("supervisor", region=county, person=reporter.person_id, name="乌云娜")
    own = await client.get(f"/complaints/mine/{number}")
    card = own.text.partition("结果</h2>")[2].partition("</section>")[0]
    assert "<b>部分属实</b>" in card
    assert "当天只来一人" in card


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("transfer", {"referral": "discipline", "reason": "涉嫌违纪"}),
        ("transfer", {"referral": "bureau", "reason": "不归我县"}),
        ("reject", {"ground": "outside"}),
        ("tell", {"founded": "yes", "result": ""}),
        ("notes", {"text": ""}),
        ("supervise", {"reason": ""}),
        ("extend", {"days": "x", "reason": "需要鉴定", "approver": "赵"}),
        ("pause", {"reason": "", "approver": ""}),
        ("identity", {"reason": ""}),
        ("dispose", {"reason": ""}),
        ("postpone", {"until": "昨天", "reason": "诉讼"}),
        ("match", {"body": ""}),
        ("merge", {"into": "x"}),
    ],
)
async def test_incomplete_acts_change_nothing(client, login_as, agencies, county, act, form):
    number = await filed(client, login_as, agencies, county)
    await as_bureau(login_as, agencies, county)
    assert (await client.post(f"/complaints/{number}/{act}", form)).status_code == 422
    async with transaction(OFFICE):
        assert await value("select state from complaints_complaint") == "submitted"


GETS = ("/complaints/", "/complaints/{n}", "/complaints/figures", "/complaints/routing")
POSTS = (
    "accept",
    "transfer",
    "reject",
    "tell",
    "push",
    "extend",
    "pause",
    "resume",
    "notes",
    "match",
    "merge",
    "supervise",
    "contact",
    "identity",
    "dispose",
    "postpone",
)


@pytest.mark.parametrize("role", ["handler", "dept_supervisor", "supervisor", "leader"])
async def test_who_may_what(client, login_as, agencies, county, role):
    number = await filed(client, login_as, agencies, county)
    place = {"organisation": agencies.agency}
    if role in ("leader", "supervisor"):
        place = {"organisation": agencies.bureau, "region": county}
    await login_as(role, **place)
    expected = 200 if role == "leader" else 403
    for path in GETS:
        assert (await client.get(path.format(n=number))).status_code == expected, path
    for act in POSTS:
        assert (await client.post(f"/complaints/{number}/{act}", {})).status_code == 403, act
    own = 200 if role == "supervisor" else 403
    assert (await client.get("/complaints/mine")).status_code == own
    copies = 200 if role == "dept_supervisor" else 403
    assert (await client.get("/complaints/copies")).status_code == copies


@pytest.mark.req("S3-22", "C1-11")
async def test_who_only_reads_is_not_told_who_reported(
    client, login_as, agencies, county, region_tree
):
    """不保密 promises the name to the bureau alone: a leader reads what a body would read."""
    said = told(
        county,
        name="王大锤",
        phone="13722233344",
        confidential="open",
        account="我叫王大锤，家住团结路3号，检查时要我交钱。",
        body=str(agencies.agency.id),
    )
    assert (await client.post("/complaints/public/new", said)).status_code == 303
    async with transaction(OFFICE):
        number = await value("select id from complaints_complaint")
    bureau = {"organisation": agencies.bureau, "region": county}
    await login_as("supervision_bureau", **bureau)
    known = (await client.get(f"/complaints/{number}")).text
    assert "我叫王大锤，家住团结路3号" in known
    await login_as("leader", **bureau)
    page = (await client.get(f"/complaints/{number}")).text
    assert "检查时要我交钱" in page
    for secret in ("王大锤", "团结路", "3344"):
        assert secret not in page


@pytest.mark.req("C1-07", "C1-11", "S3-23")
async def test_the_handler_rings_up_whoever_left_a_number_openly(
    client, login_as, agencies, county, region_tree
):
    """A number nobody can read could not be rung up: shown once, for a reason that is recorded."""
    said = told(county, name="王大锤", phone="13722233344", confidential="open")
    assert (await client.post("/complaints/public/new", said)).status_code == 303
    async with transaction(OFFICE):
        number = await value("select id from complaints_complaint")
    path = f"/complaints/{number}"
    bureau = {"organisation": agencies.bureau, "region": county}
    await login_as("supervision_bureau", **bureau)
    page = (await client.get(path)).text
    assert "137****3344" in page
    assert "13722233344" not in page
    assert "请打电话告知" in page
    refused = await client.post(f"{path}/contact", {"reason": ""})
    assert refused.status_code == 422
    assert "13722233344" not in refused.text
    shown = await client.post(f"{path}/contact", {"reason": "打电话告知核查结果。"})
    assert shown.status_code == 200
    assert "13722233344" in shown.text
    assert "no-store" in shown.headers["cache-control"]
    assert "13722233344" not in (await client.get(path)).text
    assert "查看举报人的电话：打电话告知核查结果。" in (await client.get(path)).text
    async with transaction(OFFICE):
        seen = await rows(
            "select payload from core_fact where kind = 'complaints.contact_revealed'"
        )
    assert len(seen) == 1
    assert "13722233344" not in str(seen[0]["payload"])
    # Looking up is work, collecting is not.
    for _ in range(19):
        await client.post(f"{path}/contact", {"reason": "再打一次。"})
    collected = await client.post(f"{path}/contact", {"reason": "再打一次。"})
    assert collected.status_code == 429
    assert "13722233344" not in collected.text
    assert "再打一次。" in collected.text
    await login_as("supervision_bureau", organisation=False, region=region_tree.other_county)
    assert (await client.post(f"{path}/contact", {"reason": "看看是谁"})).status_code == 404


@pytest.mark.req("C1-11", "S3-22")
async def test_no_number_is_shown_of_whoever_asked_for_confidentiality(
    client, login_as, agencies, county
):
    said = told(county, name="王大锤", phone="13722233344", confidential="sealed")
    assert (await client.post("/complaints/public/new", said)).status_code == 303
    async with transaction(OFFICE):
        number = await value("select id from complaints_complaint")
    await login_as("supervision_bureau", organisation=agencies.bureau, region=county)
    assert "查看完整电话" not in (await client.get(f"/complaints/{number}")).text
    answer = await client.post(f"/complaints/{number}/contact", {"reason": "看看是谁"})
    assert answer.status_code == 409
    assert "13722233344" not in answer.text


@pytest.mark.req("C1-11", "C1-12", "C1-16", "S3-22")
async def test_trying_names_and_phones_on_a_sealed_reporter_is_on_the_record(
    client, login_as, agencies, county
):
    """The check knows the name. Whoever feeds it a list does not learn which, and is written down."""
    said = told(
        county,
        name="王大锤",
        phone="13722233344",
        confidential="sealed",
        account="检查时要我交钱，没有开票。",
        body_name="镇上的检查站",
    )
    assert (await client.post("/complaints/public/new", said)).status_code == 303
    async with transaction(OFFICE):
        number = await value("select id from complaints_complaint")
        await execute(
            "update complaints_complaint set body = $2, body_name = $3 where id = $1",
            number,
            agencies.agency.id,
            agencies.agency.name,
        )

    async def tried() -> int:
        async with transaction(OFFICE):
            return await value(
                "select count(*) from core_fact where kind = 'complaints.name_revealed'"
            )

    await login_as("supervision_bureau", organisation=agencies.bureau, region=county)
    path = f"/complaints/{number}/push"
    innocent = await client.post(f"{path}/check", {"text": "李小龙、赵铁柱当时都在场。"})
    assert innocent.status_code == 200
    assert await tried() == 0
    names = "李小龙、王大锤、赵铁柱当时都在场。"
    found = await client.post(f"{path}/check", {"text": names})
    assert "不指明是哪几个字" in found.text
    assert "<span>王大锤" not in found.text
    assert await tried() == 1
    sent = await client.post(path, {"text": names, "checked": "on"})
    assert sent.status_code == 422
    assert "“王大锤”" not in sent.text
    assert await tried() == 2
    phones = await client.post(f"{path}/check", {"text": "可以打137 2223 3344问一问。"})
    assert phones.status_code == 200
    assert await tried() == 3
    clean = {"text": "检查时要交钱，没有开票。", "checked": "on"}
    assert (await client.post(path, clean)).status_code == 303
    for act in ("pause", "extend"):
        form = {"reason": "请先问王大锤。", "approver": "赵建国", "days": "5"}
        assert (await client.post(f"/complaints/{number}/{act}", form)).status_code == 422
    assert await tried() == 5
    async with transaction(OFFICE):
        facts = await rows("select payload from core_fact where kind = 'complaints.name_revealed'")
    assert "王大锤" not in str(facts)
    # Counted with the looks at full numbers: a list is not gone through in an afternoon.
    for _ in range(15):
        await client.post(f"{path}/check", {"text": "王大锤"})
    assert (await client.post(f"{path}/check", {"text": "王大锤"})).status_code == 429
    assert await tried() == 20


@pytest.mark.req("S3-22", "C1-11", "B41-1")
@pytest.mark.parametrize("confidential", ["open", "sealed"])
async def test_who_only_reads_does_not_find_the_photos_by_their_number(
    client, login_as, agencies, county, confidential
):
    told_open = report(agencies, confidential=confidential)
    await login_as("supervisor", region=county)
    photos = {"media": ("一.jpg", photo(), "image/jpeg")}
    assert (await client.post("/complaints/new", told_open, files=photos)).status_code == 303
    async with transaction(OFFICE):
        number, file = await value("select row(complaint, file) from complaints_attachment")
    bureau = {"organisation": agencies.bureau, "region": county}
    await login_as("leader", **bureau)
    page = await client.get(f"/complaints/{number}")
    assert page.status_code == 200
    assert f"/files/{file}" not in page.text
    for way in ("", "/original"):
        assert (await client.get(f"/files/{file}{way}")).status_code == 404
    await login_as("supervision_bureau", **bureau)
    assert f"/files/{file}" in (await client.get(f"/complaints/{number}")).text
    assert (await client.get(f"/files/{file}")).status_code == 200
    original = 404 if confidential == "sealed" else 200
    assert (await client.get(f"/files/{file}/original")).status_code == original


async def test_another_county_finds_nothing(client, login_as, agencies, county, region_tree):
    number = await filed(client, login_as, agencies, county)
    await login_as(
        "supervision_bureau", organisation=agencies.foreign_bureau, region=region_tree.other_county
    )
    assert (await client.get(f"/complaints/{number}")).status_code == 404
    assert (await client.get(f"/complaints/{number}/push")).status_code == 404
    assert (await client.post(f"/complaints/{number}/accept", {})).status_code == 404


@pytest.mark.req("S0-13")
async def test_the_bureau_above_reads_and_leaves_the_act_to_the_countys_own(
    client, login_as, agencies, county, region_tree
):
    number = await filed(client, login_as, agencies, county)
    async with transaction(OFFICE):
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)
    await login_as("supervision_bureau", organisation=False, region=region_tree.city)
    page = await client.get(f"/complaints/{number}")
    assert page.status_code == 200
    assert "只来了一个人" in page.text
    assert f"由{agencies.bureau.name}办理" in page.text
    for words in ("受理</", "推送单位", "告知结果并办结", "添加备注"):
        assert words not in page.text
    assert (await client.get(f"/complaints/{number}/push")).status_code == 409
    for act, form in {
        "accept": {},
        "notes": {"text": "市里看过了", "level": "internal"},
        "reject": {"ground": "outside", "reason": "不属于执法监督。"},
        "tell": {"founded": "no", "result": "经查不属实。"},
        "supervise": {"reason": "情节严重，市里直接督办。"},
    }.items():
        answer = await client.post(f"/complaints/{number}/{act}", form)
        assert answer.status_code == 409, act
        assert f"由{agencies.bureau.name}办理" in answer.text
    async with transaction(OFFICE):
        assert await value("select state from complaints_complaint") == "submitted"
        # What has no bureau of its own is handled by the one above.
        await execute(
            "delete from core_competent_organ where organisation = $1", agencies.bureau.id
        )
    assert (await client.post(f"/complaints/{number}/accept", {})).status_code == 303


@pytest.mark.req("S0-14")
async def test_the_number_beside_the_menu_leads_to_what_it_counts(
    client, login_as, agencies, county
):
    number = await filed(client, login_as, agencies, county)
    await login_as("supervision_bureau", organisation=False, region=county)
    await client.post(
        f"/complaints/{number}/reject", {"ground": "outside", "reason": "不属于执法监督。"}
    )
    async with transaction(OFFICE):
        reporter = await value("select id from core_person where name = '乌云娜'")
    await login_as(
        "supervisor", organisation=agencies.bureau, region=county, person=reporter, name="乌云娜"
    )
    assert "有新进展" in (await client.get("/complaints/mine")).text
    assert "投〔2026〕1号" not in (await client.get("/complaints/mine?tab=open")).text

    # News of what waits and news of what is done are one number and one list.
    done = await client.post(
        "/complaints/new", report(agencies, account="第二次来只有一个人。", once="n" * 24)
    )
    waiting = int(done.headers["location"].rpartition("/")[2])
    async with transaction(OFFICE):
        await execute("update complaints_complaint set news = true where id = $1", waiting)
    counted = await client.get("/complaints/mine")
    assert counted.text.count('<li><a href="/complaints/mine/') == 2
    assert "投〔2026〕1号" in counted.text
    assert "投〔2026〕2号" in counted.text
    assert await queries.count_own_news(aliases_of(reporter)) == 2
    assert "投〔2026〕2号" in (await client.get("/complaints/mine?tab=open")).text

    await client.get(f"/complaints/mine/{number}")
    await client.get(f"/complaints/mine/{waiting}")
    nothing_new = (await client.get("/complaints/mine")).text
    assert "有新进展" not in nothing_new
    assert "投〔2026〕1号" not in nothing_new


# --- the public's door -------------------------------------------------------------------------


def told(county: Any, **more: Any) -> dict[str, Any]:
    return {
        "kind": "complaint",
        "enforcement_type": "行政检查",
        "account": "检查时要我交钱，没有开票。",
        "happened_on": "2026-11-01",
        "region": str(county.id),
        "body_name": "",
        "once": "p" * 24,
        **more,
    }


@pytest.mark.req("C1-13", "C1-14", "C1-18")
async def test_anybody_files_and_follows_with_the_code(client, agencies, county, jobs):
    assert (await client.get("/complaints/public")).status_code == 200
    form = await client.get(f"/complaints/public/new?region={county.id}&kind=complaint")
    assert form.status_code == 200
    assert 'name="phone"' in form.text
    done = await client.post("/complaints/public/new", told(county, body=str(agencies.agency.id)))
    assert done.status_code == 303, done.text[:800]
    shown = await client.follow(done)
    code = receipts.read_code(re.search(r'translate="no">([\d ]+)<', shown.text)[1])  # type: ignore[index]
    assert len(code) == receipts.DIGITS
    assert "<svg" in shown.text
    # The code stands in no address and no row.
    assert code not in done.headers["location"]
    async with transaction(OFFICE):
        assert code not in str(await rows("select * from complaints_complaint"))
    wrong = await client.post("/complaints/public/follow", {"code": "1" * 16})
    assert wrong.status_code == 404
    await jobs.run_all()
    thread = await client.post("/complaints/public/follow", {"code": receipts.spaced(code)})
    assert thread.status_code == 200
    assert "已推送给有关单位" in thread.text
    more = await client.post("/complaints/public/words", {"code": code, "text": "还有录音。"})
    assert "已补充" in more.text
    slip = await client.post("/complaints/public/receipt", {"code": code})
    assert "JDR1." in slip.text
    checked = await client.post("/complaints/receipts", {"receipt": slip.text})
    assert "签名有效" in checked.text
    assert "没有开票" not in checked.text
    forged = slip.text.replace("JDR1.ey", "JDR1.fy")
    assert "签名有效" not in (await client.post("/complaints/receipts", {"receipt": forged})).text
    # Sent once more because the answer was lost on the way: the same receipt, and no second row.
    again = await client.post("/complaints/public/new", told(county))
    assert code in (await client.follow(again)).text
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 1


@pytest.mark.req("C1-13", "C1-20")
async def test_after_the_retention_the_code_finds_the_stone(
    client, login_as, agencies, county, jobs
):
    """Whoever kept the code reads that the content is gone, not that he never complained."""
    done = await client.post("/complaints/public/new", told(county))
    shown = await client.follow(done)
    code = receipts.read_code(re.search(r'translate="no">([\d ]+)<', shown.text)[1])  # type: ignore[index]
    await jobs.run_all()
    async with transaction(OFFICE):
        number = await value("select id from complaints_complaint")
    await login_as("supervision_bureau", organisation=agencies.bureau, region=county)
    reason = {"ground": "outside", "reason": "邻里之间的民事纠纷。"}
    assert (await client.post(f"/complaints/{number}/reject", reason)).status_code == 303
    async with transaction(OFFICE):
        await execute("update complaints_complaint set disposal = 'proposed' where id = $1", number)
    sure = await client.post(f"/complaints/{number}/dispose", {"reason": "保存期满，不再需要。"})
    assert sure.status_code == 303
    await jobs.run_all()
    stone = await client.post("/complaints/public/follow", {"code": code})
    assert stone.status_code == 200
    assert "保存期满，内容已销毁" in stone.text
    assert "投〔2026〕1号" in stone.text
    assert "没有开票" not in stone.text
    assert "不予受理" in stone.text
    assert "告知结果" not in stone.text
    assert "下载回执" in stone.text
    assert "下载内容副本" not in stone.text
    assert "补充说明" not in stone.text


@pytest.mark.req("C1-13", "C1-03")
async def test_a_lost_answer_costs_neither_receipt_nor_files(client, agencies, county):
    """Filed, but the line broke: the form comes again, its photo belongs to the complaint by now."""
    empty = await client.get(f"/complaints/public/new?region={county.id}")
    ticket = re.search(r'name="upload_ticket" value="([^"]+)"', empty.text)[1]  # type: ignore[index]
    blank = told(county, account="短", upload_ticket=ticket)
    photos = {"media": ("一.jpg", photo(), "image/jpeg")}
    refused = await client.post("/complaints/public/new", blank, files=photos)
    upload = re.search(r'name="media__uploads" value="([^"]+)"', refused.text)[1]  # type: ignore[index]
    sent = told(county, media__uploads=upload, upload_ticket=ticket)
    pages = [
        (await client.follow(await client.post("/complaints/public/new", sent))).text
        for _ in range(2)
    ]
    codes = {re.search(r'translate="no">([\d ]+)<', each)[1] for each in pages}  # type: ignore[index]
    assert len(codes) == 1
    # Another form is another complaint, and a key that might be guessed leads to nobody's receipt.
    weak = told(county, once="p" * 8)
    first = (await client.follow(await client.post("/complaints/public/new", weak))).text
    assert re.search(r'translate="no">([\d ]+)<', first)[1] not in codes  # type: ignore[index]
    again = await client.post("/complaints/public/new", weak)
    assert again.headers["location"] == "/complaints/public/follow"
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 2
        assert await value("select count(*) from complaints_attachment") == 1


@pytest.mark.req("C1-14")
async def test_a_receipt_is_checked_offline(client, agencies, county, jobs, tmp_path, capsys):
    from plugins.complaints.commands import COMMANDS

    done = await client.post("/complaints/public/new", told(county))
    shown = await client.follow(done)
    code = re.search(r'translate="no">([\d ]+)<', shown.text)[1]  # type: ignore[index]
    await jobs.run_all()
    for name, path in (("slip.txt", "receipt"), ("content.json", "content")):
        got = await client.post(f"/complaints/public/{path}", {"code": code})
        (tmp_path / name).write_bytes(got.content)
    (tmp_path / "key.pem").write_bytes((await client.get("/complaints/receipts/key.txt")).content)

    def verify(*more: str) -> int:
        import argparse

        parser = argparse.ArgumentParser()
        COMMANDS[0].configure(parser)
        base = ["verify", str(tmp_path / "slip.txt"), "--key", str(tmp_path / "key.pem")]
        return COMMANDS[0].run(parser.parse_args([*base, *more]))

    assert verify() == 0
    assert verify("--content", str(tmp_path / "content.json")) == 0
    assert "内容与回执一致" in capsys.readouterr().out
    told_otherwise = (tmp_path / "content.json").read_text("utf-8").replace("没有开票", "开了票")
    (tmp_path / "content.json").write_text(told_otherwise, "utf-8")
    assert verify("--content", str(tmp_path / "content.json")) == 1
    slip = (tmp_path / "slip.txt").read_text("utf-8")
    start = slip.index("JDR1.") + 60
    flipped = "A" if slip[start] != "A" else "B"
    (tmp_path / "slip.txt").write_text(slip[:start] + flipped + slip[start + 1 :], "utf-8")
    assert verify() in (1, 2)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "王大锤"}, "请选择是否保密"),
        ({"phone": "12"}, "电话"),
        ({"happened_on": "2027-01-01"}, "不能晚于今天"),
        ({"kind": "praise"}, "表扬哪个单位"),
        ({"kind": "blame"}, "类别"),
        ({"region": "0"}, "哪里"),
        ({"account": ""}, "事情经过"),
    ],
)
async def test_bad_input_of_the_public(client, county, more, words):
    answer = await client.post("/complaints/public/new", told(county, **more))
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.req("C1-13")
async def test_walking_through_codes_is_stopped(client, county):
    assert county
    codes = [f"{n:016d}" for n in range(15)]
    answers = [await client.post("/complaints/public/follow", {"code": c}) for c in codes]
    statuses = [each.status_code for each in answers]
    assert statuses[:10] == [404] * 10
    assert set(statuses[10:]) == {429}


@pytest.mark.req("C1-11", "C1-13")
async def test_walking_through_phones_tells_nothing(app, client, agencies, county):
    """A number somebody left, or a person of the register has, answers like one nobody knows."""
    known, unknown = "13722233344", "13733344455"
    left = told(county, name="王大锤", phone=known, confidential="open")
    assert (await client.post("/complaints/public/new", left)).status_code == 303
    async with transaction(OFFICE):
        await enter_person("王大锤", agencies.agency.id, phone=known)
    ways = (
        ("/complaints/public/follow", lambda phone: {"code": phone}),
        ("/login", lambda phone: {"login": phone, "password": "x" * 12}),
    )
    for path, form in ways:
        answers = []
        for phone in (known, unknown):
            answer = await client.post(path, form(phone))
            # Keys of forms are drawn anew for every page.
            text = re.sub(r'value="[^"]*"', "", answer.text).replace(phone, "")
            answers.append((answer.status_code, text))
        assert answers[0] == answers[1], path
    # Filing with a number already left is filing like any other.
    for n, phone in enumerate((known, unknown)):
        more = told(county, phone=phone, confidential="open", once=f"{n:024d}")
        done = await client.post("/complaints/public/new", more)
        assert done.headers["location"].startswith("/complaints/public/done?t=")
    # Whoever goes on is stopped, known number or not.
    platform_of(app).limits.counts.clear()
    phones = [f"137222{n:05d}" for n in range(14)] + [known]
    statuses = [
        (await client.post("/complaints/public/follow", {"code": each})).status_code
        for each in phones
    ]
    assert statuses == [404] * 10 + [429] * 5


async def test_the_right_code_is_no_way_round_the_limit(client, county):
    """Once stopped, the right code is refused like the wrong ones: no answer says it was right."""
    done = await client.post("/complaints/public/new", told(county))
    shown = await client.follow(done)
    code = receipts.read_code(re.search(r'translate="no">([\d ]+)<', shown.text)[1])  # type: ignore[index]
    for n in range(10):
        await client.post("/complaints/public/follow", {"code": f"{n:016d}"})
    for path in ("follow", "words", "receipt", "content"):
        answer = await client.post(f"/complaints/public/{path}", {"code": code, "text": "补充"})
        assert answer.status_code == 429, path


async def test_being_refused_costs_the_database_no_new_connection(fresh_db, app, registry):
    # Without the transaction around a test, so that the page has connections of its own.
    assert fresh_db
    assert registry
    async with browsing(app) as browser:
        first = await browser.post("/complaints/public/follow", {"code": "1" * 16})
        assert first.status_code == 404
        async with reading(OWN):
            before = await value("select pg_backend_pid()")
        answers = [
            await browser.post("/complaints/public/follow", {"code": "2" * 16}) for _ in range(14)
        ]
        assert [each.status_code for each in answers].count(429) == 5
        async with reading(OWN):
            assert await value("select pg_backend_pid()") == before


async def test_filing_is_limited(client, county):
    answers = [
        await client.post("/complaints/public/new", told(county, once=f"{n:024d}"))
        for n in range(12)
    ]
    assert [each.status_code for each in answers].count(429) == 2


async def test_a_flood_of_the_region_keeps_the_words_of_whoever_comes_now(
    client, county, monkeypatch
):
    from core.api.errors import TooMany
    from plugins.complaints.services import filing

    async def many(*_args: Any) -> None:
        raise TooMany("现在提交的人太多，请过一会儿再试；你写的内容还在页面上。", wait_seconds=600)

    monkeypatch.setattr(filing, "_not_too_many", many)
    answer = await client.post("/complaints/public/new", told(county))
    assert answer.status_code == 429
    assert "现在提交的人太多" in answer.text
    assert told(county)["account"] in answer.text


# --- a phone whose clock is wrong ----------------------------------------------------------------


@pytest.mark.req("S0-12", "S3-19")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("2026-11-04T02:00:00.000Z", "11月4日 10:00"),  # a day ahead
        ("2026-11-02T02:00:00.000Z", "11月2日 10:00"),  # a day behind
        ("0001-01-01T00:00:00+12:00", "0001-01-01T00:00:00+12:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("<b>昨天</b>", "&lt;b&gt;昨天&lt;/b&gt;"),
    ],
)
async def test_the_phones_clock_is_shown_and_nothing_is_counted_from_it(
    client, login_as, agencies, county, said, shown
):
    number = await filed(client, login_as, agencies, county, said_at=said)
    async with transaction(OFFICE):
        found = await value("select filed_at from complaints_complaint where id = $1", number)
    assert found == datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
    await as_bureau(login_as, agencies, county)
    detail = await client.get(f"/complaints/{number}")
    assert detail.status_code == 200
    assert "手机上的时间" in detail.text
    assert shown in detail.text
    words = {"text": "检查时只来了一个人，没有出示证件。", "checked": "true"}
    assert (await client.post(f"/complaints/{number}/push", words)).status_code == 303
    async with transaction(OFFICE):
        pushed = await row("select * from complaints_copy where complaint = $1", number)
        running = await value("select started_at from core_clock where id = $1", pushed["clock"])
    assert running == datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


async def test_tomorrow_by_the_phone_is_refused_and_nothing_is_lost(
    client, login_as, agencies, county
):
    await volunteer(login_as, agencies, county)
    ahead = report(agencies, happened_on="2026-11-04", said_at="2026-11-04T02:00:00.000Z")
    refused = await client.post("/complaints/new", ahead)
    assert refused.status_code == 422
    assert "今天是11月3日" in refused.text
    assert "只来了一个人" in refused.text
    mended = await client.post("/complaints/new", {**ahead, "happened_on": "2026-11-03"})
    assert mended.status_code == 303


@pytest.mark.parametrize("text", ["", "JDR1.", "x" * 50, "JDR1." + "A" * 3000])
async def test_what_is_no_receipt(client, text):
    assert (await client.post("/complaints/receipts", {"receipt": text})).status_code == 422


async def test_the_done_page_needs_our_own_token(client):
    for token in ("", "x", "A" * 9000):
        assert (await client.get(f"/complaints/public/done?t={token}")).status_code in (404, 414)


async def test_figures_hide_small_numbers(client, login_as, agencies, county):
    await filed(client, login_as, agencies, county)
    await as_bureau(login_as, agencies, county)
    page = await client.get("/complaints/figures")
    assert "＊" in page.text
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("until=0001-01-01", "0001-01-01", "0001-01-01"),
        ("since=2026-06-01&until=2026-01-31", "2026-01-31", "2026-01-31"),
        ("since=yesterday&until=2026-01-31", "2025-02-01", "2026-01-31"),
        ("since=0001-01-01&until=9999-12-31", "0001-01-01", "9999-12-31"),
    ],
)
async def test_figures_of_any_period_can_be_asked_for(
    client, login_as, agencies, county, asked, first, last
):
    await as_bureau(login_as, agencies, county)
    page = await client.get(f"/complaints/figures?{asked}")
    assert page.status_code == 200
    for name, day in (("since", first), ("until", last)):
        assert re.search(f'name="{name}"[^>]*value="{day}"', page.text), (name, day)


@pytest.mark.req("C1-01", "C1-13")
@pytest.mark.needs("certificates")
async def test_the_page_behind_a_qr_code_leads_to_the_publics_door(client, agencies, county):
    assert county
    _officer, person, token = await officer_with_card(agencies)
    page = await client.get(f"/certificates/check/{token}")
    link = re.search(r'href="(/complaints/public/new\?code=[^"]+)"', page.text)
    assert link
    form = await client.get(link[1])
    assert "李志强" in form.text
    sent = {**told(county), "code": token, "region": "", "body": str(agencies.agency.id)}
    assert (await client.post("/complaints/public/new", sent)).status_code == 303
    async with transaction(OFFICE):
        [it] = await rows("select officer, state from complaints_complaint")
    assert (it["officer"], it["state"]) == (person, "pushed")


@pytest.mark.req("C1-04", "S3-22")
@pytest.mark.parametrize(("confidential", "status"), [("sealed", 404), ("open", 200)])
async def test_a_sealed_original_is_served_to_nobody(
    client, login_as, agencies, county, confidential, status
):
    await volunteer(login_as, agencies, county)
    await client.post(
        "/complaints/new",
        report(agencies, confidential=confidential),
        files={"media": ("a.jpg", photo(), "image/jpeg")},
    )
    async with transaction(OFFICE):
        file = await value("select id from core_file")
    await as_bureau(login_as, agencies, county)
    shown = await client.get(f"/files/{file}")
    assert shown.status_code == 200
    assert b"Wuyunna" not in shown.content
    assert (await client.get(f"/files/{file}/original")).status_code == status


@pytest.mark.req("C1-10", "C1-16")
async def test_the_body_opens_its_copy_of_a_photo_and_nothing_else(
    client, login_as, agencies, county
):
    await volunteer(login_as, agencies, county)
    await client.post(
        "/complaints/new", report(agencies), files={"media": ("a.jpg", photo(), "image/jpeg")}
    )
    async with transaction(OFFICE):
        [sent] = await rows("select id, complaint, file from complaints_attachment")
    await as_bureau(login_as, agencies, county)
    words = {
        "text": "检查时只来了一个人，没有出示证件。",
        "media": str(sent["id"]),
        "looked": "1",
        "checked": "1",
    }
    done = await client.post(f"/complaints/{sent['complaint']}/push", words)
    assert done.status_code == 303, done.text
    async with transaction(OFFICE):
        [copy] = await rows("select copy, file from complaints_attachment where copy <> 0")
    await login_as("dept_supervisor", organisation=agencies.agency)
    page = await client.get(f"/complaints/copies/{copy['copy']}")
    assert f"/files/{copy['file']}" in page.text
    assert (await client.get(f"/files/{copy['file']}")).status_code == 200
    assert (await client.get(f"/files/{copy['file']}/original")).status_code == 404
    assert (await client.get(f"/files/{sent['file']}")).status_code == 404
    await login_as("handler", organisation=agencies.agency)
    assert (await client.get(f"/files/{copy['file']}")).status_code == 404


@pytest.mark.req("S0-14")
@pytest.mark.parametrize("confidential", ["open", "sealed"])
async def test_whoever_is_no_supervisor_any_more_follows_what_he_handed_in(
    client, login_as, agencies, county, confidential
):
    """The term ends, the complaint does not: he reads the answer, and hands in nothing new."""
    who = await volunteer(login_as, agencies, county)
    done = await client.post("/complaints/new", report(agencies, confidential=confidential))
    number = int(done.headers["location"].rpartition("/")[2])
    panel = f"/complaints/mine/panels/{who.person_id}"
    assert "提交过的投诉举报" not in (await client.get(panel)).text, "his menu has it"
    await login_as("former_supervisor", region=county, person=who.person_id, name="乌云娜")
    listed = await client.get("/complaints/mine")
    assert "投〔2026〕1号" in listed.text
    assert "/complaints/new" not in listed.text
    assert "1 件" in (await client.get(panel)).text
    assert (await client.get(f"/complaints/mine/{number}")).status_code == 200
    said = {"text": "店主愿意作证，可以联系。"}
    assert (await client.post(f"/complaints/mine/{number}/words", said)).status_code == 303
    assert (await client.get(f"/complaints/mine/{number}/receipt")).status_code == 200
    assert (await client.get("/complaints/new")).status_code == 403
    assert (await client.post("/complaints/new", report(agencies))).status_code == 403
    # Somebody else who served finds nothing of it.
    async with transaction(OFFICE):
        other = await enter_person("李四", agencies.bureau.id)
    await login_as("former_supervisor", region=county, person=other.id)
    assert "投〔2026〕1号" not in (await client.get("/complaints/mine")).text
    assert "件" not in (await client.get(f"/complaints/mine/panels/{other.id}")).text
    assert (await client.get(panel)).status_code == 404
    for path in ("", "/receipt", "/content"):
        assert (await client.get(f"/complaints/mine/{number}{path}")).status_code == 404


@pytest.mark.req("S0-16", "C1-19")
@pytest.mark.parametrize("pushed", [False, True])
async def test_the_desk_says_of_whom_it_is_when_nobody_scanned(
    client, login_as, agencies, county, region_tree, facts, pushed
):
    """The officer stands in the register, in the body's copy, and in his own readiness."""
    number = await filed(client, login_as, agencies, county)
    async with transaction(OFFICE):
        one = await enter_person("李志强", agencies.agency.id)
        elsewhere = await enter_person("王小明", agencies.other_agency.id)
    await as_bureau(login_as, agencies, county)
    if pushed:
        words = {"text": "检查时只来了一个人，没有出示证件。"}
        assert (await client.post(f"/complaints/{number}/push", words)).status_code == 303
    page = await client.get(f"/complaints/{number}")
    assert "认定执法人员" in page.text
    assert "李志强" in page.text
    assert "王小明" not in page.text
    act = f"/complaints/{number}/identify"
    for wrong, said in (
        ({"officer": "", "reason": "看了检查记录"}, "请选择"),
        ({"officer": str(one.id), "reason": ""}, "认定的依据"),
        ({"officer": str(elsewhere.id), "reason": "看了检查记录"}, "在岗人员"),
        ({"officer": str(one.id), "reason": "乌云娜说是他"}, "会让单位认出举报人"),
        ({"officer": "999999999", "reason": "看了检查记录"}, "在岗人员"),
    ):
        answer = await client.post(act, wrong)
        assert answer.status_code == 422, (wrong, answer.text[:300])
        assert said in answer.text
        assert wrong["reason"] in answer.text
    right = {"officer": str(one.id), "reason": "调取当天的检查记录，由本人确认。"}
    assert (await client.post(act, right)).status_code == 303
    assert (await client.post(act, right)).status_code == 409
    [told] = await facts.only("complaints.identified")
    assert "没有写明 → 李志强，依据：调取当天的检查记录" in told.payload["words"]
    assert "认定执法人员：没有写明 → 李志强" in (await client.get(f"/complaints/{number}")).text
    if not pushed:
        words = {"text": "检查时只来了一个人，没有出示证件。"}
        assert (await client.post(f"/complaints/{number}/push", words)).status_code == 303
    async with transaction(OFFICE):
        copies = await rows("select officer, officer_name from complaints_copy")
        assert [(each["officer"], each["officer_name"]) for each in copies] == [(one.id, "李志强")]
        late = datetime(2027, 1, 20, tzinfo=UTC)
        assert [each["officer"] for each in await queries.overdue_of([one.id], late)] == [one.id]
    # Nobody else's, and not after the end.
    await login_as("leader", organisation=agencies.bureau, region=county)
    assert (await client.post(act, right)).status_code == 403
    await login_as(
        "supervision_bureau", organisation=agencies.foreign_bureau, region=region_tree.other_county
    )
    assert (await client.post(act, right)).status_code == 404


@pytest.mark.parametrize(
    ("state", "target", "scanned", "why"),
    [
        (flow.SUBMITTED, "officer", "", ""),
        (flow.PUSHED, "officer", "unverified", ""),
        (flow.ANSWERED, "officer", "", ""),
        (flow.SUBMITTED, "act", "", "不是执法人员"),
        (flow.SUBMITTED, "officer", "verified", "已经确定"),
        (flow.TOLD, "officer", "", "不能再办理"),
        (flow.MERGED, "officer", "", "并入另一件"),
    ],
)
def test_when_the_officer_may_be_identified(state, target, scanned, why):
    it = flow.Standing(state, "complaint", True, False, False)
    assert why in "".join(flow.why_not_identify(it, target=target, scanned=scanned))
    assert bool(flow.why_not_identify(it, target=target, scanned=scanned)) is bool(why)


@pytest.mark.req("S0-16", "C1-19")
async def test_whom_the_desk_named_goes_when_it_was_another_unit(
    client, login_as, agencies, county
):
    number = await filed(client, login_as, agencies, county)
    async with transaction(OFFICE):
        one = await enter_person("李志强", agencies.agency.id)
    await as_bureau(login_as, agencies, county)
    right = {"officer": str(one.id), "reason": "调取当天的检查记录。"}
    assert (await client.post(f"/complaints/{number}/identify", right)).status_code == 303
    for body, officer in ((agencies.agency, one.id), (agencies.other_agency, 0)):
        act = f"/complaints/{number}/match"
        assert (await client.post(act, {"body": str(body.id)})).status_code == 303
        async with transaction(OFFICE):
            [it] = await rows("select officer, officer_name, body from complaints_complaint")
        assert (it["officer"], it["body"]) == (officer, body.id)
