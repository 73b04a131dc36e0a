# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``complaints.*``. No name of a reporter, no word of the text."""

import msgspec


class Filed(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    door: str
    kind: str
    sealed: bool
    by: str
    """``sealed:<random>`` under seal, the pseudonym otherwise; never a name."""
    organisation: int = 0
    officer: int = 0
    """``core_person.id`` of the accused officer, 0 = none known."""
    scanned: str = ""


class Acted(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    words: str = ""


class Looked(msgspec.Struct, frozen=True):
    """Somebody saw, or found out, what is kept back; the audit lists it with its reason."""

    complaint: int
    number: str
    reason: str


class Pushed(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    copy: int
    organisation: int
    to: str
    officer: int = 0
    due_at: str = ""
    automatic: bool = False


class Delivered(msgspec.Struct, frozen=True):
    """What the body's own trail says: the reporter is a pseudonym."""

    copy: int
    number: str
    reporter: str
    due_at: str = ""


class Answered(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    copy: int
    organisation: int
    officer: int = 0
    late: bool = False


class Transferred(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    to: str
    reason: str
    successor: int = 0


class Rejected(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    ground: str
    reason: str


class ResultTold(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    founded: str = ""
    officer: int = 0
    organisation: int = 0


class Praised(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    organisation: int
    officer: int = 0


class Merged(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    into: int
    into_number: str


class Proposed(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    organisation: int
    officer: int
    reason: str


class Noted(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    level: str


class Disposal(msgspec.Struct, frozen=True):
    complaint: int
    number: str
    reason: str = ""
