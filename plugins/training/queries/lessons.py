# SPDX-License-Identifier: Apache-2.0
"""Lessons, case examples, what is suggested to whom."""

from datetime import datetime
from typing import Any

from core.api.audience import READERS, group_of
from core.api.db import Scope, published_conditions, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.training.rules.hours import hours_words
from plugins.training.rules.lessons import KINDS, TAGS

LESSON_STATES = {
    "draft": ("doing", "草稿"),
    "published": ("new", "已发布"),
    "withdrawn": ("revoked", "已撤下"),
}

SHELF = Listing(
    key="training.lessons",
    title="课程和案例",
    select=(
        "l.id, l.kind, l.title, l.tag, l.organ_name, l.tenths, l.sort_at, st.done_at,"
        " (st.suggested_at is not null and st.done_at is null and st.declined_at is null) as asked,"
        " st.alarms"
    ),
    source=(
        "training_lesson l left join training_study st on st.lesson = l.id"
        " and st.person = nullif(current_setting('j.me', true), '')::int8"
    ),
    alias="l",
    id="l.id",
    tied="published",
    where="l.state = 'published'",
    columns=(
        Column("title", "标题"),
        Column("kind", "种类", export=lambda one: KINDS[one["kind"]]),
        Column("tag", "针对的报警", export=lambda one: TAGS.get(one["tag"], one["tag"])),
        Column("organ_name", "发布机关"),
        Column("sort_at", "发布时间", kind="datetime", sort="l.sort_at"),
    ),
    filters=(
        Filter("q", "关键字", where="l.title ilike {}", placeholder="标题里的字"),
        Filter(
            "kind",
            "种类",
            kind="tabs",
            options=(("", "全部"), *KINDS.items(), ("asked", "建议我学的")),
            wheres={
                **{key: f"l.kind = '{key}'" for key in KINDS},
                "asked": "st.suggested_at is not null and st.done_at is null"
                " and st.declined_at is null",
            },
        ),
    ),
    order="-sort_at",
)

LESSON_DESK = Listing(
    key="training.lesson_desk",
    title="编写课程和案例",
    select="l.id, l.kind, l.title, l.tag, l.readers, l.region_name, l.state, l.tenths, l.sort_at,"
    " l.guidance",
    source="training_lesson l",
    alias="l",
    id="l.id",
    columns=(
        Column("title", "标题"),
        Column("kind", "种类", export=lambda one: KINDS[one["kind"]]),
        Column("tag", "针对的报警", export=lambda one: TAGS.get(one["tag"], one["tag"])),
        Column("readers", "对象", export=lambda one: READERS[one["readers"]]),
        Column("tenths", "学时", export=lambda one: hours_words(one["tenths"])),
        Column("sort_at", "时间", kind="datetime", sort="l.sort_at"),
        Column("state", "状态", export=lambda one: LESSON_STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="l.title ilike {}", placeholder="标题里的字"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), *((key, words) for key, (_, words) in LESSON_STATES.items())),
            where="l.state = {}",
        ),
    ),
    order="-sort_at",
)


async def find_lesson(lesson: int, scope: Scope, role: str, organ: int) -> dict[str, Any] | None:
    """A lesson this reader may open; ``mine`` says that it is his office's."""
    sql, args = published_conditions(scope, "l", 4)
    own, more = scope_conditions(scope, "l", 4 + len(args))
    return await row(
        f"""select l.*, (l.organ = $3 and ({own})) as mine from training_lesson l
            where l.id = $1 and {sql} and ((l.organ = $3 and ({own}))
              or (l.state <> 'draft' and (({own}) or l.readers = any($2::text[]))))""",
        lesson,
        ["all", group_of(role)],
        organ,
        *args,
        *more,
    )


async def own_lesson(lesson: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A lesson of one's own office, locked for a change."""
    sql, args = scope_conditions(scope, "l", 3)
    return await row(
        f"select l.* from training_lesson l where l.id = $1 and l.organ = $2 and {sql} for update",
        lesson,
        organ,
        *args,
    )


async def study_of(lesson: int, person: int) -> dict[str, Any] | None:
    """What a person has to do with a lesson."""
    return await row(
        "select * from training_study where lesson = $1 and person = $2", lesson, person
    )


async def alarm_counts(person: int, since: datetime) -> dict[str, int]:
    """How many alarms of each kind concern a person since a moment; revoked ones do not count."""
    found = await rows(
        """select kind, count(*) as times from training_alarm
           where person = $1 and happened_at >= $2 and not revoked group by kind""",
        person,
        since,
    )
    return {each["kind"]: int(each["times"]) for each in found}


async def lesson_for(tag: str, region_lo: int, roles: list[str]) -> dict[str, Any] | None:
    """The lesson against a kind of alarm for somebody of a region: the nearest office's newest."""
    return await row(
        """select l.* from training_lesson l
           where l.tag = $1 and l.state = 'published' and l.readers = any($3::text[])
             and l.aud_lo <= $2::int8 and l.aud_hi >= $2::int8
           order by l.aud_hi - l.aud_lo, l.published_at desc, l.id desc limit 1""",
        tag,
        region_lo,
        roles,
    )


async def suggestions_of(person: int) -> list[dict[str, Any]]:
    """Lessons suggested to a person that he has neither done nor declined."""
    return await rows(
        """select l.id, l.title, l.tag, l.kind, st.alarms from training_study st
           join training_lesson l on l.id = st.lesson and l.state = 'published'
           where st.person = $1 and st.suggested_at is not null and st.done_at is null
             and st.declined_at is null order by st.suggested_at desc limit 5""",
        person,
    )


async def figures_of(lesson: int) -> dict[str, int]:
    """How often a lesson was suggested, declined, finished; nobody's name."""
    found = await row(
        """select count(suggested_at) as suggested, count(declined_at) as declined,
                  count(opened_at) as opened, count(done_at) as done
           from training_study where lesson = $1""",
        lesson,
    )
    return {key: int(number) for key, number in (found or {}).items()}
