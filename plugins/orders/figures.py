# SPDX-License-Identifier: Apache-2.0
"""Orders in figures, for 监察分析: how many stand where, how long closing takes, who is silent.

All counts come from the acting role's own list, so each number opens the rows it counts.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from core.api.access import Visitor
from core.api.db import rows
from plugins.orders.queries import SILENT, listing_for

LIST = "/orders/"


async def by_department(who: Visitor, since: str, until: str) -> dict[str, Any]:
    """One line per department: orders by state, the silent ones, the days closing took."""
    listing, where, args = listing_for(who)
    tabs = listing.filters[0]
    period = {key: value for key, value in (("since", since), ("until", until)) if value}
    query = listing.query({**period, "tab": ""}, who.scope, where, args, without=tabs.key)
    states = ", ".join(
        f"count(*) filter (where {condition}) as {key}" for key, condition in tabs.wheres.items()
    )
    # The silent are still new or under way; each of these tabs shows its part.
    waiting = [(key, words) for key, words in tabs.options if key in ("new", "doing")]
    states += "".join(
        f", count(*) filter (where {tabs.wheres[key]} and {SILENT}) as silent_{key}"
        for key, _ in waiting
    )
    tier = listing.filters[0].wheres["new"].partition(" and ")[0]
    found = await rows(
        f"select o.to_org as unit, min(o.to_org_name) as name, {states},"
        f" count(*) filter (where {SILENT}) as silent,"
        " percentile_cont(0.5) within group (order by"
        "   extract(epoch from o.decided_at - o.issued_at) / 86400)"
        "   filter (where o.decided_at is not null and o.state <> 'replied') as days"
        f" from {listing.source} where {query.sql} and {tier} group by 1 order by silent desc, 2",
        *query.args,
    )
    for line in found:
        unit = {"unit": line["unit"], **period}
        line["paths"] = {key: _path(tab=key, **unit) for key in tabs.wheres}
        line["silent_in"] = [
            (words, line[f"silent_{key}"], _path(tab=key, due="silent", **unit))
            for key, words in waiting
            if line[f"silent_{key}"]
        ]
    return {"tabs": tabs.options, "lines": found, "sums": _sums(found, [*tabs.wheres, "silent"])}


def _sums(lines: list[dict[str, Any]], keys: list[str]) -> Mapping[str, int]:
    return {key: sum(line[key] for line in lines) for key in keys}


def _path(**conditions: Any) -> str:
    return f"{LIST}?{urlencode(conditions)}"
