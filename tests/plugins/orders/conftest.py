# SPDX-License-Identifier: Apache-2.0
"""A county with its bureau, a department, two officers, and alarms to order about."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest

from core.api.db import EVERYTHING, Interval, Place, Scope, SubjectRef, transaction
from core.api.facts import Fact
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies
from core.host import registry as host_registry
from core.host.registry import build
from plugins.orders import reactions, services
from plugins.orders.rules import ISSUE, READ, RELAY, REPLY, WITHDRAW

OFFICE = Scope.platform("test")
NOW = datetime(2026, 5, 9, 1, 12, tzinfo=UTC)  # Saturday 9 May, worked; 09:12 in Beijing


@dataclass
class Matter:
    """The people of a matter and what they act as."""

    bureau: services.Actor
    department: services.Actor
    zhang: services.Actor
    siqin: services.Actor
    foreign_bureau: services.Actor
    foreign_department: services.Actor
    agencies: Agencies
    _alarms: count

    async def alarm(self, handler: int = 0, *, kind: str = "execution", body=None, **told) -> int:
        number = next(self._alarms)
        body = body or self.agencies.agency
        payload = {
            "alarm": number,
            "case": number,
            "case_number": f"磴市监罚〔2026〕{number}号",
            "case_title": "拒不改正进货查验案",
            "party": "宏达粮油店",
            "organisation": body.id,
            "department": body.id,
            "org_lo": body.lo,
            "handlers": [handler or self.zhang.person_id],
            "colour": "red",
            "kind": kind,
            "point": "p",
            "point_title": "处罚执行",
            "headline": "罚款 5,000 元，只缴 4,000 元",
            "step_title": "执行",
            "sentence": "决定罚款 5,000 元，只缴 4,000 元，所以报红灯。",
            "rule_version": 1,
            **told,
        }
        place = Place(body.region_lo, body.lo)
        fact = Fact(
            0,
            "inspection.alarm_raised",
            SubjectRef("inspection.alarm", number),
            payload,
            place,
            0,
            NOW,
            NOW,
        )
        async with transaction(Scope.of_place(place)):
            await reactions.note_alarm(fact)
        return number


def actor(name, permissions, region, organisation=None, person=0) -> services.Actor:
    scope = Scope(
        Interval(region.lo, region.hi),
        EVERYTHING if organisation is None else Interval(organisation.lo, organisation.hi),
        person=person,
        actor=person,
    )
    return services.Actor(scope, person, name, frozenset(permissions), region.lo)


@pytest.fixture
async def matter(db, region_tree, agencies, clock) -> AsyncIterator[Matter]:
    clock(NOW)
    county = region_tree.county
    async with transaction(OFFICE):
        await appoint_organ(county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        zhang = await enter_person("张海龙", agencies.agency.id)
        siqin = await enter_person("斯琴高娃", agencies.agency.id)
        chen = await enter_person("陈玉梅", agencies.bureau.id)
        li = await enter_person("李建国", agencies.agency.id)
    registry = build(["orders"])
    with host_registry.use(registry):
        yield Matter(
            actor("陈玉梅", {READ, ISSUE, WITHDRAW}, county, None, chen.id),
            actor("李建国", {READ, RELAY}, county, agencies.agency, li.id),
            actor("张海龙", {READ, REPLY}, county, agencies.agency, zhang.id),
            actor("斯琴高娃", {READ, REPLY}, county, agencies.agency, siqin.id),
            actor("外县", {READ, ISSUE, WITHDRAW}, region_tree.other_county),
            actor("农牧局", {READ, RELAY}, county, agencies.other_agency),
            agencies,
            count(1),
        )
