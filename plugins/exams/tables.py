# SPDX-License-Identifier: Apache-2.0
"""The bank, papers, sessions with their rooms and rosters, attempts and their chains."""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Own, Owned


class Batch(Owned, Table, tablename="exams_batch"):
    """An import into the bank: what was read, what was wrong."""

    id = BigSerial(primary_key=True)
    filename = Varchar(length=200, default="")
    format = Varchar(length=12, default=None)
    digest = Varchar(length=64, default=None)
    taken = Integer(default=0)
    doubled = Integer(default=0)
    """Questions the bank, or the file itself, had already."""
    faults = JSONB(default="[]")
    created_at = Timestamptz(default=None)
    created_by_name = Varchar(length=64, default="")


class Question(Owned, Table, tablename="exams_question"):
    """A question. Once in use its words never change: a better one replaces it as a new row."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=10, default=None)
    """single | multiple | true_false | fill"""
    subject = Varchar(length=60, default=None, index=True)
    difficulty = SmallInt(default=2)
    law = Varchar(length=200, default="")
    stem = Text(default=None)
    """Safe HTML (``core.api.richtext``)."""
    words = Text(default="")
    """The stem without markup, for search and comparison."""
    options = JSONB(default="[]")
    accepted = JSONB(default="[]")
    explanation = Text(default="")
    pictures = JSONB(default="[]")
    """Stored files: id, name, sha256."""
    digest = Varchar(length=64, default=None, index=True)
    state = Varchar(length=8, default="draft")
    """draft | in_use | retired"""
    replaces = BigInt(null=True, default=None)
    batch = BigInt(null=True, default=None, index=True)
    written_by = BigInt(default=0)
    written_by_name = Varchar(length=64, default="")
    approved_by_name = Varchar(length=64, default="")
    created_at = Timestamptz(default=None)
    changed_at = Timestamptz(default=None)


class Paper(Owned, Table, tablename="exams_paper"):
    """What a session draws: quotas, time, pass mark (C7-05)."""

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    quotas = JSONB(default="[]")
    minutes = Integer(default=90)
    pass_tenths = Integer(default=None)
    total_tenths = Integer(default=None)
    half = Boolean(default=False)
    """Multiple choice: some right and none wrong gives half."""
    retired = Boolean(default=False)
    created_at = Timestamptz(default=None)
    created_by_name = Varchar(length=64, default="")


class Wanted(Own, Table, tablename="exams_wanted"):
    """Somebody who has to pass an exam, as the certificates told or an office entered."""

    id = BigSerial(primary_key=True)
    purpose = Varchar(length=12, default=None)
    """application | inspection | other"""
    request = BigInt(default=0)
    name = Varchar(length=60, default=None)
    organisation = BigInt(default=0)
    unit = Varchar(length=120, default="")
    card_number = Varchar(length=40, default="")
    due_on = Date(null=True, default=None)
    state = Varchar(length=10, default="waiting")
    """waiting | seated | passed | failed | withdrawn"""
    used = SmallInt(default=0)
    allowed = SmallInt(default=2)
    reason = Varchar(length=300, default="")
    asked_at = Timestamptz(default=None)

    once = Unique(["purpose", "request", "person"])


class Session(Owned, Table, tablename="exams_session"):
    """One sitting (场次) with its drawn paper."""

    LIST_ORDER = "starts_at"

    id = BigSerial(primary_key=True)
    title = Varchar(length=120, default=None)
    organ_name = Varchar(length=120, default="")
    venue = Varchar(length=200, default="")
    paper = ForeignKey(Paper, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=10, default="planned")
    """planned | open | closed | published | cancelled"""
    starts_at = Timestamptz(default=None)
    minutes = Integer(default=90)
    late_minutes = Integer(default=30)
    pass_tenths = Integer(default=0)
    total_tenths = Integer(default=0)
    half = Boolean(default=False)
    code = Varchar(length=8, default="", index=True)
    """场次码: what the computers in the rooms type to get to this sitting."""
    seed = Varchar(length=64, default="", secret=True)
    sheet = JSONB(default="[]")
    """The drawn questions and their worth, in base order."""
    sheet_digest = Varchar(length=64, default="")
    rulings = JSONB(default="{}")
    """By position: what upheld appeals decided."""
    tickets = Integer(default=0)
    legacy_password = Boolean(default=False)
    reason = Varchar(length=300, default="")
    created_at = Timestamptz(default=None)
    created_by = BigInt(default=0)
    """安排人: who planned it, answers for it and names its invigilators."""
    created_by_name = Varchar(length=64, default="")
    opened_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    published_at = Timestamptz(null=True, default=None)
    appeals_until = Date(null=True, default=None)


class Room(Owned, Table, tablename="exams_room"):
    """A room of a session."""

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, default=None)
    seats = Integer(default=None)


class Invigilator(Owned, Table, tablename="exams_invigilator"):
    """监考员: where a session names some, nobody else of the office acts in its rooms."""

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None)
    name = Varchar(length=60, default=None)
    named_by_name = Varchar(length=64, default="")
    named_at = Timestamptz(default=None)

    once = Unique(["session", "person"])


class Entry(Own, Table, tablename="exams_entry"):
    """A place on the roster."""

    FK_UNCHECKED: ClassVar = {"wanted": "stands at the person's own office, seen by the bureau"}

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    wanted = ForeignKey(Wanted, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, default=None)
    unit = Varchar(length=120, default="")
    purpose = Varchar(length=12, default="")
    request = BigInt(default=0)
    room = BigInt(default=None)
    room_name = Varchar(length=60, default="")
    seat = Integer(default=None)
    ticket = Varchar(length=16, default=None, unique=True)
    """准考证号"""
    officer = BigInt(default=0)
    """Whom the certificate's code resolves to; 0 = no certificate yet."""
    number = SmallInt(default=1)
    """Which attempt of this person for this request."""
    extra_minutes = Integer(default=0)
    extra_reason = Varchar(length=300, default="")
    late_start = Boolean(default=False)
    checked_in_at = Timestamptz(null=True, default=None)
    way = Varchar(length=12, default="")
    checked_in_by_name = Varchar(length=64, default="")
    password = Bytea(null=True, default=None, secret=True)
    """Keyed hash of the one-time password; gone once used."""
    password_at = Timestamptz(null=True, default=None)
    tries = SmallInt(default=0)
    absent = Boolean(default=False)

    once = Unique(["session", "person"])
    place = Unique(["room", "seat"])


class Attempt(Own, Table, tablename="exams_attempt"):
    """What one candidate does in one sitting, with the head of its chain."""

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    entry = ForeignKey(Entry, null=False, on_delete=OnDelete.restrict, unique=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=10, default="ready")
    """ready | sitting | submitted | voided"""
    epoch = Integer(default=0)
    """Goes up when the invigilator releases it to another computer."""
    token = Bytea(null=True, default=None, secret=True)
    """Hash of what the browser holds; of no other browser."""
    key = Bytea(null=True, default=None, secret=True)
    """For the sealed file, encrypted by the platform."""
    seq = Integer(default=0)
    head = Bytea(default=None)
    newest = Integer(default=0)
    """The highest number of this epoch the browser has sent."""
    done = Varchar(length=64, default="0")
    """Which questions have an answer, as hexadecimal bits."""
    blurs = Integer(default=0)
    photo = Bytea(null=True, default=None)
    """SHA-256 of the picture, as it stands in the chain."""
    photo_waived = Varchar(length=300, default="")
    photo_failed = Boolean(default=False)
    begun_at = Timestamptz(null=True, default=None)
    deadline = Timestamptz(null=True, default=None)
    added_minutes = Integer(default=0)
    seen_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    how = Varchar(length=12, default="")
    score = Integer(null=True, default=None)
    """Tenths."""
    passed = Boolean(null=True, default=None)
    void_reason = Varchar(length=300, default="")


class Act(Owned, Table, tablename="exams_act"):
    """One link of an attempt's chain; added, never changed."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}
    FK_UNCHECKED: ClassVar = {"attempt": "the row is locked by the same statement's caller"}

    id = BigSerial(primary_key=True)
    attempt = ForeignKey(Attempt, null=False, on_delete=OnDelete.restrict)
    seq = Integer(default=None)
    epoch = Integer(default=0)
    n = Integer(default=None)
    """The browser's number; the platform's own acts are numbered below zero."""
    kind = Varchar(length=16, default=None)
    body = Text(default="{}")
    at = BigInt(default=None)
    """Microseconds, as they are hashed."""
    hash = Bytea(default=None)

    order = Unique(["attempt", "seq"])
    once = Unique(["attempt", "epoch", "n"])


class Photo(Owned, Table, tablename="exams_photo"):
    """The picture taken on site; deleted after its time, its hash stays in the chain (C7-04)."""

    id = BigSerial(primary_key=True)
    attempt = ForeignKey(Attempt, null=False, on_delete=OnDelete.restrict, index=True)
    file = BigInt(default=None)
    sha256 = Bytea(default=None)
    taken_at = Timestamptz(default=None)
    way = Varchar(length=12, default="")
    """candidate | invigilator"""


class Confirmation(Owned, Table, tablename="exams_confirmation"):
    """Something two people have to agree on."""

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    entry = ForeignKey(Entry, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=10, default=None)
    """checkin | minutes | void | sealed"""
    body = JSONB(default="{}")
    reason = Varchar(length=300, default=None)
    asked_by = BigInt(default=None)
    asked_by_name = Varchar(length=64, default="")
    asked_at = Timestamptz(default=None)
    state = Varchar(length=10, default="open")
    """open | agreed | refused"""
    decided_by = BigInt(null=True, default=None)
    decided_by_name = Varchar(length=64, default="")
    decided_at = Timestamptz(null=True, default=None)


class Appeal(Own, Table, tablename="exams_appeal"):
    """A candidate says that a question or its key is wrong (C7-15)."""

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    entry = ForeignKey(Entry, null=False, on_delete=OnDelete.restrict, index=True)
    position = Integer(default=None)
    question = BigInt(default=None)
    name = Varchar(length=60, default="")
    reason = Varchar(length=1000, default=None)
    filed_at = Timestamptz(default=None)
    state = Varchar(length=10, default="open")
    """open | upheld | rejected"""
    answer = Varchar(length=1000, default="")
    decided_by_name = Varchar(length=64, default="")
    decided_at = Timestamptz(null=True, default=None)


class Regrade(Owned, Table, tablename="exams_regrade"):
    """What a ruling changed for one attempt."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    session = ForeignKey(Session, null=False, on_delete=OnDelete.restrict, index=True)
    attempt = ForeignKey(Attempt, null=False, on_delete=OnDelete.restrict, index=True)
    question = BigInt(default=None)
    before = Integer(default=None)
    after = Integer(default=None)
    passed_before = Boolean(default=False)
    passed_after = Boolean(default=False)
    words = Varchar(length=1000, default="")
    by_name = Varchar(length=64, default="")
    at = Timestamptz(default=None)
