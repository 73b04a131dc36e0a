# SPDX-License-Identifier: Apache-2.0
"""Reading, a module for each part of the work."""

from plugins.certificates.queries.checking import as_card, public_certificate
from plugins.certificates.queries.register import (
    OFFICERS,
    STANDINGS,
    active_officers,
    batch_of,
    batches_in,
    cards_of,
    certificates_of,
    find_officer,
    officer_of_certificate,
    officer_of_person,
)

__all__ = [
    "OFFICERS",
    "STANDINGS",
    "active_officers",
    "as_card",
    "batch_of",
    "batches_in",
    "cards_of",
    "certificates_of",
    "find_officer",
    "officer_of_certificate",
    "officer_of_person",
    "public_certificate",
]
