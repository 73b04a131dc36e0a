# SPDX-License-Identifier: Apache-2.0
"""Staff channels (DingTalk, WeCom, ServerChan …) through apprise, an optional extra.

The addresses are the operator's: a group of an office reads along. So it is told that something
has come, never about whom or what; who it is for reads the words in his own inbox.
"""

from importlib.util import find_spec

from core import settings
from core.notify.channels.base import Channel, Outgoing


class NotTaken(RuntimeError):
    """No staff channel took the message over; it is tried again."""


async def send(message: Outgoing) -> None:
    """Tell the staff channels which kind of message has come."""
    import apprise

    from core.host.registry import current

    chosen = settings.load()
    told = apprise.Apprise()
    for address in chosen.notify.apprise:
        told.add(address)
    registry = current()
    kind = registry.message_kinds.get(message.kind)
    manifest = registry.plugins.get(registry.plugin_of(kind)) if kind else None
    body = f"平台有新的{manifest.title if manifest else '业务'}消息，请登录查看。"
    if not await told.async_notify(title=chosen.site.title, body=body):
        raise NotTaken("the staff channels did not take the message")


def _ready() -> bool:
    return bool(settings.load().notify.apprise) and find_spec("apprise") is not None


APPRISE = Channel("工作群", send, rests_at_night=True, ready=_ready)
