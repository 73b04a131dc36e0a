# SPDX-License-Identifier: Apache-2.0
"""A year of cases, told through the services: who acts, on which day, and what he leaves out."""

from core.api.db import Scope, transaction, value
from core.api.demo import DemoContext
from plugins.cases.demo.desk import current_items
from plugins.cases.demo.papers import Cabinet
from plugins.cases.demo.present import plan_present
from plugins.cases.demo.scandal import plan_scandal
from plugins.cases.demo.year import Cast, plan_year


async def plan_cases(context: DemoContext) -> None:
    """Plan everything the offices of both prefectures handle; with cases already there, nothing.

    Where the catalogue of powers is not installed there is no item to open a case under.
    """
    entered = context.shared.get("powers.items")
    if entered is None:
        return
    async with transaction(Scope.platform("demo data: whether there are cases")):
        if await value("select exists (select 1 from cases_case)"):
            return
    cabinet = Cabinet()
    await cabinet.fill(context.random("cabinet"))
    cast = Cast(
        context,
        cabinet,
        await current_items(entered),
        context.shared["core.visitors"],
        {key: one.id for key, one in context.shared["core.persons"].items()},
    )
    if context.share > 0:
        plan_scandal(cast)
        plan_present(cast)
        plan_year(cast)
