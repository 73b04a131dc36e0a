# SPDX-License-Identifier: Apache-2.0
"""Upload tickets: what a page without a session gives its browser, so that it may send files.

A ticket is random and signed; it opens nothing but the uploads made with it.
"""

import secrets
from typing import Any

from core.web import sealing
from core.web.state import current, held

FIELD = "upload_ticket"
HEADER = "x-upload-ticket"
SECONDS = 20 * 3600


def upload_ticket() -> str:
    """A fresh ticket for the page being drawn; empty where a session does instead."""
    kept = current.get()
    if kept is None or kept.visitor is not None:
        return ""
    return sealing.sign(kept.platform.settings, {"u": secrets.token_urlsafe(18)})


def read_ticket(request: Any, text: str) -> str:
    """The random part of a ticket of ours that is not too old; else empty."""
    if not text or len(text) > 400:
        return ""
    try:
        found = sealing.unsign(held(request).platform.settings, text, SECONDS)
    except (ValueError, TypeError):
        return ""
    return str(found.get("u", "")) if isinstance(found, dict) else ""
