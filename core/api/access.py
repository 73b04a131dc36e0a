# SPDX-License-Identifier: Apache-2.0
"""Who is asking, what he may do, and how a matter is handed over to another region.

Every handler says ``guards=[requires("plugin.noun.verb")]`` or ``opt=public("why")``; one with
neither stops the start-up.
"""

from core.auth.access import by_the_page, public, requires, visitor, visitor_or_none
from core.auth.handing_over import HandedOver, hand_over
from core.auth.holding import persons_holding, persons_holding_in, places_holding
from core.auth.identity import accounts_of, people_behind, same_person
from core.auth.visitor import OrgRef, RegionRef, Visitor

__all__ = [
    "HandedOver",
    "OrgRef",
    "RegionRef",
    "Visitor",
    "accounts_of",
    "by_the_page",
    "hand_over",
    "people_behind",
    "persons_holding",
    "persons_holding_in",
    "places_holding",
    "public",
    "requires",
    "same_person",
    "visitor",
    "visitor_or_none",
]
