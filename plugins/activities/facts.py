# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``activities.*``."""

import msgspec


class Registered(msgspec.Struct, frozen=True):
    record: int
    person: int
    type: str
    organisation: int
    unit: str
    activity: int = 0


class Decided(msgspec.Struct, frozen=True):
    record: int
    unit: str
    reason: str = ""


class Announced(msgspec.Struct, frozen=True):
    activity: int
    title: str
    kind: str
    on: str
    host: int
    seats: int


class Changed(msgspec.Struct, frozen=True):
    activity: int
    title: str
    what: str


class Cancelled(msgspec.Struct, frozen=True):
    activity: int
    title: str
    reason: str


class Invited(msgspec.Struct, frozen=True):
    activity: int
    title: str
    persons: list[int]
    count: int


class Answered(msgspec.Struct, frozen=True):
    activity: int
    title: str
    person: int
    answer: str
    words: str
    reason: str = ""


class LeaveDecided(msgspec.Struct, frozen=True):
    activity: int
    person: int
    name: str
    granted: bool
    words: str
    reason: str = ""


class CheckedIn(msgspec.Struct, frozen=True):
    activity: int
    title: str
    person: int


class Corrected(msgspec.Struct, frozen=True):
    activity: int
    person: int
    name: str
    before: str
    after: str
    words: str
    reason: str


class Closed(msgspec.Struct, frozen=True):
    activity: int
    title: str
    present: int
    excused: int
    absent: int


class Attended(msgspec.Struct, frozen=True):
    """How somebody took part: ``present``, ``excused`` or ``absent``. Told again when corrected."""

    person: int
    activity: int
    on: str
    outcome: str
    organised_by: int
    title: str
    words: str
    host: int = 0
