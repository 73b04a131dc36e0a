# SPDX-License-Identifier: Apache-2.0
"""What messages declare as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Contribution, ExtensionPoint, Job, NavItem
from core.notify.channels.base import POINT, Channel
from core.notify.channels.console import CONSOLE
from core.scope import Scope


def route_handlers() -> list[Any]:
    from core.notify import routes

    return [
        routes.inbox,
        routes.open_message,
        routes.read_all,
        routes.wishes,
        routes.wish,
    ]


async def _unread(scope: Scope) -> int:
    from core.notify.services import unread_count

    return await unread_count(scope.person)


async def _send(payload: Any) -> None:
    from core.notify.services import send

    await send(payload)


nav_items = [
    NavItem(
        "消息",
        "/messages",
        permission="",
        section="",
        icon="bell",
        weight=1,
        badge=_unread,
        phone="tab",
    )
]

jobs = [
    Job(
        "core.notify.send",
        _send,
        timeout=timedelta(seconds=30),
        tries=8,
        scope="platform",
        reason="messages of all regions leave through the same channels",
    )
]

extension_points = [
    ExtensionPoint(
        POINT,
        "消息通道",
        Channel,
        docs="键为通道名，供 MessageKind.channels 引用；值见 core.api.messages.Channel。",
    )
]

contributions = [
    Contribution(
        POINT,
        "console",
        {
            "title": CONSOLE.title,
            "send": CONSOLE.send,
            "rests_at_night": CONSOLE.rests_at_night,
        },
    )
]
