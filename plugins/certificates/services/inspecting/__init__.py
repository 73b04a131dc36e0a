# SPDX-License-Identifier: Apache-2.0
"""年审: applied for by the unit, approved by the legal office, finished by the scan or a new card.

Every moment asks the gate ``certificates.annual_review`` and keeps who was asked, who was silent
and who objected, whether it was stopped or went on.
"""

from plugins.certificates.services.inspecting.approving import approve
from plugins.certificates.services.inspecting.base import (
    GATE,
    INSPECTION,
    ask,
    inspection_ref,
    path_of,
    record_state,
    take,
    words,
)
from plugins.certificates.services.inspecting.examining import enter_result, hear_result
from plugins.certificates.services.inspecting.finishing import finish_with_card, scan
from plugins.certificates.services.inspecting.handing_in import apply, apply_again, join

__all__ = [
    "GATE",
    "INSPECTION",
    "apply",
    "apply_again",
    "approve",
    "ask",
    "enter_result",
    "finish_with_card",
    "hear_result",
    "inspection_ref",
    "join",
    "path_of",
    "record_state",
    "scan",
    "take",
    "words",
]
