# SPDX-License-Identifier: Apache-2.0
"""Telling people of alarms: at once, or together with what follows closely (C4-09, A9)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.clock import now, today
from core.api.db import Place, Scope, execute, lock_subjects, rows, transaction, value
from core.api.demo import DemoContext
from core.api.facts import Fact, SubjectRef
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.settings import settings_of
from plugins.inspection.rules.model import COLOUR_TITLES
from plugins.inspection.rules.noticing import Line, due_at, in_one
from plugins.inspection.services.judging import ALARM

JOB = "inspection.tell"
NOTICE = "inspection.notice"
RECEIVER = "inspection.receiver"
EVENING = time(18, 0)
EVERYWHERE = "一个人可能管几个单位，合在一条消息里的报警不限于一处"


class InspectionSettings(msgspec.Struct, frozen=True):
    """How alarms are told."""

    notice_minutes: Annotated[int, Meta(ge=0, le=120)] = 10
    """报警消息合并的时间（分钟）。第一条立即通知，这段时间里的其余各条合成一条；0 表示每条单独通知。"""


RECEIVERS = """
select distinct u.person
from core_assignment s
join core_role r on r.id = s.role
join core_role_permission p on p.role = r.id and p.permission = 'inspection.alarm.read'
join core_user u on u.id = s."user" and u.active
left join core_organisation o on o.id = s.organisation
left join core_region g on g.id = s.region
where u.person is not null and s.revoked_at is null and s.valid_from <= $3
  and (s.valid_to is null or s.valid_to >= $3)
  and ((r.key = 'dept_supervisor' and o.lo <= $1 and o.hi >= $1)
    or (r.key = 'supervision_bureau' and coalesce(g.lo, o.region_lo) = $2))
limit 50
"""

NEW = """
insert into inspection_told (person, alarm, region_lo, org_lo)
select p, $2, $3, $4 from unnest($1::int8[]) p on conflict (person, alarm) do nothing
returning person
"""

LAST = """
select person, max(told_at) as at from inspection_told
where person = any($1::int8[]) and told_at > $2 group by person
"""

WAITING = """
select t.person, a.id as alarm, a.case_id as case, a.case_number, a.colour, a.headline, a.sentence,
  a.region_lo, a.org_lo
from inspection_told t join inspection_alarm a on a.id = t.alarm
where t.person = $1 and t.told_at is null order by a.colour <> 'red', a.raised_at, a.id
"""


async def tell_of_alarm(fact: Fact) -> None:
    """Handlers, the department's supervisors and the bureau learn of a new alarm.

    Delivered twice, it is told once. Who was told of another one within the window gets this one
    with those that follow, at the end of the window at the latest.
    """
    if fact.payload.get("silenced"):
        return
    place, moment = fact.place, now()
    supervisors = await rows(RECEIVERS, place.org_lo, place.region_lo, today())
    persons = sorted(
        {int(p) for p in fact.payload["handlers"]} | {r["person"] for r in supervisors}
    )
    window = timedelta(
        minutes=(await settings_of(InspectionSettings, place.region_lo)).notice_minutes
    )
    # Two alarms at the same moment would each be the first one otherwise.
    await lock_subjects(*(SubjectRef(RECEIVER, each) for each in persons))
    fresh = [
        r["person"]
        for r in await rows(NEW, persons, fact.subject.id, place.region_lo, place.org_lo)
    ]
    last = {r["person"]: r["at"] for r in await rows(LAST, fresh, moment - window)}
    at_once = []
    for person in fresh:
        when = due_at(last.get(person), moment, window)
        if when is None:
            at_once.append(person)
        else:
            await enqueue(JOB, {"person": person}, due_at=when, key=f"{JOB}:{person}", place=place)
    if at_once:
        await _tell(at_once, [_line(fact.subject.id, fact.payload)], place)


def _line(alarm: int, told: Mapping[str, Any]) -> Line:
    return Line(
        alarm,
        int(told["case"]),
        str(told["case_number"]),
        str(told["colour"]),
        str(told["headline"]),
        str(told["sentence"]),
    )


async def tell_collected(payload: Mapping[str, Any]) -> None:
    """The end of somebody's window: what came meanwhile is told in one message."""
    await _tell_waiting(int(payload["person"]))


async def _tell_waiting(person: int) -> None:
    await lock_subjects(SubjectRef(RECEIVER, person))
    found = await rows(WAITING, person)
    if found:
        place = Place(found[0]["region_lo"], found[0]["org_lo"])
        await _tell([person], [_line(r["alarm"], r) for r in found], place)


async def _tell(persons: Sequence[int], lines: Sequence[Line], place: Place) -> None:
    if len(lines) == 1:
        only = lines[0]
        params: Mapping[str, Any] = {
            "lamp": COLOUR_TITLES[only.colour],
            "headline": only.headline,
            "case_number": only.case_number,
            "sentence": only.sentence,
        }
        await notify("inspection.alarm", persons, SubjectRef(ALARM, only.alarm), params, place)
    else:
        notice = await value(
            "insert into inspection_notice (alarms, made_at, region_lo, org_lo)"
            " values ($1, $2, $3, $4) returning id",
            [each.alarm for each in lines],
            now(),
            place.region_lo,
            place.org_lo,
        )
        await notify("inspection.alarms", persons, SubjectRef(NOTICE, notice), in_one(lines), place)
    await _mark(persons, [each.alarm for each in lines])


async def _mark(persons: Iterable[int], alarms: Sequence[int]) -> None:
    await execute(
        "update inspection_told set told_at = $3"
        " where person = any($1::int8[]) and alarm = any($2::int8[]) and told_at is null",
        list(persons),
        list(alarms),
        now(),
    )


async def plan_telling(context: DemoContext) -> None:
    """The demo's year has no worker: what was collected is told in the evening."""

    async def look(_day: date) -> None:
        await _tell_everybody()

    context.daily(EVENING, look)


async def _tell_everybody() -> None:
    async with transaction(Scope.platform(EVERYWHERE)):
        for each in await rows("select distinct person from inspection_told where told_at is null"):
            await _tell_waiting(each["person"])
