# SPDX-License-Identifier: Apache-2.0
"""Applications for a first card, what the identity checks said, and the lists they look into."""

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from core.api.db import Owned


class Request(Owned, Table, tablename="certificates_request"):
    """新申领: one application of a body for one person, at the body's place."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=60, default=None)
    organisation = BigInt(default=None, index=True)
    id_number = Bytea(null=True, default=None, secret=True)
    """As it was typed, encrypted: a wrong one is kept too, since its check says what is wrong."""
    id_number_hash = Bytea(null=True, default=None, index=True)
    id_number_masked = Varchar(length=18, default="")
    phone = Bytea(null=True, default=None, secret=True)
    phone_masked = Varchar(length=20, default="")
    position = Varchar(length=60, default="")
    category = Varchar(length=60, default="")
    powers = Varchar(length=300, default="")
    """行政执法权力范围, as the card's public page says it."""
    photo = BigInt(null=True, default=None)
    state = Varchar(length=12, default="checking", index=True)
    person = BigInt(null=True, default=None, index=True)
    """Known once the four checks have passed."""
    reviewer_lo = BigInt(default=0)
    """The reviewing office; data, so that a 司法所 may be it."""
    reviewer_region_lo = BigInt(default=0)
    runs = Integer(default=0)
    joined_inspection = Integer(default=0)
    """The year whose annual inspection the application has joined (S2-20); 0 = none."""
    score = Integer(null=True, default=None)
    attempts_used = Integer(default=0)
    attempts_allowed = Integer(default=0)
    result_at = Timestamptz(null=True, default=None)
    result_by_hand = Boolean(default=False)
    certificate = BigInt(null=True, default=None, index=True)
    reason = Varchar(length=500, default="")
    """Why it was returned, refused or cancelled."""
    evidence = BigInt(null=True, default=None)
    """The paper behind a cancellation or a result entered by hand."""
    submitted_at = Timestamptz(default=None)
    submitted_by = BigInt(default=0)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)
    made_at = Timestamptz(null=True, default=None)
    issued_on = Date(null=True, default=None)
    correction = Varchar(length=200, default="")
    """A score that was corrected to a failure after the card was made, until the office decides."""


class Check(Owned, Table, tablename="certificates_check"):
    """The answer of one identity check in one run; earlier runs stay."""

    id = BigSerial(primary_key=True)
    request = ForeignKey(Request, null=False, on_delete=OnDelete.restrict, index=True)
    run = Integer(default=1)
    key = Varchar(length=16, default=None)
    outcome = Varchar(length=12, default=None)
    sentence = Varchar(length=300, default="")
    version = Integer(default=0)
    at = Timestamptz(default=None)


class NameList(Owned, Table, tablename="certificates_list"):
    """One version of a list that was imported: 在编名单 or 强制注销名单."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=16, default=None)
    """establishment | forced"""
    version = Integer(default=1)
    filename = Varchar(length=200, default="")
    digest = Varchar(length=64, default="")
    entries = Integer(default=0)
    skipped = JSONB(default="[]")
    """The rows that could not be used, in words."""
    created_by = BigInt(default=0)
    created_at = Timestamptz(default=None)


class ListEntry(Owned, Table, tablename="certificates_list_entry"):
    """A person in a list: found by the keyed hash of the number, shown masked."""

    id = BigSerial(primary_key=True)
    list = ForeignKey(NameList, null=True, on_delete=OnDelete.restrict, index=True)
    """Empty for somebody put on the forced-cancel list by a cancellation."""
    kind = Varchar(length=16, default=None)
    id_number_hash = Bytea(default=None, index=True)
    id_number_masked = Varchar(length=18, default="")
    name = Varchar(length=60, default="")
    unit = Varchar(length=120, default="")
    reason = Varchar(length=300, default="")
    evidence = BigInt(null=True, default=None)
    since = Date(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)
    removed_by = BigInt(default=0)
    removed_reason = Varchar(length=300, default="")


class UnitCode(Owned, Table, tablename="certificates_unit_code"):
    """The three digits a unit has inside the numbers of its cards; given once, never changed."""

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None, unique=True)
    code = Integer(default=None)
