# SPDX-License-Identifier: Apache-2.0
"""A county's bureau, its volunteers, and one activity they may be invited to."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from PIL import Image

from core.api import clock as time
from core.api.accounts import create_account, grant_role
from core.api.db import EVERYTHING, Interval, Scope, row, transaction, value
from core.api.people import appoint_organ, enter_person
from core.auth.services import apply_defaults
from core.host import registry as host_registry
from core.host.registry import build
from plugins.activities.forms import ActivityForm, AnswerForm, RecordForm
from plugins.activities.rules.words import HANDLE, MANAGE, OWN, READ
from plugins.activities.services import attending, organising, records
from plugins.activities.services.base import Actor

OFFICE = Scope.platform("test")
NOW = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)  # Tuesday 1 September, 9:00 in Beijing
START = NOW + timedelta(days=7)
END = START + timedelta(hours=2)
_numbers = count(1)


@dataclass
class Hall:
    """Who organises, who is invited, and what they do."""

    county: Any
    other: Any
    city: Any
    agencies: Any
    bureau: Actor
    other_bureau: Actor
    city_bureau: Actor
    clock: Any

    async def volunteer(self, name: str = "乌云娜", region: Any = None) -> Actor:
        """A person with the role of a supervisor."""
        area = region or self.county
        async with transaction(OFFICE):
            person = await enter_person(name, self.agencies.bureau.id)
        user = await create_account(f"volunteer{next(_numbers)}", name, person=person.id)
        await grant_role(user, "supervisor", region=area.id)
        scope = Scope(Interval(area.lo, area.hi), Interval(1, 0), person=person.id, actor=user)
        return Actor(scope, user, person.id, name, area.lo, area.hi, frozenset({OWN}))

    def said(self, **more: Any) -> RecordForm:
        """A complete record."""
        given: dict[str, Any] = {
            "type": "self",
            "unit": self.agencies.agency.name,
            "unit_phone": "0478-4210000",
            "registered_on": date(2026, 9, 1),
            "region": self.county.id,
            "street": "巴彦高勒镇",
            "address": "团结路 12 号",
            "matter": "看了餐饮店的检查。",
            "party": "老兵饭馆",
            "party_phone": "13947812345",
            "outcome": "责令改正。",
            "advice": "记录当场宣读。",
            **more,
        }
        return RecordForm(**given)

    def plan(self, **more: Any) -> ActivityForm:
        """A complete activity a week ahead."""
        starts = time.now() + timedelta(days=7)
        given: dict[str, Any] = {
            "title": "餐饮食品安全联合检查",
            "kind": "inspection",
            "starts_at": starts,
            "ends_at": starts + (END - START),
            "place": "团结路集合",
            "unit": self.agencies.agency.name,
            "seats": 5,
            **more,
        }
        return ActivityForm(**given)

    async def activity(self, *people: Actor, **more: Any) -> int:
        """An activity with its invitations."""
        made = await organising.announce(self.bureau, self.plan(**more))
        if people:
            await organising.invite(self.bureau, made, [each.person_id for each in people])
        return made

    async def invitation(self, activity: int, who: Actor) -> int:
        async with transaction(OFFICE):
            return int(
                await value(
                    "select id from activities_invitation where activity = $1 and person = $2",
                    activity,
                    who.person_id,
                )
            )

    async def of(self, invitation: int) -> dict[str, Any]:
        async with transaction(OFFICE):
            found = await row("select * from activities_invitation where id = $1", invitation)
        assert found is not None
        return found

    async def answer(self, activity: int, who: Actor, answer: str, reason: str = "") -> None:
        form = AnswerForm(answer, reason)  # type: ignore[arg-type]
        await attending.answer(who, await self.invitation(activity, who), form)

    async def check_in(self, activity: int, who: Actor) -> int:
        code, _ = attending.code_for(activity)
        return await attending.check_in(who, activity, code=code)

    async def record(self, who: Actor, **more: Any) -> int:
        return await records.submit(who, self.said(**more))

    def at(self, moment: datetime) -> None:
        self.clock(moment)


def office_of(region: Any) -> Actor:
    scope = Scope(Interval(region.lo, region.hi), EVERYTHING)
    return Actor(scope, 0, 0, "赵建国", region.lo, region.hi, frozenset({READ, HANDLE, MANAGE}))


async def make_hall(tree: Any, agencies: Any, clock: Any) -> Hall:
    clock(NOW)
    async with transaction(OFFICE):
        await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(tree.city.id, "supervision", agencies.city_bureau.id)
    return Hall(
        tree.county,
        tree.other_county,
        tree.city,
        agencies,
        office_of(tree.county),
        office_of(tree.other_county),
        office_of(tree.city),
        clock,
    )


@pytest.fixture
async def hall(db, region_tree, agencies, clock, files) -> AsyncIterator[Hall]:
    """Activities alone: nobody has to withdraw, nobody counts absences."""
    registry = build(["activities"])
    with host_registry.use(registry):
        await apply_defaults(registry)
        yield await make_hall(region_tree, agencies, clock)


async def ask(sql: str, *args: Any) -> Any:
    async with transaction(OFFICE):
        return await value(sql, *args)


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return out.getvalue()


__all__ = ["END", "NOW", "OFFICE", "START", "Hall", "ask", "photo", "time"]
