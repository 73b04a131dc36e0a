# SPDX-License-Identifier: Apache-2.0
"""Who is asking, what he may do, and how a matter is handed over to another region.

Every handler says ``guards=[requires("plugin.noun.verb")]`` or ``opt=public("why")``; one with
neither stops the start-up.
"""

from core.auth.access import public, requires, visitor, visitor_or_none
from core.auth.handing_over import HandedOver, hand_over
from core.auth.visitor import OrgRef, RegionRef, Visitor

__all__ = [
    "HandedOver",
    "OrgRef",
    "RegionRef",
    "Visitor",
    "hand_over",
    "public",
    "requires",
    "visitor",
    "visitor_or_none",
]
