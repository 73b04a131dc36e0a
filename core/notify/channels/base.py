# SPDX-License-Identifier: Apache-2.0
"""What a channel is: a name, and one function that sends one message or raises."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.api.plugin import SubjectRef

POINT = "core.channel"
SMS_POINT = "core.sms"


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. The channel finds the address itself (``core.api.people``)."""

    person: int
    kind: str
    title: str
    text: str
    subject: SubjectRef
    params: Mapping[str, Any] = field(default_factory=dict)
    """What the words were made of, for channels that send approved templates only."""


class Channel(msgspec.Struct, frozen=True):
    """What is contributed under the channel's key.

    ``send`` raises when the message was not taken over; it is then tried again with growing
    pauses, so it must bear being called twice.
    """

    title: str
    send: Any
    """``async (Outgoing) -> None``"""
    rests_at_night: bool = True
    ready: Any = None
    """``() -> bool``: whether the operator has configured it; None = always."""


class SmsProvider(msgspec.Struct, frozen=True):
    """A gateway for short messages, contributed to ``core.sms`` by a plugin of its vendor."""

    title: str
    send: Any
    """``async (Sms) -> None``; raises when the gateway did not take it over."""


@dataclass(frozen=True)
class Sms:
    """One short message: gateways in China send approved templates only, filled with values."""

    phone: str
    template: str
    """The number the gateway gave the template."""
    params: Mapping[str, str]


Send = Callable[[Outgoing], Awaitable[None]]


def is_ready(channel: Channel) -> bool:
    """Whether anything would leave by this channel."""
    return channel.ready is None or bool(channel.ready())
