# SPDX-License-Identifier: Apache-2.0
"""Numbers of other plugins, by the key of a ``Metric`` and never by their tables.

``offered`` lists what can be asked in a region, ``measure`` asks for a scope and a period. A metric
that raises, is late or whose plugin is absent gives a ``Figure`` without a number and the reason
in words; the others are not touched. Keep the ``Figure`` with whatever is decided by it: numbers
as of today change, and the definition is part of the number.
"""

from core.host.metrics import ABSENT, FAILED, Figure, measure, offered

__all__ = ["ABSENT", "FAILED", "Figure", "measure", "offered"]
