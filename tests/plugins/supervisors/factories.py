# SPDX-License-Identifier: Apache-2.0
"""Applicants with valid numbers, photos, and the acts that lead to a term."""

import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from PIL import Image
from stdnum.iso7064 import mod_11_2

from core.api.clock import now
from core.api.db import EVERYTHING, Interval, Scope, transaction, value
from core.api.files import receive
from plugins.supervisors.forms import ApplyForm, AppointForm, DecisionForm, InviteForm
from plugins.supervisors.queries.applications import notice_of
from plugins.supervisors.rules.words import DECLARATIONS
from plugins.supervisors.services import applying, appointing, deciding
from plugins.supervisors.services.applying import Papers
from plugins.supervisors.services.base import (
    CARRY,
    MINE,
    READ,
    REPORT,
    REVIEW,
    SERVE,
    Actor,
)

OFFICE = Scope.platform("test")
MONDAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)  # 09:00 in Beijing
PASSWORD = "Gongping2026"
BUREAU = frozenset({READ, REVIEW, SERVE})
_serial = count(100)


def id_number(area: str = "150801", born: str = "19881120", *, male: bool = True) -> str:
    """A number that passes every check; never the same twice."""
    serial = 2 * next(_serial) + male
    body = f"{area}{born}{serial % 1000:03d}"
    return body + mod_11_2.calc_check_digit(body)


def picture(width: int = 413, height: int = 579, kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (120, 150, 160)).save(out, kind)
    return out.getvalue()


async def papers(*, recommended: bool = False) -> Papers:
    photo = await receive(picture(), "照片.jpg", kinds=("photo",))
    stamped = await receive(picture(), "推荐表.jpg", kinds=("photo",)) if recommended else None
    return Papers(photo, stamped)


def form(region: int, **told: Any) -> ApplyForm:
    given = {
        "region": region,
        "name": "张敏",
        "id_number": id_number(male=False),
        "sex": "女",
        "birth_date": date(1988, 11, 20),
        "source": "lawyer",
        "industry": "食品安全",
        "employer": "磴口县黄河律师事务所",
        "phone": "13722233344",
        "declared": list(DECLARATIONS),
        "route": "self",
        "agreed": True,
        "password": PASSWORD,
        "again": PASSWORD,
    }
    return ApplyForm(**{**given, **told})


def invitation(region: int, **told: Any) -> InviteForm:
    given = {
        "region": region,
        "name": "单雄信",
        "id_number": id_number(),
        "sex": "男",
        "birth_date": date(1988, 11, 20),
        "source": "expert",
        "industry": "教育",
        "phone": "13722233345",
        "declared": list(DECLARATIONS),
        "login": "shanxiongxin",
    }
    return InviteForm(**{**given, **told})


def actor(region: Any, permissions: frozenset[str] = BUREAU, *, person: int = 0) -> Actor:
    """Somebody who reaches a region."""
    scope = Scope(Interval(region.lo, region.hi), EVERYTHING, person=person)
    return Actor(scope, 0, person, "赵建国", region.lo, permissions)


def own(person: int, region: Any) -> Actor:
    """A volunteer: his region, no organisation, himself."""
    scope = Scope(Interval(region.lo, region.hi), Interval(1, 0), person=person)
    return Actor(scope, 0, person, "本人", region.lo, frozenset({MINE, CARRY}))


def body(organisation: Any, region: Any, person: int) -> Actor:
    scope = Scope(
        Interval(region.lo, region.hi), Interval(organisation.lo, organisation.hi), person=person
    )
    return Actor(scope, 0, person, "单位", region.lo, frozenset({REPORT}))


@dataclass
class Office:
    """Two counties with their bureaus, and who decides there."""

    county: Any
    other: Any
    city: Any
    agencies: Any
    bureau: Actor
    other_bureau: Actor
    city_bureau: Actor
    clock: Any

    async def apply(self, **told: Any) -> int:
        given = form(told.pop("region", self.county.id), **told)
        made = await applying.apply(given, await papers(recommended=given.route == "unit"))
        return made.application

    async def person_of(self, application: int) -> int:
        async with transaction(OFFICE):
            return int(
                await value("select person from supervisors_application where id = $1", application)
            )

    async def state_of(self, application: int) -> str:
        async with transaction(OFFICE):
            return str(
                await value("select state from supervisors_application where id = $1", application)
            )

    async def publish(self, application: int) -> None:
        await deciding.screen(self.bureau, application, DecisionForm("pass"))
        await deciding.review(self.bureau, application, DecisionForm("pass"))

    async def after_notice(self, application: int) -> None:
        """The first second after the 公示."""
        async with transaction(OFFICE):
            found = await notice_of(application)
        assert found is not None
        self.clock(found["ends_at"] + timedelta(seconds=1))

    def on(self, day: str) -> None:
        """Nine in the morning of a day in Beijing."""
        self.clock(datetime.combine(date.fromisoformat(day), MONDAY.time(), UTC))

    async def appoint(self, application: int, starts: date | None = None) -> int:
        from core.api import clock

        given = AppointForm(starts or clock.today())
        return await appointing.appoint(self.bureau, application, given)

    async def supervisor(self, **told: Any) -> tuple[int, int]:
        """Somebody who serves: the term and the person."""
        application = await self.apply(**told)
        await self.publish(application)
        await self.after_notice(application)
        term = await self.appoint(application)
        return term, await self.person_of(application)


def later(**span: int) -> datetime:
    return now() + timedelta(**span)


__all__ = ["replace"]
