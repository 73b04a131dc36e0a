# SPDX-License-Identifier: Apache-2.0
"""What is recorded: references, dates and grounds; personal data stay in their own rows."""

import msgspec


class Applied(msgspec.Struct, frozen=True):
    """An application came in, by one of the three routes."""

    application: int
    person: int
    route: str
    region: int


class Step(msgspec.Struct, frozen=True):
    """An application moved: screened, reviewed, published, withdrawn, cleared."""

    application: int
    person: int
    outcome: str
    state: str
    reason: str = ""
    silent: tuple[str, ...] = ()
    """Plugins that should have spoken at the gate and did not."""


class NoticeOpened(msgspec.Struct, frozen=True):
    """公示 began."""

    application: int
    notice: int
    until: str
    workdays: int


class Objected(msgspec.Struct, frozen=True):
    """An objection came in, or was answered."""

    application: int
    objection: int
    outcome: str = ""


class Appointed(msgspec.Struct, frozen=True):
    """A term began; others may count it."""

    person: int
    term: int
    application: int
    number: str
    number_in_row: int
    starts: str
    ends: str
    region_lo: int


class TermEnded(msgspec.Struct, frozen=True):
    """A term is over: expired, resigned or dismissed."""

    person: int
    term: int
    state: str
    last_day: str
    reason: str = ""


class Dismissed(msgspec.Struct, frozen=True):
    """解聘 with its ground, and what was considered."""

    person: int
    term: int
    ground: str
    last_day: str
    reason: str
    proposal: int = 0


class Commended(msgspec.Struct, frozen=True):
    """通报表彰."""

    person: int
    term: int
    commendation: int
    title: str


class Requested(msgspec.Struct, frozen=True):
    """继任 or 辞职 was applied for, taken back, or decided."""

    person: int
    term: int
    request: int
    kind: str
    outcome: str = ""
    reason: str = ""


class Recused(msgspec.Struct, frozen=True):
    """A duty to withdraw came or went."""

    person: int
    term: int
    recusal: int
    kind: str
    relation: str
    reason: str = ""


class Proposed(msgspec.Struct, frozen=True):
    """A dismissal was proposed, or the proposal dropped."""

    person: int
    term: int
    proposal: int
    cause: str
    ground: str
    reason: str = ""


class Reported(msgspec.Struct, frozen=True):
    """A body reported a supervisor, or got its answer."""

    term: int
    report: int
    body: int
    breach: str
    outcome: str = ""


class SlipPrinted(msgspec.Struct, frozen=True):
    """The bureau printed the way in for an invited person."""

    application: int
    person: int


class Flagged(msgspec.Struct, frozen=True):
    """The nightly check found a serving supervisor among the officers."""

    person: int
    term: int
    text: str
