# SPDX-License-Identifier: Apache-2.0
"""What the certificates record: the payloads of their facts."""

from typing import Any

import msgspec


class OfficerRegistered(msgspec.Struct):
    """A person entered the register."""

    officer: int
    person: int
    organisation: int


class CertificateChanged(msgspec.Struct):
    """A certificate was registered or changed its state; others may show its number."""

    certificate: int
    person: int
    number: str
    state: str
    since: str
    valid_from: str
    valid_until: str
    reason: str = ""


class ImportChanged(msgspec.Struct):
    """A sheet was applied or undone: one fact for the whole batch."""

    batch: int
    organisation: int
    officers: int
    digest: str


class Applied(msgspec.Struct):
    """A body applied for a first card; the number stays out of the record."""

    request: int
    name: str
    organisation: int


class Checked(msgspec.Struct):
    """The four identity checks were made: each with its own answer."""

    request: int
    run: int
    outcomes: dict[str, str]
    state: str


class RequestDecided(msgspec.Struct):
    """The legal office passed, returned or refused an application."""

    request: int
    state: str
    reason: str = ""


class ExamWanted(msgspec.Struct):
    """A person now needs a seat in the exam on public law."""

    request: int
    purpose: str
    person: int
    name: str
    organisation: int
    org_lo: int
    region_lo: int
    card_number: str = ""
    due_on: str = ""


class ExamUnwanted(msgspec.Struct):
    """He needs none any more."""

    request: int
    purpose: str
    person: int
    reason: str


class ExamResult(msgspec.Struct):
    """A result was taken over from the exam, or entered by hand with its paper."""

    request: int
    purpose: str
    passed: bool
    score: int
    by_hand: bool
    state: str


class CardMade(msgspec.Struct):
    """A number was given out and a card put together; it is not in force before it is issued."""

    request: int
    certificate: int
    number: str


class ListImported(msgspec.Struct):
    """A new version of the establishment list or of the forced-cancel list."""

    list: int
    kind: str
    version: int
    entries: int
    digest: str


class ListEntryRemoved(msgspec.Struct):
    """The province took a person off the forced-cancel list."""

    entry: int
    reason: str


class InspectionChanged(msgspec.Struct):
    """An annual inspection came a step further, with what the gate answered at that moment."""

    inspection: int
    person: int
    certificate: int
    kind: str
    due_on: str
    state: str
    moment: str
    evidence: dict[str, Any]
    reason: str = ""


class InspectionDone(msgspec.Struct):
    """An annual inspection is complete; the next one is due on ``next_due``."""

    inspection: int
    person: int
    certificate: int
    number: str
    kind: str
    due_on: str
    done_on: str
    next_due: str
    how: str


class BodyChanged(msgspec.Struct):
    """The account of a body came a step further."""

    body: int
    act: str
    reason: str = ""


class LetterKept(msgspec.Struct):
    """A 委托书 was taken in and published."""

    body: int
    letter: int
    until: str


class CardAct(msgspec.Struct):
    """A card was cancelled, suspended, revoked or given back, with its paper."""

    certificate: int
    person: int
    number: str
    act: str
    reason: str


class Transferred(msgspec.Struct):
    """An officer went to another body."""

    officer: int
    person: int
    before: int
    after: int


class Renamed(msgspec.Struct):
    """A body has another name; so many faces were made anew."""

    body: int
    before: str
    after: str
    faces: int


class Migrated(msgspec.Struct):
    """A table of the 2008 system was brought over, or taken back: one fact for all its rows."""

    migration: int
    kind: str
    entered: int
    faults: int
    digest: str


class SignedOff(msgspec.Struct):
    """A body or its legal office signed the figures brought over."""

    organisation: int
    side: str
    agrees: bool
    note: str = ""
