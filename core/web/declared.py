# SPDX-License-Identifier: Apache-2.0
"""What the web part declares as part of plugin ``core``."""

from typing import Any


def route_handlers() -> list[Any]:
    """Menu counts and static files."""
    from core.web import navigation, static

    return [navigation.badges, static.static_file]
