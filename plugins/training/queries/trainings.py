# SPDX-License-Identifier: Apache-2.0
"""Trainings, their materials, and who takes part."""

from typing import Any

from core.api import clock
from core.api.audience import AUDIENCE, READERS, audience_args, group_of
from core.api.db import (
    Scope,
    published_conditions,
    row,
    rows,
    scope_conditions,
)
from core.api.web import Column, Filter, Listing
from plugins.training.rules.hours import hours_words
from plugins.training.rules.taking_part import OUTCOMES, SEATS, STATES, WAYS

_MY_SEAT = (
    "left join training_seat s on s.training = t.id"
    " and s.person = nullif(current_setting('j.me', true), '')::int8"
)
_OPEN = (
    "t.state = 'published' and coalesce(t.sign_up_until, t.starts_at) > now()"
    " and coalesce(s.state, 'left') = 'left'"
)
"""Those one can still sign up for."""

# Whom a training is meant for stands in the caller's condition (``meant_for``); a seat is one row
# per person and training, so the join never doubles.
MINE = Listing(
    key="training.mine",
    title="培训",
    select=(
        "t.id, t.title, t.organ_name, t.state, t.starts_at, t.ends_at, t.venue, t.tenths, t.seats,"
        " t.taken, t.waiting, t.sign_up_until, t.sort_at, s.state as seat, s.attendance, s.feedback"
    ),
    source=f"training_training t {_MY_SEAT}",
    alias="t",
    id="t.id",
    tied="published",
    where="t.state in ('published', 'finished') or (t.state = 'withdrawn' and s.state = 'seat')",
    columns=(
        Column("title", "标题"),
        Column("organ_name", "组织单位"),
        Column("starts_at", "时间", kind="datetime", sort="t.starts_at"),
        Column("tenths", "学时", export=lambda one: hours_words(one["tenths"])),
        Column("state", "状态", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="t.title ilike {}", placeholder="标题里的字"),
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("open", "可以报名"), ("mine", "我参加的"), ("past", "以前的")),
            wheres={
                "open": _OPEN,
                "mine": "s.state in ('seat', 'waiting')",
                "past": "t.ends_at < now() and coalesce(s.state, 'left') = 'left'",
            },
            default="open",
        ),
    ),
    order="-starts_at",
)

DESK = Listing(
    key="training.desk",
    title="组织培训",
    select=(
        "t.id, t.title, t.batch, t.readers, t.region_name, t.state, t.starts_at, t.ends_at,"
        " t.seats, t.taken, t.waiting, t.tenths, t.sort_at,"
        " (t.state = 'published' and t.ends_at < now()) as over"
    ),
    source="training_training t",
    alias="t",
    id="t.id",
    columns=(
        Column("title", "标题"),
        Column("batch", "期次"),
        Column("readers", "对象", export=lambda one: READERS[one["readers"]]),
        Column("starts_at", "开始时间", kind="datetime", sort="coalesce(t.starts_at, t.sort_at)"),
        Column("tenths", "学时", export=lambda one: hours_words(one["tenths"])),
        Column("taken", "报名", kind="number"),
        Column("state", "状态", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="t.title ilike {}", placeholder="标题里的字"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(
                ("", "全部"),
                ("over", "待结课"),
                *((key, words) for key, (_, words) in STATES.items()),
            ),
            wheres={
                "over": "t.state = 'published' and t.ends_at < now()",
                **{key: f"t.state = '{key}'" for key in STATES},
            },
        ),
    ),
    order="-starts_at",
)

ROLL = Listing(
    key="training.roll",
    title="培训名单",
    select=(
        "s.id, s.person, s.name, s.unit, s.state, s.queued_at, s.excuse, s.attendance, s.came_at,"
        " s.way, s.number, s.void"
    ),
    source="training_seat s",
    alias="s",
    id="s.id",
    tied="own",
    columns=(
        Column("name", "姓名", sort="s.name"),
        Column("unit", "单位", sort="s.unit"),
        Column("state", "报名", export=lambda one: SEATS[one["state"]][1]),
        Column("queued_at", "报名时间", kind="datetime", sort="s.queued_at"),
        Column(
            "attendance",
            "出勤",
            export=lambda one: OUTCOMES[one["attendance"]][1] if one["attendance"] else "",
        ),
        Column("came_at", "签到时间", kind="datetime"),
        Column("way", "方式", export=lambda one: WAYS.get(one["way"], "")),
        Column("excuse", "请假原因"),
        Column("number", "证书号", coded=True),
    ),
    filters=(
        Filter("q", "姓名", where="s.name ilike {}", placeholder="姓名里的字"),
        Filter(
            "tab",
            "名单",
            kind="tabs",
            options=(
                ("", "全部"),
                ("seat", "有名额"),
                ("waiting", "候补"),
                ("present", "到场"),
                ("missing", "没有签到"),
            ),
            wheres={
                "seat": "s.state = 'seat'",
                "waiting": "s.state = 'waiting'",
                "present": "s.attendance = 'present'",
                "missing": "s.state = 'seat' and s.attendance <> 'present'",
            },
        ),
    ),
    order="queued_at",
)


def meant_for(scope: Scope, role: str, alias: str = "t") -> tuple[str, tuple[Any, ...]]:
    """The condition that keeps a list to what is meant for this place and this role."""
    where = (
        f"{alias}.readers = any({{}}::text[]) and {alias}.aud_lo <= {{}}::int8"
        f" and {alias}.aud_hi >= {{}}::int8"
    )
    return where, (["all", group_of(role)], scope.region.lo, scope.region.hi)


async def find_training(
    training: int, scope: Scope, role: str, organ: int
) -> dict[str, Any] | None:
    """A training this reader may open: meant for him, or inside his scope; drafts of his office."""
    sql, args = published_conditions(scope, "t", 4)
    own, more = scope_conditions(scope, "t", 4 + len(args))
    return await row(
        f"""select t.*, (t.organ = $3 and ({own})) as mine from training_training t
            where t.id = $1 and {sql} and ((t.organ = $3 and ({own}))
              or (t.state <> 'draft' and (({own}) or t.readers = any($2::text[]))))""",
        training,
        ["all", group_of(role)],
        organ,
        *args,
        *more,
    )


async def own_training(training: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A training of one's own office, locked for a change."""
    sql, args = scope_conditions(scope, "t", 3)
    return await row(
        f"select t.* from training_training t where t.id = $1 and t.organ = $2 and {sql} for update",
        training,
        organ,
        *args,
    )


async def materials_of(*, training: int = 0, lesson: int = 0) -> list[dict[str, Any]]:
    """The materials of a training or a lesson, with what I have seen of each video."""
    return await rows(
        """select m.id, m.file, m.name, m.size, m.kind, m.seconds, m.training, m.lesson,
                  coalesce(w.seconds, 0) as seen
           from training_material m
           left join training_watched w on w.material = m.id
             and w.person = nullif(current_setting('j.me', true), '')::int8
           where ($1 > 0 and m.training = $1) or ($2 > 0 and m.lesson = $2) order by m.id""",
        training,
        lesson,
    )


async def seat_of(training: int, person: int) -> dict[str, Any] | None:
    """The seat of a person, left ones too, and his place on the waiting list."""
    return await row(
        """select s.*, (select count(*) from training_seat w where w.training = s.training
                     and w.state = 'waiting' and (w.queued_at, w.id) <= (s.queued_at, s.id)) as rank
           from training_seat s where s.training = $1 and s.person = $2""",
        training,
        person,
    )


async def counts_of(training: int) -> dict[str, int]:
    """How the attendance of a training stands; for who sees the whole list."""
    found = await row(
        """select count(*) filter (where state = 'seat') as seats,
                  count(*) filter (where attendance = 'present') as present,
                  count(*) filter (where attendance = 'excused' or
                    (attendance = '' and excuse <> '' and state = 'seat')) as excused,
                  count(*) filter (where attendance = 'absent') as absent,
                  count(*) filter (where feedback) as feedback
           from training_seat where training = $1""",
        training,
    )
    return {key: int(number) for key, number in (found or {}).items()}


async def audience_of(
    found: dict[str, Any], text: str = "", limit: int = 20
) -> list[dict[str, Any]]:
    """Persons a training is meant for whose name holds ``text``."""
    return await rows(
        f"""select x.person, x.name, x.place from ({AUDIENCE}) x
            where strpos(x.name, $5) > 0 order by x.name, x.person limit $6""",
        *audience_args(found["aud_lo"], found["aud_hi"], found["readers"]),
        text,
        limit,
    )


async def of_audience(found: dict[str, Any], person: int) -> dict[str, Any] | None:
    """The person, if he belongs to those a training is meant for."""
    return await row(
        f"select x.person, x.name, x.place from ({AUDIENCE}) x where x.person = $5",
        *audience_args(found["aud_lo"], found["aud_hi"], found["readers"]),
        person,
    )


async def named(found: dict[str, Any], names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Everybody of the audience who bears one of ``names``."""
    known: dict[str, list[dict[str, Any]]] = {}
    for each in await rows(
        f"select x.person, x.name, x.place from ({AUDIENCE}) x where x.name = any($5::text[])",
        *audience_args(found["aud_lo"], found["aud_hi"], found["readers"]),
        names,
    ):
        known.setdefault(each["name"], []).append(each)
    return known


async def feedback_of(training: int) -> list[dict[str, Any]]:
    """All feedback of a training, in an order that says nothing about who was first."""
    return await rows(
        """select content, teaching, useful, words, name from training_feedback
           where training = $1 order by md5(id::text || words)""",
        training,
    )


async def batches_of(training: int) -> list[dict[str, Any]]:
    """The imported lists of a training, newest first."""
    return await rows(
        """select id, filename, state, created_at, created_by_name from training_batch
           where training = $1 order by id desc limit 20""",
        training,
    )


async def find_batch(batch: int, scope: Scope) -> dict[str, Any] | None:
    """An imported list inside the scope."""
    sql, args = scope_conditions(scope, "b", 2)
    return await row(f"select b.* from training_batch b where b.id = $1 and {sql}", batch, *args)


async def due_reminders(scope: Scope) -> list[dict[str, Any]]:
    """Published trainings of a region that begin within the next day and a half."""
    return await rows(
        """select * from training_training where state = 'published' and reminded_at is null
             and starts_at > $1 and starts_at < $1 + interval '36 hours'
             and region_lo between $2 and $3 order by id for update""",
        clock.now(),
        scope.region.lo,
        scope.region.hi,
    )
