# SPDX-License-Identifier: Apache-2.0
"""One web process: uvicorn on the socket that the parent owns (``python -m core.serve.web``)."""

import argparse
import gc
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import uvicorn

from core.logging import set_up
from core.settings import load
from core.web.observe import observed

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, then finish the requests in flight."""
    parser = argparse.ArgumentParser(prog="python -m core.serve.web")
    parser.add_argument("--fd", type=int, required=True, help="the inherited listening socket")
    options = parser.parse_args(arguments)
    settings = load()
    set_up(settings)
    # What importing makes, stays: looking through it for rubbish is a fifth of the start, and
    # frozen it is not looked through again with every request either.
    gc.disable()
    # After logging is set up, so that a failing import is logged like everything else.
    from core.asgi import app

    gc.freeze()
    gc.enable()

    config = uvicorn.Config(
        cast("ASGIApplication", observed(app)),
        loop="uvloop",
        http="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.server.trusted_proxies),
        forwarded_allow_ips=list(settings.server.trusted_proxies),
        timeout_graceful_shutdown=settings.server.stop_seconds,
        timeout_keep_alive=15,
    )
    # Not uvicorn's own --fd: that declares the socket a Unix one and loses the client's address.
    sock = socket.socket(fileno=options.fd)
    server = uvicorn.Server(config)
    server.run(sockets=[sock])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
