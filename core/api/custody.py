# SPDX-License-Identifier: Apache-2.0
"""Sealed identities: sealed for a region's custodians, of whom any two open one together.

``seal`` inside the transaction that needs it; ``None`` means that no region above has three
custodians, and then nothing is stored at all. ``alias(person, purpose)`` finds a person's own
rows again without naming him: its key lies outside the database. Whoever acts under seal opens
the transaction with ``as_sealed(scope)``.
"""

from core.auth.sealed import UnderSeal, as_sealed
from core.custody.queries import opening_about
from core.custody.services import (
    Agreed,
    Envelope,
    agree,
    alias,
    enrol,
    forget,
    name_custodian,
    refuse_opening,
    request_opening,
    seal,
    sealing_region,
)

__all__ = [
    "Agreed",
    "Envelope",
    "UnderSeal",
    "agree",
    "alias",
    "as_sealed",
    "enrol",
    "forget",
    "name_custodian",
    "opening_about",
    "refuse_opening",
    "request_opening",
    "seal",
    "sealing_region",
]
