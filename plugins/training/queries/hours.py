# SPDX-License-Identifier: Apache-2.0
"""The ledger of hours, what is owed, who is short."""

from typing import Any

from core.api import clock
from core.api.audience import AUDIENCE
from core.api.db import Scope, published_conditions, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.training.rules.hours import ROLES, Owed, hours_words, short_by

SOURCES = {"training": "培训", "lesson": "课程", "other": "外出培训", "counter": "冲销"}

LEDGER = Listing(
    key="training.ledger",
    title="学时台账",
    select=(
        "h.id, h.person, h.name, h.tenths, h.on, h.year, h.source, h.source_id, h.title, h.reason,"
        " h.reverses, h.recorded_at, h.recorded_by_name,"
        " exists(select 1 from training_hours c where c.reverses = h.id) as reversed"
    ),
    source="training_hours h",
    alias="h",
    id="h.id",
    tied="own",
    columns=(
        Column("name", "姓名", sort="h.name"),
        Column("on", "日期", kind="date", sort="h.on"),
        Column("title", "名称"),
        Column("source", "来源", export=lambda one: SOURCES[one["source"]]),
        Column("tenths", "学时", sort="h.tenths", export=lambda one: hours_words(one["tenths"])),
        Column("reason", "说明"),
        Column("recorded_by_name", "登记人"),
        Column("recorded_at", "登记时间", kind="datetime", sort="h.recorded_at"),
    ),
    filters=(
        Filter("q", "姓名", where="h.name ilike {}", placeholder="姓名里的字"),
        Filter("year", "年度", kind="number", where="h.year = {}"),
        Filter(
            "source",
            "来源",
            kind="tabs",
            options=(("", "全部"), *SOURCES.items()),
            where="h.source = {}",
        ),
    ),
    order="-recorded_at",
)


async def entry_of(entry: int, scope: Scope) -> dict[str, Any] | None:
    """One line of the ledger inside the scope, locked against a second reversal."""
    sql, args = scope_conditions(scope, "h", 2)
    return await row(
        f"""select h.*, exists(select 1 from training_hours c where c.reverses = h.id) as reversed
            from training_hours h where h.id = $1 and {sql}""",
        entry,
        *args,
    )


async def entries_of(person: int) -> list[dict[str, Any]]:
    """All lines of a person, newest first."""
    return await rows(
        """select h.*, exists(select 1 from training_hours c where c.reverses = h.id) as reversed
           from training_hours h where h.person = $1 order by h.on desc, h.id desc limit 500""",
        person,
    )


async def credited(person: int, source: str, source_id: int) -> dict[str, Any] | None:
    """The line by which a training or lesson was credited and not taken back."""
    return await row(
        """select h.* from training_hours h
           where h.person = $1 and h.source = $2 and h.source_id = $3
             and not exists(select 1 from training_hours c where c.reverses = h.id)
           order by h.id desc limit 1""",
        person,
        source,
        source_id,
    )


async def owed_by(scope: Scope, role: str) -> list[Owed]:
    """The requirements for a role that hold where the person is."""
    sql, args = published_conditions(scope, "q", 2)
    return [
        Owed(each["tenths"], each["from_year"], each["to_year"])
        for each in await rows(
            f"""select tenths, from_year, to_year from training_requirement q
                where q.role = $1 and q.aud_lo <= q.aud_hi and {sql}""",
            role,
            *args,
        )
    ]


async def requirements_of(organ: int) -> list[dict[str, Any]]:
    """The requirements of an office, those in force first."""
    found = await rows(
        """select q.* from training_requirement q where q.organ = $1
           order by q.to_year nulls first, q.role, q.from_year desc limit 200""",
        organ,
    )
    return [{**each, "role_title": ROLES.get(each["role"], each["role"])} for each in found]


async def find_requirement(requirement: int, scope: Scope, organ: int) -> dict[str, Any] | None:
    """A requirement of one's own office."""
    sql, args = scope_conditions(scope, "q", 3)
    found = await row(
        f"select q.* from training_requirement q where q.id = $1 and q.organ = $2 and {sql}",
        requirement,
        organ,
        *args,
    )
    return found and {**found, "role_title": ROLES.get(found["role"], found["role"])}


STANDING = f"""
select x.person, x.name, x.place, coalesce(sum(h.tenths), 0)::int as tenths
from ({AUDIENCE}) x left join training_hours h on h.person = x.person and h.year = $5
group by x.person, x.name, x.place
"""


def _standing_args(requirement: dict[str, Any], year: int) -> list[Any]:
    return [
        requirement["aud_lo"],
        requirement["aud_hi"],
        [requirement["role"]],
        clock.today(),
        year,
    ]


async def standing_of(
    requirement: dict[str, Any], year: int, which: str = "short", limit: int = 500
) -> list[dict[str, Any]]:
    """Who owes hours by a requirement and how many he has: ``short``, ``met`` or ``all``."""
    conditions = {"short": "y.tenths < $6", "met": "y.tenths >= $6", "all": "$6::int is not null"}
    return await rows(
        f"""select y.* from ({STANDING}) y where {conditions[which]}
            order by y.tenths, y.place, y.name, y.person limit $7""",
        *_standing_args(requirement, year),
        requirement["tenths"],
        limit,
    )


async def standing_counts(requirement: dict[str, Any], year: int) -> dict[str, int]:
    """How many are short, how many have met it."""
    found = await row(
        f"""select count(*) as everybody, count(*) filter (where y.tenths < $6) as short
            from ({STANDING}) y""",
        *_standing_args(requirement, year),
        requirement["tenths"],
    )
    counts = {key: int(number) for key, number in (found or {}).items()}
    return {"all": counts["everybody"], "short": counts["short"],
            "met": counts["everybody"] - counts["short"]}  # fmt: skip


SHORT_OF = """
select u.person, max(q.tenths)::int as owed, min(q.region_lo) as region_lo,
  coalesce((select sum(h.tenths) from training_hours h
            where h.person = u.person and h.year = $2), 0)::int as have
from core_user u
join core_assignment a on a."user" = u.id and a.revoked_at is null and a.valid_from <= $3
  and (a.valid_to is null or a.valid_to >= $3)
join core_role k on k.id = a.role
left join core_region g on g.id = a.region
left join core_organisation o on o.id = a.organisation
join training_requirement q on q.role = k.key
  and q.from_year <= $2 and coalesce(q.to_year, $2) >= $2
  and coalesce(g.lo, o.region_lo) between q.aud_lo and q.aud_hi
where u.person = any($1::int8[])
group by u.person
"""


async def short_in(persons: list[int], year: int) -> list[dict[str, Any]]:
    """Who of these persons owes more hours for a year than he has."""
    return [
        each
        for each in await rows(SHORT_OF, persons, year, clock.today())
        if short_by(each["owed"], each["have"])
    ]
