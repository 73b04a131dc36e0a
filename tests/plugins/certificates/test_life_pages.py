# SPDX-License-Identifier: Apache-2.0
"""A new officer through the pages alone: every form of the way, sent as a browser sends it."""

from datetime import UTC, datetime

import pytest

from core.api.db import row, transaction
from tests.plugins.certificates import test_migrating as old
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    card_in_hand,
    competent,
    name_list,
    open_body,
    portrait,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
PHOTO = {"photo": ("证件照.jpg", portrait(), "image/jpeg")}
FIELDS = {
    "name": "张海龙",
    "id_number": ID,
    "phone": "13812345678",
    "category": "市场监管",
    "powers": "行政处罚",
    "once": "f" * 32,
}


def sheet():
    return {"evidence": ("成绩单.jpg", portrait(), "image/jpeg")}


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID))
    await open_body(agencies.agency)
    return agencies


async def newest(table):
    async with transaction(OFFICE):
        return await row(f"select * from {table} order by id desc limit 1")


async def test_from_the_form_to_the_card_in_the_hand(client, login_as, county):
    await login_as("body_admin", organisation=county.agency)
    given = {**FIELDS, "organisation": str(county.agency.id)}
    dark = {"photo": ("证件照.jpg", portrait(colour=(20, 30, 60)), "image/jpeg")}
    refused = await client.post("/certificates/requests/new", given, files=dark)
    assert refused.status_code == 422
    assert "背景太深" in refused.text
    sent = await client.post("/certificates/requests/new", given, files=PHOTO)
    assert sent.status_code == 303
    again = await client.post("/certificates/requests/new", given, files=PHOTO)
    assert again.headers["location"] == sent.headers["location"], "sent twice is handed in once"
    path = sent.headers["location"]
    assert "待法制机构审核" in (await client.get(path)).text

    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.post(f"{path}/decide", {"decision": "return"})).status_code == 422
    assert (await client.post(f"{path}/decide", {"decision": "pass"})).status_code == 303
    result = {"score": "80", "passed": "yes", "reason": "纸面考试"}
    assert (await client.post(f"{path}/result", result)).status_code == 422
    assert (await client.post(f"{path}/result", result, files=sheet())).status_code == 303
    assert (await client.post(f"{path}/issue", {"issued_on": "2026-05-12"})).status_code == 409
    assert (await client.post(f"{path}/make", {"valid_from": "2026-05-12"})).status_code == 303
    assert (await client.post(f"{path}/issue", {"issued_on": "2026-05-12"})).status_code == 303
    done = (await client.get(path)).text
    assert "已发证" in done
    card = await newest("certificates_certificate")
    assert card["number"] in done

    act = {"act": "suspend", "since": "2026-05-12", "reason": "涉嫌违纪"}
    assert (await client.post(f"/certificates/cards/{card['id']}/act", act)).status_code == 422
    answer = await client.post(f"/certificates/cards/{card['id']}/act", act, files=sheet())
    assert answer.status_code == 303
    assert "暂扣" in (await client.get(f"/certificates/cards/{card['id']}")).text


async def test_a_new_body_through_the_pages(client, login_as, county):
    given = {
        "name": "磴口县消费维权中心",
        "kind": "entrusted",
        "superior": str(county.agency.id),
        "admin_name": "李四",
        "id_number": "150801198811207478",
        "phone": "13812345678",
    }
    await login_as("body_admin", organisation=county.agency)
    made = await client.post("/certificates/bodies/new", given)
    assert made.status_code in (200, 201)
    assert "一次性密码" in made.text
    body = (await newest("certificates_body"))["id"]
    letter = {"valid_from": "2026-01-01", "valid_until": "2028-12-31"}
    wrong = {"file": ("委托书.jpg", portrait(), "image/jpeg")}
    refused = await client.post(f"/certificates/bodies/{body}/letter", letter, files=wrong)
    assert refused.status_code == 422
    rest = await client.post(
        f"/certificates/bodies/{body}/complete", {"civil_quota": "5", "basis_url": "ftp://x"}
    )
    assert rest.status_code == 422
    name = {"name": "磴口县消费者权益中心"}
    renamed = f"/certificates/bodies/{body}/rename"
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.post(renamed, name)).status_code == 422
    assert (await client.post(renamed, name, files=sheet())).status_code == 303


async def test_lists_migration_and_sign_off_through_the_pages(client, login_as, county, jobs):
    await login_as("supervision_bureau", region=county.bureau.region)
    listed = old.sheet(["姓名", "身份证号"], ["李四", "150801198811207478"])
    file = {"file": ("名单.xlsx", listed, XLSX)}
    kept = await client.post("/certificates/lists", {"kind": "forced"}, files=file)
    assert kept.status_code == 303
    assert "李四" in (await client.get("/certificates/lists")).text
    assert (await client.post("/certificates/lists", {"kind": "forced"})).status_code == 422

    content = old.sheet(old.HEAD, old.person("王五", ID, "15082200009", county.agency.name))
    file = {"file": ("人员.xlsx", content, XLSX)}
    tried = await client.post("/certificates/migrations", {"kind": "officers"}, files=file)
    assert tried.status_code == 303
    run = tried.headers["location"]
    assert (await client.post(f"{run}/apply", {}, files=file)).status_code == 303
    await jobs.run_all()
    assert "已写入" in (await client.get(run)).text
    assert (await client.post(f"{run}/undo", {})).status_code == 303

    legal = f"/certificates/data/{county.agency.id}/legal"
    assert (await client.post(legal, {"agrees": "yes"})).status_code == 422
    await login_as("body_admin", organisation=county.agency)
    own = f"/certificates/data/{county.agency.id}/body"
    assert (await client.post(own, {"agrees": "no"})).status_code == 422
    assert (await client.post(own, {"agrees": "yes"})).status_code == 303
    body = await newest("certificates_body")
    full = {
        "unified_code": old.CODE,
        **{
            f"{kind}_{what}": "0"
            for kind in ("civil", "career", "other")
            for what in ("quota", "actual")
        },
        "admin_name": "刘晓燕",
        "admin_phone": "13812345678",
        "basis": "食品安全法",
    }
    path = f"/certificates/bodies/{body['id']}"
    assert (await client.post(f"{path}/complete", full)).status_code == 303
    assert (await client.post(f"{path}/submit", {})).status_code == 303
    assert "待法制机构审核" in (await client.get(path)).text
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.post(f"{path}/decide", {"decision": "pass"})).status_code == 303


@pytest.mark.req("S2-16")
async def test_anybody_registers_a_new_body_and_the_office_opens_it(client, login_as, county):
    given = {
        "name": "磴口县城市管理局",
        "kind": "first",
        "unified_code": old.CODE,
        "reviewer": str(county.bureau.id),
        "admin_name": "李四",
        "id_number": "150801198811207478",
        "phone": "13812345678",
        "once": "e" * 32,
    }
    sent = await client.post("/certificates/register", given)
    assert sent.status_code == 303
    again = await client.post("/certificates/register", given)
    assert again.status_code == 303
    assert "注册已提交" in (await client.get(sent.headers["location"])).text
    registration = await newest("certificates_registration")
    path = f"/certificates/registrations/{registration['id']}"
    await login_as("supervision_bureau", region=county.bureau.region)
    assert "磴口县城市管理局" in (await client.get("/certificates/bodies")).text
    assert (await client.post(f"{path}/decide", {"decision": "reject"})).status_code == 422
    opened = await client.post(f"{path}/decide", {"decision": "pass"})
    assert "一次性密码" in opened.text
    assert (await client.post(f"{path}/decide", {"decision": "pass"})).status_code == 422


@pytest.mark.req("S2-23")
async def test_the_scan_is_sent_from_the_inspections_page(client, login_as, county, clock):
    request = await card_in_hand(county.agency, county.bureau, NOW.date())
    async with transaction(OFFICE):
        card = await row(
            """select c.* from certificates_request q join certificates_certificate c
               on c.id = q.certificate where q.id = $1""",
            request,
        )
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    await login_as("body_admin", organisation=county.agency)
    nobody = await client.post("/certificates/inspections/apply", {})
    assert nobody.status_code == 422
    applied = await client.post("/certificates/inspections/apply", {"id": str(card["officer"])})
    assert applied.status_code == 303
    path = f"/certificates/inspections/{(await newest('certificates_inspection'))['id']}"
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.post(f"{path}/decide", {"decision": "pass"})).status_code == 303
    await login_as("handler", organisation=county.agency, person=card["person"])
    assert "扫码完成年审" in (await client.get(path)).text
    assert (await client.post(f"{path}/scan", {"code": "胡写的"})).status_code == 422
    code = f"https://jiandu.example/certificates/check/{card['token']}"
    assert (await client.post(f"{path}/scan", {"code": code})).status_code == 303
    assert "本人扫码" in (await client.get(path)).text
