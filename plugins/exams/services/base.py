# SPDX-License-Identifier: Apache-2.0
"""What the acts share: rights, offices, places, settings."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.access import Visitor
from core.api.db import Place, Scope, SubjectRef
from core.api.errors import Refused
from core.api.people import OrganisationRow, competent_organ
from core.api.settings import settings_of

BANK, RUN, SECOND, OWN, WAITING = (
    "exams.bank.write",
    "exams.session.run",
    "exams.session.confirm",
    "exams.own.read",
    "exams.candidate.read",
)
SESSION, ENTRY, PAPER, QUESTION = (
    "exams.session",
    "exams.entry",
    "exams.paper",
    "exams.question",
)
HELD = "exams.held"
"""Photos and pictures of questions: only our own pages hand them out."""
CANDIDATE = Scope.platform("a candidate sits without an account; his token leads to one attempt")
PRECISION = 10


class ExamSettings(msgspec.Struct, frozen=True):
    """What a region decides about its exams."""

    attempts: Annotated[int, Meta(ge=1, le=10)] = 2
    """每人可以考几次。包括第一次。"""
    late_minutes: Annotated[int, Meta(ge=0, le=120)] = 30
    """开考几分钟以后不再入场"""
    grace_seconds: Annotated[int, Meta(ge=0, le=300)] = 60
    """到时以后还等几秒。网络慢的时候，到时以前作的答晚到也算。"""
    minutes_alone: Annotated[int, Meta(ge=0, le=60)] = 15
    """监考员一人可以加时几分钟。超过的要两个人。"""
    minutes_most: Annotated[int, Meta(ge=0, le=180)] = 60
    """每名考生一共最多加时几分钟"""
    appeal_days: Annotated[int, Meta(ge=1, le=30)] = 7
    """公布成绩后几天内可以对题目提出异议"""
    photo_days: Annotated[int, Meta(ge=30, le=3650)] = 730
    """现场照片保存天数。到期删除照片，摘要仍在记录里。"""
    legacy_default_password: bool = False
    """沿用身份证后六位和默认密码登录。重号和不安全，只为过渡。"""


async def settings_in(region_lo: int) -> ExamSettings:
    """The region's settings."""
    return await settings_of(ExamSettings, region_lo)


async def office_of(who: Visitor) -> OrganisationRow:
    """The office that examines: the competent organ of the region somebody acts for."""
    organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused(
            "你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再组织考试。"
        )
    return organ


async def place_for(who: Visitor) -> Place:
    """Where the bank, papers and sessions of his office stand."""
    office = await office_of(who)
    return Place(office.region_lo, office.lo)


def place_of(found: Mapping[str, Any]) -> Place:
    """Where a row belongs."""
    return Place(found["region_lo"], found["org_lo"])


def ref(kind: str, id: int) -> SubjectRef:
    """The subject of a fact or of a turn."""
    return SubjectRef(kind, id)


def person_ref(person: int) -> SubjectRef:
    """The person a fact is about."""
    return SubjectRef("core.person", person)


def as_person(who: Visitor) -> Scope:
    """For a person's own pages: his sittings stand at the office that examined him.

    Every query under it names the person.
    """
    return Scope.platform("a person reads and contests his own sittings", actor=who.user_id)
