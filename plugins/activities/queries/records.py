# SPDX-License-Identifier: Apache-2.0
"""The register of what supervisors have recorded."""

from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.activities.queries.periods import since, until
from plugins.activities.rules.records import STATES
from plugins.activities.rules.words import TYPES

REGISTER = Listing(
    key="activities.register",
    title="活动登记",
    select=(
        "r.id, r.name, r.type, r.organisation_name, r.registered_on, r.region_name, r.street,"
        " r.matter, r.party, r.outcome, r.advice, r.activity, r.activity_title, r.state,"
        " r.submitted_at, r.decided_at, r.decided_by_name,"
        " (select count(*) from activities_attachment a where a.record = r.id) as media"
    ),
    source="activities_record r",
    alias="r",
    id="r.id",
    tied="own",
    columns=(
        Column("name", "监督员", sort="r.name"),
        Column("type", "类型", export=lambda one: TYPES[one["type"]]),
        Column("organisation_name", "执法部门"),
        Column("registered_on", "登记日期", kind="date", sort="r.registered_on"),
        Column("region_name", "地址", shown=False),
        Column("street", "所属街道", shown=False),
        Column("matter", "事由", shown=False),
        Column("party", "行政相对人", shown=False),
        Column("outcome", "处理结果", shown=False),
        Column("advice", "建议/意见", shown=False),
        Column("activity_title", "应邀的活动", shown=False),
        Column("media", "附件", kind="number", shown=False),
        Column("submitted_at", "提交时间", kind="datetime", sort="r.submitted_at"),
        Column("state", "状态", export=lambda one: STATES[one["state"]][1]),
        Column("decided_by_name", "阅办人", shown=False),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(
                ("open", "待阅"),
                ("returned", "待补充"),
                ("noted", "已阅"),
                ("all", "全部"),
            ),
            wheres={
                "open": "r.state = 'submitted'",
                "returned": "r.state = 'returned'",
                "noted": "r.state = 'noted'",
                "all": "true",
            },
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="r.organisation_name ilike {} or r.name ilike {} or r.matter ilike {}",
            placeholder="单位、监督员或事由",
        ),
        Filter("type", "类型", kind="choice", options=tuple(TYPES.items()), where="r.type = {}"),
        Filter("since", "提交自", kind="date", where="r.submitted_at >= {}", convert=since),
        Filter("until", "至", kind="date", where="r.submitted_at < {}", convert=until),
    ),
    order="-submitted_at",
)


async def find_record(record: int, scope: Scope) -> dict[str, Any] | None:
    """A record of the scope, or one's own."""
    condition, args = scope_conditions(scope, "r", start=3)
    return await row(
        f"select r.* from activities_record r where r.id = $1 and (r.person = $2 or ({condition}))",
        record,
        scope.person or -1,
        *args,
    )


async def own_record(record: int, person: int) -> dict[str, Any] | None:
    """A supervisor's own record."""
    return await row(
        "select * from activities_record where id = $1 and person = $2", record, person
    )


async def own_records(person: int) -> list[dict[str, Any]]:
    """What somebody has registered, newest first, with the bureau's last word."""
    return await rows(
        """select r.*, coalesce(e.text, '') as reply, e.act as reply_act
           from activities_record r left join lateral (
             select text, act from activities_entry e
             where e.record = r.id and e.side = 'bureau' order by e.id desc limit 1) e on true
           where r.person = $1 order by r.submitted_at desc, r.id desc limit 200""",
        person,
    )


async def entries_of(record: int) -> list[dict[str, Any]]:
    """What was said about a record, newest first."""
    return await rows("select * from activities_entry where record = $1 order by id desc", record)


async def media_of(record: int) -> list[dict[str, Any]]:
    """The photos and recordings of a record."""
    return await rows("select * from activities_attachment where record = $1 order by id", record)


async def records_of_activity(activity: int) -> list[dict[str, Any]]:
    """What supervisors registered about an activity."""
    return await rows(
        "select id, name, state, submitted_at from activities_record where activity = $1"
        " order by id",
        activity,
    )


async def last_record(person: int, organisation: int) -> dict[str, Any] | None:
    """What somebody registered last about a unit, whose address has not moved since."""
    return await row(
        """select organisation_phone, street, address, region, region_name from activities_record
           where person = $1 and organisation = $2 order by id desc limit 1""",
        person,
        organisation,
    )
