# SPDX-License-Identifier: Apache-2.0
"""For whom a published text is meant: readers of a region and everything below it."""

from core.auth.audience import (
    AUDIENCE,
    READERS,
    audience,
    audience_args,
    audience_size,
    group_of,
    roles_of,
)

__all__ = [
    "AUDIENCE",
    "READERS",
    "audience",
    "audience_args",
    "audience_size",
    "group_of",
    "roles_of",
]
