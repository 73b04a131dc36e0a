# SPDX-License-Identifier: Apache-2.0
"""What searching declares as part of plugin ``core``."""

from typing import Any


def route_handlers() -> list[Any]:
    """The search page."""
    from core.search.routes import search

    return [search]
