# SPDX-License-Identifier: Apache-2.0
"""Officers, their certificates, and every state a certificate was in."""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Owned, Public


class Officer(Owned, Table, tablename="certificates_officer"):
    """What makes a person (``core_person``) an enforcement officer: one row a person."""

    id = BigSerial(primary_key=True)
    person = BigInt(default=None, unique=True)
    name = Varchar(length=60, default=None)
    organisation = BigInt(default=None, index=True)
    category = Varchar(length=60, default="")
    """执法类别, e.g. 市场监管."""
    position = Varchar(length=60, default="")
    photo = BigInt(null=True, default=None)
    """The picture on the card; a file of purpose ``certificates.photo``."""
    batch = BigInt(null=True, default=None, index=True)
    """The import that brought this row, so that it can be undone."""
    created_at = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)


class Certificate(Public, Table, tablename="certificates_certificate"):
    """A certificate (执法证). Holds only what anybody may read from its public page."""

    id = BigSerial(primary_key=True)
    officer = ForeignKey(Officer, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    number = Varchar(length=20, default=None, unique=True)
    kind = Varchar(length=10, default="local")
    token = Varchar(length=32, default=None, unique=True)
    """Opaque and random; the QR holds it, so that nobody can count through certificates."""
    holder_name = Varchar(length=60, default=None)
    unit_name = Varchar(length=120, default=None)
    """Generated from the unit, never typed (S2-4)."""
    region_name = Varchar(length=60, default="")
    category = Varchar(length=60, default="")
    powers = Varchar(length=300, default="")
    """行政执法权力范围, in words for the public page (S2-5)."""
    photo = BigInt(null=True, default=None)
    valid_from = Date(default=None)
    valid_until = Date(default=None)
    inspection_due = Date(null=True, default=None)
    created_at = Timestamptz(default=None)


class Period(Public, Table, tablename="certificates_period"):
    """A state a certificate was in; periods of one certificate never overlap."""

    id = BigSerial(primary_key=True)
    certificate = ForeignKey(Certificate, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=12, default=None)
    since = Date(default=None)
    until = Date(null=True, default=None)
    reason = Varchar(length=300, default="")
    recorded_at = Timestamptz(default=None)
    recorded_by = BigInt(default=0)


class Batch(Owned, Table, tablename="certificates_batch"):
    """An imported sheet: what was read, what came of it, whether it was undone."""

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None)
    filename = Varchar(length=200, default="")
    digest = Varchar(length=64, default=None)
    state = Varchar(length=10, default="preview")
    """preview, applying (the worker is at it), applied, undone."""
    rows = Varchar(length=None, default="[]")
    """Held the rows before each had one of its own (``BatchLine``); empty since."""
    faults = Varchar(length=None, default="[]")
    """Held the faults, likewise."""
    total = Integer(default=0)
    """How many rows the sheet has."""
    done = Integer(default=0)
    """How many of the rows to be entered the worker has been through."""
    made = Integer(default=0)
    """How many officers were entered."""
    place = Integer(default=0)
    """The row of the sheet up to which the worker has come."""
    asked_by = BigInt(default=0)
    """The user who had it entered: the worker acts for this one."""
    asked_at = Timestamptz(null=True, default=None)
    moved_at = Timestamptz(null=True, default=None)
    """When the worker last got on; long ago means that it stands still."""
    created_by = BigInt(default=0)
    created_at = Timestamptz(default=None)
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)


class BatchLine(Owned, Table, tablename="certificates_batch_line"):
    """A row of an imported sheet; one each, so that neither page nor worker holds all of them."""

    id = BigSerial(primary_key=True)
    batch = ForeignKey(Batch, null=False, on_delete=OnDelete.cascade)
    row = Integer(default=None)
    """The number the sheet shows."""
    content = Varchar(length=None, default="{}")
    """JSON by column key; the identity number and the telephone are sealed, the number masked."""
    fault = Varchar(length=None, default="")
    """Why this row is not entered, in sentences; empty = it can be, or was."""
    person = BigInt(default=0)
    """Whom this row entered anew in ``core_person``: goes with the batch when that is undone."""
    # A row of a sheet stands once; the worker and the preview go through them in this order.
    unique_row = Unique([batch, row])
