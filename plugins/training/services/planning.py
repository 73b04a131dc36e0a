# SPDX-License-Identifier: Apache-2.0
"""组织培训: draft, publish, add materials, cancel (S0-21, C8-01, C8-03)."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.audience import audience
from core.api.db import execute, row, rows, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.numbers import next_number
from core.api.richtext import taken, words_of
from core.api.turns import close_turn
from plugins.training import facts
from plugins.training.forms import TrainingForm
from plugins.training.queries.trainings import own_training
from plugins.training.rules.hours import MOST, tenths_of
from plugins.training.rules.taking_part import batch_words, faults_of_plan
from plugins.training.services.base import (
    NOBODY,
    PURPOSE,
    TRAINING,
    UNTITLED,
    aimed_at,
    digest_of,
    office_of,
    place_of,
    ref,
    when_words,
)

AT_ONCE = 500
"""Persons told in one piece; a province has tens of thousands."""

INSERT = """
insert into training_training (title, body, batch, readers, region, region_name, organ, organ_name,
  state, starts_at, ends_at, sign_up_until, feedback_until, venue, teacher, tenths, seats, taken,
  waiting, version, published_by_name, withdraw_reason, sort_at, region_lo, org_lo, aud_lo, aud_hi)
values ($1, $2, '', $3, $4, $5, $6, $7, 'draft', $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, 1, '',
  '', $16, $17, $18, $19, $20)
returning id
"""
UPDATE = """
update training_training set title = $2, body = $3, readers = $4, region = $5, region_name = $6,
  starts_at = $7, ends_at = $8, sign_up_until = $9, feedback_until = $10, venue = $11,
  teacher = $12, tenths = $13, seats = $14, version = version + 1, sort_at = $15 where id = $1
"""


def hours_of(text: str) -> int:
    """Tenths of what was typed; nothing typed is nothing yet. Raises ``Invalid``."""
    if not text.strip():
        return 0
    found = tenths_of(text)
    if found is None or found > MOST:
        raise Invalid(
            {"hours": f"学时请写数字，最多一位小数，例如 4 或 2.5，不超过 {MOST // 10}。"}
        )
    return found


async def save_draft(
    who: Visitor, form: TrainingForm, files: Sequence[Received] = (), *, training: int = 0
) -> int:
    """Keep a training as a draft, new or changed; nobody else sees it.

    Raises ``Conflict`` when somebody changed the draft meanwhile, ``NotFound`` for a draft of
    another office, ``Refused`` for one that is already published.
    """
    office = await office_of(who)
    target = await aimed_at(who, form.region)
    body = taken(form.body, rich=form.body_rich)
    if not form.title.strip() and not body:
        raise Invalid({"title": "标题和内容都还空着，先写一点再保存。"})
    given = (
        form.starts_at,
        form.ends_at,
        form.sign_up_until,
        form.feedback_until,
        form.venue.strip(),
        form.teacher.strip(),
        hours_of(form.hours),
        form.seats or 0,
    )
    title, now = form.title.strip() or UNTITLED, clock.now()
    if training:
        found = await changeable(who, training)
        if form.version and form.version != found["version"]:
            raise Conflict("这份草稿刚刚被别人改过，请刷新后再改；你填的内容还在这一页。")
        await execute(
            UPDATE, training, title, body, form.readers, target.id, target.name, *given, now
        )
    else:
        training = int(
            await value(
                INSERT,
                title,
                body,
                form.readers,
                target.id,
                target.name,
                office.id,
                office.name,
                *given,
                now,
                who.region.lo,
                office.lo,
                *NOBODY,
            )
        )
    kept = await row("select * from training_training where id = $1", training)
    assert kept is not None
    await keep_materials(kept, files, training=training)
    return training


async def keep_materials(
    owner: Mapping[str, Any], files: Sequence[Received], *, training: int = 0, lesson: int = 0
) -> list[str]:
    """Put files to a training or a lesson; its readers are theirs."""
    names = []
    for each in files:
        kept = await keep(each, place=place_of(owner), purpose=PURPOSE)
        await execute(
            """insert into training_material (training, lesson, file, name, size, kind, seconds,
                 region_lo, org_lo, aud_lo, aud_hi)
               values ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10)""",
            training or None,
            lesson or None,
            kept.id,
            kept.name,
            kept.size,
            kept.kind,
            owner["region_lo"],
            owner["org_lo"],
            owner["aud_lo"],
            owner["aud_hi"],
        )
        if owner["state"] != "draft":
            await record(
                "training.material_added",
                ref("training.training" if training else "training.lesson", training or lesson),
                facts.MaterialChanged(owner["title"], kept.name, kept.sha256),
                place_of(owner),
            )
        names.append(kept.name)
    return names


async def changeable(who: Visitor, training: int) -> dict[str, Any]:
    """A draft of one's own office, locked."""
    found = await own_training(training, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["state"] != "draft":
        raise Refused("已经发布的培训不能再改；要改时间地点，请取消并说明，再发一期。")
    return found


async def held(who: Visitor, training: int) -> dict[str, Any]:
    """A training of one's own office that was published, locked."""
    found = await own_training(training, who.scope, (await office_of(who)).id)
    if found is None or found["state"] == "draft":
        raise NotFound
    return found


async def discard_draft(who: Visitor, training: int) -> None:
    """Throw a draft away; nobody has ever seen it, so nothing is left of it."""
    await changeable(who, training)
    await execute("delete from training_training where id = $1", training)


async def publish(who: Visitor, training: int) -> None:
    """Announce a training; it gets its number among this year's, and everybody a message."""
    found = await changeable(who, training)
    title = "" if found["title"] == UNTITLED else found["title"]
    if wrong := faults_of_plan(
        title,
        words_of(found["body"]),
        starts_at=found["starts_at"],
        ends_at=found["ends_at"],
        sign_up_until=found["sign_up_until"],
        feedback_until=found["feedback_until"],
        venue=found["venue"],
        tenths=found["tenths"],
        now=clock.now(),
    ):
        raise Invalid(wrong)
    target = await aimed_at(who, found["region"])
    year = clock.today().year
    batch = batch_words(year, await next_number("training.plan", found["organ"], year))
    await execute(
        """update training_training set state = 'published', published_at = $2, sort_at = $2,
             published_by_name = $3, aud_lo = $4, aud_hi = $5, region_name = $6, batch = $7
           where id = $1""",
        training,
        clock.now(),
        who.name,
        target.lo,
        target.hi,
        target.name,
        batch,
    )
    await execute(
        "update training_material set aud_lo = $2, aud_hi = $3 where training = $1",
        training,
        target.lo,
        target.hi,
    )
    await record(
        "training.published",
        ref(TRAINING, training),
        facts.Published(
            training,
            title,
            batch,
            found["readers"],
            target.id,
            clock.local(found["starts_at"]).isoformat(),
            found["tenths"],
            found["seats"],
            digest_of(title, found["body"]),
        ),
        place_of(found),
    )
    await enqueue(
        "training.tell",
        {"training": training, "after": 0},
        key=f"training.tell:{training}:0",
        place=place_of(found),
    )


async def tell(payload: Mapping[str, Any]) -> None:
    """One piece of the audience gets its message; the next piece is a job of its own."""
    found = await row("select * from training_training where id = $1", payload["training"])
    if found is None or found["state"] != "published":
        return
    persons = await audience(
        found["aud_lo"], found["aud_hi"], found["readers"], int(payload["after"]), AT_ONCE
    )
    if not persons:
        return
    await notify(
        "training.announced",
        persons,
        ref(TRAINING, found["id"]),
        {"title": found["title"], "organ": found["organ_name"], "when": when_words(found)},
        place_of(found),
    )
    if len(persons) == AT_ONCE:
        await enqueue(
            "training.tell",
            {"training": found["id"], "after": persons[-1]},
            key=f"training.tell:{found['id']}:{persons[-1]}",
            place=place_of(found),
        )


async def add_materials(who: Visitor, training: int, files: Sequence[Received]) -> list[str]:
    """More materials after publishing: slides come last, and often after the training."""
    found = await held(who, training)
    if found["state"] == "withdrawn":
        raise Refused("这期培训已经取消。")
    return await keep_materials(found, files, training=training)


async def remove_material(who: Visitor, material: int, *, training: int) -> str:
    """Take a file away; of a published training that is recorded. Returns its name."""
    found = await own_training(training, who.scope, (await office_of(who)).id)
    have = await row(
        """select m.name, f.sha256 from training_material m join core_file f on f.id = m.file
           where m.id = $1 and m.training = $2""",
        material,
        training,
    )
    if found is None or have is None:
        raise NotFound
    await execute("delete from training_material where id = $1", material)
    if found["state"] != "draft":
        await record(
            "training.material_removed",
            ref(TRAINING, training),
            facts.MaterialChanged(found["title"], have["name"], bytes(have["sha256"]).hex()),
            place_of(found),
        )
    return str(have["name"])


async def withdraw(who: Visitor, training: int, reason: str) -> int:
    """Cancel an announced training; everybody on the list is told. How many those were."""
    found = await held(who, training)
    if found["state"] != "published":
        raise Refused("只有已发布、还没有结课的培训可以取消。")
    await execute(
        """update training_training set state = 'withdrawn', withdrawn_at = $2,
             withdraw_reason = $3 where id = $1""",
        training,
        clock.now(),
        reason.strip(),
    )
    persons = [
        int(each["person"])
        for each in await rows(
            "select person from training_seat where training = $1 and state <> 'left' order by id",
            training,
        )
    ]
    await close_turn(ref(TRAINING, training))
    for start in range(0, len(persons), AT_ONCE):
        await notify(
            "training.cancelled",
            persons[start : start + AT_ONCE],
            ref(TRAINING, training),
            {"title": found["title"], "organ": found["organ_name"], "reason": reason.strip()},
            place_of(found),
        )
    await record(
        "training.withdrawn",
        ref(TRAINING, training),
        facts.Withdrawn(found["title"], reason.strip()),
        place_of(found),
    )
    return len(persons)
