# SPDX-License-Identifier: Apache-2.0
"""监考员: whose hands are in a session's rooms once it names some, and whose are not."""

from typing import Any

import pytest

from core.api.access import Visitor
from core.api.db import Scope, execute, transaction, value
from core.api.errors import Invalid, Refused
from core.api.people import enter_person
from core.api.testing import Agencies, Browser
from plugins.exams.rules import sitting as rules
from plugins.exams.services import after, door, invigilators, sessions
from tests.plugins.exams.conftest import IDS, As, Hall

WIDE = Scope.platform("a test looks at everything")
WHY = "读卡器坏了，核对原件"


@pytest.fixture
def as_staff(as_bureau: As, agencies: Agencies) -> As:
    """Somebody of the bureau who is also entered as a person."""

    async def sign_in(name: str, person: int = 0) -> Visitor:
        if not person:
            async with transaction(WIDE):
                person = (await enter_person(name, agencies.bureau.id)).id
        return await as_bureau(name, person=person)

    return sign_in


@pytest.mark.parametrize(
    ("named", "arranger", "leader", "sits", "words"),
    [
        ((), False, False, False, ""),
        ((7,), False, False, False, ""),
        ((8,), False, False, False, "只由他们和安排人办"),
        ((8,), True, False, False, ""),
        ((8,), False, True, False, ""),
        ((7,), True, True, True, "你是这一场的考生"),
        ((), False, False, True, "你是这一场的考生"),
    ],
)
def test_who_has_a_hand_in_the_rooms(
    named: tuple[int, ...], arranger: bool, leader: bool, sits: bool, words: str
) -> None:
    why = rules.why_not_act(named, 7, "乌云", arranger=arranger, leader=leader, sits=sits)
    assert words in why
    assert bool(words) == bool(why)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [((), ""), ((1,), ""), ((1, 2), ""), ((3,), "不能监考"), ((1, 9), "是这一场的考生")],
)
def test_who_may_be_named(chosen: tuple[int, ...], words: str) -> None:
    why = rules.why_not_named(chosen, {1, 2, 9}, {9: "考生1"})
    assert words in why
    assert bool(words) == bool(why)


async def test_only_the_named_act_in_the_rooms(
    hall: Hall, as_staff: As, client: Browser, login_as: Any, region_tree: Any
) -> None:
    """The arranger names one colleague: he acts, another is refused at every address."""
    named = await as_staff("乌云")
    base = f"/exams/sessions/{hall.session}"
    stranger = await as_staff("路过的同事")
    page = await client.get(base)
    assert "指定监考员" not in page.text, "who did not arrange it names nobody"
    refused = await client.post(
        f"{base}/invigilators", {"invigilators": str(stranger.person_id), "reason": "我想监考"}
    )
    assert refused.status_code == 409
    assert "由安排这一场的人或者领导指定" in refused.text
    async with transaction(hall.who.scope):
        found = await sessions.own_session(hall.who, hall.session)
        await invigilators.name(hall.who, found, [named.person_id], "")
    async with transaction(stranger.scope):
        with pytest.raises(Refused, match="乌云"):
            await sessions.open_session(stranger, hall.session)
    async with transaction(named.scope):
        await sessions.open_session(named, hall.session)
        entry = await value("select min(id) from exams_entry")
        await door.ask_checkin(named, hall.session, entry, WHY)
        asked = await value("select max(id) from exams_confirmation")
    before = await value("select count(*) from exams_act")
    shown = await client.get(f"{base}/live")
    assert shown.status_code == 200
    assert "这一场指定了监考员（乌云）" in shown.text
    assert f'href="{base}/door"' not in shown.text
    closed = await client.get(f"{base}/door")
    assert closed.status_code == 409
    assert "只由他们和安排人办" in closed.text
    it = f"{base}/entries/{entry}"
    form = {"reason": WHY, "minutes": "5", "code": IDS[0], "outcome": "agreed", "wanted": "1"}
    for path in (
        f"{base}/door",
        f"{base}/seats",
        f"{base}/seats/{entry}/remove",
        f"{base}/cancel",
        *(
            f"{it}/{act}"
            for act in (
                "checkin",
                "password",
                "release",
                "minutes",
                "late",
                "waive",
                "collect",
                "void",
            )
        ),
        f"/exams/confirmations/{asked}",
    ):
        answer = await client.post(path, form)
        assert answer.status_code in (409, 422), (path, answer.status_code)
        assert "只由他们和安排人办" in answer.text, path
    assert "同意</button>" not in (await client.get(it)).text
    async with transaction(WIDE):
        assert await value("select count(*) from exams_act") == before
        assert await value("select state from exams_confirmation where id = $1", asked) == "open"
    # The leader is the second person; who arranged it may step in.
    leader = await login_as("leader", organisation=False, region=region_tree.county, name="贺其格")
    async with transaction(leader.scope):
        admitted = await door.decide(leader, asked, "agreed")
    assert admitted is not None
    async with transaction(hall.who.scope):
        await door.scan(hall.who, hall.session, IDS[1])


async def test_changing_them_takes_a_reason_and_is_recorded(hall: Hall, as_staff: As) -> None:
    named = await as_staff("乌云")
    async with transaction(hall.who.scope):
        found = await sessions.own_session(hall.who, hall.session)
        await invigilators.name(hall.who, found, [named.person_id], "")
        assert (
            await value("select count(*) from core_fact where kind = 'exams.invigilators_named'")
            == 1
        )
        found = await sessions.open_session(hall.who, hall.session)
        with pytest.raises(Invalid, match="写明理由"):
            await invigilators.name(hall.who, found, [], " ")
        await invigilators.name(hall.who, found, [], "乌云突发疾病")
        assert not await invigilators.named_for(hall.session)
        kept = await value(
            "select payload::jsonb->>'reason' from core_fact where kind = 'exams.invigilators_named'"
            " order by id desc limit 1"
        )
    assert kept == "乌云突发疾病"
    async with transaction(named.scope):
        await door.scan(named, hall.session, IDS[0])


async def test_nobody_invigilates_where_he_sits(hall: Hall, as_staff: As) -> None:
    """Neither named, nor unnamed, nor as arranger."""
    both = await as_staff("又考又监")
    async with transaction(WIDE):
        entry = await value("select max(id) from exams_entry")
        await execute("update exams_entry set person = $2 where id = $1", entry, both.person_id)
    async with transaction(hall.who.scope):
        found = await sessions.open_session(hall.who, hall.session)
        with pytest.raises(Invalid, match="是这一场的考生"):
            await invigilators.name(hall.who, found, [both.person_id], "人手不够")
        await door.ask_checkin(hall.who, hall.session, entry, WHY)
        asked = await value("select max(id) from exams_confirmation")
    async with transaction(both.scope):
        with pytest.raises(Refused, match="你是这一场的考生"):
            await door.decide(both, asked, "agreed")
        with pytest.raises(Refused, match="你是这一场的考生"):
            await door.add_minutes(both, hall.session, entry, 5, WHY)
        with pytest.raises(Refused, match="你是这一场的考生"):
            await after.publish(both, hall.session)


async def test_two_accounts_of_one_person_are_not_two_people(hall: Hall, as_staff: As) -> None:
    first = await as_staff("赵建国")
    other = await as_staff("赵建国", first.person_id)
    assert first.user_id != other.user_id
    async with transaction(first.scope):
        await sessions.open_session(first, hall.session)
        entry = await value("select min(id) from exams_entry")
        await door.ask_checkin(first, hall.session, entry, WHY)
        asked = await value("select max(id) from exams_confirmation")
    async with transaction(other.scope):
        with pytest.raises(Refused, match="另一名"):
            await door.decide(other, asked, "agreed")
