# SPDX-License-Identifier: Apache-2.0
"""Seeds the offices, people, powers and officers of the demo, without its year of cases.

Instead of the year, a few cases that were opened forty days ago and whose deadline has passed;
their clocks are put off, so that a test decides when the sweep finds them.
"""

import sys
from datetime import timedelta
from typing import Any

from core import clock, db
from core.api.demo import DemoContext
from core.cli import seed as seeding
from core.db import Scope
from core.demo.declared import PLAYED
from core.demo.running import run_steps
from core.host.facts import deliver_one
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import Actor, Choice, Opening, open_case

OLD = "已经超期的旧案"
WITHOUT = frozenset({"cases", "orders"})
"""Their steps only plan what the year is to bring."""


class _Offices:
    """The registry as the demo runner sees it, with the steps that found things."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    @property
    def demo_steps(self) -> list[Any]:
        return [
            step
            for step in self._registry.demo_steps
            if step.order < PLAYED and self._registry.plugin_of(step) not in WITHOUT
        ]


async def _offices_only(registry: Any, context: DemoContext) -> None:
    offices: Any = _Offices(registry)
    await run_steps(offices, context)
    with clock.frozen(clock.now() - timedelta(days=40)):
        await _old_cases(context)
        while await deliver_one(registry, strict=True):
            pass


async def _old_cases(context: DemoContext) -> None:
    actor = Actor.of(context.shared["core.visitors"]["zhanghailong"])
    everywhere = Scope.platform("test data")
    async with db.transaction(everywhere):
        item = await db.value(
            "select id from cases_item_version where current and org_lo = $1"
            " and title = '对拒不改正进货查验违法行为的处罚'",
            actor.organisation.lo,
        )
    for number in range(6):
        party = PartyDraft("business", f"磴口县旧案{number}商店", "", "", "李建军", "团结路", "")
        opening = Opening(
            item,
            f"{OLD} {number}",
            "inspection",
            "",
            party,
            officers=(Choice(actor.person),),
            same_party_confirmed=True,
        )
        await open_case(actor, opening)
    async with db.transaction(everywhere):
        await db.execute("update core_clock set due_at = due_at + interval '10 years'")


if __name__ == "__main__":
    seeding.run_steps = _offices_only
    sys.exit(seeding.seed())
