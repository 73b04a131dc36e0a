# SPDX-License-Identifier: Apache-2.0
"""Reading what other plugins brought to one's own extension point."""

from core.host.enabling import enabled_plugins
from core.host.registry import Contributed, current
from core.observing import note

__all__ = ["Contributed", "contributions", "contributions_in"]


def contributions(point: str) -> tuple[Contributed, ...]:
    """The contributions to ``point``; each value already fits the Struct the point declares."""
    found = current().contributions(point)
    for each in found:
        note("contributions", each.plugin, f"{point} {each.key}")
    return found


async def contributions_in(region_lo: int, point: str) -> tuple[Contributed, ...]:
    """The same without those of plugins that are off in the region: their pages answer 404."""
    on = await enabled_plugins(region_lo)
    return tuple(each for each in contributions(point) if each.plugin in on)
