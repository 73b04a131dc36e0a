# SPDX-License-Identifier: Apache-2.0
"""The register, which belongs to the bureau, and the redacted copies, which belong to the bodies.

A complaint stands at the bureau's place, so that no body sees the row; what a body may read is a
row of its own (``complaints_copy``) at the body's place, with files of its own.
"""

from typing import Any, ClassVar

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.api.db import Owned


class Complaint(Owned, Table, tablename="complaints_complaint"):
    """A complaint or praise (投诉、表扬). Who filed it stands here only where he did not mind."""

    LIST_ORDER = "filed_at"

    id = BigSerial(primary_key=True)
    number = Varchar(length=40, default=None)
    organ = BigInt(default=0)
    """``core_organisation.id`` of the bureau; 0 where none is named (C1-06)."""
    door = Varchar(length=12, default=None)
    kind = Varchar(length=12, default=None)
    target = Varchar(length=8, default=None)
    enforcement_type = Varchar(length=40, default=None)
    account = Text(default=None)
    happened_on = Date(default=None)
    department = BigInt(default=0)
    department_name = Varchar(length=120, default="")
    body = BigInt(default=0, index=True)
    """0 while a typed name waits to be matched (S0-16)."""
    body_name = Varchar(length=120, default="")
    body_typed = Varchar(length=120, null=True, default=None)
    """What the reporter had typed, once staff has matched it: the receipt's digest covers that."""
    officer = BigInt(default=0, index=True)
    """``core_person.id`` of the accused officer."""
    officer_name = Varchar(length=60, default="")
    certificate = BigInt(default=0)
    """The id of the scanned officer record (S0-16)."""
    scanned = Varchar(length=12, default="")
    scanned_text = Varchar(length=200, default="")
    told_on_site = Boolean(default=False)
    wants_procedure = Boolean(default=False)
    sealed = Boolean(default=False)
    alias = Bytea(null=True, default=None, index=True)
    """HMAC of the supervisor's person, by which he finds his own; needs the server's key."""
    reporter = BigInt(default=0)
    """``core_person.id``; always 0 under seal."""
    reporter_name = Varchar(length=60, default="")
    contact = Bytea(null=True, default=None, secret=True)
    """Name and telephone of the public, encrypted; null under seal."""
    envelope = BigInt(default=0, secret=True)
    marks = JSONB(default="{}")
    """Salted keyed hashes of the reporter's own name and numbers, for the leak check."""
    receipt = Bytea(null=True, default=None, unique=True, secret=True)
    """Keyed hash of the receipt code."""
    once = Bytea(null=True, default=None, unique=True, secret=True)
    """Keyed hash of the form's own key: sent twice, filed once."""
    salt = Varchar(length=32, default=None)
    digest = Varchar(length=64, default=None)
    proof = Text(default="")
    """The signed receipt, once the worker has signed it."""
    route = JSONB(default="[]")
    state = Varchar(length=12, default="submitted")
    late = Boolean(default=False)
    filed_at = Timestamptz(default=None)
    said_at = Varchar(length=40, default="")
    """The phone's own time; the server's counts."""
    handled_at = Timestamptz(null=True, default=None)
    active_at = Timestamptz(default=None)
    handler_name = Varchar(length=60, default="")
    result = Text(default="")
    founded = Varchar(length=12, default="")
    told_at = Timestamptz(null=True, default=None)
    closed_at = Timestamptz(null=True, default=None)
    referral = Varchar(length=12, default="")
    referral_to = Varchar(length=120, default="")
    origin: Any = BigInt(default=0)
    """The sender's row, for what was handed over inside the platform."""
    successor: Any = BigInt(default=0)
    merged_to: Any = BigInt(default=0, index=True)
    """The complaint it was merged into."""
    clock = BigInt(null=True, default=None)
    """Its own date after merging: every reporter keeps his."""
    news = Boolean(default=False)
    """Something happened that the reporter has not looked at."""
    proposed_at = Timestamptz(null=True, default=None)
    disposal = Varchar(length=10, default="")
    disposal_at = Timestamptz(null=True, default=None)
    disposal_by = BigInt(default=0)
    disposal_reason = Text(default="")
    postponed_until = Date(null=True, default=None)


class Attachment(Owned, Table, tablename="complaints_attachment"):
    """A photo, recording or video of a complaint, or of a body's answer (``copy``)."""

    id = BigSerial(primary_key=True)
    complaint = BigInt(default=None, index=True)
    copy = BigInt(default=0, index=True)
    file = BigInt(default=None)
    name = Varchar(length=200, default="")
    kind = Varchar(length=12, default=None)
    media_type = Varchar(length=100, default="")
    size = BigInt(default=0)
    sha256 = Varchar(length=64, default=None)
    clean = Boolean(default=False)
    """There is a copy without the device's data."""
    answer = Boolean(default=False)


class Copy(Owned, Table, tablename="complaints_copy"):
    """What a body gets: a redacted copy, at the body's place (推送)."""

    LIST_ORDER = "pushed_at"

    id = BigSerial(primary_key=True)
    complaint = BigInt(default=None, index=True)
    number = Varchar(length=40, default=None)
    kind = Varchar(length=12, default=None)
    target = Varchar(length=8, default="")
    enforcement_type = Varchar(length=40, default="")
    organisation = BigInt(default=None)
    organisation_name = Varchar(length=120, default="")
    officer = BigInt(default=0, index=True)
    officer_name = Varchar(length=60, default="")
    organ_lo = BigInt(default=0)
    organ_name = Varchar(length=120, default="")
    home_lo = BigInt(default=None)
    """The region (``lo``) of the complaint itself."""
    reporter_words = Varchar(length=40, default="")
    text = Text(default="")
    happened_on = Date(default=None)
    state = Varchar(length=10, default="open")
    """open | answered | merged (answered in another) | closed | informed (a praise)"""
    automatic = Boolean(default=False)
    pushed_at = Timestamptz(default=None)
    pushed_by_name = Varchar(length=60, default="")
    demand = Text(default="")
    clock = BigInt(null=True, default=None)
    reminded = Integer(null=True, default=None)
    late = Boolean(default=False)
    answer = Text(default="")
    measures = Text(default="")
    founded = Varchar(length=12, default="")
    answered_at = Timestamptz(null=True, default=None)
    answered_by_name = Varchar(length=60, default="")


class Note(Owned, Table, tablename="complaints_note"):
    """A remark: ``internal`` at the bureau, ``unit`` also for the body, ``reporter`` for him (C1-15)."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, delete"}

    id = BigSerial(primary_key=True)
    complaint = BigInt(default=None, index=True)
    copy = BigInt(default=0)
    level = Varchar(length=10, default=None)
    text = Text(default=None)
    author_name = Varchar(length=60, default="")
    side = Varchar(length=8, default="bureau")
    """bureau | body | reporter"""
    at = Timestamptz(default=None)
