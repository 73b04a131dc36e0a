# SPDX-License-Identifier: Apache-2.0
"""Tells a story to the running platform: records its events as the case plugin would."""

from datetime import datetime
from typing import Any

import msgspec

from core.api.db import Scope, rows, transaction
from core.api.facts import Place, SubjectRef, record
from plugins.cases.rules.event import CaseEvent
from plugins.inspection.services.rulesets import keep_rules
from tests.plugins.inspection.story import Story

CASE = "cases.case"


class Where:
    """The county of the story and its organisations under one name each."""

    def __init__(self, tree: Any, agencies: Any) -> None:
        self.county = tree.county
        self.other_county = tree.other_county
        self.agency = agencies.agency
        self.other_agency = agencies.other_agency
        self.bureau = agencies.bureau
        self.foreign_bureau = agencies.foreign_bureau


async def put_in_force(tree: Any, definition: dict[str, Any]) -> None:
    """What the engine keeps when a version of an item comes into force in the county."""
    async with transaction(Scope.of_place(Place(tree.county.lo))):
        await keep_rules(
            {
                **definition,
                "organisation": tree.agency.id,
                "region_lo": tree.county.lo,
                "org_lo": tree.agency.lo,
                "aud_lo": tree.county.lo,
                "aud_hi": tree.county.hi,
            }
        )


async def tell(tree: Any, story: Story, *, after: int = 0, place: Place | None = None) -> None:
    """Record the events of the story from number `after` on."""
    place = place or Place(tree.county.lo, tree.agency.lo)
    for payload in story.payloads[after:]:
        event = msgspec.convert(
            {**payload, "organisation": tree.agency.id, "department": tree.agency.id}, CaseEvent
        )
        async with transaction(Scope.of_place(place)):
            await record(
                f"cases.{event.kind}",
                SubjectRef(CASE, story.case),
                event,
                place,
                at=datetime.fromisoformat(event.at),
            )


async def alarms(case: int) -> list[dict[str, Any]]:
    async with transaction(Scope.platform("a test looks at everything")):
        return await rows("select * from inspection_alarm where case_id = $1 order by id", case)


async def count(table: str) -> int:
    async with transaction(Scope.platform("a test looks at everything")):
        found = await rows(f"select count(*) as n from inspection_{table}")
    return int(found[0]["n"])
