# SPDX-License-Identifier: Apache-2.0
"""What makes a card checkable without the platform: keys, signed codes, status lists, scans."""

from typing import ClassVar

from piccolo.columns import (
    BigInt,
    BigSerial,
    Bytea,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Owned, Public, unscoped
from plugins.certificates.tables.register import Certificate


@unscoped("public halves of keys are for everybody; the secret halves lie with the platform's keys")
class CardKey(Table, tablename="certificates_key"):
    """A root, a region's key for cards, or the key of the status list, and its time."""

    GRANTS: ClassVar = {
        "web": "select, update (withdrawn_at, withdrawn_by, reason)",
        "worker": "select, insert, update",
    }

    id = BigSerial(primary_key=True)
    use = Varchar(length=8, default=None)
    """root, card, list."""
    purpose = Varchar(length=32, default=None, index=True)
    """Which of the platform's keys it is; empty with a signer of a plugin that keeps its own."""
    signer = Varchar(length=60, default="ed25519")
    algorithm = Integer(default=-8)
    kid = Varchar(length=16, default=None, unique=True)
    public = Bytea(default=None)
    code = Varchar(length=12, default="")
    name = Varchar(length=120, default="")
    statement = Bytea(default=b"")
    """What the root says about it; empty for a root."""
    begins_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None)
    """It signs nothing after this; what it signed before stays good."""
    withdrawn_at = Timestamptz(null=True, default=None)
    """No longer trusted at all, also not for what it signed: the key was lost."""
    withdrawn_by = BigInt(default=0)
    reason = Varchar(length=300, default="")


class SignedCard(Public, Table, tablename="certificates_signed"):
    """The signed code of a certificate. The id is its place in the status list, for ever."""

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    certificate = ForeignKey(Certificate, null=False, on_delete=OnDelete.restrict, unique=True)
    token = Text(default="")
    content = Varchar(length=32, default="")
    """Digest of what was signed: when the card changes it is signed anew."""
    kid = Varchar(length=16, default="", index=True)
    signed_at = Timestamptz(default=None)


class SignedPaper(Owned, Table, tablename="certificates_paper"):
    """A paper of another plugin that is signed here: its place in the list, and what was signed.

    The id is drawn from the places of the cards, so that one list speaks of both.
    """

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert, update"}

    id = BigInt(primary_key=True, default=None)
    kind = Varchar(length=60, default=None)
    paper = BigInt(default=None)
    """Its number at whoever issued it."""
    content = Varchar(length=64, default="")
    """Digest of what was signed: when the paper changes it is signed anew."""
    kid = Varchar(length=16, default="", index=True)
    signed_at = Timestamptz(default=None)
    placed_at = Timestamptz(default=None)
    one = Unique([kind, paper])


@unscoped("the status list tells places in a list, nothing of persons, and is there for everybody")
class StatusListRow(Table, tablename="certificates_status_list"):
    """A status list as it was given out; older ones stay a while as proof of what was said."""

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert, delete"}

    id = BigSerial(primary_key=True)
    built_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    cards = BigInt(default=0)
    marked = BigInt(default=0)
    """How many of them are suspended, cancelled or not inspected."""
    milliseconds = Integer(default=0)
    body = Bytea(default=None)
    digest = Varchar(length=64, default="")


@unscoped("whom this installation believes is the same for everybody who checks a card here")
class ForeignTrust(Table, tablename="certificates_trust"):
    """The trust file of another province, read and believed by a person who compared its mark."""

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select"}

    id = BigSerial(primary_key=True)
    name = Varchar(length=120, default=None)
    fingerprint = Varchar(length=48, default=None)
    content = Text(default=None)
    keys = Integer(default=0)
    listed_at = Timestamptz(null=True, default=None)
    imported_at = Timestamptz(default=None)
    imported_by = BigInt(default=0)
    removed_at = Timestamptz(null=True, default=None)


class Scan(Owned, Table, tablename="certificates_scan"):
    """Somebody checked a card. Not who: neither an address nor a browser is kept."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, delete"}

    id = BigSerial(primary_key=True)
    certificate = BigInt(default=None, index=True)
    at = Timestamptz(default=None, index=True)
    way = Varchar(length=8, default="code")
    """code, number, name."""
    result = Varchar(length=16, default="")


class Printing(Owned, Table, tablename="certificates_printing"):
    """A sheet of faces that was printed: for what, by whom, and whether it was a reprint."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select"}

    id = BigSerial(primary_key=True)
    certificate = BigInt(default=None, index=True)
    sheet = Varchar(length=40, default="")
    """What was printed together."""
    times = Integer(default=1)
    """The how manieth print of this certificate."""
    reason = Varchar(length=200, default="")
    face = Varchar(length=32, default="")
    """Digest of what stood on it, so that a renamed unit's old face can be told from the new."""
    printed_at = Timestamptz(default=None)
    printed_by = BigInt(default=0)
