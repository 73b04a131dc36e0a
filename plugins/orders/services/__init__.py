# SPDX-License-Identifier: Apache-2.0
"""The acts on orders, one module each: issue, relay, reply, answer, return, revoke, uphold, escalate.

Each does its steps in one order: lock, check the rule, change, move clocks and turn, record.
The clock always belongs to the side that must act: issuing starts the department's, relaying
starts the officers', each answer stops the answerer's own.
"""

from plugins.orders.services.deciding import return_order, revoke_alarms, uphold_alarms
from plugins.orders.services.escalating import escalate_order, tell_late
from plugins.orders.services.issuing import (
    Proposal,
    issue_order,
    propose_order,
    supervising_department,
)
from plugins.orders.services.matters import (
    Actor,
    Matter,
    OrderSettings,
    alarm_refs,
    load_matter,
    load_own_branch,
    path_of,
    place_of,
    ref,
    region_of_organ,
)
from plugins.orders.services.pressing import extend_order, urge_order
from plugins.orders.services.receiving import receive_order
from plugins.orders.services.relaying import relay_order
from plugins.orders.services.replying import answer_order, reply_order

__all__ = [
    "Actor",
    "Matter",
    "OrderSettings",
    "Proposal",
    "alarm_refs",
    "answer_order",
    "escalate_order",
    "extend_order",
    "issue_order",
    "load_matter",
    "load_own_branch",
    "path_of",
    "place_of",
    "propose_order",
    "receive_order",
    "ref",
    "region_of_organ",
    "relay_order",
    "reply_order",
    "return_order",
    "revoke_alarms",
    "supervising_department",
    "tell_late",
    "uphold_alarms",
    "urge_order",
]
