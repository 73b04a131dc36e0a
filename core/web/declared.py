# SPDX-License-Identifier: Apache-2.0
"""What the web part declares as part of plugin ``core``."""

from typing import Any


def route_handlers() -> list[Any]:
    """Menu counts, plugins page, static files."""
    from core.web import navigation, plugins_page, static

    return [navigation.badges, static.static_file, *plugins_page.HANDLERS]
