# SPDX-License-Identifier: Apache-2.0
"""Kinds of points for logs of other systems, which know activities and attributes only.

They watch the same seven matters as M1 to M7 in the terms of an event log.
"""

from plugins.inspection.rules.engine import STANDARD_KINDS
from plugins.inspection.rules.logs import contents, money, people, timing

LOG_KINDS = (
    timing.TIME_BETWEEN,
    timing.MUST_FOLLOW,
    people.TWO_OFFICERS,
    people.RETURN,
    contents.REQUIRED,
    contents.DECISION,
    money.AMOUNT_RANGE,
    money.PAYMENTS,
)

ALL_KINDS = STANDARD_KINDS.with_kinds(*LOG_KINDS)
