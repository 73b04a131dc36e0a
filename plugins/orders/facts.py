# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``orders.*``."""

import msgspec


class Issued(msgspec.Struct, frozen=True):
    order: int
    number: str
    alarms: list[int]
    tier: int
    parent: int = 0
    organ: int = 0
    to: str = ""
    round: int = 1


class Relayed(msgspec.Struct, frozen=True):
    order: int
    number: str
    alarms: list[int]
    parent: int
    to: str
    person: int
    tier: int = 2
    round: int = 1


class Replied(msgspec.Struct, frozen=True):
    order: int
    number: str
    alarms: list[int]
    tier: int
    cause: str
    text: str
    by: str = ""
    round: int = 1


class Returned(msgspec.Struct, frozen=True):
    order: int
    number: str
    alarms: list[int]
    round: int
    reason: str


class Decided(msgspec.Struct, frozen=True):
    order: int
    number: str
    alarms: list[int]
    reason: str
    left: int = 0
    """How many alarms of the order are still open."""
    organisation: int = 0
    """The department the order was given to; zero in facts written before it was told."""


class Escalated(msgspec.Struct, frozen=True):
    order: int
    number: str
    tier: int
    to: str
    due_at: str


class Received(msgspec.Struct, frozen=True):
    order: int
    number: str


class Extended(msgspec.Struct, frozen=True):
    order: int
    number: str
    days: int
    reason: str


class Urged(msgspec.Struct, frozen=True):
    order: int
    number: str
    by: str
    to: str
