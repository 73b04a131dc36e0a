# SPDX-License-Identifier: Apache-2.0
"""The debug bar of the development environment (C11-15): what a page cost and who took part.

Only with ``JIANDU_ENV=development`` and the switch ``JIANDU_DEBUG_BAR`` (``jiandu serve --reload``
sets it). In production the switch stops the start-up; nothing of this is ever in an answer there.
"""

from typing import Any

from core.observing import MOST, Seen, watching
from core.settings import Settings, SettingsError
from core.web.state import Held


def wanted(settings: Settings) -> bool:
    """Whether requests are watched."""
    return settings.server.debug_bar and settings.environment == "development"


def refuse_in_production(settings: Settings) -> None:
    """The switch in production is a mistake worth stopping for."""
    if settings.server.debug_bar and settings.environment == "production":
        raise SettingsError(
            "正式环境不能打开调试栏，请去掉 JIANDU_DEBUG_BAR (no debug bar in production)"
        )


def seen_so_far(kept: Held, template: str, path: str) -> dict[str, Any] | None:
    """What the bar shows; ``None`` when nobody watches."""
    seen = watching.get()
    if seen is None or not wanted(kept.platform.settings):
        return None
    who = kept.visitor
    return {
        "request_id": kept.request_id,
        "template": template,
        "plugin": _owner(kept, path),
        "on": sorted(kept.enabled),
        "queries": [(text, round(took, 1)) for text, took in seen.queries[:MOST]],
        "count": len(seen.queries),
        "repeated": _repeated(seen),
        "database_ms": round(seen.database_ms, 1),
        "elapsed_ms": round(seen.elapsed_ms, 1),
        "scopes": list(seen.scopes),
        "calls": list(seen.calls),
        "who": "" if who is None else f"{who.login} · {who.role} · {who.reach}",
        "permissions": sorted(who.permissions) if who is not None else [],
    }


def _owner(kept: Held, path: str) -> str:
    first = path.strip("/").partition("/")[0]
    return first if first in kept.platform.registry.plugins else "core"


def _repeated(seen: Seen) -> int:
    """How often a query ran that had run before: the sign of one query per row."""
    return len(seen.queries) - len({text for text, _ in seen.queries})


def timing(seen: Seen) -> str:
    """For the browser's own tools, also where a piece of a page has no bar."""
    return f'db;dur={seen.database_ms:.1f};desc="{len(seen.queries)} queries", total;dur={seen.elapsed_ms:.1f}'
