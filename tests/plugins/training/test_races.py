# SPDX-License-Identifier: Apache-2.0
"""Two people and the last seat, two codes at once, two closings; with real commits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import db
from core.api.access import Visitor
from core.api.checkin import checkin_code
from core.api.errors import Refused
from core.api.people import appoint_organ, enter_person
from core.api.testing import make_agencies
from core.auth.visitor import RegionRef, scope_of
from core.db import Scope, transaction
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.training.forms import FeedbackForm, TrainingForm
from plugins.training.services import closing, planning, taking_part
from plugins.training.services.base import MANAGE, READ
from tests import factories

ALL = Scope.platform("a test looks at everything")
NOW = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)


@dataclass
class Room:
    bureau: Visitor
    people: list[Visitor]
    clock: Any

    async def announce(self, seats: int) -> int:
        async with transaction(self.bureau.scope):
            training = await planning.save_draft(
                self.bureau,
                TrainingForm(
                    title="联合培训",
                    body="学三章。",
                    readers="supervisors",
                    venue="会议室",
                    hours="4",
                    seats=seats,
                    starts_at=NOW + timedelta(minutes=30),
                    ends_at=NOW + timedelta(hours=4),
                ),
            )
            await planning.publish(self.bureau, training)
        return training


def visitor(role: str, region: Any, user: int, person: int, name: str, *rights: str) -> Visitor:
    place = RegionRef(region.id, region.name, region.level, region.lo, region.hi)
    reach = "own" if role == "supervisor" else "region"
    return Visitor(
        user_id=user,
        person_id=person,
        name=name,
        login=f"u{user}",
        role=role,
        role_title=role,
        assignment_id=0,
        region=place,
        organisation=None,
        permissions=frozenset(rights),
        scope=scope_of(reach, place, None, person=person, actor=user),
        csrf="",
        reach=reach,
    )


@pytest.fixture
async def room(fresh_db: str, clock: Any) -> AsyncIterator[Room]:
    clock(NOW)
    enabling.forget()
    with host_registry.use(build(["training"])):
        tree = await factories.region_tree()
        agencies = await make_agencies(tree)
        async with db.transaction(ALL):
            await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
            persons = [(await enter_person(f"学员{n}", agencies.agency.id)).id for n in range(6)]
        yield Room(
            visitor("supervision_bureau", tree.county, 900, 0, "陈玉梅", READ, MANAGE),
            [
                visitor("supervisor", tree.county, 901 + n, person, f"学员{n}", READ)
                for n, person in enumerate(persons)
            ],
            clock,
        )
    enabling.forget()


async def join(who: Visitor, training: int) -> str:
    async with transaction(who.scope):
        return await taking_part.join(who, training)


async def count(sql: str, *args: Any) -> int:
    async with db.transaction(ALL):
        return int(await db.value(sql, *args))


@pytest.mark.req("C8-01")
async def test_the_last_seat_goes_to_one(room: Room) -> None:
    training = await room.announce(seats=2)
    got = await asyncio.gather(*(join(each, training) for each in room.people))
    assert sorted(got) == ["seat", "seat", *["waiting"] * 4]
    assert await count("select taken from training_training where id = $1", training) == 2
    assert await count("select count(*) from training_seat where state = 'seat'") == 2


async def test_one_person_in_two_tabs_signs_up_once(room: Room) -> None:
    training = await room.announce(seats=5)
    got = await asyncio.gather(
        *(join(room.people[0], training) for _ in range(4)), return_exceptions=True
    )
    assert [each for each in got if each == "seat"] == ["seat"]
    assert all(isinstance(each, Refused) for each in got if each != "seat")
    assert await count("select count(*) from core_fact where kind = 'training.signed_up'") == 1


async def test_while_one_leaves_and_another_comes_nobody_is_lost(room: Room) -> None:
    training = await room.announce(seats=1)
    first, second, third = room.people[:3]
    await join(first, training)
    await join(second, training)

    async def leave() -> str:
        async with transaction(first.scope):
            return await taking_part.leave(first, training, "")

    await asyncio.gather(leave(), join(third, training))
    assert await count("select taken from training_training where id = $1", training) == 1
    seat = "select person from training_seat where state = 'seat'"
    assert await count(seat) == second.person_id
    assert await count("select count(*) from training_seat where state = 'waiting'") == 1


@pytest.mark.req("C8-02")
async def test_a_code_sent_twice_is_one_attendance(room: Room) -> None:
    training = await room.announce(seats=0)
    who = room.people[0]
    token = checkin_code(taking_part.subject_of(training), NOW).token

    async def scan() -> bool:
        async with transaction(who.scope):
            return await taking_part.check_in(who, training, token)

    assert sorted(await asyncio.gather(*(scan() for _ in range(4)))) == [False, False, False, True]
    assert await count("select count(*) from core_fact where kind = 'training.checked_in'") == 1


@pytest.mark.req("C8-04", "C8-06")
async def test_closed_twice_credited_once_and_said_once(room: Room) -> None:
    training = await room.announce(seats=0)
    who = room.people[0]
    token = checkin_code(taking_part.subject_of(training), NOW).token
    async with transaction(who.scope):
        await taking_part.check_in(who, training, token)
    room.clock(NOW + timedelta(hours=5))

    async def finish() -> object:
        async with transaction(room.bureau.scope):
            return await closing.finish(room.bureau, training)

    done = await asyncio.gather(*(finish() for _ in range(3)), return_exceptions=True)
    assert len([each for each in done if isinstance(each, Refused)]) == 2
    assert await count("select count(*) from training_hours") == 1

    async def say() -> None:
        async with transaction(who.scope):
            await closing.give_feedback(who, training, FeedbackForm(5, 5, 5, anonymous=True))

    said = await asyncio.gather(*(say() for _ in range(3)), return_exceptions=True)
    assert len([each for each in said if isinstance(each, Refused)]) == 2
    assert await count("select count(*) from training_feedback where person is null") == 1
