# SPDX-License-Identifier: Apache-2.0
"""The headers of htmx 4, read and written. Written for 4: the older helpers misread them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.web.addresses import parts_of


@dataclass(frozen=True, slots=True)
class Hx:
    """What htmx says about a request. Without htmx every field is empty."""

    active: bool
    source: str
    """Element that sent it, ``button#b``."""
    target: str
    """Element to be filled, ``div#out``."""
    kind: str
    """``partial`` (a piece is wanted) or ``full``."""
    current_url: str

    @property
    def target_id(self) -> str:
        return self.target.rpartition("#")[2] if "#" in self.target else ""

    @property
    def wants_partial(self) -> bool:
        """Whether the answer should be a piece; boosted links and history want the whole page."""
        return self.active and self.kind != "full"

    @property
    def current_path(self) -> str:
        """Path and query of the page the user looks at; never another site's."""
        parts = parts_of(self.current_url)
        path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else "/"
        return f"{path}?{parts.query}" if parts.query else path


def read(connection: Any) -> Hx:
    """The htmx headers of a request."""
    headers = connection.headers
    active = headers.get("hx-request", "").lower() == "true"
    boosted = headers.get("hx-boosted", "").lower() == "true"
    restoring = headers.get("hx-history-restore-request", "").lower() == "true"
    kind = headers.get("hx-request-type", "")
    if active and not kind:
        kind = "full" if boosted or restoring else "partial"
    return Hx(
        active,
        headers.get("hx-source", ""),
        headers.get("hx-target", ""),
        kind,
        headers.get("hx-current-url", ""),
    )


def is_htmx(connection: Any) -> bool:
    """Whether htmx asks for a piece of a page."""
    return read(connection).wants_partial


def trigger(events: Mapping[str, Any] | str) -> dict[str, str]:
    """Header that fires events in the page once the answer has arrived."""
    if isinstance(events, str):
        return {"HX-Trigger": events}
    return {"HX-Trigger": json.dumps(dict(events), ensure_ascii=True)}


def retarget(target: str, swap: str = "innerHTML") -> dict[str, str]:
    """Headers that put the answer elsewhere than the page meant to."""
    return {"HX-Retarget": target, "HX-Reswap": swap}
