# SPDX-License-Identifier: Apache-2.0
"""How a parallel run shares the tests out.

A folder whose tests look at one running platform goes to one process as a whole, and first, since
it takes longest; every other file is a share of its own. The group marks of pytest-xdist would say
the same, but they rename tests in a way the pinned pytest does not follow.
"""

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/journeys", "tests/faults")


def share_of(nodeid: str) -> str:
    """The share a test belongs to: its folder, where that shares a platform, otherwise its file."""
    file = PurePosixPath(nodeid.split("::", 1)[0])
    for folder in TOGETHER:
        if PurePosixPath(folder) in file.parents:
            return folder
    return str(file)


def rank(item: pytest.Item) -> int:
    """Sort key that puts the long shares first and leaves all others as collected."""
    share = share_of(item.nodeid)
    return TOGETHER.index(share) if share in TOGETHER else len(TOGETHER)


class ByShare(LoadScopeScheduling):
    """Shares go out in the order of collection; the next one when a process is nearly idle."""

    def _split_scope(self, nodeid: str) -> str:
        return share_of(nodeid)
