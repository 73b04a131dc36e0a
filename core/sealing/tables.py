# SPDX-License-Identifier: Apache-2.0
"""Sealed batches of facts, and verifications somebody asked for."""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Bytea,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from core.db import unscoped


@unscoped("holds numbers and hashes of facts of all regions, nothing of their content")
class Batch(Table, tablename="core_batch"):
    """Facts sealed together; each batch names the head of the one before (docs/audit.md)."""

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert"}

    id = BigInt(primary_key=True, default=None)
    """1, 2, 3 … without a gap: a missing number is itself a finding, hence no sequence."""
    facts = Array(base_column=BigInt(), default=None)
    """Ids in ascending order, which is the order of the leaves."""
    leaves = Bytea(default=None)
    """32 bytes per fact: with them a changed fact is named, not only its batch."""
    root = Bytea(default=None)
    previous = Bytea(default=None, unique=True)
    """Unique, so that no two batches can ever follow the same one."""
    sealed_at = Timestamptz(default=None)
    head = Bytea(default=None)
    key = Varchar(length=32, default=None)
    """Fingerprint of the key that signed the head."""
    signature = Bytea(default=None)


@unscoped("who asked for a verification and what came of it; no content of facts")
class Verification(Table, tablename="core_verification"):
    """One run over the whole record, asked for on the audit pages."""

    GRANTS: ClassVar = {
        "web": "select, insert",
        "worker": "select, update (state, started_at, finished_at, done, total, report, error)",
    }

    id = BigSerial(primary_key=True)
    asked_by = BigInt(default=0)
    asked_at = Timestamptz(default=None)
    state = Varchar(length=12, default="waiting")
    """waiting | running | intact | damaged | failed"""
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    done = BigInt(default=0)
    total = BigInt(default=0)
    report = JSONB(default="{}")
    error = Text(default="")
    heads = Integer(default=0)
    """How many published heads it was compared with."""
