# SPDX-License-Identifier: Apache-2.0
"""Headers every answer carries, and the refusal of forms sent by other sites."""

from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import urlsplit

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from core.web.addresses import parts_of
from core.web.state import held

# Strict: nothing inline, nothing from elsewhere, so a forgotten escape executes nothing.
# ``data:`` pictures are the arrows and ticks of the style sheet.
SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
POLICY = "; ".join(f"{what} {where}" for what, where in SOURCES.items())

# Only pages that draw the component get more (macro ``allow`` of templating): ``blob:`` is what
# was photographed or recorded in the page itself, WebAssembly reads codes.
MORE = {
    "media": {"img-src": "blob:", "media-src": "blob:"},
    "wasm": {"script-src": "'wasm-unsafe-eval'"},
}
DEVICES = ("camera", "microphone")

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def policy_for(needs: AbstractSet[str], policy: str = POLICY) -> str:
    """The policy for content with what the drawn page needs beyond it."""
    for need in sorted(needs & MORE.keys()):
        for what, where in MORE[need].items():
            if f"{what} " in policy and where not in policy.partition(f"{what} ")[2].split(";")[0]:
                policy = policy.replace(f"{what} ", f"{what} {where} ", 1)
    return policy


def permissions_for(needs: AbstractSet[str]) -> str:
    """Camera and microphone for the pages that ask for them, for no frame in them."""
    policy = HEADERS["Permissions-Policy"]
    for device in DEVICES:
        if device in needs:
            policy = policy.replace(f"{device}=()", f"{device}=(self)")
    return policy


RAW = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


async def add_headers(message: Message, scope: Scope) -> None:
    """``before_send`` of the application: also error pages and unknown addresses get them."""
    if message["type"] != "http.response.start":
        return
    kept = held(scope)
    # On the raw pairs, in one pass: this runs for every answer, and the helper for single headers
    # goes through all of them each time.
    raw: list[tuple[bytes, bytes]] = list(message["headers"])
    message["headers"] = raw
    there = {name.lower() for name, _value in raw}

    def default(name: bytes, value: str) -> None:
        if name not in there:
            raw.append((name, value.encode("latin-1")))

    raw += [pair for pair in RAW if pair[0] not in there]
    if kept.needs:
        headers = MutableScopeHeaders.from_message(message)
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy_for(kept.needs, policy)
        headers["Permissions-Policy"] = permissions_for(kept.needs)
    who = kept.visitor
    if who is not None and who.on_phone:
        # Says to the service worker whose page it keeps; another account never sees it.
        default(b"x-jiandu-account", f"{who.user_id}-{who.assignment_id}")
    # Kept for the back button, but asked for again: what may be seen can change any moment.
    default(b"cache-control", "private, no-cache")
    raw.append((b"x-request-id", kept.request_id.encode()))
    settings = kept.platform.settings
    if settings.server.url.startswith("https://"):
        # Not with an authority of our own: localhost would be bound to https for every program.
        default(b"strict-transport-security", HSTS)
    if kept.new_cookie is not None:
        raw.append((b"set-cookie", session_cookie(settings, kept.new_cookie).encode()))


def session_cookie(settings: Any, token: str) -> str:
    """The Set-Cookie line that opens or (with an empty token) closes a session."""
    parts = [f"{settings.session.cookie}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if settings.secure_cookies:
        parts.append("Secure")
    if not token:
        parts.append("Max-Age=0")
    return "; ".join(parts)


def foreign(scope: Scope, headers: Any, site_url: str) -> bool:
    """Whether a changing request was sent by a page of another site."""
    if scope.get("method") in SAFE:
        return False
    if headers.get("sec-fetch-site", "") in ("cross-site", "same-site"):
        return True
    origin = headers.get("origin", "")
    if not origin:
        return False
    # Without the empty name: a page in a sandbox sends "null", which has no host either.
    hosts = {headers.get("host", ""), urlsplit(site_url).netloc} - {""}
    return parts_of(origin).netloc not in hosts
