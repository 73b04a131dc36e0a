# SPDX-License-Identifier: Apache-2.0
"""The demo's officers: everybody of the demo's offices who has a number, and their cards."""

from datetime import date

from core.api.db import Scope, transaction, value
from core.api.demo import DemoContext
from plugins.certificates.forms import OfficerForm
from plugins.certificates.services import register_officer

YEARS = 5


async def register_demo_officers(context: DemoContext) -> None:
    """Register the persons that carry a card number; those without stay red in the cases."""
    for one in context.shared["core.persons"].values():
        if not one.card:
            continue
        async with transaction(Scope.platform("demo data")):
            if await value("select 1 from certificates_officer where person = $1", one.id):
                continue
            until = date.fromisoformat(one.until)
            await register_officer(
                OfficerForm(
                    name=one.name,
                    organisation=one.organisation,
                    person=one.id,
                    position=one.position,
                    category=one.category,
                    number=one.card,
                    valid_from=until.replace(year=until.year - YEARS, day=1),
                    valid_until=until,
                )
            )
