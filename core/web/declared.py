# SPDX-License-Identifier: Apache-2.0
"""What the web part declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import ExtensionPoint
from core.web.linking import POINT, Linker

extension_points = [
    ExtensionPoint(
        POINT,
        "文字里的链接",
        Linker,
        docs="见 core.api.linking：find 说出一段话里哪些字打开本平台的哪一页；核心转义并画出链接。",
    )
]


def route_handlers() -> list[Any]:
    """Menu counts, static files and the sheet of components."""
    from core.web import navigation, pages, static

    return [navigation.badges, static.static_file, pages.components]
