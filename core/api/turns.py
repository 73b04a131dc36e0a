# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is. One table serves 我的待办 of all plugins, so none keeps a list of its own.

A service hands the turn over in its own transaction, right after the change that makes it
somebody's turn::

    await hand_turn(
        SubjectRef("cases.case", case_id),
        title=case["title"], subline=f"{case['number']} · {case['party']}",
        step_title="调查取证", step_note="第 3 步", path=f"/cases/{case_id}",
        holder_person=handler, permission="cases.case.handle", clock=clock, place=place,
    )

and closes it with ``close_turn`` when nobody has to act any more. ``hold(subject, who)`` gives
what the macro ``hold`` draws on a page; ``countdown`` the same words for a date of one's own.
"""

from core.turns.queries import (
    hold,
    holds,
    is_watched,
    my_turns,
    unit_turns,
    watched_turns,
)
from core.turns.rules import Countdown, countdown
from core.turns.services import close_turn, hand_turn, move_due, set_lamp, unwatch, watch

__all__ = [
    "Countdown",
    "close_turn",
    "countdown",
    "hand_turn",
    "hold",
    "holds",
    "is_watched",
    "move_due",
    "my_turns",
    "set_lamp",
    "unit_turns",
    "unwatch",
    "watch",
    "watched_turns",
]
