# SPDX-License-Identifier: Apache-2.0
"""What several pages say."""

from datetime import datetime
from typing import Any

from core.api import clock
from plugins.exams.rules import sitting as rules
from plugins.exams.rules.analysis import gap_words, level_words
from plugins.exams.rules.papers import points_words
from plugins.exams.rules.questions import DIFFICULTIES, KINDS, STATES, short


def typed_time(moment: datetime | None) -> str:
    """A moment as the browser's control for date and time wants it."""
    return f"{clock.local(moment):%Y-%m-%dT%H:%M}" if moment else ""


def second_words(moment: datetime | None) -> str:
    """``11月5日 09:41:07``: in a room seconds matter."""
    if moment is None:
        return ""
    at = clock.local(moment)
    return f"{at.month}月{at.day}日 {at:%H:%M:%S}"


def share_words(share: float) -> str:
    """``83 %``."""
    return f"{round(share * 100)} %"


WORDS: dict[str, Any] = {
    "kinds": KINDS,
    "levels": DIFFICULTIES,
    "question_states": STATES,
    "states": rules.STATES,
    "session_states": rules.SESSIONS,
    "purposes": rules.PURPOSES,
    "ways": rules.WAYS,
    "hows": rules.HOW,
    "points": points_words,
    "short": short,
    "typed_time": typed_time,
    "second_words": second_words,
    "share_words": share_words,
    "level_words": level_words,
    "gap_words": gap_words,
}
"""What every template of this plugin may say."""
