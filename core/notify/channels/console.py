# SPDX-License-Identifier: Apache-2.0
"""The channel of development and demonstrations: a line in the log instead of a short message."""

import logging

from core.notify.channels.base import Channel, Outgoing

log = logging.getLogger("jiandu.channel.console")


async def send(message: Outgoing) -> None:
    """Write what would be sent. The text stays out: it may name people."""
    log.info("to person %d: %s", message.person, message.title)


CONSOLE = Channel("控制台", send, rests_at_night=False)
