# SPDX-License-Identifier: Apache-2.0
"""Which plugin, which of its hooks and which line an error came from.

Logged always, shown on error pages in development and in demonstrations: an author should not
have to search, and a user of a real platform should not read code.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.host.discovery import folder
from core.host.errors import failure_text
from core.host.registry import Registry
from core.web.state import held


@dataclass(frozen=True)
class Culprit:
    """Where an error came from, in words for the author."""

    plugin: str
    title: str
    hook: str
    where: str
    """File and line of the plugin's own code; "" when none of it was running."""
    error: str


def find(request: Any, error: BaseException) -> Culprit:
    """Who is to blame for ``error``: the plugin whose code ran last, else the route's owner."""
    registry = held(request).platform.registry
    handler = request.scope.get("route_handler")
    opt = getattr(handler, "opt", None) or {}
    owner = str(opt.get("plugin", "core"))
    plugin, where = _last_plugin_frame(registry, error)
    name = plugin or owner
    manifest = registry.plugins.get(name)
    return Culprit(
        name,
        manifest.title if manifest else name,
        hook_of(registry, name, request.url.path),
        where,
        failure_text(error),
    )


def _last_plugin_frame(registry: Registry, error: BaseException) -> tuple[str, str]:
    homes = {
        home: name
        for name, implementation in registry.implementations.items()
        if name != "core" and (home := folder(implementation)) is not None
    }
    found = ("", "")
    trace = error.__traceback__
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        for home, name in homes.items():
            if path.is_relative_to(home):
                inside = path.relative_to(home)
                found = (name, f"{name}/{inside}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found


def hook_of(registry: Registry, plugin: str, path: str) -> str:
    """Through which hook a path came into the platform: a card, a panel, else a page."""
    places: list[tuple[str, Any]] = [("dashboard_cards", each) for each in registry.cards]
    places += [("panels", each) for k in registry.panel_kinds for each in registry.panels(k)]
    for hook, entry in places:
        if registry.plugin_of(entry) != plugin:
            continue
        bare = re.split(r"[?#]", entry.path)[0]
        shape = "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", bare)))
        if re.fullmatch(shape, path):
            return hook
    return "route_handlers"
