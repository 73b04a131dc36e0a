# SPDX-License-Identifier: Apache-2.0
"""Sees every request of a web process: its line in the log, its place in the figures."""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import Counter, Histogram

from core.logging import set_request_id

__all__ = ["DURATIONS", "REQUESTS", "observed"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("jiandu.request")

# Labelled with the route's template, never with the path: ids would make a series each.
REQUESTS = Counter("jiandu_requests", "Requests answered", ("method", "route", "status"))
DURATIONS = Histogram(
    "jiandu_request_seconds",
    "Time to the last byte of the answer",
    ("method", "route"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)

_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observed(app: Any) -> Application:
    """``app``, with every request measured and logged once."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        # The application gives the request its number (core.web.state); a line of the log that
        # is written before must not carry that of the connection's last request.
        set_request_id("")
        status = 500
        started = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Pages that no route answers get their number only while they are answered.
                for name, value in message.get("headers", ()):
                    if name.lower() == b"x-request-id":
                        set_request_id(value.decode("ascii"))
            await send(message)

        try:
            await app(scope, receive, sending)
        finally:
            _account(scope, status, time.perf_counter() - started)

    return answer


def _account(scope: Scope, status: int, seconds: float) -> None:
    # Unknown paths and methods share a series each: a scanner must not fill the memory.
    route = str(scope.get("path_template") or "") if status != 404 else ""
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    REQUESTS.labels(method, route or "(none)", str(status)).inc()
    DURATIONS.labels(method, route or "(none)").observe(seconds)
    path = scope["path"]
    level = logging.DEBUG if path.startswith(_QUIET) and status < 500 else logging.INFO
    # The path without its query: what people search for is theirs.
    log.log(
        level,
        "answered",
        extra={"method": method, "path": path, "status": status, "ms": round(seconds * 1000, 1)},
    )
