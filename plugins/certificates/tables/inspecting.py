# SPDX-License-Identifier: Apache-2.0
"""Annual inspections: one row for each due date of a card that was applied for."""

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from core.api.db import Owned
from plugins.certificates.tables.register import Certificate, Officer


class Inspection(Owned, Table, tablename="certificates_inspection"):
    """One annual inspection, with what the gate answered at each of its moments."""

    id = BigSerial(primary_key=True)
    officer = ForeignKey(Officer, null=False, on_delete=OnDelete.restrict, index=True)
    certificate = ForeignKey(Certificate, null=False, on_delete=OnDelete.restrict, index=True)
    person = BigInt(default=None, index=True)
    name = Varchar(length=60, default="")
    organisation = BigInt(default=None, index=True)
    kind = Varchar(length=10, default=None)
    """two_year | four_year"""
    due_on = Date(default=None)
    state = Varchar(length=10, default="applied", index=True)
    reviewer_lo = BigInt(default=0)
    reviewer_region_lo = BigInt(default=0)
    evidence = JSONB(default="{}")
    """By moment (application, approval, scan): who was asked, who was silent, who objected."""
    blockers = JSONB(default="[]")
    """The objections of the last moment, in words, while they stop it."""
    reason = Varchar(length=500, default="")
    score = Integer(null=True, default=None)
    attempts_used = Integer(default=0)
    attempts_allowed = Integer(default=0)
    result_at = Timestamptz(null=True, default=None)
    result_by_hand = Boolean(default=False)
    correction = Varchar(length=200, default="")
    """A score that was corrected to a failure after the new card, until the office decides."""
    paper = BigInt(null=True, default=None)
    applied_at = Timestamptz(default=None)
    applied_by = BigInt(default=0)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = BigInt(default=0)
    done_on = Date(null=True, default=None)
    done_by = BigInt(default=0)
    done_how = Varchar(length=10, default="")
    """self, unit, card: scanned by the officer, by the unit, or a new card was made."""
