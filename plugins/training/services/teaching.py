# SPDX-License-Identifier: Apache-2.0
"""Lessons and case examples: writing, publishing, studying; suggestions from alarms (C8-12, C8-13)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, execute, row, rows, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, open_, seconds_of
from core.api.messages import notify
from core.api.richtext import taken, words_of
from core.api.turns import close_turn
from plugins.training import facts
from plugins.training.forms import LessonForm, WatchedForm
from plugins.training.queries.hours import credited
from plugins.training.queries.lessons import (
    alarm_counts,
    find_lesson,
    lesson_for,
    own_lesson,
    study_of,
)
from plugins.training.queries.trainings import find_training, materials_of
from plugins.training.rules import lessons as rules
from plugins.training.rules import watching
from plugins.training.services.base import (
    LESSON,
    NOBODY,
    UNTITLED,
    TrainingSettings,
    aimed_at,
    at_office,
    digest_of,
    is_meant,
    office_of,
    own_office,
    place_of,
    ref,
    settings_in,
)
from plugins.training.services.crediting import credit
from plugins.training.services.planning import hours_of, keep_materials

INSERT = """
insert into training_lesson (kind, title, body, tag, readers, region, region_name, organ,
  organ_name, state, tenths, checked, version, published_by_name, withdraw_reason, sort_at,
  region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'draft', $10, $11, 1, '', '', $12, $13, $14, $15, $16)
returning id
"""
UPDATE = """
update training_lesson set kind = $2, title = $3, body = $4, tag = $5, readers = $6, region = $7,
  region_name = $8, tenths = $9, checked = $10, version = version + 1, sort_at = $11 where id = $1
"""


async def save_lesson(
    who: Visitor, form: LessonForm, files: Sequence[Received] = (), *, lesson: int = 0
) -> int:
    """Keep a lesson as a draft, new or changed; nobody else sees it."""
    office = await office_of(who)
    target = await aimed_at(who, form.region)
    body = taken(form.body, rich=form.body_rich)
    if not form.title.strip() and not body:
        raise Invalid({"title": "标题和正文都还空着，先写一点再保存。"})
    if form.tag and form.tag not in rules.TAGS:
        raise Invalid({"tag": "请从列表里选择。"})
    title, now, tenths = form.title.strip() or UNTITLED, clock.now(), hours_of(form.hours)
    if lesson:
        found = await _changeable(who, lesson)
        if form.version and form.version != found["version"]:
            raise Conflict("这份草稿刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
        await execute(
            UPDATE,
            lesson,
            form.kind,
            title,
            body,
            form.tag,
            form.readers,
            target.id,
            target.name,
            tenths,
            form.checked,
            now,
        )
    else:
        lesson = int(
            await value(
                INSERT,
                form.kind,
                title,
                body,
                form.tag,
                form.readers,
                target.id,
                target.name,
                office.id,
                office.name,
                tenths,
                form.checked,
                now,
                who.region.lo,
                office.lo,
                *NOBODY,
            )
        )
    kept = await row("select * from training_lesson where id = $1", lesson)
    assert kept is not None
    await keep_materials(kept, files, lesson=lesson)
    return lesson


async def _changeable(who: Visitor, lesson: int) -> dict[str, Any]:
    found = await own_lesson(lesson, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "draft":
        raise Refused("已经发布的不能再改；要改请撤下，再写一份。")
    return found


async def discard_lesson(who: Visitor, lesson: int) -> None:
    """Throw a draft away."""
    await _changeable(who, lesson)
    await execute("delete from training_lesson where id = $1", lesson)
    await close_turn(ref(LESSON, lesson))


async def remove_lesson_material(who: Visitor, lesson: int, material: int) -> None:
    """Take a file out of a draft."""
    await _changeable(who, lesson)
    await execute("delete from training_material where id = $1 and lesson = $2", material, lesson)


async def publish_lesson(who: Visitor, lesson: int) -> None:
    """Bring a lesson out; a case example only after the leak check."""
    found = await _changeable(who, lesson)
    title = "" if found["title"] == UNTITLED else found["title"]
    if wrong := rules.faults_of_lesson(
        found["kind"],
        title,
        words_of(found["body"]),
        materials=len(await materials_of(lesson=lesson)),
        checked=found["checked"],
    ):
        raise Invalid(wrong)
    target = await aimed_at(who, found["region"])
    await execute(
        """update training_lesson set state = 'published', published_at = $2, sort_at = $2,
             published_by_name = $3, aud_lo = $4, aud_hi = $5, region_name = $6 where id = $1""",
        lesson,
        clock.now(),
        who.name,
        target.lo,
        target.hi,
        target.name,
    )
    await execute(
        "update training_material set aud_lo = $2, aud_hi = $3 where lesson = $1",
        lesson,
        target.lo,
        target.hi,
    )
    await close_turn(ref(LESSON, lesson))
    await record(
        "training.lesson_published",
        ref(LESSON, lesson),
        facts.LessonPublished(
            lesson,
            rules.KINDS[found["kind"]],
            title,
            found["tag"],
            found["readers"],
            digest_of(title, found["body"]),
        ),
        place_of(found),
    )


async def withdraw_lesson(who: Visitor, lesson: int, reason: str) -> None:
    """Take a lesson off the shelf; what people have studied stays on record."""
    found = await own_lesson(lesson, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "published":
        raise Refused("只有已发布的可以撤下。")
    await execute(
        """update training_lesson set state = 'withdrawn', withdrawn_at = $2,
             withdraw_reason = $3 where id = $1""",
        lesson,
        clock.now(),
        reason.strip(),
    )
    await record(
        "training.lesson_withdrawn",
        ref(LESSON, lesson),
        facts.Withdrawn(found["title"], reason.strip()),
        place_of(found),
    )


# --- studying ------------------------------------------------------------------------------------


async def open_lesson(who: Visitor, lesson: int) -> dict[str, Any]:
    """A lesson for reading; the first opening by a person it is meant for is noted."""
    found = await find_lesson(lesson, who.scope, who.role, await own_office(who))
    if found is None:
        raise NotFound
    if found["state"] == "published" and is_meant(found, who):
        await execute(
            """insert into training_study (lesson, person, alarms, decline_reason, opened_at,
                 region_lo, org_lo) values ($1, $2, 0, '', $3, $4, $5)
               on conflict (lesson, person) do update
                 set opened_at = coalesce(training_study.opened_at, excluded.opened_at)""",
            lesson,
            who.person_id,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    return found


def shares_of(materials: Sequence[dict[str, Any]]) -> list[int]:
    """Percent seen of each video whose length is known; of the others nothing, until played."""
    return [
        watching.share(each["seen"], each["seconds"])
        for each in materials
        if each["kind"] == "video"
    ]


async def finish_lesson(who: Visitor, lesson: int) -> int:
    """「学完了」: once per person; returns the tenths credited."""
    found = await open_lesson(who, lesson)
    if found["state"] != "published" or not is_meant(found, who):
        raise Refused("这份课程不是给你现在这个身份的。")
    options = await settings_in(found["region_lo"])
    if why := rules.may_be_done(
        shares_of(await materials_of(lesson=lesson)), options.watched_percent
    ):
        raise Refused(why)
    done = await execute(
        """update training_study set done_at = $3 where lesson = $1 and person = $2
             and done_at is null""",
        lesson,
        who.person_id,
        clock.now(),
    )
    if not done:
        return 0
    async with transaction(at_office(who, found)):
        await record(
            "training.lesson_done",
            ref(LESSON, lesson),
            facts.Studied(lesson, found["title"], who.person_id, found["tag"]),
            place_of(found),
        )
        if found["tenths"] and await credited(who.person_id, "lesson", lesson) is None:
            await credit(
                who.person_id,
                who.name,
                found["tenths"],
                clock.today(),
                "lesson",
                lesson,
                found["title"],
                Place(who.region.lo, who.organisation.lo if who.organisation else 0),
                by="平台",
                organ=(found["organ"], found["organ_name"]),
                told=False,
                noted_at=place_of(found),
            )
            return int(found["tenths"])
    return 0


async def decline(who: Visitor, lesson: int, reason: str) -> None:
    """The suggestion is not wanted: recorded, and never made again."""
    found = await open_lesson(who, lesson)
    have = await study_of(lesson, who.person_id)
    if have is None or have["suggested_at"] is None or have["declined_at"] or have["done_at"]:
        raise Refused("这份课程没有等你答复的建议。")
    await execute(
        """update training_study set declined_at = $3, decline_reason = $4
           where lesson = $1 and person = $2""",
        lesson,
        who.person_id,
        clock.now(),
        reason.strip(),
    )
    async with transaction(at_office(who, found)):
        await record(
            "training.lesson_declined",
            ref(LESSON, lesson),
            facts.Studied(
                lesson, found["title"], who.person_id, found["tag"], reason=reason.strip()
            ),
            place_of(found),
        )


async def find_material(who: Visitor, material: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A file and the training or lesson it belongs to, for everybody who may open that."""
    have = await row("select * from training_material where id = $1", material)
    if have is None:
        raise NotFound
    organ = await own_office(who)
    owner = (
        await find_training(have["training"], who.scope, who.role, organ)
        if have["training"]
        else await find_lesson(have["lesson"], who.scope, who.role, organ)
    )
    if owner is None or (owner["state"] == "withdrawn" and not owner["mine"]):
        raise NotFound
    return have, owner


async def note_watched(who: Visitor, material: int, form: WatchedForm) -> int:
    """Add what the player reports; returns the percent seen (C8-03)."""
    have, owner = await find_material(who, material)
    if have["kind"] != "video" or not who.person_id:
        raise NotFound
    try:
        reported = msgspec.json.decode(form.ranges, type=list[tuple[float, float]])
    except msgspec.DecodeError as error:
        raise Invalid({"ranges": "播放记录读不出来。"}) from error
    now = clock.now()
    await execute(
        """insert into training_watched (material, person, ranges, seconds, reported_at, region_lo,
             org_lo) values ($1, $2, '[]', 0, $3, $4, $5) on conflict (material, person) do nothing""",
        material,
        who.person_id,
        now,
        owner["region_lo"],
        owner["org_lo"],
    )
    before = await row(
        "select * from training_watched where material = $1 and person = $2 for update",
        material,
        who.person_id,
    )
    assert before is not None
    parts = watching.taken_in(
        msgspec.json.decode(before["ranges"], type=list[tuple[int, int]]),
        reported,
        (now - before["reported_at"]).total_seconds(),
    )
    seconds = watching.seconds_of(parts)
    await execute(
        """update training_watched set ranges = $3, seconds = $4, reported_at = $5
           where material = $1 and person = $2""",
        material,
        who.person_id,
        msgspec.json.encode(parts).decode(),
        seconds,
        now,
    )
    length = int(have["seconds"])
    if (said := watching.believable_length(form.length, have["size"])) > length:
        async with transaction(at_office(who, owner)):
            length = await _length_of(have, said)
    return watching.share(seconds, length)


async def _length_of(have: dict[str, Any], said: int) -> int:
    """How long a video is, from the file itself; what players say counts only where it is silent.

    Otherwise one person's telephone would make the film a second long for himself, or six hours
    for everybody.
    """
    measured = round(await seconds_of(await open_(have["file"])) or 0)
    return int(
        await value(
            """update training_material set
                 seconds = case when $2::int > 0 then $2::int else greatest(seconds, $3::int) end
               where id = $1 returning seconds""",
            have["id"],
            min(measured, watching.LONGEST),
            said,
        )
    )


# --- alarms --------------------------------------------------------------------------------------


async def suggest(person: int, place: Place, options: TrainingSettings) -> list[int]:
    """Offer the lessons against what a person is often alarmed about; each is offered once.

    Only the person is told. The lesson names nobody, and the office sees numbers only.
    """
    now = clock.now()
    counts = await alarm_counts(person, rules.since(now, options.alarm_window_days))
    offered = []
    for kind in rules.suggested(counts, options.lesson_after_alarms):
        lesson = await lesson_for(kind, place.region_lo, ["all", "bodies"])
        if lesson is None:
            continue
        made = await value(
            """insert into training_study (lesson, person, suggested_at, alarms, decline_reason,
                 region_lo, org_lo) values ($1, $2, $3, $4, '', $5, $6)
               on conflict (lesson, person) do update set suggested_at = excluded.suggested_at,
                 alarms = excluded.alarms
               where training_study.suggested_at is null and training_study.done_at is null
               returning id""",
            lesson["id"],
            person,
            now,
            counts[kind],
            place.region_lo,
            place.org_lo,
        )
        if made is None:
            continue
        await record(
            "training.lesson_suggested",
            ref(LESSON, lesson["id"]),
            facts.Studied(lesson["id"], lesson["title"], person, kind, counts[kind]),
            place,
        )
        await notify(
            "training.suggested",
            [person],
            ref(LESSON, lesson["id"]),
            {
                "title": lesson["title"],
                "kind": rules.TAGS.get(kind, kind),
                "times": str(counts[kind]),
            },
            place,
        )
        offered.append(int(lesson["id"]))
    return offered


async def persons_with_alarms(region_lo: int, region_hi: int) -> list[dict[str, Any]]:
    """Whom alarms of a region concern, with the place of the newest."""
    return await rows(
        """select distinct on (person) person, region_lo, org_lo from training_alarm
           where region_lo between $1 and $2 and not revoked order by person, id desc""",
        region_lo,
        region_hi,
    )
