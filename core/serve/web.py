# SPDX-License-Identifier: Apache-2.0
"""One web process: uvicorn on the socket that the parent owns (``python -m core.serve.web``)."""

import argparse
import gc
import logging
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from core.host.errors import PluginError
from core.logging import set_up
from core.pwa import authority
from core.settings import Settings, load
from core.web.observe import observed

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication


def _application(settings: Settings) -> Any:
    """The platform; with a broken plugin a page that names it, in development, else nothing."""
    try:
        from core.asgi import app
    except PluginError as error:
        logging.getLogger("jiandu.web").exception("a plugin is broken")
        if settings.environment != "development":
            return None
        from core.web.broken import application

        return application(error)
    return app


def _certificate(settings: Settings) -> dict[str, Any]:
    """Where the parent has put certificate and key, when this installation serves https itself."""
    if not settings.server.https:
        return {}
    folder = settings.data / authority.FOLDER
    return {
        "ssl_certfile": str(folder / "server.crt"),
        "ssl_keyfile": str(folder / "server.key"),
    }


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
    app = _application(settings)
    if app is None:
        return 3

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
        **_certificate(settings),
    )
    # Not uvicorn's own --fd: that declares the socket a Unix one and loses the client's address.
    sock = socket.socket(fileno=options.fd)
    server = uvicorn.Server(config)
    server.run(sockets=[sock])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
