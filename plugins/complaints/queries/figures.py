# SPDX-License-Identifier: Apache-2.0
"""Counts by unit and type, before small ones are hidden."""

from datetime import date

from core.api.db import Scope, rows, scope_conditions


async def by_body(scope: Scope, first: date, last: date) -> tuple[dict[str, list[int]], list[str]]:
    """One line per unit, one column per enforcement type; complaints only, praise not."""
    where, args = scope_conditions(scope, "c", start=3)
    found = await rows(
        "select coalesce(nullif(c.body_name, ''), '单位不明') as body, c.enforcement_type as type,"
        " count(*) as count from complaints_complaint c"
        " where c.filed_at >= ($1::date)::timestamp at time zone 'Asia/Shanghai'"
        " and c.filed_at < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
        f" and c.kind = 'complaint' and c.origin = 0 and {where} group by 1, 2",
        first,
        last,
        *args,
    )
    columns = sorted({each["type"] for each in found})
    table: dict[str, list[int]] = {}
    for each in found:
        line = table.setdefault(each["body"], [0] * len(columns))
        line[columns.index(each["type"])] += each["count"]
    ordered = sorted(table, key=lambda name: (-sum(table[name]), name))
    return {name: table[name] for name in ordered[:200]}, columns
