# SPDX-License-Identifier: Apache-2.0
"""结课: attendance by hand, who was absent, hours, certificates, feedback (C8-04 … C8-07, C8-11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.custody import as_sealed
from core.api.db import Place, execute, row, rows, transaction, value
from core.api.documents import Paper, fill
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.numbers import next_number
from core.api.regions import region_at
from core.api.turns import close_turn
from plugins.training import facts
from plugins.training.forms import FeedbackForm
from plugins.training.queries.hours import credited
from plugins.training.queries.trainings import feedback_of, seat_of
from plugins.training.rules import feedback as feedback_rules
from plugins.training.rules import taking_part as rules
from plugins.training.rules.hours import hours_words
from plugins.training.services.base import (
    TRAINING,
    at_office,
    feedback_end,
    person_ref,
    place_of,
    ref,
    settings_in,
)
from plugins.training.services.crediting import counter, credit, homes
from plugins.training.services.planning import AT_ONCE, held
from plugins.training.services.taking_part import opened


async def set_attendance(
    who: Visitor, training: int, person: int, outcome: str, reason: str = ""
) -> None:
    """Attendance by hand; after the training was closed it is a correction with a reason.

    A correction moves the hours and the certificate with it: taken back by a counter-entry, or
    credited and issued now.
    """
    found = await held(who, training)
    seat = await seat_of(training, person)
    if seat is None or seat["state"] != "seat":
        raise NotFound
    if found["state"] == "withdrawn":
        raise Refused("这期培训已经取消。")
    if found["state"] == "published" and clock.now() < found["starts_at"] and outcome != "excused":
        raise Refused("培训还没有开始，现在只能登记请假。")
    finished = found["state"] == "finished"
    if finished and len(reason.strip()) < 2:
        raise Invalid({"reason": "已经结课，请写明更正的原因，本人会看到。"})
    if seat["attendance"] == outcome:
        return
    await execute(
        """update training_seat set attendance = $2::text, way = 'hand',
             came_at = case when $2::text = 'present' then coalesce(came_at, $3) end,
             excuse = case when $2::text = 'excused' and $4::text <> '' then $4::text else excuse end
           where id = $1""",
        seat["id"],
        outcome,
        found["ends_at"] if finished else clock.now(),
        reason.strip(),
    )
    if not finished:
        await record(
            "training.checked_in",
            ref(TRAINING, training),
            facts.TookPart(training, found["title"], person, seat["name"], outcome, reason.strip()),
            place_of(found),
        )
        if outcome != "absent":
            await close_turn(ref(TRAINING, training), key=f"person:{person}")
        return
    place = (await homes([person], place_of(found)))[person]
    await _attended(found, {**seat, "attendance": outcome}, place, reason.strip())
    entry = await credited(person, "training", training)
    if outcome == "present" and entry is None:
        await _reward(found, seat, place, who.name, told=True)
    elif outcome != "present":
        if entry is not None:
            await counter(entry, f"更正出勤：{reason.strip()}", who.name)
        if seat["number"] and not seat["void"]:
            await execute("update training_seat set void = true where id = $1", seat["id"])
            await record(
                "training.certificate_voided",
                ref(TRAINING, training),
                facts.Certified(training, found["title"], person, seat["number"]),
                place_of(found),
            )


async def _attended(
    found: Mapping[str, Any], seat: Mapping[str, Any], place: Place, reason: str = ""
) -> None:
    """What others may count: came, excused, absent (C8-11, S3-24)."""
    await record(
        "training.attendance_recorded",
        person_ref(seat["person"]),
        facts.Attendance(
            seat["person"],
            found["id"],
            found["title"],
            clock.local(found["starts_at"]).date().isoformat(),
            seat["attendance"],
            found["organ"],
            reason or seat["excuse"],
            rules.OUTCOMES[seat["attendance"]][1],
        ),
        place,
    )


async def _reward(
    found: Mapping[str, Any], seat: Mapping[str, Any], place: Place, by: str, *, told: bool
) -> None:
    """Hours and certificate of somebody who was there."""
    on = clock.local(found["ends_at"]).date()
    await credit(
        seat["person"],
        seat["name"],
        found["tenths"],
        on,
        "training",
        found["id"],
        found["title"],
        place,
        by=by,
        organ=(found["organ"], found["organ_name"]),
        told=told,
    )
    number = seat["number"] or await _draw_number(found, on.year)
    await execute(
        "update training_seat set number = $2, void = false where id = $1", seat["id"], number
    )
    await record(
        "training.certificate_issued",
        ref(TRAINING, found["id"]),
        facts.Certified(found["id"], found["title"], seat["person"], number),
        place_of(found),
    )


async def _draw_number(found: Mapping[str, Any], year: int) -> str:
    word = (await settings_in(found["region_lo"])).certificate_word
    if not word:
        region = await region_at(found["region_lo"])
        word = (region.name[:1] if region else "") + "培训"
    number = await next_number("training.certificate", found["organ"], year)
    return rules.certificate_number(word, year, number)


async def finish(who: Visitor, training: int) -> dict[str, int]:
    """Close a training: everybody's attendance is settled, hours credited, certificates issued."""
    found = await held(who, training)
    if why := rules.may_finish(found["state"], clock.now(), found["ends_at"]):
        raise Refused(why)
    seats = await rows(
        """select * from training_seat where training = $1 and state = 'seat'
           order by queued_at, id for update""",
        training,
    )
    places = await homes([int(each["person"]) for each in seats], place_of(found))
    counts = dict.fromkeys(rules.OUTCOMES, 0)
    present = []
    for seat in seats:
        outcome = rules.outcome_at_end(seat["attendance"], seat["excuse"])
        counts[outcome] += 1
        if outcome != seat["attendance"]:
            await execute(
                "update training_seat set attendance = $2 where id = $1", seat["id"], outcome
            )
        place = places[seat["person"]]
        await _attended(found, {**seat, "attendance": outcome}, place)
        if outcome == "present":
            await _reward(found, seat, place, who.name, told=False)
            present.append(int(seat["person"]))
    await execute(
        "update training_training set state = 'finished', finished_at = $2 where id = $1",
        training,
        clock.now(),
    )
    await close_turn(ref(TRAINING, training))
    for start in range(0, len(present), AT_ONCE):
        await notify(
            "training.completed",
            present[start : start + AT_ONCE],
            ref(TRAINING, training),
            {"title": found["title"], "hours": hours_words(found["tenths"])},
            place_of(found),
        )
    await record(
        "training.finished",
        ref(TRAINING, training),
        facts.Finished(
            training,
            found["title"],
            found["batch"],
            counts["present"],
            counts["excused"],
            counts["absent"],
        ),
        place_of(found),
    )
    return counts


# --- feedback ------------------------------------------------------------------------------------


async def give_feedback(who: Visitor, training: int, form: FeedbackForm) -> None:
    """What an attendee thought; once each, and an anonymous one is kept without a name.

    Anonymous: neither the row, nor the fact, nor the actor of the transaction says who it was.
    The seat only remembers that its person has said something. Rows are written anew in a random
    order after the last day (``mix``), so that nothing about their place tells either.
    """
    found = await opened(who, training)
    scope = at_office(who, found)
    async with transaction(as_sealed(scope).scope if form.anonymous else scope):
        seat = await row(
            "select id, attendance, feedback from training_seat where training = $1 and person = $2"
            " for update",
            training,
            who.person_id,
        )
        if why := feedback_rules.why_not_said(
            seat["attendance"] if seat else "",
            bool(seat and seat["feedback"]),
            clock.now() >= found["ends_at"],
            clock.today(),
            feedback_end(found),
        ):
            raise Refused(why)
        assert seat is not None
        await execute("update training_seat set feedback = true where id = $1", seat["id"])
        await execute(
            """insert into training_feedback (training, content, teaching, useful, words, person,
                 name, mixed, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, false, $8, $9)""",
            training,
            form.content,
            form.teaching,
            form.useful,
            form.words.strip(),
            None if form.anonymous else who.person_id,
            "" if form.anonymous else who.name,
            found["region_lo"],
            found["org_lo"],
        )
        await record(
            "training.feedback_given",
            ref(TRAINING, training),
            facts.FeedbackGiven(training, found["title"]),
            place_of(found),
        )


MIX = """
with gone as (delete from training_feedback where training = $1 returning *)
insert into training_feedback (training, content, teaching, useful, words, person, name, mixed,
  region_lo, org_lo)
select training, content, teaching, useful, words, person, name, true, region_lo, org_lo
from gone order by random()
"""


async def mix(training: int) -> int:
    """Write the feedback of a training anew in a random order; how many rows that were."""
    return await execute(MIX, training)


@dataclass(frozen=True, slots=True)
class Results:
    """The feedback of a training as its office may see it."""

    count: int
    why_not: str
    answers: Sequence[Mapping[str, Any]] = ()
    held_back: int = 0
    """Anonymous ones that are too few to be shown."""
    least: int = 0


async def results_of(found: Mapping[str, Any]) -> Results:
    """How much feedback there is, why it is not shown yet, and what may be shown."""
    count = int(
        await value("select count(*) from training_feedback where training = $1", found["id"])
    )
    options = await settings_in(found["region_lo"])
    why_not = feedback_rules.why_not_shown(
        count, options.feedback_least, clock.today(), feedback_end(found)
    )
    if why_not:
        return Results(count, why_not)
    shown, held_back = feedback_rules.without_few(
        await feedback_of(found["id"]), options.feedback_least
    )
    return Results(count, "", shown, held_back, options.feedback_least)


# --- the certificate -----------------------------------------------------------------------------

CERTIFICATE = """{{name}}：
{{when}}参加{{organ}}举办的“{{title}}”（{{batch}}），经签到考勤，记 {{hours}} 学时。
特此证明。
> 查验：请向{{organ}}报证书号 {{number}}"""


async def certificate_of(who: Visitor, training: int) -> tuple[Paper, Any, str]:
    """One's own certificate of attendance as paper, when it was issued, and a file name (C8-07)."""
    found = await opened(who, training)
    seat = await seat_of(training, who.person_id)
    if seat is None or not seat["number"]:
        raise NotFound
    return certificate_paper(found, seat), found["finished_at"], seat["name"]


def certificate_paper(found: Mapping[str, Any], seat: Mapping[str, Any]) -> Paper:
    """结业证明: the words are data, whatever a name looks like; the batch stands on it."""
    begin, end = clock.local(found["starts_at"]).date(), clock.local(found["ends_at"]).date()
    when = f"{begin.year}年{begin.month}月{begin.day}日"
    if end != begin:
        when += f"至{end.month}月{end.day}日"
    issued = clock.local(found["finished_at"]).date()
    return Paper(
        title="培训证明",
        paragraphs=fill(
            CERTIFICATE,
            {
                "name": seat["name"],
                "when": when,
                "organ": found["organ_name"],
                "title": found["title"],
                "batch": found["batch"],
                "hours": hours_words(found["tenths"]),
                "number": seat["number"],
            },
        ),
        organ=found["organ_name"],
        number=seat["number"],
        signed=(found["organ_name"], f"{issued.year}年{issued.month}月{issued.day}日"),
        note=f"{found['batch']}　{seat['number']}",
        mark="已作废" if seat["void"] else "",
    )
