# SPDX-License-Identifier: Apache-2.0
"""Typed text outlives its session: it travels, sealed, through the sign-in page.

Only forms posted from our own pages are carried. The text is bound to the user whose session
ended, so that the next person at the same computer cannot read it.
"""

from typing import Any, NamedTuple

from core import db
from core.auth.sessions import hashed
from core.scope import Scope
from core.web import sealing
from core.web.addresses import parts_of
from core.web.body import read_form
from core.web.state import held

MAX_AGE = 2 * 60 * 60
MAX_SIZE = 300_000
# Passwords are not typed text to be shown again, and leaving needs no second try.
NEVER = frozenset({"/password", "/login", "/logout"})


class Carried(NamedTuple):
    """A form on its way through the sign-in page."""

    path: str
    pairs: list[tuple[str, str]]
    files: bool
    """Files were part of it; they cannot be carried and must be chosen again."""


def same_origin(connection: Any) -> bool:
    """Whether the browser says this came from one of our own pages."""
    headers = connection.headers
    site = headers.get("sec-fetch-site", "")
    if site:
        return bool(site == "same-origin")
    source = headers.get("origin", "") or headers.get("referer", "")
    return bool(source) and parts_of(source).netloc == headers.get("host", "")


async def keep_typed(connection: Any) -> None:
    """Seal what was posted, if it was typed into one of our forms."""
    kept = held(connection)
    if connection.scope.get("method") != "POST" or not same_origin(connection):
        return
    if connection.url.path in NEVER:
        return
    body = await read_form(connection)
    if body is None or not body.typed:
        return
    user = kept.visitor.user_id if kept.visitor else await _former_user(connection)
    path = connection.url.path
    if connection.url.query:
        path += f"?{connection.url.query}"
    files = connection.headers.get("content-type", "").startswith("multipart/form-data")
    text = sealing.seal(kept.platform.settings, (user, path, body.typed, files))
    if len(text) <= MAX_SIZE:
        kept.carry = text


async def _former_user(connection: Any) -> int:
    token = connection.cookies.get(held(connection).platform.settings.session.cookie, "")
    if not token:
        return 0
    async with db.transaction(Scope.nothing()):
        return int(await db.value("select core_session_user($1)", hashed(token)) or 0)


def carried(connection: Any, text: str, user_id: int) -> Carried | None:
    """The form behind ``text``, if it is this user's and not too old."""
    found = sealing.unseal(held(connection).platform.settings, text, MAX_AGE) if text else None
    if not isinstance(found, list) or len(found) != 4:
        return None
    user, path, pairs, files = found
    if user != user_id:
        return None
    return Carried(path, [(name, value) for name, value in pairs], bool(files))
