# SPDX-License-Identifier: Apache-2.0
"""What this plugin records. No payload names the author of an opinion."""

import msgspec


class Opened(msgspec.Struct, frozen=True):
    """Payload of ``opinions.opened``: what was asked of whom, until when."""

    draft: int
    title: str
    readers: str
    region: int
    opens_on: str
    closes_on: str
    digest: str
    """SHA-256 of the text as shown."""


class VersionShown(msgspec.Struct, frozen=True):
    """Payload of ``opinions.version_published``."""

    draft: int
    title: str
    number: int
    digest: str
    changes: str


class Extended(msgspec.Struct, frozen=True):
    """Payload of ``opinions.extended``."""

    draft: int
    title: str
    closes_on: str
    reason: str


class Stepped(msgspec.Struct, frozen=True):
    """Payload of ``opinions.closed``, ``opinions.finished`` and what comes before and between."""

    draft: int
    title: str
    received: int


class Published(msgspec.Struct, frozen=True):
    """Payload of ``opinions.report_published``."""

    draft: int
    title: str
    edition: int
    digest: str
    received: int
    correction: str = ""


class Sent(msgspec.Struct, frozen=True):
    """Payload of ``opinions.sent`` and ``opinions.revised``."""

    opinion: int
    draft: int
    number: int
    label: str
    files: int
    sealed: bool
    by: str
    """The author's words for himself: his title, or ``sealed:…`` under seal."""


class Answered(msgspec.Struct, frozen=True):
    """Payload of ``opinions.answered``: one answer, also when it went to many."""

    opinion: int
    draft: int
    number: int
    together: int
    """How many opinions got the same answer at once."""


class Noted(msgspec.Struct, frozen=True):
    """Payload of ``opinions.noted``."""

    opinion: int
    number: int


class Moderated(msgspec.Struct, frozen=True):
    """Payload of ``opinions.moderated``."""

    opinion: int
    number: int
    kind: str
    words: str
    reason: str
    appeal_until: str = ""


class Appealed(msgspec.Struct, frozen=True):
    """Payload of ``opinions.appealed``."""

    opinion: int
    number: int
    words: str
    by: str


class Judged(msgspec.Struct, frozen=True):
    """Payload of ``opinions.judged``."""

    draft: int
    label: str
    outcome: str
    reason: str
