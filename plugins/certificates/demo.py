# SPDX-License-Identifier: Apache-2.0
"""The demo's officers: everybody of the demo's offices who has a number, and their cards."""

from datetime import date, timedelta

from core.api.db import Scope, transaction, value
from core.api.demo import DemoContext
from plugins.certificates.forms import OfficerForm
from plugins.certificates.rules.inspecting import next_due
from plugins.certificates.services import register_officer

YEARS = 5
DUE_SOON = {"15082204017": 21, "15082204031": 40, "15082204041": 75}
"""Whose inspection falls due so many days after the demo's present day."""


async def register_demo_officers(context: DemoContext) -> None:
    """Register the persons that carry a card number; those without stay red in the cases."""
    for one in context.shared["core.persons"].values():
        if not one.card:
            continue
        async with transaction(Scope.platform("demo data")):
            if await value("select 1 from certificates_officer where person = $1", one.id):
                continue
            until = date.fromisoformat(one.until)
            since = until.replace(year=until.year - YEARS, day=1)
            soon = DUE_SOON.get(one.card)
            due = (
                context.today + timedelta(days=soon)
                if soon
                else next_due(since, context.today).due_on
            )
            await register_officer(
                OfficerForm(
                    name=one.name,
                    organisation=one.organisation,
                    person=one.id,
                    position=one.position,
                    category=one.category,
                    number=one.card,
                    valid_from=since,
                    valid_until=until,
                    inspection_due=due,
                )
            )
