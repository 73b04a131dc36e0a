# SPDX-License-Identifier: Apache-2.0
"""组织活动: announce, change, invite, cancel (S3-15, S3-16)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import (
    Place,
    execute,
    lock_subjects,
    retried,
    row,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record as record_fact
from core.api.messages import notify
from core.api.turns import close_turn, hand_turn, move_due
from plugins.activities.facts import Announced, Cancelled, Changed, Invited
from plugins.activities.forms import ActivityForm
from plugins.activities.queries import (
    find_activity,
    invitations_of,
    supervisors_among,
)
from plugins.activities.rules import attendance as rules
from plugins.activities.rules.attendance import CANCELLED, OPEN
from plugins.activities.rules.records import Unit
from plugins.activities.rules.words import KINDS
from plugins.activities.services.base import (
    Actor,
    activity_ref,
    invitation_ref,
    invited,
    objections,
    own_office,
    place_of,
    refuse_elsewhere,
    span,
    unit_meant,
)

INSERT = """
insert into activities_activity (title, kind, about, starts_at, ends_at, place, host, host_lo,
  host_name, seats, organ, organ_name, state, reason, version, created_at, created_by_name,
  region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', '', 1, $13, $14, $15, $16)
returning id
"""
UPDATE = """
update activities_activity set title = $2, kind = $3, about = $4, starts_at = $5, ends_at = $6,
  place = $7, host = $8, host_lo = $9, host_name = $10, seats = $11, version = version + 1,
  reminded_at = null, asked_at = null where id = $1
"""
INVITE = """
insert into activities_invitation (activity, person, name, place_name, answer, reason, leave,
  leave_answer, outcome, outcome_by, corrected, corrected_by_name, invited_at, region_lo, org_lo)
values ($1, $2, $3, $4, '', '', '', '', '', '', '', '', $5, $6, $7)
on conflict (activity, person) do nothing returning id
"""


async def take_activity(who: Actor, activity: int) -> dict[str, Any]:
    """An activity of one's own office, locked for an act."""
    seen = await find_activity(activity, who.scope)
    if seen is None:
        raise NotFound
    await refuse_elsewhere(who, place_of(seen))
    await lock_subjects(activity_ref(activity))
    found = await row("select * from activities_activity where id = $1 for update", activity)
    if found is None:
        raise NotFound
    return found


async def _checked(form: ActivityForm) -> Unit:
    wrong = rules.times_fault(form.starts_at, form.ends_at, clock.now())
    if form.kind not in KINDS:
        wrong["kind"] = "请从列表里选择活动种类。"
    unit = await unit_meant(form.unit, form.organisation)
    if isinstance(unit, str):
        wrong["unit"] = unit
    if wrong or isinstance(unit, str):
        raise Invalid(wrong)
    return unit


def _columns(form: ActivityForm, unit: Unit) -> list[Any]:
    return [
        form.title.strip(),
        form.kind,
        form.about.strip(),
        form.starts_at,
        form.ends_at,
        form.place.strip(),
        unit.id,
        unit.lo,
        unit.name,
        form.seats,
    ]


@retried
async def announce(who: Actor, form: ActivityForm) -> int:
    """A new activity; nobody is invited yet."""
    async with transaction(who.scope):
        office = await own_office(who)
        unit = await _checked(form)
        place = Place(who.region_lo, office.lo)
        made = int(
            await value(
                INSERT,
                *_columns(form, unit),
                office.id,
                office.name,
                clock.now(),
                who.name,
                place.region_lo,
                place.org_lo,
            )
        )
        on = clock.local(form.starts_at).date().isoformat()
        await record_fact(
            "activities.announced",
            activity_ref(made),
            Announced(made, form.title.strip(), form.kind, on, unit.id, form.seats),
            place,
        )
        return made


@retried
async def change(who: Actor, activity: int, form: ActivityForm) -> None:
    """Another time, place or body; everybody invited is told what changed."""
    async with transaction(who.scope):
        found = await take_activity(who, activity)
        if found["state"] != OPEN:
            raise Refused("已经结束或取消的活动不能再改。")
        if clock.now() >= found["starts_at"]:
            raise Refused("活动已经开始，不能再改。")
        if form.version and form.version != found["version"]:
            raise Conflict("这次活动刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
        unit = await _checked(form)
        everybody = await invitations_of(activity)
        taken = rules.seats_taken([invited(each) for each in everybody])
        if form.seats < taken:
            raise Invalid({"seats": f"已经邀请了 {taken} 人，人数不能比这少。"})
        if unit.id != found["host"]:
            await _refuse_recused(found, unit, [each["person"] for each in everybody])
        what = _differences(found, form, unit)
        if not what:
            return
        await execute(UPDATE, activity, *_columns(form, unit))
        await record_fact(
            "activities.changed",
            activity_ref(activity),
            Changed(activity, form.title.strip(), "；".join(what)),
            place_of(found),
        )
        await close_turn(activity_ref(activity), key="close")
        for each in everybody:
            await move_due(invitation_ref(each["id"]), form.starts_at)
            await notify(
                "activities.changed",
                [each["person"]],
                invitation_ref(each["id"]),
                {"title": form.title.strip(), "text": "；".join(what)},
                place_of(found),
            )


def _differences(found: Mapping[str, Any], form: ActivityForm, unit: Unit) -> list[str]:
    what = []
    if (form.starts_at, form.ends_at) != (found["starts_at"], found["ends_at"]):
        what.append(f"时间改为{span(form.starts_at, form.ends_at)}")
    for field, words, told in (
        ("place", "地点", form.place.strip()),
        ("title", "名称", form.title.strip()),
        ("host_name", "执法部门", unit.name),
    ):
        if told != found[field]:
            what.append(f"{words}改为{told}")
    if form.kind != found["kind"]:
        what.append(f"种类改为{KINDS[form.kind][0]}")
    if form.seats != found["seats"]:
        what.append(f"人数改为 {form.seats} 人")
    if form.about.strip() != found["about"]:
        what.append("说明有修改")
    return what


async def _refuse_recused(found: Mapping[str, Any], unit: Unit, persons: Sequence[int]) -> None:
    stopped = await objections(persons, unit.lo, found["region_lo"])
    if stopped:
        raise Invalid(
            {"unit": f"已邀请的人里有 {len(stopped)} 位不能参加与“{unit.name}”有关的活动。"}
        )


@retried
async def invite(who: Actor, activity: int, persons: Sequence[int]) -> int:
    """Invite supervisors of the region and below; how many were new.

    A person who has to withdraw from the body is refused with the reason (S3-17).
    """
    async with transaction(who.scope):
        found = await take_activity(who, activity)
        if found["state"] != OPEN:
            raise Refused("已经结束或取消的活动不能再邀请。")
        if clock.now() >= found["ends_at"]:
            raise Refused("活动已经结束，不能再邀请。")
        before = await invitations_of(activity)
        known = {each["person"] for each in before}
        wanted = [each for each in dict.fromkeys(persons) if each not in known]
        asked = await supervisors_among((who.region_lo, who.region_hi), wanted)
        if len(asked) < len(wanted):
            raise Invalid({"persons": "有人现在不是本地区的社会监督员，请重新选择。"})
        taken = rules.seats_taken([invited(each) for each in before])
        if fault := rules.inviting_fault(len(asked), taken, found["seats"]):
            raise Invalid({"persons": fault})
        stopped = await objections(
            [each["person"] for each in asked], found["host_lo"], found["region_lo"]
        )
        if stopped:
            names = {each["person"]: each["name"] for each in asked}
            raise Invalid(
                {"persons": "".join(f"{names[p]}：{text}" for p, text in stopped.items())}
            )
        for each in asked:
            await _invite_one(found, each)
        if asked:
            await record_fact(
                "activities.invited",
                activity_ref(activity),
                Invited(activity, found["title"], [each["person"] for each in asked], len(asked)),
                place_of(found),
            )
        return len(asked)


async def _invite_one(found: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    place = place_of(found)
    made = await value(
        INVITE,
        found["id"],
        one["person"],
        one["name"],
        one["place"],
        clock.now(),
        place.region_lo,
        place.org_lo,
    )
    if made is None:
        return
    when = span(found["starts_at"], found["ends_at"])
    await notify(
        "activities.invited",
        [one["person"]],
        invitation_ref(made),
        {
            "title": found["title"],
            "organ": found["organ_name"],
            "when": when,
            "where": found["place"],
        },
        place,
    )
    await hand_turn(
        invitation_ref(made),
        title=f"活动邀请：{found['title']}",
        subline=f"{when} {found['place']}",
        step_title="答复参加或请假",
        path=f"/activities/invitations/{made}",
        holder_person=one["person"],
        due_at=found["starts_at"],
        place=place,
    )


@retried
async def cancel(who: Actor, activity: int, reason: str) -> None:
    """It does not take place; nobody's attendance is touched by it."""
    async with transaction(who.scope):
        found = await take_activity(who, activity)
        if found["state"] != OPEN:
            raise Conflict("已经结束或取消的活动不能再取消。")
        everybody = await invitations_of(activity)
        if any(each["outcome"] for each in everybody):
            raise Refused("已经有人签到，说明活动办了。请结束后登记考勤。")
        await execute(
            """update activities_activity set state = $2, reason = $3, closed_at = $4
               where id = $1""",
            activity,
            CANCELLED,
            reason.strip(),
            clock.now(),
        )
        await record_fact(
            "activities.cancelled",
            activity_ref(activity),
            Cancelled(activity, found["title"], reason.strip()),
            place_of(found),
        )
        await close_turn(activity_ref(activity))
        for each in everybody:
            await close_turn(invitation_ref(each["id"]))
            await notify(
                "activities.cancelled",
                [each["person"]],
                invitation_ref(each["id"]),
                {"title": found["title"], "text": reason.strip()},
                place_of(found),
            )
