# SPDX-License-Identifier: Apache-2.0
"""Reading what other plugins brought to one's own extension point."""

from core.host.registry import Contributed, current

__all__ = ["Contributed", "contributions"]


def contributions(point: str) -> tuple[Contributed, ...]:
    """The contributions to ``point``; each value already fits the Struct the point declares."""
    return current().contributions(point)
