# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts about clocks and calendars."""

import msgspec


class ClockLapsed(msgspec.Struct, frozen=True):
    clock: int
    key: str
    title: str
    started_at: str
    due_at: str
    provisional: bool = False
    """The date rests on a year without published holidays: worth a note, never a red lamp."""


class ClockPaused(msgspec.Struct, frozen=True):
    clock: int
    key: str
    title: str
    reason: str
    approver: str = ""


class ClockResumed(msgspec.Struct, frozen=True):
    clock: int
    key: str
    title: str
    paused_days: int
    due_before: str
    due_at: str


class ClockExtended(msgspec.Struct, frozen=True):
    clock: int
    key: str
    title: str
    amount: int
    unit: str
    reason: str
    approver: str
    count: int
    due_before: str
    due_at: str


class ClockRecomputed(msgspec.Struct, frozen=True):
    clock: int
    key: str
    title: str
    due_before: str
    due_at: str
    provisional: bool
    reason: str


class CalendarImported(msgspec.Struct, frozen=True):
    year: int
    source: str
    days: int
    region: int


class CalendarDayChanged(msgspec.Struct, frozen=True):
    day: str
    is_workday: bool
    note: str
    region: int
