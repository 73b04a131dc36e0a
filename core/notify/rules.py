# SPDX-License-Identifier: Apache-2.0
"""Wording of messages and the hours of the night; no database."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from core.api.plugin import MessageKind
from core.clock import SHANGHAI, local

NIGHT_BEGINS = time(22, 0)
NIGHT_ENDS = time(7, 30)


def worded(kind: MessageKind, params: Mapping[str, Any]) -> tuple[str, str]:
    """Title and text of a message; a placeholder without its value is the sender's mistake."""
    try:
        return kind.title.format_map(params)[:200], kind.text.format_map(params)
    except KeyError as error:
        raise ValueError(f"{kind.key}: {error.args[0]!r} is missing in params") from error


def not_before(moment: datetime) -> datetime:
    """When a channel that rests at night may send: at once by day, else in the morning."""
    here = local(moment)
    if NIGHT_ENDS <= here.time() < NIGHT_BEGINS:
        return moment
    morning = datetime.combine(here.date(), NIGHT_ENDS, SHANGHAI)
    if here.time() >= NIGHT_BEGINS:
        morning += timedelta(days=1)
    return morning.astimezone(moment.tzinfo)
