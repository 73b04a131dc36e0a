# SPDX-License-Identifier: Apache-2.0
"""How a parallel run shares the tests out.

Tests that look at one running platform or at one played year go to one process, and first, since
they take longest; every other file is a share of its own. The group marks of pytest-xdist would say
the same, but they rename tests in a way the pinned pytest does not follow.
"""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

YEAR = "the played year"
TOGETHER = {
    "tests/journeys": "tests/journeys",
    "tests/faults": "tests/faults",
    "tests/core/test_crawl.py": YEAR,
    "tests/core/test_counters.py": YEAR,
    "tests/contract/test_absence.py": YEAR,
}
"""Folder or file → its share, the longest first."""
FIRST = tuple(dict.fromkeys(TOGETHER.values()))


def share_of(nodeid: str) -> str:
    """The share a test belongs to: that of its folder or file in ``TOGETHER``, else its file."""
    file = PurePosixPath(nodeid.split("::", 1)[0])
    for path in (file, *file.parents):
        if str(path) in TOGETHER:
            return TOGETHER[str(path)]
    return str(file)


def rank(item: pytest.Item) -> int:
    """Sort key that puts the long shares first and leaves all others as collected."""
    share = share_of(item.nodeid)
    return FIRST.index(share) if share in FIRST else len(FIRST)


class ByShare(LoadScopeScheduling):
    """Shares go out in the order of collection; the next one when a process is nearly idle."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
