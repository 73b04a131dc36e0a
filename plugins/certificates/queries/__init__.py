# SPDX-License-Identifier: Apache-2.0
"""Reading, a module for each part of the work."""

from plugins.certificates.queries.checking import as_card, public_certificate
from plugins.certificates.queries.register import (
    BATCH_LINES,
    OFFICERS,
    STANDINGS,
    active_officers,
    bad_lines_of,
    batch_of,
    batches_in,
    cards_of,
    certificates_of,
    find_officer,
    officer_of_certificate,
    officer_of_person,
    transfers_of,
)

__all__ = [
    "BATCH_LINES",
    "OFFICERS",
    "STANDINGS",
    "active_officers",
    "as_card",
    "bad_lines_of",
    "batch_of",
    "batches_in",
    "cards_of",
    "certificates_of",
    "find_officer",
    "officer_of_certificate",
    "officer_of_person",
    "public_certificate",
    "transfers_of",
]
