# SPDX-License-Identifier: Apache-2.0
"""Reading records, activities, invitations, and the units and people they are made of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api.audience import AUDIENCE, audience_args
from core.api.clock import SHANGHAI
from core.api.db import Scope, row, rows, scope_conditions, value
from core.api.regions import REGIONS, path
from core.api.web import Column, Filter, Listing
from plugins.activities.rules.attendance import OUTCOMES
from plugins.activities.rules.records import STATES, Unit
from plugins.activities.rules.words import KINDS, TYPES, kind_title

SUPERVISORS = "supervisors"
UNIT_KINDS = ("body", "department", "second", "entrusted", "government")
CANDIDATES = 300


def _since(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(0), SHANGHAI)


def _until(text: str) -> datetime:
    return _since(text) + timedelta(days=1)


# --- the register --------------------------------------------------------------------------------

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
        Filter("since", "提交自", kind="date", where="r.submitted_at >= {}", convert=_since),
        Filter("until", "至", kind="date", where="r.submitted_at < {}", convert=_until),
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


# --- activities ----------------------------------------------------------------------------------

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
        Filter("since", "开始自", kind="date", where="a.starts_at >= {}", convert=_since),
        Filter("until", "至", kind="date", where="a.starts_at < {}", convert=_until),
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


async def invitation_to(activity: int, person: int) -> dict[str, Any] | None:
    """A person's invitation to an activity."""
    return await row(
        "select * from activities_invitation where activity = $1 and person = $2", activity, person
    )


OWN_INVITATIONS = """
select i.*, a.title, a.kind, a.starts_at, a.ends_at, a.place, a.host_name, a.state, a.organ_name,
       (select r.id from activities_record r where r.activity = a.id and r.person = i.person
        order by r.id limit 1) as record
from activities_invitation i join activities_activity a on a.id = i.activity
where i.person = $1
"""


async def own_invitations(person: int, *, over: bool) -> list[dict[str, Any]]:
    """Somebody's invitations: those under way, or those that are over."""
    state = "<> 'open'" if over else "= 'open'"
    order = "desc" if over else ""
    return await rows(
        f"{OWN_INVITATIONS} and a.state {state} order by a.starts_at {order}, a.id limit 200",
        person,
    )


async def own_invitation(invitation: int, person: int) -> dict[str, Any] | None:
    """One of somebody's own invitations with its activity."""
    return await row(f"{OWN_INVITATIONS} and i.id = $2", person, invitation)


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


# --- what comes due ------------------------------------------------------------------------------


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


# --- units and places ----------------------------------------------------------------------------


async def units_named(text: str, region_lo: int, *, limit: int = 12) -> list[Unit]:
    """Units whose name holds ``text``: those nearest to the region first.

    Near are the region's own, then those of the regions above it; elsewhere a supervisor may have
    been invited as well.
    """
    above = list(REGIONS.ancestors(region_lo)) if region_lo else []
    own = REGIONS.interval(region_lo)
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    found = await rows(
        """select o.id, o.name, o.lo, coalesce(g.name, '') as place from core_organisation o
           left join core_region g on g.lo = o.region_lo and g.valid_to is null
           where o.valid_to is null and o.kind = any($2::text[])
             and (o.name ilike '%' || $1 || '%' or o.short_name ilike '%' || $1 || '%')
           order by case when o.region_lo between $3 and $4 then 0
                         when o.region_lo = any($5::int8[]) then 1 else 2 end,
             char_length(o.name), o.lo limit $6""",
        escaped,
        list(UNIT_KINDS),
        own.lo,
        own.hi,
        above,
        limit,
    )
    return [Unit(each["id"], each["name"], each["lo"], each["place"]) for each in found]


async def units_called(name: str) -> list[Unit]:
    """The units that bear exactly this name."""
    found = await rows(
        """select id, name, lo from core_organisation where name = $1 and valid_to is null
           and kind = any($2::text[]) order by lo limit 50""",
        " ".join(name.split()),
        list(UNIT_KINDS),
    )
    return [Unit(each["id"], each["name"], each["lo"]) for each in found]


async def units_near(region_lo: int, *, limit: int = 120) -> list[str]:
    """Names of units of a region and of those above it, to choose from without a network."""
    above = list(REGIONS.ancestors(region_lo)) if region_lo else []
    found = await rows(
        """select name from core_organisation where valid_to is null and kind = any($1::text[])
           and region_lo = any($2::int8[]) order by region_lo desc, lo limit $3""",
        list(UNIT_KINDS),
        above,
        limit,
    )
    return [str(each["name"]) for each in found]


async def place_words(region_lo: int) -> str:
    """省（自治区）、盟市、旗县区 as one line."""
    return " ".join(each.name for each in (await path(region_lo))[1:])


# --- figures -------------------------------------------------------------------------------------


async def persons_figures(scope: Scope, first: date, last: date) -> list[dict[str, Any]]:
    """Per supervisor: records of both types, and how he took part in what was organised."""
    mine, args = scope_conditions(scope, "r", start=3)
    theirs, more = scope_conditions(scope, "i", start=3 + len(args))
    return await rows(
        f"""select person, min(name) as name, sum(own)::int as own, sum(invited)::int as invited,
                   sum(present)::int as present, sum(excused)::int as excused,
                   sum(absent)::int as absent from (
              select r.person, r.name, (r.type = 'self')::int as own,
                     (r.type = 'invited')::int as invited, 0 as present, 0 as excused, 0 as absent
              from activities_record r where r.registered_on between $1 and $2 and {mine}
              union all
              select i.person, i.name, 0, 0, (i.outcome = 'present')::int,
                     (i.outcome = 'excused')::int, (i.outcome = 'absent')::int
              from activities_invitation i join activities_activity a on a.id = i.activity
              where a.state = 'closed' and i.outcome <> ''
                and (a.starts_at at time zone 'Asia/Shanghai')::date between $1 and $2 and {theirs}
            ) x group by person
            order by sum(own) + sum(invited) + sum(present) desc, min(name) limit 1000""",
        first,
        last,
        *args,
        *more,
    )


async def kinds_figures(scope: Scope, first: date, last: date) -> list[dict[str, Any]]:
    """Per kind of activity: how many were held, and who came."""
    condition, args = scope_conditions(scope, "a", start=3)
    return await rows(
        f"""select a.kind, count(distinct a.id)::int as held,
                   count(i.id) filter (where i.outcome = 'present')::int as present,
                   count(i.id) filter (where i.outcome = 'excused')::int as excused,
                   count(i.id) filter (where i.outcome = 'absent')::int as absent
            from activities_activity a left join activities_invitation i on i.activity = a.id
            where a.state = 'closed' and {condition}
              and (a.starts_at at time zone 'Asia/Shanghai')::date between $1 and $2
            group by a.kind order by count(distinct a.id) desc, a.kind""",
        first,
        last,
        *args,
    )


async def registered_in(scope: Scope, period: tuple[date, date]) -> int:
    """Records submitted in a period."""
    condition, args = scope_conditions(scope, "r", start=3)
    return int(
        await value(
            f"""select count(*) from activities_record r
                where (r.submitted_at at time zone 'Asia/Shanghai')::date between $1 and $2
                  and {condition}""",
            *period,
            *args,
        )
    )


async def held_in(scope: Scope, period: tuple[date, date]) -> int:
    """Activities of a period whose attendance is closed."""
    condition, args = scope_conditions(scope, "a", start=3)
    return int(
        await value(
            f"""select count(*) from activities_activity a where a.state = 'closed'
                  and (a.starts_at at time zone 'Asia/Shanghai')::date between $1 and $2
                  and {condition}""",
            *period,
            *args,
        )
    )


async def waiting(scope: Scope) -> int:
    """How many records wait for the bureau: the number in the menu."""
    return await REGISTER.count(scope, {"tab": "open"})


def outcome_words(found: Mapping[str, Any]) -> str:
    """到场, 请假, 缺席, or nothing yet."""
    return OUTCOMES[found["outcome"]][1] if found["outcome"] else ""
