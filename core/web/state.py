# SPDX-License-Identifier: Apache-2.0
"""What core keeps about a running application and about one request."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from os import urandom
from typing import TYPE_CHECKING, Any

from core.web.limiting import Limits

if TYPE_CHECKING:
    from core.auth.visitor import Visitor
    from core.host.registry import Registry
    from core.settings import Settings
    from core.web.body import Body
    from core.web.static import StaticFiles
    from core.web.templating import Templates

KEY = "jiandu"


@dataclass
class Platform:
    """One application: its settings, its plugins, its templates. Lives in ``app.state``."""

    settings: "Settings"
    registry: "Registry"
    templates: "Templates"
    static: "StaticFiles"
    plugin_of_path: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    """How often who has asked for pages that are open to everybody."""


@dataclass
class Held:
    """One request: who asks, what was posted, its number. Lives in the ASGI scope."""

    request_id: str
    platform: Platform
    visitor: "Visitor | None" = None
    enabled: frozenset[str] = frozenset()
    """The plugins that are on where the visitor acts."""
    body: "Body | None" = None
    carry: str = ""
    """The typed form of a dead session, sealed, for the sign-in page."""
    new_cookie: str | None = None
    """Token to set (or "" to delete) with the answer."""
    flash: list[dict[str, str]] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    """What the drawn page may use of the device: ``camera``, ``microphone``, ``media`` (pictures
    and recordings made in the page), ``wasm``. No other page may (``core.web.security``)."""

    def close(self) -> None:
        if self.body is not None:
            self.body.close()


# The request being answered, for macros (which have no context of their own) and log lines.
current: ContextVar[Held | None] = ContextVar("jiandu_request", default=None)


def platform_of(app: Any) -> Platform:
    """The platform of a Litestar application."""
    platform: Platform = app.state[KEY]
    return platform


def held(connection: Any) -> Held:
    """What core keeps about this request; made at the first call."""
    scope = connection if isinstance(connection, dict) else connection.scope
    kept = scope.get(KEY)
    if kept is None:
        app = scope.get("litestar_app") or scope["app"]
        kept = scope[KEY] = Held(new_request_id(), platform_of(app))
    result: Held = kept
    return result


LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_request_id() -> str:
    """A short number a user can read out on the telephone; random, so that it tells nothing."""
    # One draw for all eight letters; that some are likelier by a hair matters for no number of this
    # kind: it opens nothing.
    return "".join(LETTERS[byte % len(LETTERS)] for byte in urandom(8))
