# SPDX-License-Identifier: Apache-2.0
"""What the rules of the card and its holder say, without a database."""

from plugins.certificates.rules.standing import (
    CARD_KINDS,
    STATES,
    Card,
    Period,
    Standing,
    State,
    change_refused,
    check_dates,
    check_number,
    judge_card,
    judge_person,
    standing_words,
)

__all__ = [
    "CARD_KINDS",
    "STATES",
    "Card",
    "Period",
    "Standing",
    "State",
    "change_refused",
    "check_dates",
    "check_number",
    "judge_card",
    "judge_person",
    "standing_words",
]
