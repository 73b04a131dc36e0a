# SPDX-License-Identifier: Apache-2.0
"""What the acts share: rights, offices, places, settings."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor
from core.api.audience import group_of
from core.api.db import Interval, Place, Scope, SubjectRef
from core.api.errors import Invalid, Refused
from core.api.people import OrganisationRow, competent_organ
from core.api.regions import RegionRow, region
from core.api.settings import settings_of
from plugins.training.rules.taking_part import FEEDBACK_DAYS

READ, MANAGE, LEDGER, SUGGESTED = (
    "training.training.read",
    "training.training.manage",
    "training.hours.read",
    "training.suggestion.read",
)
TRAINING, LESSON, REQUIREMENT, BATCH = (
    "training.training",
    "training.lesson",
    "training.requirement",
    "training.batch",
)
OWN = "training.own"
PURPOSE = "training.material"
NOBODY = (1, 0)
"""The audience of a draft: an empty interval."""
UNTITLED = "（未写标题）"


class TrainingSettings(msgspec.Struct, frozen=True):
    """What a region decides about its trainings."""

    checkin_opens_minutes: Annotated[int, Meta(ge=5, le=240)] = 60
    """开始前多少分钟可以签到"""
    feedback_least: Annotated[int, Meta(ge=3, le=20)] = 3
    """评价至少收到几份才显示。太少会认出是谁写的。"""
    lesson_after_alarms: Annotated[int, Meta(ge=2, le=20)] = 3
    """同一类报警几次后建议学习"""
    alarm_window_days: Annotated[int, Meta(ge=30, le=730)] = 365
    """报警统计多少天以内的"""
    watched_percent: Annotated[int, Meta(ge=50, le=100)] = 90
    """课程视频看到百分之多少算学完"""
    hours_block_review: bool = True
    """上一年度学时不够的，年审时提出"""
    finish_workdays: Annotated[int, Meta(ge=1, le=20)] = 5
    """结束后几个工作日内核对签到并结课"""
    certificate_word: Annotated[str, Meta(max_length=20)] = ""
    """结业证明的字。例如 磴培训；空着时用“地区简称＋培训”。"""


async def settings_in(region_lo: int) -> TrainingSettings:
    """The region's settings."""
    return await settings_of(TrainingSettings, region_lo)


async def office_of(who: Visitor) -> OrganisationRow:
    """The office that trains: the competent organ of the region somebody acts for (S0-21).

    Which organ that is, is data; a region without one of its own trains nobody.
    """
    organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused(
            "你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再组织培训。"
        )
    return organ


async def own_office(who: Visitor) -> int:
    """The id of the office he may train for; 0 for a mere participant."""
    if not who.may(MANAGE) or not who.region.id:
        return 0
    organ = await competent_organ(who.region.lo, "supervision")
    return organ.id if organ is not None and organ.region_lo == who.region.lo else 0


def place_of(found: Mapping[str, Any]) -> Place:
    """Where a row belongs."""
    return Place(found["region_lo"], found["org_lo"])


def at_office(who: Visitor, found: Mapping[str, Any]) -> Scope:
    """The place of a training or lesson, for what a participant leaves there.

    Most participants do not reach the office itself. Only after the text was found under the
    participant's own scope may one go there.
    """
    region, organ = found["region_lo"], found["org_lo"]
    return Scope(
        Interval(region, region), Interval(organ, organ), person=who.person_id, actor=who.user_id
    )


def ref(kind: str, id: int) -> SubjectRef:
    """The subject of a fact or of a turn."""
    return SubjectRef(kind, id)


def person_ref(person: int) -> SubjectRef:
    """The person a fact is about."""
    return SubjectRef("core.person", person)


def is_meant(found: Mapping[str, Any], who: Visitor) -> bool:
    """Whether this person, in this role and place, belongs to the audience."""
    return (
        bool(who.person_id)
        and found["readers"] in ("all", group_of(who.role))
        and found["aud_lo"] <= who.region.lo
        and who.region.hi <= found["aud_hi"]
    )


def digest_of(title: str, body: str) -> str:
    """SHA-256 of the words as published, so that the record proves what was announced."""
    return sha256(f"{title}\n{body}".encode()).hexdigest()


async def aimed_at(who: Visitor, chosen: int) -> RegionRow:
    """The region a text is meant for: inside the office's own, the whole of it by default."""
    found = await region(chosen or who.region.id)
    if found is None or not (who.region.lo <= found.lo and found.hi <= who.region.hi):
        raise Invalid({"region": "请选择本地区或下级地区。"})
    return found


def sign_up_end(found: Mapping[str, Any]) -> datetime:
    """Until when one can sign up: the day the office set, else the beginning."""
    until: datetime = found["sign_up_until"] or found["starts_at"]
    return until


def feedback_end(found: Mapping[str, Any]) -> date:
    """The last day of feedback: the day the office set, else a week after the end."""
    until: date | None = found["feedback_until"]
    return until or clock.local(found["ends_at"]).date() + timedelta(days=FEEDBACK_DAYS)


def when_words(found: Mapping[str, Any]) -> str:
    """``7月3日 09:00`` — as messages say it."""
    begin = clock.local(found["starts_at"])
    return f"{begin.month}月{begin.day}日 {begin:%H:%M}"
