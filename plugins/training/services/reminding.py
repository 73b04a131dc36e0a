# SPDX-License-Identifier: Apache-2.0
"""What happens by itself: reminders, the office's turn to close, feedback mixed, suggestions."""

from core.api import clock
from core.api.db import Place, Scope, execute, rows
from core.api.deadlines import Limit, due_date, load_calendar
from core.api.facts import record
from core.api.messages import notify
from core.api.turns import hand_turn
from plugins.training import facts
from plugins.training.queries.trainings import due_reminders
from plugins.training.rules.hours import reminds_on
from plugins.training.services.base import (
    MANAGE,
    TRAINING,
    feedback_end,
    place_of,
    ref,
    settings_in,
    when_words,
)
from plugins.training.services.closing import mix
from plugins.training.services.owing import remind_short
from plugins.training.services.planning import AT_ONCE
from plugins.training.services.teaching import persons_with_alarms, suggest


async def remind_of_beginning(scope: Scope) -> None:
    """The day before, everybody with a seat is told where and when; once."""
    for found in await due_reminders(scope):
        persons = [
            int(each["person"])
            for each in await rows(
                """select person from training_seat where training = $1 and state = 'seat'
                     and excuse = '' order by id""",
                found["id"],
            )
        ]
        await execute(
            "update training_training set reminded_at = $2 where id = $1", found["id"], clock.now()
        )
        for start in range(0, len(persons), AT_ONCE):
            await notify(
                "training.begins",
                persons[start : start + AT_ONCE],
                ref(TRAINING, found["id"]),
                {"title": found["title"], "when": when_words(found), "venue": found["venue"]},
                place_of(found),
            )
        await record(
            "training.reminded",
            ref(TRAINING, found["id"]),
            facts.Reminded(found["title"], len(persons)),
            place_of(found),
        )


async def hand_over_ended(scope: Scope) -> int:
    """A training that is over waits for its office: check the attendance and close it."""
    found = await rows(
        """select * from training_training where state = 'published' and ends_at <= $1
             and turned_at is null and region_lo between $2 and $3 order by id for update""",
        clock.now(),
        scope.region.lo,
        scope.region.hi,
    )
    for each in found:
        options = await settings_in(each["region_lo"])
        calendar = await load_calendar(each["region_lo"])
        due = due_date(
            clock.local(each["ends_at"]), Limit(options.finish_workdays, "working"), calendar
        )
        await hand_turn(
            ref(TRAINING, each["id"]),
            title=each["title"],
            subline=f"{each['batch']}，{each['taken']} 人报名",
            step_title="核对签到并结课",
            step_note="结课后记学时、发证明",
            path=f"/training/{each['id']}/roll",
            holder_org=each["org_lo"],
            permission=MANAGE,
            due_at=due.at,
            place=place_of(each),
        )
        await execute(
            "update training_training set turned_at = $2 where id = $1", each["id"], clock.now()
        )
    return len(found)


async def mix_over(scope: Scope) -> None:
    """After the last day of feedback its rows are written anew in a random order."""
    for found in await rows(
        """select t.* from training_training t where t.region_lo between $1 and $2
             and exists(select 1 from training_feedback f where f.training = t.id and not f.mixed)""",
        scope.region.lo,
        scope.region.hi,
    ):
        if clock.today() > feedback_end(found):
            await mix(found["id"])


async def remind_of_hours(scope: Scope) -> None:
    """From October on, once a month: who is short for the year."""
    today = clock.today()
    for found in await rows(
        """select * from training_requirement where from_year <= $1
             and coalesce(to_year, $1) >= $1 and region_lo between $2 and $3
           order by id for update""",
        today.year,
        scope.region.lo,
        scope.region.hi,
    ):
        if reminds_on(today, found["reminded_on"]):
            await remind_short(found)


async def suggest_all(scope: Scope) -> None:
    """A lesson that came out later is offered too."""
    for each in await persons_with_alarms(scope.region.lo, scope.region.hi):
        place = Place(each["region_lo"], each["org_lo"])
        await suggest(each["person"], place, await settings_in(place.region_lo))
