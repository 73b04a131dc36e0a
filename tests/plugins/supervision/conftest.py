# SPDX-License-Identifier: Apache-2.0
"""A county with its bureau, supervisors with cards, a body that answers, and a neighbour."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from core.api.db import EVERYTHING, Interval, Scope, transaction
from core.api.people import appoint_organ, enter_person, found_organisation
from core.api.testing import Agencies
from core.host import registry as host_registry
from core.host.registry import build
from plugins.supervision.rules.kinds import ANSWER, MANAGE, READ
from plugins.supervision.services import issuing, opening, registers
from plugins.supervision.services.base import Actor

OFFICE = Scope.platform("test")
NOW = datetime(2026, 5, 12, 1, 12, tzinfo=UTC)  # Tuesday


@dataclass
class County:
    """Who acts."""

    bureau: Actor
    body: Actor
    township: Actor
    neighbour: Actor
    stranger: Actor
    team: list[int]
    agencies: Agencies

    async def open(self, **changed) -> int:
        told = {
            "kind": "individual",
            "title": "宏达粮油店处罚案个案监督",
            "body": self.agencies.agency.id,
            "contents": ["conduct"],
            "persons": self.team,
            "trigger": "media",
            "source": "巴彦淖尔日报《罚款之后》",
            "link": "https://example.org/news/1",
        }
        return await opening.open_matter(self.bureau, opening.Opening(**{**told, **changed}))

    async def issue(self, matter: int, kind: str = "notice", **changed) -> int:
        return await issuing.issue(self.bureau, matter, draft(kind, **changed))


def draft(kind: str = "notice", **changed) -> issuing.Draft:
    told = {
        "facts": "经查，你单位办理该案没有公示处罚决定，执法过程没有录像。",
        "requirement": "请逐项整改并书面答复。",
        "basis": "《中华人民共和国行政处罚法》第三十九条、第四十七条",
        "ruling": "correct" if kind == "decision" else "",
        "items": ("没有公示处罚决定", "现场检查没有录像"),
    }
    return issuing.Draft(kind, **{**told, **changed})


def actor(name, permissions, region, organisation, *, wide=True, person=0) -> Actor:
    scope = Scope(
        Interval(region.lo, region.hi),
        EVERYTHING if wide else Interval(organisation.lo, organisation.hi),
        person=person,
        actor=person,
    )
    return Actor(scope, person, name, frozenset(permissions), region.lo, organisation.id)


async def inspectors_for(who: Actor, *names: str, organisation: int) -> list[int]:
    found = []
    for name in names:
        async with transaction(OFFICE):
            person = await enter_person(name, organisation)
        await registers.enter_inspector(who, person.id, f"蒙监{person.id:06}", date(2028, 6, 30))
        found.append(person.id)
    return found


@pytest.fixture
async def county(db, region_tree, agencies, clock) -> AsyncIterator[County]:
    clock(NOW)
    home, other = region_tree.county, region_tree.other_county
    async with transaction(OFFICE):
        await appoint_organ(home.id, "supervision", agencies.bureau.id)
        chen = await enter_person("陈玉梅", agencies.bureau.id)
        li = await enter_person("李建国", agencies.agency.id)
        office = await found_organisation(
            "隆盛合镇司法所", "justice_office", region_tree.town.id, short_name="隆盛合司法所"
        )
    both = {READ, MANAGE}
    with host_registry.use(build(["supervision"])):
        bureau = actor("陈玉梅", both, home, agencies.bureau, person=chen.id)
        team = await inspectors_for(bureau, "乌兰", "赵刚", organisation=agencies.bureau.id)
        yield County(
            bureau,
            actor("李建国", {ANSWER}, home, agencies.agency, wide=False, person=li.id),
            actor("司法所", both, region_tree.town, office),
            actor("外县", both, other, agencies.foreign_bureau),
            actor("农牧局", {ANSWER}, home, agencies.other_agency, wide=False),
            team,
            agencies,
        )
