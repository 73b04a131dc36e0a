# SPDX-License-Identifier: Apache-2.0
"""How often one address may ask for a page that is open to everybody."""

import ipaddress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from core import clock
from core.errors import TooMany

MINUTE = 60


@dataclass
class Limits:
    """Counts of the running minute, in one process.

    Not shared between processes: what is kept off is a machine that walks through numbers, and
    whether it is stopped after sixty pages or after twice as many makes no difference. All counts
    are dropped when a minute begins, so the table never holds more than one minute's callers.
    """

    minute: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def left(self, name: str, address: str, times: int, moment: float) -> int:
        """Count one more; 0 when allowed, else the seconds until the next minute."""
        minute, passed = divmod(int(moment), MINUTE)
        if minute != self.minute:
            self.minute, self.counts = minute, {}
        key = (name, address)
        self.counts[key] = self.counts.get(key, 0) + 1
        return 0 if self.counts[key] <= times else MINUTE - passed


@lru_cache(maxsize=4096)
def caller(address: str) -> str:
    """Whom an address stands for: with IPv6 one household or office has a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def limit(request: Any, name: str, *, times: int = 60) -> None:
    """Refuse with 429 whoever asks more than ``times`` a minute for the pages called ``name``."""
    # Imported here: what is kept about an application holds the counts.
    from core.web.state import held

    address = caller(request.client.host if request.client else "")
    moment = clock.now().timestamp()
    if wait := held(request).platform.limits.left(name, address, times, moment):
        raise TooMany("查询得太频繁，请过一分钟再试。", wait_seconds=wait)
