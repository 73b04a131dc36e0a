# SPDX-License-Identifier: Apache-2.0
"""Telling persons: ``notify`` writes inboxes; channels are contributed to ``core.channel``."""

from core.api.plugin import MessageKind
from core.notify.channels.base import Channel, Outgoing, Sms, SmsProvider
from core.notify.reminding import remind
from core.notify.services import notify

__all__ = ["Channel", "MessageKind", "Outgoing", "Sms", "SmsProvider", "notify", "remind"]
