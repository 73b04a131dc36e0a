# SPDX-License-Identifier: Apache-2.0
"""What anybody may read of a card."""

from typing import Any

from core.api.db import row, rows
from plugins.certificates.rules import Card, Period


async def public_certificate(token: str) -> dict[str, Any] | None:
    """What anybody may read of the certificate behind an opaque token."""
    found = await row(
        """select id, person, number, kind, holder_name, unit_name, region_name, category,
                  valid_from, valid_until, inspection_due
           from certificates_certificate where token = $1 and published""",
        token,
    )
    if found is not None:
        found["periods"] = await rows(
            """select state, since, until from certificates_period
               where certificate = $1 and published order by since, id""",
            found["id"],
        )
    return found


def as_card(certificate: dict[str, Any]) -> Card:
    """A ``public_certificate`` row as a card the rules can judge."""
    return Card(
        certificate["id"],
        certificate["number"],
        certificate["valid_from"],
        certificate["valid_until"],
        certificate["inspection_due"],
        tuple(Period(one["state"], one["since"], one["until"]) for one in certificate["periods"]),
    )
