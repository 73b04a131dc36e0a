# SPDX-License-Identifier: Apache-2.0
"""Identifiers, masking, encryption, organisations and persons."""

from datetime import date

import pytest

from core.api.plugin import SubjectRef
from core.db import Scope, execute, row, transaction, value
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import history
from core.intervals import ORGANISATIONS
from core.keys import cipher, masking
from core.people import queries, rules, services
from tests import factories

TODAY = date(2026, 11, 22)
NUMBER = "150801198811207478"


@pytest.mark.parametrize(
    ("text", "born", "sex"),
    [
        (NUMBER, date(1988, 11, 20), "男"),  # its area code is newer than its holder
        ("11010519491231002x", date(1949, 12, 31), "女"),
        (" １１０１０５ 19491231002Ｘ", date(1949, 12, 31), "女"),
        ("810000199408230021", date(1994, 8, 23), "女"),  # residence permit of Hong Kong
    ],
)
def test_valid_id_numbers(text: str, born: date, sex: str) -> None:
    read = rules.read_id_number(text, TODAY)
    assert isinstance(read, rules.IdNumber)
    assert (read.birth_date, read.sex) == (born, sex)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "请填写"),
        ("150801881120747", "18 位，现在是 15 位"),
        ("15080119881120747A", "末位"),
        ("150801198813207478", "不存在"),
        ("150801209901017478", "不合理"),
        ("150801198811207479", "校验位"),
    ],
)
def test_wrong_id_numbers_are_told_in_a_sentence(text: str, part: str) -> None:
    assert part in str(rules.read_id_number(text, TODAY))


def test_number_is_compared_with_the_form() -> None:
    number = rules.read_id_number(NUMBER, TODAY)
    assert isinstance(number, rules.IdNumber)
    assert rules.id_number_warnings(number, sex="男", birth_date=date(1988, 11, 20)) == ""
    assert "性别" in rules.id_number_warnings(number, sex="女")
    assert "出生日期" in rules.id_number_warnings(number, birth_date=date(1988, 11, 21))


def test_unified_codes() -> None:
    for code in (
        "91110000600037341L",
        "91110000600037341l",
        "914403001922038216",
        "91440300708461136T",
        "91350100M000100Y43",
    ):
        assert rules.unified_code_problem(code) == ""
    assert "校验" in rules.unified_code_problem("91350100M000100Y44")
    assert "18 位" in rules.unified_code_problem("9135010")


def test_telephone_numbers() -> None:
    for number in ("13712342344", "0478-4212345", "137 1234 2344", "4212345"):
        assert rules.phone_problem(number) == ""
    for number in ("12345", "23712342344", "电话"):
        assert rules.phone_problem(number)


def test_masking() -> None:
    assert masking.mask_id_number(NUMBER) == "150801********7478"
    assert masking.mask_phone("13712342344") == "137****2344"
    assert masking.mask_phone("04784212345")[-4:] == "2345"
    assert masking.mask_name("曹建国") == "曹**"
    assert masking.mask_name("曹操") == "曹*"
    assert masking.mask_name("欧阳锋") == "欧阳*"
    assert masking.mask_name("巴特尔·孟和") == "巴特尔·**"
    assert masking.mask_id_number("123") == "***"


def test_encryption_is_bound_to_its_field_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = cipher.encrypt(NUMBER, "person.id_number")
    assert NUMBER.encode() not in sealed
    assert sealed != cipher.encrypt(NUMBER, "person.id_number")
    assert cipher.decrypt(sealed, "person.id_number") == NUMBER
    with pytest.raises(cipher.KeyProblem):
        cipher.decrypt(sealed, "person.phone")
    with pytest.raises(cipher.KeyProblem):
        cipher.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), "person.id_number")
    with pytest.raises(cipher.KeyProblem):
        cipher.decrypt(b"\x09" + sealed[1:], "person.id_number")
    first = cipher.lookup_hash(NUMBER, "person.id_number")
    assert first == cipher.lookup_hash(NUMBER, "person.id_number")
    assert first != cipher.lookup_hash(NUMBER, "person.phone")
    cipher.forget_keys()
    monkeypatch.setattr(cipher, "_master", lambda: b"another master key of 32 bytes..")
    try:
        assert cipher.lookup_hash(NUMBER, "person.id_number") != first
        with pytest.raises(cipher.KeyProblem):
            cipher.decrypt(sealed, "person.id_number")
    finally:
        monkeypatch.undo()
        cipher.forget_keys()


# --- organisations ---------------------------------------------------------------------------


async def test_organisation_tree_nests(region_tree) -> None:
    bureau = await factories.organisation(region_tree.county, "磴口县市场监督管理局", "body")
    team = await factories.organisation(region_tree.county, "执法大队", "second", bureau)
    office = await factories.organisation(region_tree.county, "一中队", "department", team)
    assert bureau.interval.covers(team.interval)
    assert team.interval.covers(office.interval)
    assert office.region_lo == region_tree.county.lo
    assert [o.id for o in await queries.organisation_path(office.lo)] == [
        bureau.id,
        team.id,
        office.id,
    ]
    other = await factories.organisation(region_tree.county)
    assert other.lo not in bureau.interval
    assert ORGANISATIONS.depth(other.lo) == 1
    acts = await history(SubjectRef("core.organisation", bureau.id))
    assert [act.kind for act in acts] == ["core.organisation.founded"]


async def test_wrong_organisations_are_refused_field_by_field(region_tree) -> None:
    await factories.organisation(
        region_tree.county, "磴口县公安局", unified_code="91110000600037341L"
    )
    with pytest.raises(Invalid) as refused:
        await factories.organisation(
            region_tree.county, "磴口县公安局", "其它", unified_code="91110000600037341L"
        )
    assert set(refused.value.errors) == {"name", "kind", "unified_code"}
    with pytest.raises(Invalid) as refused:
        await factories.organisation(region_tree.county, " ", unified_code="123")
    assert set(refused.value.errors) == {"name", "unified_code"}


async def test_organisation_does_not_move(region_tree) -> None:
    first = await factories.organisation(region_tree.county)
    second = await factories.organisation(region_tree.county)
    with pytest.raises(Refused) as refused:
        async with transaction(Scope.platform("test")):
            await services.change_organisation(second.id, name="x", parent=first.id)
    assert "撤销" in str(refused.value)
    with pytest.raises(Refused):
        async with transaction(Scope.platform("test")):
            await services.change_organisation(
                second.id, name="x", region_id=region_tree.other_county.id
            )
    async with transaction(Scope.platform("test")):
        changed = await services.change_organisation(second.id, name="新名称", short_name="新")
    assert (changed.lo, changed.name, changed.label) == (second.lo, "新名称", "新")


async def test_closing_waits_for_everything_below(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    below = await factories.organisation(region_tree.county, parent=body)
    someone = await factories.person(below)
    async with transaction(Scope.platform("test")):
        with pytest.raises(Refused) as refused:
            await services.close_organisation(body.id, "机构改革")
        assert len(refused.value.reasons) == 2
        await services.close_person(someone.id, "退休")
        await services.close_organisation(below.id, "机构改革")
        await services.close_organisation(body.id, "机构改革")
        with pytest.raises(Conflict):
            await services.close_organisation(body.id, "机构改革")
        with pytest.raises(Invalid):
            await services.enter_person("张三", body.id)


async def test_changing_an_organisation_outside_the_scope_is_not_found(region_tree) -> None:
    mine = await factories.organisation(region_tree.county)
    theirs = await factories.organisation(region_tree.other_county)
    async with transaction(factories.scope_of(region_tree.county)):
        await services.change_organisation(mine.id, name="改名")
        with pytest.raises(NotFound):
            await services.change_organisation(theirs.id, name="改名")
        with pytest.raises(NotFound):
            await services.found_organisation("新局", "body", region_tree.other_county.id)
    # Somebody of one body founds nothing beside it.
    async with transaction(factories.scope_of(region_tree.county, mine)):
        await services.found_organisation(
            "中队", "department", region_tree.county.id, parent=mine.id
        )


async def test_nearest_competent_organ_wins(region_tree) -> None:
    province = await factories.organisation(region_tree.province, "自治区司法厅", "justice")
    city = await factories.organisation(region_tree.city, "巴彦淖尔市司法局", "justice")
    async with transaction(Scope.platform("test")):
        await services.appoint_organ(region_tree.province.id, "supervision", province.id)
        await services.appoint_organ(region_tree.city.id, "supervision", city.id)
    for region, organ in (
        (region_tree.town, city),
        (region_tree.county, city),
        (region_tree.city, city),
        (region_tree.other_city, province),
        (region_tree.province, province),
    ):
        found = await queries.competent_organ(region.lo, "supervision")
        assert found is not None
        assert found.id == organ.id
    assert await queries.competent_organ(region_tree.far_county.lo, "supervision") is None
    assert await queries.competent_organ(region_tree.county.lo, "legal_review") is None
    county = await factories.organisation(region_tree.county, "磴口县司法局", "justice")
    async with transaction(Scope.platform("test")):
        await services.appoint_organ(region_tree.county.id, "supervision", city.id)
        await services.appoint_organ(region_tree.county.id, "supervision", county.id)
    assert (await queries.competent_organ(region_tree.town.lo, "supervision")).id == county.id


# --- persons ---------------------------------------------------------------------------------


async def test_numbers_rest_encrypted_and_are_found_by_hash(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    entered = await factories.person(body, "曹建国", id_number=NUMBER, phone="13712342344")
    assert entered.id_number_masked == "150801********7478"
    assert entered.phone_masked == "137****2344"
    assert (entered.sex, entered.birth_date) == ("男", date(1988, 11, 20))
    stored = await row("select * from core_person where id = $1", entered.id)
    assert NUMBER not in repr(stored)
    assert "13712342344" not in repr(stored)
    async with transaction(factories.scope_of(region_tree.county, body)):
        found = await services.person_by_id_number("150801 19881120 7478")
        assert found is not None
        assert found.id == entered.id
        assert await services.persons_by_phone("137-1234-2344".replace("-", "")) == [entered.id]


async def test_same_id_number_twice_is_refused_and_the_transaction_lives_on(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    await factories.person(body, id_number=NUMBER)
    far = await factories.organisation(region_tree.far_county)
    async with transaction(factories.scope_of(region_tree.far_county)):
        with pytest.raises(Invalid) as refused:
            await services.enter_person("李四", far.id, id_number=NUMBER)
        assert "已经登记过" in refused.value.errors["id_number"]
        assert await value("select 1") == 1


async def test_revealing_needs_a_reason_and_is_recorded(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    someone = await factories.person(body, id_number=NUMBER, phone="13712342344")
    async with transaction(factories.scope_of(region_tree.county, actor=7)):
        with pytest.raises(Invalid):
            await services.reveal(someone.id, "id_number", "  ")
        assert await services.reveal(someone.id, "id_number", "核对证件") == NUMBER
        assert await services.reveal(someone.id, "phone", "通知年审") == "13712342344"
        acts = await history(SubjectRef("core.person", someone.id), ["core.person.revealed"])
    assert [(act.actor, act.payload["reason"]) for act in acts] == [
        (7, "核对证件"),
        (7, "通知年审"),
    ]
    assert NUMBER not in repr(acts)


async def test_person_of_another_body_is_not_found(region_tree) -> None:
    mine = await factories.organisation(region_tree.county)
    theirs = await factories.organisation(region_tree.county)
    someone = await factories.person(theirs, id_number=NUMBER)
    async with transaction(factories.scope_of(region_tree.county, mine)):
        assert await queries.person(someone.id) is None
        assert await services.person_by_id_number(NUMBER) is None
        assert await queries.persons_of(theirs.interval) == []
        for act in (
            services.reveal(someone.id, "id_number", "好奇"),
            services.move_person(someone.id, mine.id),
            services.change_person(someone.id, name="改名"),
        ):
            with pytest.raises(NotFound):
                await act


async def test_moving_and_changing(region_tree) -> None:
    first = await factories.organisation(region_tree.county)
    second = await factories.organisation(region_tree.other_county)
    someone = await factories.person(first, "王五", heads=True, position="局长")
    assert [p.id for p in await queries.heads_of(first.lo)] == [someone.id]
    async with transaction(Scope.platform("test")):
        moved = await services.move_person(someone.id, second.id, position="副局长")
        assert (moved.region_lo, moved.org_lo, moved.heads) == (second.region_lo, second.lo, False)
        changed = await services.change_person(someone.id, name="王伍", phone="13900001111")
        assert (changed.name, changed.phone_masked) == ("王伍", "139****1111")
        with pytest.raises(Invalid):
            await services.change_person(someone.id, name="王伍", phone="1")
        assert [p.name for p in await queries.persons_of(second.interval)] == ["王伍"]
        assert [p.name for p in await queries.find_persons("伍", Scope.platform("t"))] == ["王伍"]
        assert await queries.find_persons("%", Scope.platform("t")) == []


async def test_sorting_by_pinyin(region_tree) -> None:
    body = await factories.organisation(region_tree.county)
    for name in ("张三", "李四", "阿古拉"):
        await factories.person(body, name)
    async with transaction(factories.scope_of(region_tree.county)):
        names = [each.name for each in await queries.persons_of(body.interval)]
    assert names == ["阿古拉", "李四", "张三"]


async def test_long_names_have_a_sorting_key_too(region_tree) -> None:
    """Forty characters are an ordinary office; its pinyin is longer than the column."""
    name = "内蒙古自治区巴彦淖尔市乌拉特前旗西小召镇人民政府综合行政执法局第一执法中队"
    body = await factories.organisation(region_tree.county, name)
    await factories.person(body, "阿卜杜热合曼·买买提依明江·艾合麦提托合提尼亚孜阿卜杜拉")


async def test_nobody_deletes_persons_not_even_the_web_role(region_tree) -> None:
    import asyncpg

    await factories.person(await factories.organisation(region_tree.county))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(Scope.platform("test")):
            await execute("delete from core_person")
