# SPDX-License-Identifier: Apache-2.0
"""``/app.webmanifest``, ``/sw.js``, ``/ca`` and ``/ca.crt``: the same for everybody."""

import hashlib
import re
from typing import Any

import msgspec
from litestar import Request, Response, get

from core.auth.access import public
from core.errors import NotFound
from core.pwa import authority
from core.web import responses
from core.web.state import held
from core.web.static import StaticFiles

Req = Request[Any, Any, Any]
WHY = "a browser asks for it before anybody signs in"
WORKER = "js/sw.js"
SHELL = (
    "vendor/tabler.min.css",
    "css/jiandu.css",
    "vendor/htmx.min.js",
    "vendor/icons.svg",
    "img/mark.svg",
    "js/page.js",
    "js/forms.js",
    "js/upload.js",
    "js/outbox.js",
    "js/drafts.js",
    "js/media.js",
    "js/recorder.js",
)
"""What the shell of a page needs; those that do not exist are left out."""
ICONS = (("img/app-192.png", "192x192"), ("img/app-512.png", "512x512"))


@get("/app.webmanifest", opt=public(WHY, session=False), sync_to_thread=False)
def manifest(request: Req) -> Response[bytes]:
    """Name, colours and icons of the installed app."""
    platform = held(request).platform
    static = platform.static
    title = platform.settings.site.title
    icons = [{"src": static.url("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"}]
    for purpose in ("any", "maskable"):
        icons += [
            {"src": static.url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes in ICONS
            if static.entry(name) is not None
        ]
    body = msgspec.json.encode(
        {
            "id": "/",
            "name": title,
            "short_name": "执法监督",
            "lang": "zh-CN",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f4f7f8",
            "theme_color": "#0f3440",
            "icons": icons,
        }
    )
    return Response(
        body, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"}
    )


def shell_of(static: StaticFiles) -> list[str]:
    """Addresses of the files the shell needs, with their hashes."""
    return [static.url(name) for name in SHELL if static.entry(name) is not None]


def version_of(static: StaticFiles) -> str:
    """Changes when any file of the shell or the worker itself does."""
    worker = static.entry(WORKER)
    told = "\n".join([worker.hash if worker else "", *shell_of(static)])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


@get("/sw.js", opt=public(WHY, session=False), sync_to_thread=False)
def service_worker(request: Req) -> Response[bytes]:
    """The service worker at the root, so that it may answer for every page.

    The browser compares it byte for byte, so the version in its first line is what makes a
    phone fetch a new shell. Without the worker's file this is no address at all.
    """
    static = held(request).platform.static
    entry = static.entry(WORKER)
    if entry is None:
        raise NotFound
    source = entry.body or entry.path.read_bytes()
    told = {"version": version_of(static), "shell": shell_of(static)}
    head = b"self.JD = " + msgspec.json.encode(told) + b";\n"
    return Response(
        head + source,
        media_type="text/javascript",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


@get("/ca", opt=public("a phone that does not trust us yet reads it"))
async def trust_page(request: Req) -> Response[Any]:
    """How to install the local authority on a phone, and why (only where there is one)."""
    found = authority.certificate(held(request).platform.settings.data)
    if found is None:
        raise NotFound
    agent = request.headers.get("user-agent", "")
    return responses.page(
        request,
        "pages/ca.html",
        fingerprint=found.fingerprint,
        valid_to=found.valid_to,
        phone="ios"
        if re.search(r"iPhone|iPad", agent)
        else "harmony"
        if re.search("HarmonyOS|OpenHarmony", agent)
        else "android",
    )


@get("/ca.crt", opt=public("a phone that does not trust us yet installs it", session=False))
async def authority_file(request: Req) -> Response[bytes]:
    """The certificate of the local authority; its key never leaves the data folder."""
    found = authority.certificate(held(request).platform.settings.data)
    if found is None:
        raise NotFound
    return Response(
        found.der,
        media_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="jiandu-ca.crt"'},
    )


HANDLERS = [manifest, service_worker, trust_page, authority_file]
