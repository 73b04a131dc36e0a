# SPDX-License-Identifier: Apache-2.0
"""Recording acts and reading their history: audit trail and events are one thing.

``record`` belongs into the transaction that makes the change; the fact exists if and only if the
change does. ``history`` returns what happened to a subject, ordered by when it happened. ``newest_head`` is
the head of the seals, to be printed at the foot of whatever leaves on paper (``seal`` in the
context of a page on ``layouts/print.html``).
"""

from core.api.plugin import Fact, FactHandler, FactKind, Place, SubjectRef
from core.facts.services import UnknownFact, history, record
from core.host.enabling import is_enabled
from core.host.registry import current
from core.sealing.services import Head, newest_head

__all__ = [
    "Fact",
    "FactHandler",
    "FactKind",
    "Head",
    "Place",
    "SubjectRef",
    "UnknownFact",
    "heard_by",
    "history",
    "newest_head",
    "record",
]


async def heard_by(kind: str, region_lo: int) -> tuple[str, ...]:
    """The plugins that react to facts of ``kind`` in the region that begins at ``region_lo``.

    For a button that only asks others to do something: without anybody to hear it, it is not
    shown.
    """
    registry = current()
    names = dict.fromkeys(registry.plugin_of(each) for each in registry.fact_handlers(kind))
    return tuple([name for name in names if await is_enabled(name, region_lo)])
