# SPDX-License-Identifier: Apache-2.0
"""Signing up, the waiting list, leaving, checking in (C8-01, C8-02).

Whoever takes or frees a seat locks the training's row first, so that two who want the last one
wait for each other and the second gets a place on the waiting list.
"""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.checkin import checkin_admits
from core.api.db import execute, row, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.turns import close_turn, hand_turn
from plugins.training import facts
from plugins.training.queries.trainings import find_training, of_audience, seat_of
from plugins.training.rules import taking_part as rules
from plugins.training.services.base import (
    TRAINING,
    at_office,
    is_meant,
    own_office,
    place_of,
    ref,
    settings_in,
    sign_up_end,
    when_words,
)
from plugins.training.services.planning import held

SEAT = """
insert into training_seat (training, person, name, unit, state, queued_at, excuse, attendance, way,
  batch, feedback, number, void, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, '', '', '', null, false, '', false, $7, $8)
on conflict (training, person) do update set state = excluded.state, excuse = '',
  unit = excluded.unit, queued_at = case when training_seat.state = 'waiting'
    then training_seat.queued_at else excluded.queued_at end
returning id
"""
"""Whoever waited keeps his place in the queue: a list that is taken back puts him there again."""


def subject_of(training: int) -> str:
    """What a code of the rotating poster stands for."""
    return f"{TRAINING}:{training}"


async def opened(who: Visitor, training: int) -> dict[str, Any]:
    """A training this person may open; drafts lead nowhere here."""
    found = await find_training(training, who.scope, who.role, await own_office(who))
    if found is None or found["state"] == "draft":
        raise NotFound
    return found


async def locked(training: int) -> dict[str, Any]:
    """The training as it stands now; everybody else who wants a seat waits."""
    found = await row("select * from training_training where id = $1 for update", training)
    if found is None:
        raise NotFound
    return found


async def join(who: Visitor, training: int) -> str:
    """Sign up; returns ``seat`` or ``waiting``."""
    found = await opened(who, training)
    async with transaction(at_office(who, found)):
        found = await locked(training)
        have = await seat_of(training, who.person_id)
        if why := rules.why_not_sign_up(
            found["state"],
            have["state"] if have else "",
            clock.now(),
            sign_up_end(found),
            is_meant(found, who),
        ):
            raise Refused(why)
        return await _take(found, who.person_id, who.name, who.place_name)


async def _take(found: Mapping[str, Any], person: int, name: str, unit: str) -> str:
    training, now = int(found["id"]), clock.now()
    got = rules.place_for(found["seats"], found["taken"])
    await execute(SEAT, training, person, name, unit, got, now, found["region_lo"], found["org_lo"])
    await recount(training)
    await record(
        "training.signed_up",
        ref(TRAINING, training),
        facts.TookPart(training, found["title"], person, name, got),
        place_of(found),
    )
    if got == "seat":
        await _expect(found, person)
    return got


async def _expect(found: Mapping[str, Any], person: int) -> None:
    """It stands among the person's own things to do until it is over."""
    await hand_turn(
        ref(TRAINING, found["id"]),
        title=found["title"],
        subline=f"{when_words(found)} {found['venue']}",
        step_title="参加培训",
        step_note="到场扫码签到",
        path=f"/training/{found['id']}",
        holder_person=person,
        due_at=found["starts_at"],
        place=place_of(found),
        key=f"person:{person}",
    )


async def recount(training: int) -> None:
    """The counters of a training, from its rows; under its lock."""
    await execute(
        """update training_training t set
             taken = (select count(*) from training_seat s where s.training = t.id and s.state = 'seat'),
             waiting = (select count(*) from training_seat s
                        where s.training = t.id and s.state = 'waiting')
           where t.id = $1""",
        training,
    )


async def leave(who: Visitor, training: int, reason: str) -> str:
    """Give a seat back, or be excused once others have counted on it; says which."""
    found = await opened(who, training)
    async with transaction(at_office(who, found)):
        found = await locked(training)
        have = await seat_of(training, who.person_id)
        way = rules.way_out(
            have["state"] if have else "", clock.now(), sign_up_end(found), found["starts_at"]
        )
        if have is not None and have["attendance"] == "present":
            raise Refused("你已经签到，不能再退出或请假；要离开请告诉现场的组织单位。")
        if found["state"] != "published" or have is None or not way:
            raise Refused("现在不能退出或请假；培训开始以后请直接告诉组织单位。")
        if way == "excuse":
            if len(reason.strip()) < 2:
                raise Invalid({"reason": "报名已经截止，请写明请假的原因。"})
            await execute(
                "update training_seat set excuse = $2 where id = $1", have["id"], reason.strip()
            )
        else:
            await execute("update training_seat set state = 'left' where id = $1", have["id"])
        await record(
            "training.left",
            ref(TRAINING, training),
            facts.TookPart(
                training,
                found["title"],
                who.person_id,
                who.name,
                "excused" if way == "excuse" else "left",
                reason.strip(),
            ),
            place_of(found),
        )
        await close_turn(ref(TRAINING, training), key=f"person:{who.person_id}")
        if way == "leave":
            await _move_up(training)
        return way


async def add_seats(who: Visitor, training: int, seats: int, reason: str) -> None:
    """More seats than were announced: before it begins the waiting list moves up and is told.

    Afterwards nobody is moved, for nobody knows who of them came; who did can now be checked in,
    put on the list or imported.
    """
    found = await held(who, training)
    if why := rules.why_not_add_seats(found["state"], found["seats"], seats):
        raise Invalid({"seats": why})
    await execute("update training_training set seats = $2 where id = $1", training, seats)
    await record(
        "training.seats_added",
        ref(TRAINING, training),
        facts.SeatsChanged(
            training,
            found["title"],
            found["seats"],
            seats,
            rules.seats_words(seats),
            reason.strip(),
        ),
        place_of(found),
    )
    if clock.now() < found["starts_at"]:
        await _move_up(training, "名额增加")


async def _move_up(training: int, why: str = "有人退出") -> None:
    """Whoever waited longest gets the seat that has become free."""
    await recount(training)
    found = await locked(training)
    for _ in range(rules.may_move_up(found["seats"], found["taken"], found["waiting"])):
        next_one = await row(
            """update training_seat set state = 'seat' where id = (
                 select id from training_seat where training = $1 and state = 'waiting'
                 order by queued_at, id limit 1) returning person, name""",
            training,
        )
        if next_one is None:
            break
        await record(
            "training.moved_up",
            ref(TRAINING, training),
            facts.TookPart(training, found["title"], next_one["person"], next_one["name"], "seat"),
            place_of(found),
        )
        await notify(
            "training.moved_up",
            [next_one["person"]],
            ref(TRAINING, training),
            {"title": found["title"], "when": when_words(found), "why": why},
            place_of(found),
        )
        await _expect(found, next_one["person"])
    await recount(training)


async def add_person(who: Visitor, training: int, person: int) -> str:
    """The office puts somebody of the audience on the list; the quota holds for it too.

    Who waits gets a seat that is free: so it is once seats were added after the beginning.
    """
    found = await held(who, training)
    named = await of_audience(found, person)
    if named is None:
        raise Invalid({"person": "这个人不在这期培训的对象范围里。"})
    if found["state"] != "published":
        raise Refused("已经结课或者取消的培训不能再加人。")
    have = await seat_of(training, person)
    waits = have is not None and have["state"] == "waiting"
    free = rules.place_for(found["seats"], found["taken"]) == "seat"
    if have is not None and have["state"] != "left" and not (waits and free):
        raise Refused(f"{named['name']}已经{'在候补里，名额已满' if waits else '在名单里'}。")
    return await _take(found, person, named["name"], named["place"])


async def check_in(who: Visitor, training: int, token: str) -> bool:
    """Attendance by the code on the screen; once per person.

    Returns False when the person had checked in before. A forged or old code is refused in plain
    words; whoever comes without having signed up gets a seat if one is free.
    """
    found = await opened(who, training)
    now = clock.now()
    # The poster shows the code in groups of four, and people type it so.
    plain = "".join(token.split()).lower()
    if not checkin_admits(subject_of(training), plain, now):
        raise Refused("这个签到码已经过期或者不是这期培训的，请对着现场屏幕重新扫一次。")
    options = await settings_in(found["region_lo"])
    async with transaction(at_office(who, found)):
        found = await locked(training)
        if why := rules.why_no_check_in(
            found["state"], now, found["starts_at"], found["ends_at"], options.checkin_opens_minutes
        ):
            raise Refused(why)
        have = await seat_of(training, who.person_id)
        if have is not None and have["attendance"] == "present":
            return False
        if have is None or have["state"] != "seat":
            if not is_meant(found, who):
                raise Refused("这期培训不是面向你现在这个身份的。")
            if rules.place_for(found["seats"], found["taken"]) != "seat":
                raise Refused("名额已满，你还在候补或者没有报名；请告诉现场的组织单位。")
            await _take(found, who.person_id, who.name, who.place_name)
        await execute(
            """update training_seat set attendance = 'present', came_at = $3, way = 'code'
               where training = $1 and person = $2""",
            training,
            who.person_id,
            now,
        )
        await close_turn(ref(TRAINING, training), key=f"person:{who.person_id}")
        await record(
            "training.checked_in",
            ref(TRAINING, training),
            facts.TookPart(training, found["title"], who.person_id, who.name, "code"),
            place_of(found),
        )
    return True


async def present_count(training: int) -> int:
    """How many have checked in, for the poster."""
    return int(
        await value(
            "select count(*) from training_seat where training = $1 and attendance = 'present'",
            training,
        )
    )
