# SPDX-License-Identifier: Apache-2.0
"""The officer register against the database: entry, states, the gate."""

from datetime import UTC, date, datetime

import pytest

from core.api.db import EVERYTHING, Interval, Scope, SubjectRef, transaction, value
from core.api.errors import Invalid, NotFound
from core.people.services import enter_person, found_organisation
from plugins.certificates.forms import CertificateForm, OfficerForm, StateForm
from plugins.certificates.queries import OFFICERS, certificates_of, public_certificate
from plugins.certificates.reactions import answer_officer_may_act
from plugins.certificates.services import (
    change_state,
    register_certificate,
    register_officer,
)

OFFICE = Scope.platform("test")
NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)


@pytest.fixture
async def body(region_tree, clock):
    clock(NOW)
    async with transaction(OFFICE):
        return await found_organisation(
            "磴口县市场监管综合行政执法大队", "body", region_tree.county.id
        )


def officer(body, **changes):
    return OfficerForm(
        **{
            "name": "张海龙",
            "organisation": body.id,
            "id_number": "11010519491231002X",
            "number": "15082204017",
            "valid_from": date(2023, 7, 1),
            "valid_until": date(2028, 6, 30),
            **changes,
        }
    )


async def act(service, *args, scope=OFFICE):
    async with transaction(scope):
        return await service(*args)


async def answer(person, day=date(2026, 5, 12)):
    ref = SubjectRef("core.person", person)
    async with transaction(OFFICE):
        return (await answer_officer_may_act([ref], day)).get(ref)


async def person_of(officer_id):
    async with transaction(OFFICE):
        return await value("select person from certificates_officer where id = $1", officer_id)


@pytest.mark.req("S1-15")
async def test_the_gate_blocks_whom_nobody_registered_and_passes_after_registration(body):
    async with transaction(OFFICE):
        someone = await enter_person("王志远", body.id)
    blocked = await answer(someone.id)
    assert [(one.code, one.text) for one in blocked] == [("not_registered", "未登记执法证号")]
    await act(register_officer, officer(body, name="王志远", person=someone.id, id_number=""))
    assert await answer(someone.id) is None


async def test_an_earlier_day_is_judged_by_what_held_then(body):
    made = await act(register_officer, officer(body))
    async with transaction(OFFICE):
        [card] = await certificates_of(made)
    await act(change_state, card["id"], StateForm("suspended", date(2026, 3, 1), "涉嫌违纪"))
    person = await person_of(made)
    assert await answer(person, date(2026, 2, 28)) is None
    assert [one.code for one in await answer(person, date(2026, 3, 1))] == ["suspended"]
    assert "涉嫌违纪" in (await answer(person))[0].text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "12"}, "number"),
        ({"valid_until": date(2022, 1, 1)}, "valid_until"),
        ({"valid_from": None}, "valid_from"),
        ({"number": ""}, "number"),
        ({"id_number": "110105194912310021"}, "id_number"),
        ({"name": " "}, "name"),
        ({"organisation": 10**9}, "organisation"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(body, changes, field):
    with pytest.raises(Invalid) as error:
        await act(register_officer, officer(body, **changes))
    assert field in error.value.errors


async def test_a_person_and_a_number_are_registered_once(body):
    made = await act(register_officer, officer(body))
    with pytest.raises(Invalid, match="已经登记为执法人员"):
        await act(register_officer, officer(body, number="15082204018"))
    with pytest.raises(Invalid, match="不能重复使用"):
        await act(
            register_certificate,
            made,
            CertificateForm("15082204017", date(2023, 7, 1), date(2028, 6, 30)),
        )


async def test_another_region_and_another_agency_find_nothing(body, region_tree):
    made = await act(register_officer, officer(body))
    async with transaction(OFFICE):
        [card] = await certificates_of(made)
    county = Interval(region_tree.county.lo, region_tree.county.hi)
    for scope in (
        Scope(Interval(region_tree.other_county.lo, region_tree.other_county.hi), EVERYTHING),
        Scope(county, Interval(body.hi + 1, body.hi + 100)),
    ):
        async with transaction(scope):
            assert await OFFICERS.count(scope) == 0
        with pytest.raises(NotFound):
            await act(
                change_state,
                card["id"],
                StateForm("revoked", date(2026, 5, 1), "越权"),
                scope=scope,
            )


async def test_the_public_page_knows_the_token_and_nothing_personal(body):
    made = await act(register_officer, officer(body, phone="13812345678"))
    async with transaction(OFFICE):
        [card] = await certificates_of(made)
    assert len(card["token"]) >= 20
    async with transaction(Scope.public()):
        found = await public_certificate(card["token"])
        assert await public_certificate("guess") is None
    assert found["number"] == "15082204017"
    assert found["unit_name"] == body.name
    assert not any("id_number" in key or "phone" in key for key in found)
