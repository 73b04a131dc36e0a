# SPDX-License-Identifier: Apache-2.0
"""Numbers of persons, kinds and periods."""

from datetime import date
from typing import Any

from core.api.db import Scope, rows, scope_conditions, value
from plugins.activities.queries.records import REGISTER


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
