# SPDX-License-Identifier: Apache-2.0
"""What all acts share: who acts, the competent office, places, the gate, units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor, persons_holding
from core.api.db import EVERYTHING, Place, Scope, SubjectRef, current_scope, transaction
from core.api.errors import Refused
from core.api.gates import decide
from core.api.people import OrganisationRow, competent_organ
from core.api.regions import REGIONS
from core.api.settings import settings_of
from plugins.activities.queries import own_invitation, units_called
from plugins.activities.rules.attendance import Invited, Window
from plugins.activities.rules.records import Unit, match
from plugins.activities.rules.words import ACTIVITY, HANDLE, INVITATION, RECORD

GATE = "activities.supervisor_may_attend"
AT_OFFICE = "a supervisor's record and his attendance stand at his bureau"
MINE = "an invitation is found by the person it was sent to, wherever its bureau stands"
ASKING = "whether a supervisor must withdraw is asked where he supervises"


class ActivitySettings(msgspec.Struct, frozen=True):
    """What a region decides about its activities."""

    checkin_minutes_before: Annotated[int, Meta(ge=0, le=240)] = 30
    """活动开始前多少分钟可以签到"""


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and for which region."""

    scope: Scope
    user_id: int
    person_id: int
    name: str
    region_lo: int
    region_hi: int
    permissions: frozenset[str]

    @classmethod
    def of(cls, who: Visitor) -> "Actor":
        return cls(
            who.scope,
            who.user_id,
            who.person_id,
            who.name,
            who.region.lo,
            who.region.hi,
            who.permissions,
        )


def record_ref(record: int) -> SubjectRef:
    return SubjectRef(RECORD, record)


def activity_ref(activity: int) -> SubjectRef:
    return SubjectRef(ACTIVITY, activity)


def invitation_ref(invitation: int) -> SubjectRef:
    return SubjectRef(INVITATION, invitation)


def person_ref(person: int) -> SubjectRef:
    return SubjectRef("core.person", person)


def place_of(found: Mapping[str, Any]) -> Place:
    return Place(found["region_lo"], found["org_lo"])


def at_office(place: Place, actor: int = 0) -> Scope:
    """The scope of the bureau a row belongs to, for who reaches no organisation.

    Only after the service has made sure that the row is his own.
    """
    return Scope(REGIONS.interval(place.region_lo), EVERYTHING, actor=actor, reason=AT_OFFICE)


async def bureau_of(region_lo: int) -> OrganisationRow | None:
    """本级司法局: the organ competent for supervision there, or the next above (S3-29)."""
    return await competent_organ(region_lo, "supervision") if region_lo else None


async def own_office(who: Actor) -> OrganisationRow:
    """The office somebody organises activities for: that of his own region, no other's."""
    organ = await bureau_of(who.region_lo)
    if organ is None or organ.region_lo != who.region_lo:
        raise Refused("你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再办。")
    return organ


async def elsewhere(who: Actor, place: Place) -> str:
    """Why the buttons are another office's; empty when they are his."""
    organ = await bureau_of(place.region_lo)
    if organ is not None and organ.region_lo != who.region_lo:
        return f"由{organ.name}办理，你可以查看。"
    return ""


async def refuse_elsewhere(who: Actor, place: Place) -> None:
    """Only the office of the region itself acts; those above it read."""
    if text := await elsewhere(who, place):
        raise Refused(text)


async def handlers_at(place: Place) -> list[int]:
    """Whom at the bureau to tell."""
    organ = await bureau_of(place.region_lo)
    return await persons_holding(HANDLE, organ.lo, organ.hi) if organ else []


async def window_of(activity: Mapping[str, Any]) -> Window:
    """When it takes place, with the region's rule of check-in."""
    settings = await settings_of(ActivitySettings, activity["region_lo"])
    return Window(activity["starts_at"], activity["ends_at"], settings.checkin_minutes_before)


def invited(found: Mapping[str, Any]) -> Invited:
    return Invited(found["person"], found["answer"], found["leave"], found["outcome"])


async def my_invitation(invitation: int, person: int) -> dict[str, Any] | None:
    """One of a supervisor's own invitations; the inviting office may be one above his own."""
    if not person:
        return None
    async with transaction(Scope.platform(MINE).read_only()):
        return await own_invitation(invitation, person)


async def objections(
    persons: Sequence[int], organisation_lo: int, region_lo: int
) -> dict[int, str]:
    """Who of ``persons`` may not take part in what concerns a unit, and why (S3-17)."""
    if not persons:
        return {}
    refs = [person_ref(each) for each in persons]
    draft = {"organisation_lo": organisation_lo, "officer": 0, "case": ""}
    home = Scope.of_place(Place(region_lo), reason=ASKING, actor=current_scope().actor)
    # Asked where he supervises: a plugin that is off there has no say.
    async with transaction(home.read_only()):
        verdict = await decide(GATE, refs, clock.today(), draft)
    return {
        ref.id: "".join(each.text for each in found)
        for ref, found in verdict.blockers.items()
        if found
    }


async def unit_meant(typed: str, chosen: int | None) -> Unit | str:
    """The unit somebody means, or what is wrong with it."""
    return match(typed, chosen, await units_called(typed) if typed.strip() else [])


def span(starts_at: datetime, ends_at: datetime) -> str:
    """5月12日（周二）9:00–11:30, as messages say it."""
    first, last = clock.local(starts_at), clock.local(ends_at)
    day = f"{first.month}月{first.day}日（周{'一二三四五六日'[first.weekday()]}）"
    end = (
        f"{last:%H:%M}"
        if first.date() == last.date()
        else f"{last.month}月{last.day}日{last:%H:%M}"
    )
    return f"{day}{first:%H:%M}–{end}"
