# SPDX-License-Identifier: Apache-2.0
"""What the installable app declares as part of plugin ``core``."""

from typing import Any


def route_handlers() -> list[Any]:
    from core.pwa.routes import HANDLERS

    return list(HANDLERS)
