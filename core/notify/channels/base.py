# SPDX-License-Identifier: Apache-2.0
"""What a channel is: a name, and one function that sends one message or raises."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from core.api.plugin import SubjectRef

POINT = "core.channel"


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. The channel finds the address itself (``core.api.people``)."""

    person: int
    kind: str
    title: str
    text: str
    subject: SubjectRef


class Channel(msgspec.Struct, frozen=True):
    """What is contributed under the channel's key.

    ``send`` raises when the message was not taken over; it is then tried again with growing
    pauses, so it must bear being called twice.
    """

    title: str
    send: Any
    """``async (Outgoing) -> None``"""
    rests_at_night: bool = True


Send = Callable[[Outgoing], Awaitable[None]]
