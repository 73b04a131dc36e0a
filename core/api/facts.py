# SPDX-License-Identifier: Apache-2.0
"""Recording acts and reading their history: audit trail and events are one thing.

``record`` belongs into the transaction that makes the change; the fact exists if and only if the
change does. ``history`` returns what happened to a subject, ordered by when it happened.
"""

from core.api.plugin import Fact, FactHandler, FactKind, Place, SubjectRef
from core.facts.services import UnknownFact, history, record

__all__ = [
    "Fact",
    "FactHandler",
    "FactKind",
    "Place",
    "SubjectRef",
    "UnknownFact",
    "history",
    "record",
]
