# SPDX-License-Identifier: Apache-2.0
"""What reviews keep of closed cases and of alarms; told twice, nothing changes."""

from core.api.clock import local
from core.api.db import execute, json
from core.api.facts import Fact


async def note_item(fact: Fact) -> None:
    """The class of a power item."""
    await execute(
        "insert into reviews_item (item, power_class) values ($1, $2)"
        " on conflict (item) do update set power_class = excluded.power_class",
        int(fact.payload["item"]),
        str(fact.payload.get("power_class") or "")[:16],
    )


async def note_case(fact: Fact) -> None:
    """A case was closed; a handed-over one is another body's to be judged by."""
    told = fact.payload
    persons = {int(each) for each in told.get("handlers") or ()}
    for group in ("officers", "next_officers"):
        persons |= {int(each["person"]) for each in told.get(group) or ()}
    await execute(
        "insert into reviews_case (case_id, case_number, title, item, persons, closed_on,"
        " region_lo, org_lo) values ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)"
        " on conflict (case_id) do nothing",
        int(told["case"]),
        str(told.get("case_number") or "")[:80],
        str(told.get("title") or "")[:300],
        int(told.get("item") or 0),
        json(sorted(persons)),
        local(fact.at).date(),
        fact.place.region_lo,
        fact.place.org_lo,
    )


async def note_alarm(fact: Fact) -> None:
    """An alarm was raised on a case."""
    told = fact.payload
    await execute(
        "insert into reviews_alarm (alarm, case_id, kind, sentence, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (alarm) do nothing",
        int(told["alarm"]),
        int(told.get("case") or 0),
        str(told.get("kind") or "")[:24],
        str(told.get("headline") or told.get("sentence") or ""),
        fact.place.region_lo,
        fact.place.org_lo,
    )


async def note_revoked(fact: Fact) -> None:
    """An alarm that was withdrawn costs no points."""
    await execute(
        "update reviews_alarm set revoked = true where alarm = $1", int(fact.payload["alarm"])
    )
