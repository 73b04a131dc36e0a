# SPDX-License-Identifier: Apache-2.0
"""Custodians, sealed envelopes, the shares of their keys, and the openings asked for."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Bytea, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from core.db import Owned


class Custodian(Owned, Table, tablename="core_custodian"):
    """Somebody who keeps half of every key of a region. Without a passphrase: only named."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (public, wrapped, salt, enrolled_at, left_at, left_reason)",
        "worker": "select",
    }

    id = BigSerial(primary_key=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=60, default=None)
    public = Bytea(null=True, default=None)
    wrapped = Bytea(null=True, default=None, secret=True)
    """The private key, encrypted under a key made from the passphrase; never stored open."""
    salt = Bytea(null=True, default=None, secret=True)
    named_at = Timestamptz(default=None)
    named_by = BigInt(default=0)
    enrolled_at = Timestamptz(null=True, default=None)
    left_at = Timestamptz(null=True, default=None)
    left_reason = Text(default="")


class Envelope(Owned, Table, tablename="core_envelope"):
    """A sealed secret. Nothing here says what it is about: whoever sealed it knows the number."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert, delete"}

    id = BigSerial(primary_key=True)
    label = Bytea(default=None, unique=True)
    cipher = Bytea(default=None, secret=True)


class EnvelopeShare(Owned, Table, tablename="core_envelope_share"):
    """What one pair of custodians holds of one envelope's key."""

    # Rewrapping replaces shares; it never changes one.
    GRANTS: ClassVar = {"web": "select, insert, delete", "worker": "select, insert, delete"}

    id = BigSerial(primary_key=True)
    envelope = ForeignKey(Envelope, null=False, on_delete=OnDelete.cascade, index=True)
    first = BigInt(default=None)
    second = BigInt(default=None)
    part_first = Bytea(default=None, secret=True)
    part_second = Bytea(default=None, secret=True)


class Opening(Owned, Table, tablename="core_envelope_opening"):
    """A request to open one envelope, or to rewrap all of a region's (``kind``).

    ``envelope`` is 0 where nothing was ever sealed: until it is granted, a request looks the
    same either way (C1-12).
    """

    id = BigSerial(primary_key=True)
    kind = Varchar(length=8, default="open")
    """open | rewrap"""
    envelope = BigInt(default=0)
    subject_kind = Varchar(length=60, default="")
    subject_id = BigInt(default=0)
    title = Varchar(length=200, default="")
    reason = Text(default=None)
    state = Varchar(length=8, default="waiting")
    """waiting | opened | refused"""
    asked_by = BigInt(default=0)
    asked_by_name = Varchar(length=60, default="")
    asked_at = Timestamptz(default=None)
    first = BigInt(default=0)
    """The custodian who agreed first."""
    first_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    ended_because = Text(default="")


class HandedPart(Owned, Table, tablename="core_envelope_handed"):
    """A half of a key, handed by the first custodian to another, encrypted to him."""

    id = BigSerial(primary_key=True)
    opening = ForeignKey(Opening, null=False, on_delete=OnDelete.cascade, index=True)
    envelope = BigInt(default=None)
    receiver = BigInt(default=None)
    part = Bytea(default=None, secret=True)
