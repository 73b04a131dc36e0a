# SPDX-License-Identifier: Apache-2.0
"""What messages declare as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Contribution, ExtensionPoint, Job, NavItem
from core.notify.channels.base import POINT, SMS_POINT, Channel, SmsProvider
from core.notify.channels.console import CONSOLE
from core.notify.channels.email import EMAIL
from core.notify.channels.file import FILE
from core.notify.channels.sms import SMS
from core.notify.channels.staff import APPRISE
from core.scope import Scope


def route_handlers() -> list[Any]:
    from core.notify import routes

    return [
        routes.inbox,
        routes.open_message,
        routes.read_all,
        routes.wishes,
        routes.wish,
        routes.set_email,
    ]


async def _unread(scope: Scope) -> int:
    from core.notify.services import unread_count

    return await unread_count(scope.person)


async def _remind(payload: Any) -> None:
    from core.notify.reminding import run

    await run(payload)


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
    ),
    Job("core.notify.remind", _remind, timeout=timedelta(seconds=30)),
]

extension_points = [
    ExtensionPoint(
        POINT,
        "消息通道",
        Channel,
        docs="键为通道名，供 MessageKind.channels 引用；值见 core.api.messages.Channel。",
    ),
    ExtensionPoint(
        SMS_POINT,
        "短信网关",
        SmsProvider,
        docs="键为网关名；值见 core.api.messages.SmsProvider。模板编号由部署者在 notify.sms_templates 里写明。",
    ),
]

contributions = [
    Contribution(
        POINT,
        key,
        {
            "title": channel.title,
            "send": channel.send,
            "rests_at_night": channel.rests_at_night,
            "ready": channel.ready,
        },
    )
    for key, channel in (
        ("console", CONSOLE),
        ("file", FILE),
        ("email", EMAIL),
        ("sms", SMS),
        ("apprise", APPRISE),
    )
]
