# SPDX-License-Identifier: Apache-2.0
"""What the pages of the register share."""

import msgspec

from core.api.db import Scope
from core.api.people import organisations_in

READ, REGISTER = "certificates.officer.read", "certificates.officer.register"
BODIES = ("department", "body", "second", "entrusted")


async def units_of(scope: Scope) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in await organisations_in(scope, kinds=BODIES)]


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""
