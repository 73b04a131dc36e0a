# SPDX-License-Identifier: Apache-2.0
"""Personal numbers: masked wherever they appear, in full only for a reason and for a minute (D16)."""

from typing import Any

import pytest

from core import db
from core.keys.masking import mask_numbers
from core.people.services import enter_person
from tests.core.test_people import NUMBER

PHONE = "13847812344"
GOOD = {"field": "id_number", "reason": "verify", "note": ""}


@pytest.fixture
async def person(client: Any, agencies: Any) -> int:
    async with db.transaction(db.Scope.platform("a test enters a person")):
        return (await enter_person("曹志刚", agencies.agency.id, id_number=NUMBER, phone=PHONE)).id


def path(person: int) -> str:
    return f"/persons/{person}/numbers"


async def test_the_page_shows_masks_and_asks_why(
    client: Any, login_as: Any, agencies: Any, person: int
) -> None:
    await login_as("supervision_bureau", organisation=agencies.bureau)
    page = await client.get(path(person))
    assert page.status_code == 200
    assert NUMBER not in page.text
    assert PHONE not in page.text
    assert f"{NUMBER[:6]}********{NUMBER[-4:]}" in page.text


@pytest.mark.parametrize(
    "form",
    [
        {"field": "id_number"},
        {"field": "id_number", "reason": ""},
        {"field": "id_number", "reason": "curious"},
        {"field": "id_number", "reason": "other", "note": "  "},
        {"field": "password", "reason": "verify"},
        {"field": "id_number", "reason": "verify", "note": "长" * 201},
        {},
    ],
)
async def test_without_a_good_reason_nothing_is_shown_or_recorded(
    client: Any, login_as: Any, agencies: Any, person: int, facts: Any, form: dict[str, str]
) -> None:
    await login_as("supervision_bureau", organisation=agencies.bureau)
    answer = await client.post(path(person), form)
    assert answer.status_code == 422
    assert NUMBER not in answer.text
    assert await facts.only("core.person.revealed") == []


async def test_shown_for_a_minute_and_recorded_with_the_reason_never_with_the_number(
    client: Any, login_as: Any, agencies: Any, person: int, facts: Any
) -> None:
    who = await login_as("supervision_bureau", organisation=agencies.bureau)
    answer = await client.post(path(person), {**GOOD, "note": "磴市监罚〔2026〕18号"})
    assert answer.status_code == 200
    assert NUMBER in answer.text
    assert PHONE not in answer.text
    assert answer.headers["refresh"] == f"60; url={path(person)}"
    assert "no-store" in answer.headers["cache-control"]
    (fact,) = await facts.only("core.person.revealed")
    assert (fact.actor, fact.payload["field"]) == (who.user_id, "id_number")
    assert fact.payload["reason"] == "核对身份或证件：磴市监罚〔2026〕18号"
    assert NUMBER not in str(fact.payload)
    # What the browser asks for a minute later is masked again.
    assert NUMBER not in (await client.get(path(person))).text


@pytest.mark.parametrize(
    "role", ["handler", "body_admin", "leader", "legal_office", "system_admin", "audit_admin"]
)
async def test_only_with_the_right(
    client: Any, login_as: Any, agencies: Any, person: int, role: str
) -> None:
    place = (
        {}
        if role.endswith("_admin") and role != "body_admin"
        else {"organisation": agencies.agency}
    )
    await login_as(role, **place)
    assert (await client.get(path(person))).status_code == 403
    assert (await client.post(path(person), GOOD)).status_code == 403


async def test_a_bureau_of_another_region_finds_nobody(
    client: Any, login_as: Any, agencies: Any, person: int, facts: Any
) -> None:
    await login_as("supervision_bureau", organisation=agencies.foreign_bureau)
    assert (await client.get(path(person))).status_code == 404
    answer = await client.post(path(person), GOOD)
    assert answer.status_code == 404
    assert NUMBER not in answer.text
    assert await facts.only("core.person.revealed") == []


async def test_the_auditor_sees_who_looked_and_why(
    client: Any, login_as: Any, agencies: Any, person: int
) -> None:
    bureau = await login_as("supervision_bureau", organisation=agencies.bureau, name="赵建国")
    await client.post(path(person), {**GOOD, "reason": "complaint"})
    await login_as("audit_admin")
    page = await client.get("/audit/reveals")
    assert bureau.name in page.text
    assert "办理投诉、举报或申诉" in page.text
    assert NUMBER not in page.text
    assert (await client.get("/audit/reveals?format=xlsx")).status_code == 200


async def test_a_person_without_numbers(client: Any, login_as: Any, agencies: Any) -> None:
    async with db.transaction(db.Scope.platform("a test enters a person")):
        bare = (await enter_person("无号", agencies.agency.id)).id
    await login_as("supervision_bureau", organisation=agencies.bureau)
    assert "没有登记号码" in (await client.get(path(bare))).text
    assert (await client.post(path(bare), GOOD)).status_code == 404


async def test_neither_table_nor_record_holds_a_number_in_the_clear(person: int) -> None:
    for table in ("core_person", "core_fact"):
        text = await db.column(f"select t::text from {table} t")
        assert not any(NUMBER in each or PHONE in each for each in text), table


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", ""),
        ("没有号码，第 126 条，罚款 5,000 元", "没有号码，第 126 条，罚款 5,000 元"),
        ("手机13947812345。", "手机139****2345。"),
        ("手机１３９４７８１２３４５。", "手机139****2345。"),
        ("139 4781 2345、139-4781-2345", "139****2345、139****2345"),
        ("+86 13947812345", "+86 139****2345"),
        ("家里0478-4212345或0478 4212345", "家里047****2345或047****2345"),
        ("04784212345", "047****2345"),
        ("身份证150822198801120477", "身份证150822********0477"),
        ("身份证15082219880112047x，", "身份证150822********047x，"),
        ("152822 1988 0112 0478", "152822********0478"),
        ("１５２８２２１９８８０１１２０４７８", "152822********0478"),
        ("旧证150822880112047", "旧证150822*****2047"),
        # What an office gives is no number of a person.
        ("磴市监罚案〔2026〕12号 92150822MA0N3K7P4R", "磴市监罚案〔2026〕12号 92150822MA0N3K7P4R"),
        ("缴款书 0012345678", "缴款书 0012345678"),
        ("IMG_20261122_071355.jpg", "IMG_20261122_071355.jpg"),
        ("mmexport1732255555555.jpg", "mmexport1732255555555.jpg"),
        ("1394781234567", "1394781234567"),
        ("9f2c41ae13947812345ab" * 3, "9f2c41ae13947812345ab" * 3),
        ("2026-11-22 10:11:12", "2026-11-22 10:11:12"),
    ],
)
def test_numbers_in_a_free_text(typed: str, shown: str) -> None:
    assert mask_numbers(typed) == shown
    assert mask_numbers(shown) == shown, "what is masked is left alone"
