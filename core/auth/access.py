# SPDX-License-Identifier: Apache-2.0
"""Guards: every route says who may use it, or says why everybody may.

A handler with neither stops the start-up (``core.app``), so nothing is open by forgetting.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from core.auth.visitor import OrgRef, RegionRef, Visitor
from core.errors import Forbidden, NotSignedIn, StaleForm
from core.web.state import held

__all__ = [
    "OrgRef",
    "RegionRef",
    "Requires",
    "Visitor",
    "by_the_page",
    "public",
    "requires",
    "visitor",
]

PUBLIC = "public"
SESSION = "session"
BY_THE_PAGE = "by_the_page"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FIELD = "_csrf"
HEADER = "x-csrf-token"
ACTIVE = "jd-active"

# Where somebody may go who must first change his password or choose a role.
# The menu's counts are asked for by every page, also by those open now: sending that request on to
# the password page would make the page load itself again and again.
BADGES = "/nav/badges"
OPEN_BEFORE_CHANGE = frozenset({"/password", "/logout", BADGES})
OPEN_WITHOUT_ROLE = frozenset(
    {"/roles", "/password", "/logout", "/sessions", "/preferences", BADGES}
)


class MustChangePassword(Exception):
    """Nothing else is open until the password is one's own."""


class MustChooseRole(Exception):
    """The acting role has lapsed; the user holds another, or none."""


def visitor(request: ASGIConnection[Any, Any, Any, Any]) -> Visitor:
    """Who is asking. ``NotSignedIn`` when nobody is."""
    who = held(request).visitor
    if who is None:
        raise NotSignedIn
    return who


def visitor_or_none(request: ASGIConnection[Any, Any, Any, Any]) -> Visitor | None:
    """Who is asking on a page that is open to everybody."""
    return held(request).visitor


class Requires:
    """A guard: signed in, all ``permissions`` held, and the form's token when something changes.

    Without permissions it stands for "anyone signed in".
    """

    def __init__(self, permissions: tuple[str, ...]) -> None:
        self.permissions = permissions

    def __repr__(self) -> str:
        return f"requires({', '.join(map(repr, self.permissions))})"

    async def __call__(
        self, connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        """Refuse with the error that fits; ``core.web.errors`` words it."""
        from core.auth.carrying import keep_typed

        who = held(connection).visitor
        if who is None:
            await keep_typed(connection)
            raise NotSignedIn
        path = connection.url.path
        if who.must_change and path not in OPEN_BEFORE_CHANGE:
            raise MustChangePassword
        if not who.role and path not in OPEN_WITHOUT_ROLE:
            raise MustChooseRole
        missing = tuple(each for each in self.permissions if each not in who.permissions)
        if missing:
            raise Forbidden(missing)
        if connection.scope.get("method") in UNSAFE:
            await check_token(connection, who)


async def check_token(connection: ASGIConnection[Any, Any, Any, Any], who: Visitor) -> None:
    """The token of the session must come in a header or as the first fields of the form.

    Other sites can make a browser send a form, but cannot know the token.
    """
    import hmac

    from core.auth.carrying import keep_typed
    from core.web.body import read_form

    sent = connection.headers.get(HEADER, "")
    if sent and hmac.compare_digest(sent.encode(), who.csrf.encode()):
        return
    body = await read_form(connection, token=who.csrf)
    if body is None or not body.trusted:
        await keep_typed(connection)
        raise StaleForm


def requires(*permissions: str) -> Requires:
    """Guard for a handler: ``guards=[requires("cases.case.read")]``."""
    return Requires(permissions)


def by_the_page(*, on_a_timer: bool = False) -> dict[str, Any]:
    """``opt`` for a handler that an open page asks by itself, not because somebody pressed a thing.

    When the session is over, the page stays as it is, with what was typed in it, and is told
    (``jd:signed-out``): nobody loses a form to a request he did not make. One asked ``on_a_timer``
    does not count as somebody being there, so that a page left open ends by itself; the page says
    in ``JD-Active`` when somebody is.
    """
    return {BY_THE_PAGE: "timer" if on_a_timer else "hand"}


def somebody_is_there(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether this request keeps the session awake."""
    asked = connection.scope["route_handler"].opt.get(BY_THE_PAGE)
    return asked != "timer" or connection.headers.get(ACTIVE, "") == "1"


def public(reason: str, *, session: bool = True) -> dict[str, Any]:
    """``opt`` for a handler open to everybody: ``@get("/x", opt=public("why"))``."""
    if not reason.strip():
        raise ValueError("a public route needs a reason")
    return {PUBLIC: reason, SESSION: session}
