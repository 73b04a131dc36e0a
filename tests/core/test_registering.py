# SPDX-License-Identifier: Apache-2.0
"""Accounts of applicants and of invited persons, names in pinyin, ID numbers (S0-2 … S0-10)."""

from dataclasses import replace
from datetime import date

import pytest

from core import db
from core import settings as core_settings
from core.api.accounts import (
    admit,
    invite,
    login_of_pinyin,
    password_problem,
    register,
    revoke_role,
)
from core.api.people import id_number_faults, is_residence_permit, sex_of
from core.auth import services, sessions
from core.auth.logins import id_login, stored_login
from core.db import Scope
from core.errors import Invalid, Refused
from core.people.joining import add_person
from core.people.spelling import name_in_pinyin

NUMBER = "150801198811207478"
GOOD = "Abc12345"
TODAY = date(2026, 5, 12)


@pytest.fixture
async def person(agencies):
    async with db.transaction(Scope.platform("test data")):
        return await add_person("王伟", region=agencies.bureau.region, id_number=NUMBER)


def sign_in(client, login=NUMBER, password=GOOD):
    return client.post("/login", {"login": login, "password": password})


@pytest.mark.req("S0-3")
@pytest.mark.parametrize(
    ("number", "said", "fields"),
    [
        (NUMBER, {"sex": "男", "birth_date": date(1988, 11, 20)}, []),
        (NUMBER.lower(), {}, []),
        ("１５０８０１１９８８１１２０７４７８", {}, []),
        ("11010519491231002x", {}, []),
        (NUMBER, {"sex": "女"}, ["sex"]),
        (NUMBER, {"birth_date": date(1988, 11, 21)}, ["birth_date"]),
        (NUMBER, {"sex": "女", "birth_date": date(1988, 1, 1)}, ["birth_date", "sex"]),
        ("150801198811207470", {}, ["id_number"]),
        ("150801198813207478", {}, ["id_number"]),
        ("15080119881120747", {}, ["id_number"]),
        ("150801198811207478'; --", {}, ["id_number"]),
        ("", {}, ["id_number"]),
        # Residence permits of 港澳台居民 are numbers like any other.
        ("810000199408230021", {"sex": "女"}, []),
        ("830000199201300022", {"sex": "女", "birth_date": date(1992, 1, 30)}, []),
        ("810000199408230022", {}, ["id_number"]),
    ],
)
def test_a_number_and_what_contradicts_it(number, said, fields):
    assert sorted(id_number_faults(number, TODAY, **said)) == fields


def test_sex_and_permits():
    assert sex_of(NUMBER) == "男"
    assert is_residence_permit("820000199408230020")
    assert not is_residence_permit(NUMBER)


@pytest.mark.req("S0-8")
@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("王伟", "wangwei"),
        ("王玮", "wangwei"),
        ("单雄信", "shanxiongxin"),
        ("仇和", "qiuhe"),
        ("曾国藩", "zengguofan"),
        ("查良镛", "zhaliangyong"),
        ("解缙", "xiejin"),
        ("区寄", "ouji"),
        ("尉迟恭", "yuchigong"),
        ("万俟卨", "moqixie"),
        ("令狐冲", "linghuchong"),
        ("欧阳修", "ouyangxiu"),
        ("吕布", "lvbu"),
        ("乌云其木格", "wuyunqimuge"),
        ("阿古拉·巴特尔", "agulabateer"),
    ],
)
def test_names_in_pinyin(name, login):
    assert name_in_pinyin(name) == login


@pytest.mark.req("S0-9")
async def test_the_same_pinyin_gets_a_number_that_never_comes_back(db, agencies, login_as):
    assert await login_of_pinyin("王伟") == "wangwei"
    await services.create_account("wangwei", "王伟")
    assert await login_of_pinyin("王玮") == "wangwei2"
    second = await services.create_account("wangwei2", "王玮")
    await services.create_account("wangweiguo", "王卫国")
    who = await login_as("system_admin")
    await services.close_account(second, who, "离任")
    assert await login_of_pinyin("王薇") == "wangwei3"


async def test_a_name_without_letters_still_gets_a_login(db):
    assert await login_of_pinyin("王") == "wangx" or len(await login_of_pinyin("王")) >= 3
    assert await login_of_pinyin("·") == "user"


@pytest.mark.req("S0-4", "S0-7")
async def test_an_applicant_signs_in_with_his_number_and_the_password_he_chose(
    client, person, agencies, facts
):
    user = await register(person.id, GOOD, region=agencies.bureau.region)
    answer = await sign_in(client)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/", "nothing to change: the password is his own"
    page = await client.follow(await client.get("/"))
    assert "公民身份号码" not in page.text
    assert (await sign_in(client, login=NUMBER.replace("1", "１"))).status_code in (200, 303)
    row = await db.row("select * from core_user where id = $1", user)
    recorded = await db.value("select string_agg(payload::text, '') from core_fact")
    assert NUMBER not in str(row)
    assert NUMBER not in recorded, "no record holds the number"


@pytest.mark.req("S0-4")
@pytest.mark.parametrize("password", ["abc12345", "ABC12345", "Abcdefgh", "Ab1", "123456"])
async def test_a_weak_password_opens_no_account(person, agencies, password):
    with pytest.raises(Invalid) as raised:
        await register(person.id, password, region=agencies.bureau.region)
    assert "password" in raised.value.errors
    assert await db.value("select count(*) from core_user where person = $1", person.id) == 0


@pytest.mark.req("S0-10")
async def test_one_number_one_person_one_account(client, person, agencies):
    async with db.transaction(Scope.platform("test data")):
        with pytest.raises(Invalid) as raised:
            await add_person("王玮", region=agencies.bureau.region, id_number=NUMBER)
    assert "id_number" in raised.value.errors
    await register(person.id, GOOD, region=agencies.bureau.region)
    with pytest.raises(Refused):
        await register(person.id, GOOD, region=agencies.bureau.region)
    with pytest.raises(Refused):
        await invite(person.id, "wangwei", by=0)


@pytest.mark.req("S0-4", "S0-7")
async def test_the_prescribed_password_only_where_the_operator_wants_it(
    client, person, agencies, monkeypatch
):
    own = core_settings.load()
    legacy = replace(own, security=replace(own.security, legacy_default_password=True))
    monkeypatch.setattr(core_settings, "load", lambda: legacy)
    await register(person.id, region=agencies.bureau.region)
    answer = await sign_in(client, password="123456")
    assert answer.headers["location"] == "/password", "and it must be changed at once"


@pytest.mark.req("S0-8")
async def test_an_invited_person_waits_for_the_approval(client, person, agencies, monkeypatch):
    login = await login_of_pinyin(person.name)
    user = await invite(person.id, login, by=0)
    assert (await sign_in(client, login, "123456")).status_code == 401
    slip = await admit(user, "supervisor", region=agencies.bureau.region, by=0)
    answer = await sign_in(client, login, slip)
    assert answer.headers["location"] == "/password"
    client.visitor = await sessions.open_session(client.session, 3600, 36000)
    assert client.visitor.role == "supervisor"


@pytest.mark.req("S0-8")
async def test_the_prescribed_password_does_not_open_a_waiting_account(
    client, person, agencies, monkeypatch, settings
):
    own = core_settings.load()
    legacy = replace(own, security=replace(own.security, legacy_default_password=True))
    monkeypatch.setattr(core_settings, "load", lambda: legacy)
    user = await invite(person.id, "wangwei", by=0)
    answer = await sign_in(client, "wangwei", "123456")
    assert answer.status_code == 401
    assert "邀请还没有批准" in answer.text
    assert await admit(user, "supervisor", region=agencies.bureau.region, by=0) == ""
    assert (await sign_in(client, "wangwei", "123456")).headers["location"] == "/password"


async def test_a_role_ends_with_the_term(client, person, agencies, facts):
    user = await register(person.id, GOOD, region=agencies.bureau.region, role="supervisor")
    await sign_in(client)
    assert (await client.get("/assist")).status_code == 200
    assert await revoke_role(user, "supervisor", reason="聘期届满") == 1
    assert (await client.get("/assist")).headers["location"] == "/roles"
    assert await revoke_role(user, "supervisor") == 0
    assert "core.role.withdrawn" in await facts.kinds()


async def test_nobody_deputises_for_a_supervisor(client, person, agencies):
    await register(person.id, GOOD, region=agencies.bureau.region, role="supervisor")
    await sign_in(client)
    assert "请人代理" not in (await client.get("/roles")).text


def test_what_is_typed_as_an_account():
    assert stored_login(" zhanghailong ") == "zhanghailong"
    assert stored_login("150801 19881120 7478") == id_login(NUMBER)
    assert stored_login("11010519491231002x") == stored_login("11010519491231002Ｘ")
    assert NUMBER not in id_login(NUMBER)


def test_the_number_is_no_password():
    assert password_problem("Aa" + NUMBER, id_number=NUMBER)
    assert password_problem(GOOD, id_number=NUMBER) == ""
