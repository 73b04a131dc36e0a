# SPDX-License-Identifier: Apache-2.0
"""What this plugin records."""

import msgspec


class Published(msgspec.Struct, frozen=True):
    """Payload of ``training.published``: what was announced to whom."""

    training: int
    title: str
    batch: str
    readers: str
    region: int
    starts_at: str
    tenths: int
    seats: int
    digest: str
    """SHA-256 of the text as published."""


class Withdrawn(msgspec.Struct, frozen=True):
    """Payload of ``training.withdrawn`` and ``training.lesson_withdrawn``."""

    title: str
    reason: str


class SeatsChanged(msgspec.Struct, frozen=True):
    """Payload of ``training.seats_added``; 0 seats means no limit."""

    training: int
    title: str
    before: int
    after: int
    words: str
    """How many there are now, as it is read."""
    reason: str


class TookPart(msgspec.Struct, frozen=True):
    """Payload of ``training.signed_up``, ``left``, ``moved_up`` and ``checked_in``."""

    training: int
    title: str
    person: int
    name: str
    outcome: str
    """seat | waiting | left | excused | how somebody checked in"""
    reason: str = ""


class Attendance(msgspec.Struct, frozen=True):
    """Payload of ``training.attendance_recorded``: who had a seat came, was excused or absent.

    The same shape as that of activities, so that whoever counts absences needs one reader.
    """

    person: int
    training: int
    title: str
    on: str
    outcome: str
    """present | excused | absent"""
    organised_by: int
    reason: str = ""
    words: str = ""
    """The outcome as it is read; empty in facts recorded before it was kept."""


class Finished(msgspec.Struct, frozen=True):
    """Payload of ``training.finished``."""

    training: int
    title: str
    batch: str
    present: int
    excused: int
    absent: int


class HoursEntered(msgspec.Struct, frozen=True):
    """Payload of ``training.hours_credited`` and ``training.hours_reversed``."""

    entry: int
    person: int
    name: str
    tenths: int
    hours: str
    year: int
    source: str
    source_id: int
    title: str
    reason: str = ""
    reverses: int = 0


class Certified(msgspec.Struct, frozen=True):
    """Payload of ``training.certificate_issued`` and ``training.certificate_voided``."""

    training: int
    title: str
    person: int
    number: str


class FeedbackGiven(msgspec.Struct, frozen=True):
    """Payload of ``training.feedback_given``: that one came in, never from whom or what."""

    training: int
    title: str


class Reminded(msgspec.Struct, frozen=True):
    """Payload of ``training.reminded`` and ``training.shortfall_reminded``."""

    title: str
    persons: int


class ListChanged(msgspec.Struct, frozen=True):
    """Payload of ``training.list_applied`` and ``training.list_undone``."""

    batch: int
    training: int
    title: str
    persons: int
    digest: str


class MaterialChanged(msgspec.Struct, frozen=True):
    """Payload of ``training.material_added`` and ``training.material_removed``."""

    title: str
    name: str
    sha256: str


class RequirementSet(msgspec.Struct, frozen=True):
    """Payload of ``training.requirement_set`` and ``training.requirement_ended``."""

    requirement: int
    role: str
    hours: str
    from_year: int
    to_year: int = 0
    basis: str = ""


class LessonPublished(msgspec.Struct, frozen=True):
    """Payload of ``training.lesson_published``."""

    lesson: int
    kind: str
    title: str
    tag: str
    readers: str
    digest: str


class Studied(msgspec.Struct, frozen=True):
    """Payload of ``training.lesson_suggested``, ``lesson_declined`` and ``lesson_done``."""

    lesson: int
    title: str
    person: int
    tag: str = ""
    alarms: int = 0
    reason: str = ""
