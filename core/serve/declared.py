# SPDX-License-Identifier: Apache-2.0
"""What serving declares: the pages for machines."""

from typing import Any


def route_handlers() -> list[Any]:
    """Asked by ``create_app`` only, so the web parts are imported here."""
    from core.web.health import ROUTES

    return list(ROUTES)
