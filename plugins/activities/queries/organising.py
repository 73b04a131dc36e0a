# SPDX-License-Identifier: Apache-2.0
"""Activities of the bureau, whom it may invite, and what comes due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.api.audience import AUDIENCE, audience_args
from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.activities.queries.periods import since, until
from plugins.activities.rules.words import KINDS, kind_title

SUPERVISORS = "supervisors"

CANDIDATES = 300

_WHERE_NOW = {
    "open": "a.state = 'open'",
    "closed": "a.state = 'closed'",
    "cancelled": "a.state = 'cancelled'",
    "all": "true",
}

ACTIVITIES = Listing(
    key="activities.organised",
    title="组织的活动",
    select=(
        "a.id, a.title, a.kind, a.starts_at, a.ends_at, a.place, a.host_name, a.seats, a.state,"
        " a.organ_name, i.invited, i.coming, i.waiting, i.present, i.excused, i.absent"
    ),
    source=(
        "activities_activity a left join lateral (select count(*) as invited,"
        " count(*) filter (where answer = 'coming') as coming,"
        " count(*) filter (where leave = 'asked') as waiting,"
        " count(*) filter (where outcome = 'present') as present,"
        " count(*) filter (where outcome = 'excused') as excused,"
        " count(*) filter (where outcome = 'absent') as absent"
        " from activities_invitation n where n.activity = a.id) i on true"
    ),
    alias="a",
    id="a.id",
    columns=(
        Column("title", "活动"),
        Column("kind", "种类", export=lambda one: kind_title(one["kind"])),
        Column("starts_at", "开始时间", kind="datetime", sort="a.starts_at"),
        Column("place", "地点"),
        Column("host_name", "执法部门", shown=False),
        Column("organ_name", "组织单位", shown=False),
        Column("invited", "邀请", kind="number"),
        Column("coming", "答复参加", kind="number", shown=False),
        Column("present", "到场", kind="number"),
        Column("excused", "请假", kind="number", shown=False),
        Column("absent", "缺席", kind="number", shown=False),
        Column(
            "state",
            "状态",
            export=lambda one: {"open": "未结束", "closed": "已结束"}.get(one["state"], "已取消"),
        ),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(
                ("open", "未结束"),
                ("closed", "已结束"),
                ("cancelled", "已取消"),
                ("all", "全部"),
            ),
            wheres=_WHERE_NOW,
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="a.title ilike {} or a.host_name ilike {} or a.place ilike {}",
            placeholder="活动、部门或地点",
        ),
        Filter(
            "kind",
            "种类",
            kind="choice",
            options=tuple((key, title) for key, (title, _) in KINDS.items()),
            where="a.kind = {}",
        ),
        Filter("since", "开始自", kind="date", where="a.starts_at >= {}", convert=since),
        Filter("until", "至", kind="date", where="a.starts_at < {}", convert=until),
    ),
    order="-starts_at",
)


async def find_activity(activity: int, scope: Scope) -> dict[str, Any] | None:
    """An activity of the scope."""
    condition, args = scope_conditions(scope, "a", start=2)
    return await row(
        f"select a.* from activities_activity a where a.id = $1 and {condition}", activity, *args
    )


async def activity_row(activity: int) -> dict[str, Any] | None:
    """An activity under the transaction's scope."""
    return await row("select * from activities_activity where id = $1", activity)


async def invitations_of(activity: int) -> list[dict[str, Any]]:
    """Everybody invited, by name."""
    return await rows(
        "select * from activities_invitation where activity = $1 order by place_name, name, id",
        activity,
    )


async def invitation_row(invitation: int) -> dict[str, Any] | None:
    """One invitation under the transaction's scope."""
    return await row("select * from activities_invitation where id = $1", invitation)


async def candidates(region: tuple[int, int], activity: int, text: str) -> list[dict[str, Any]]:
    """The supervisors of a region and all below it, and who of them is invited already."""
    return await rows(
        f"""select x.person, x.name, x.place, i.id as invitation from ({AUDIENCE}) x
            left join activities_invitation i on i.activity = $5 and i.person = x.person
            where $6 = '' or strpos(x.name, $6) > 0 or strpos(x.place, $6) > 0
            order by x.place, x.name, x.person limit $7""",
        *audience_args(region[0], region[1], SUPERVISORS),
        activity,
        text,
        CANDIDATES,
    )


async def supervisors_among(
    region: tuple[int, int], persons: Sequence[int]
) -> list[dict[str, Any]]:
    """Those of some persons who supervise in a region or below it."""
    return await rows(
        f"select x.person, x.name, x.place from ({AUDIENCE}) x where x.person = any($5::int8[])"
        " order by x.person",
        *audience_args(region[0], region[1], SUPERVISORS),
        list(persons),
    )


async def to_close(now: datetime, scope: Scope) -> list[dict[str, Any]]:
    """Activities that are over and whose attendance nobody has been asked to close."""
    condition, args = scope_conditions(scope, "a", start=2)
    return await rows(
        f"""select a.* from activities_activity a where a.state = 'open' and a.ends_at < $1
            and a.asked_at is null and {condition} order by a.id limit 500 for update""",
        now,
        *args,
    )


async def to_remind(now: datetime, until: datetime, scope: Scope) -> list[dict[str, Any]]:
    """Activities that begin soon and of which nobody was reminded."""
    condition, args = scope_conditions(scope, "a", start=3)
    return await rows(
        f"""select a.* from activities_activity a where a.state = 'open' and a.starts_at > $1
            and a.starts_at <= $2 and a.reminded_at is null and {condition}
            order by a.id limit 500 for update""",
        now,
        until,
        *args,
    )
