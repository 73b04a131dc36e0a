# SPDX-License-Identifier: Apache-2.0
"""What the web part declares as part of plugin ``core``."""

from typing import Any


def route_handlers() -> list[Any]:
    """Menu counts, static files and the sheet of components."""
    from core.web import navigation, pages, static

    return [navigation.badges, static.static_file, pages.components]
