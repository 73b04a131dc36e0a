# SPDX-License-Identifier: Apache-2.0
"""The errors a plugin may raise. ``core.web.errors`` turns them into pages and partials."""

from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    JianduError,
    NotFound,
    Refused,
    TooLarge,
    TooMany,
)

__all__ = [
    "Conflict",
    "Forbidden",
    "Invalid",
    "JianduError",
    "NotFound",
    "Refused",
    "TooLarge",
    "TooMany",
]
