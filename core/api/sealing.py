# SPDX-License-Identifier: Apache-2.0
"""Small things handed to the browser and wanted back: it can neither read nor change them.

For an address that must carry a secret past a redirect without standing in any log or row.
"""

from typing import Any

from core.web import sealing
from core.web.state import held

__all__ = ["carried", "carry"]


def carry(request: Any, what: Any) -> str:
    """``what`` as text that only this installation can read again."""
    return sealing.seal(held(request).platform.settings, what)


def carried(request: Any, text: str, max_age: int) -> Any:
    """What ``carry`` was given, or ``None`` when it is older than ``max_age`` seconds or not ours."""
    if not text or len(text) > 8000:
        return None
    return sealing.unseal(held(request).platform.settings, text, max_age)
