# SPDX-License-Identifier: Apache-2.0
"""What happens during one request, for whoever writes the code: nothing is kept unless asked for.

The debug bar (``core.web.debugging``) puts a ``Seen`` into ``watching``; the database, the gates
and the dispatch of facts add to it. Everywhere else, and always in production, the variable is
empty and costs one look-up.
"""

import re
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

MOST = 200
"""Queries and calls listed; a page with more has its answer in the number."""
SPACE = re.compile(r"\s+")


@dataclass
class Seen:
    """One request, as it went."""

    began: float = field(default_factory=time.perf_counter)
    queries: list[tuple[str, float]] = field(default_factory=list)
    """Text and milliseconds; values are parameters and do not appear."""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """What was called: hook, plugin, key."""
    scopes: list[str] = field(default_factory=list)

    def query(self, record: Any) -> None:
        """For asyncpg: a query that has run."""
        self.queries.append((SPACE.sub(" ", str(record.query)).strip(), record.elapsed * 1000))

    def scope(self, scope: Any) -> None:
        """A transaction was opened under a scope."""
        words = scope.reason or (
            f"region {scope.region.lo}–{scope.region.hi},"
            f" organisation {scope.organisation.lo}–{scope.organisation.hi},"
            f" person {scope.person}"
        )
        if not self.scopes or self.scopes[-1] != words:
            self.scopes.append(words)

    @property
    def database_ms(self) -> float:
        return sum(took for _, took in self.queries)

    @property
    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self.began) * 1000


watching: ContextVar[Seen | None] = ContextVar("jiandu_seen", default=None)


def note(hook: str, plugin: str, key: str) -> None:
    """A declared behaviour is about to be called."""
    if (seen := watching.get()) is not None and len(seen.calls) < MOST:
        seen.calls.append((hook, plugin, key))
