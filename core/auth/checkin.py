# SPDX-License-Identifier: Apache-2.0
"""Codes on a screen in the room that change while one looks: who scans one has been there.

A photograph of the screen sent to somebody at home is worthless half a minute later. The code is
computed from the installation's key and the clock, so nothing is stored and every process agrees.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime

from core.keys.cipher import lookup_hash

SECONDS = 30
"""How long one code is shown; it admits as long again, for those whose camera was slow."""


@dataclass(frozen=True)
class CheckinCode:
    """What is shown now, and for how many seconds more."""

    token: str
    seconds_left: int


def checkin_code(what: str, at: datetime) -> CheckinCode:
    """The code of ``what`` (``activities.activity:17``) at a moment."""
    window = int(at.timestamp()) // SECONDS
    return CheckinCode(_token(what, window), SECONDS - int(at.timestamp()) % SECONDS)


def checkin_admits(what: str, token: str, at: datetime) -> bool:
    """Whether somebody who presents ``token`` has just seen the screen of ``what``."""
    window = int(at.timestamp()) // SECONDS
    given = token.encode(errors="replace")
    # Both are always compared: the time taken says nothing about which was right.
    found = [
        hmac.compare_digest(given, _token(what, each).encode()) for each in (window, window - 1)
    ]
    return any(found)


def _token(what: str, window: int) -> str:
    return base64.b32encode(lookup_hash(f"{what}@{window}", "checkin")[:10]).decode().lower()
