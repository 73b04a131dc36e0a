# SPDX-License-Identifier: Apache-2.0
"""Stored files and how much each organisation may store."""

from typing import ClassVar

from piccolo.columns import (
    BigInt,
    BigSerial,
    Bytea,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.db import Public, unscoped


class File(Public, Table, tablename="core_file"):
    """A file as it was received, sealed by its hash; pictures also as a clean copy for viewing.

    ``Public`` and not published is as closed as ``Owned``; attachments of notices are published.
    """

    # The original is evidence: nobody rewrites the row that vouches for it.
    GRANTS: ClassVar = {
        "web": "select, insert, update (published)",
        "worker": "select, insert, update (published), delete",
    }
    LIST_ORDER = "created_at"

    id = BigSerial(primary_key=True)
    name = Varchar(length=200, default=None)
    """As the uploader called it, cleaned; only ever shown, never used as a path."""
    media_type = Varchar(length=100, default=None)
    kind = Varchar(length=12, default=None)
    """photo | audio | video | document"""
    purpose = Varchar(length=60, default=None)
    size = BigInt(default=None)
    sha256 = Bytea(default=None, index=True)
    path = Varchar(length=120, default=None, unique=True)
    """Of the original in the object store."""
    copy_path = Varchar(length=120, default="")
    """Of the re-encoded picture without camera data; that is what is shown."""
    copy_type = Varchar(length=40, default="")
    copy_size = BigInt(default=0)
    width = Integer(default=0)
    height = Integer(default=0)
    actor = BigInt(default=0)
    created_at = Timestamptz(default=None)


@unscoped("on its way; whoever holds the key and is its holder goes on with it")
class Upload(Table, tablename="core_upload"):
    """A file that arrives in pieces, and then waits for the form it belongs to.

    The holder is a keyed hash of a user or of a ticket: what is sent for a matter under seal
    names nobody while it waits, and the row is gone once the file is kept.
    """

    GRANTS: ClassVar = {
        "web": "select, insert, update (received, parts, result, finished_at), delete",
        "worker": "select, delete",
    }

    id = BigSerial(primary_key=True)
    key = Varchar(length=32, default=None, unique=True)
    holder = Bytea(default=None, index=True)
    name = Varchar(length=200, default=None)
    kinds = Varchar(length=60, default=None)
    """The kinds that are taken, separated by blanks."""
    purpose = Varchar(length=60, default="")
    size = BigInt(default=None)
    received = BigInt(default=0)
    parts = Text(default="")
    """Paths of the pieces in the object store, one a line, in their order."""
    result = Text(default="")
    """JSON of the checked file once it is complete."""
    created_at = Timestamptz(default=None, index=True)
    finished_at = Timestamptz(null=True, default=None)


@unscoped("counters of used space; the services check whose they show")
class StorageUse(Table, tablename="core_storage_use"):
    """How much an organisation stores, and how much it may."""

    id = BigSerial(primary_key=True)
    org_lo = BigInt(default=None, unique=True)
    used = BigInt(default=0)
    files = Integer(default=0)
    allowed = BigInt(null=True, default=None)
    """Null = the default of the platform."""
