# SPDX-License-Identifier: Apache-2.0
"""Daily work on cards: cancellations, transfers, renamings, and data brought over and signed off."""

from piccolo.columns import (
    JSONB,
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

from core.api.db import Own, Owned
from plugins.certificates.tables.register import Certificate


class Cancellation(Owned, Table, tablename="certificates_cancellation"):
    """A card taken out of use, or given back: the paper behind it and what follows from it."""

    id = BigSerial(primary_key=True)
    certificate = ForeignKey(Certificate, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=60, default="")
    kind = Varchar(length=10, default=None)
    """cancel (有证注销), forced (强制注销), suspend, restore, revoke"""
    reason = Varchar(length=300, default="")
    evidence = BigInt(default=None)
    since = Date(default=None)
    by = BigInt(default=0)
    at = Timestamptz(default=None)


class Renaming(Owned, Table, tablename="certificates_renaming"):
    """执法主体名称变更: whose faces say another name from now on, and what they said before."""

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None, index=True)
    before = Varchar(length=120, default="")
    after = Varchar(length=120, default="")
    evidence = BigInt(default=None)
    faces = Integer(default=0)
    at = Timestamptz(default=None)
    by = BigInt(default=0)


class FaceName(Owned, Table, tablename="certificates_face_name"):
    """The unit name a face carried until a renaming; the card in the hand stays good."""

    id = BigSerial(primary_key=True)
    certificate = ForeignKey(Certificate, null=False, on_delete=OnDelete.restrict, index=True)
    renaming = ForeignKey(Renaming, null=False, on_delete=OnDelete.restrict, index=True)
    before = Varchar(length=120, default="")
    until = Date(default=None)


class Transfer(Owned, Table, tablename="certificates_transfer"):
    """An officer moved from one body to another."""

    id = BigSerial(primary_key=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=60, default="")
    before = BigInt(default=None)
    after = BigInt(default=None)
    reason = Varchar(length=300, default="")
    at = Timestamptz(default=None)
    by = BigInt(default=0)


class Migration(Owned, Table, tablename="certificates_migration"):
    """A table of the 2008 system: what was read, what came of it, whether it was taken back."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=12, default=None)
    """bodies | officers | forced"""
    filename = Varchar(length=200, default="")
    digest = Varchar(length=64, default="")
    state = Varchar(length=10, default="dry")
    """dry, applying (the worker is at it), applied, undone"""
    content = BigInt(default=0)
    """Its size in bytes; the file itself is not kept, since it holds ID numbers in clear."""
    counts = JSONB(default="{}")
    faults = JSONB(default="[]")
    made = JSONB(default="{}")
    """The ids this run entered, so that it can be taken back."""
    created_by = BigInt(default=0)
    created_at = Timestamptz(default=None)
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    total = Integer(default=0)
    """How many rows the worker was handed."""
    done = Integer(default=0)
    """How many of them it went through."""
    place = Integer(default=0)
    """The row of the sheet it came to."""
    asked_by = BigInt(default=0)
    moved_at = Timestamptz(null=True, default=None)
    """When the worker last got on; long ago = it stands still."""


class MigrationLine(Owned, Table, tablename="certificates_migration_line"):
    """A row on its way to the worker; it is gone as soon as all of them are entered."""

    id = BigSerial(primary_key=True)
    migration = ForeignKey(Migration, null=False, on_delete=OnDelete.cascade)
    row = Integer(default=None)
    """The number the sheet shows."""
    unit = BigInt(default=0)
    """The organisation it was counted for when it was handed over."""
    content = Varchar(length=None, default="")
    """What the sheet says, as JSON, sealed as a whole."""
    # A row of a sheet stands once; the worker goes through them in this order.
    unique_row = Unique([migration, row])


class SignOff(Owned, Table, tablename="certificates_sign_off"):
    """数据核对: a body, then its legal office, signs that the figures are right."""

    id = BigSerial(primary_key=True)
    organisation = BigInt(default=None, index=True)
    side = Varchar(length=8, default=None)
    """body | legal"""
    figures = JSONB(default="{}")
    agrees = Varchar(length=3, default="yes")
    note = Varchar(length=500, default="")
    by = BigInt(default=0)
    by_name = Varchar(length=60, default="")
    at = Timestamptz(default=None)


class Note(Own, Table, tablename="certificates_note"):
    """What the public said that stays in an officer's record: praise, in the words told to him."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=10, default="praise")
    source = BigInt(default=0)
    """The number of the other plugin's row, so that nothing is entered twice."""
    text = Varchar(length=300, default="")
    at = Timestamptz(default=None)
