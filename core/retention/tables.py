# SPDX-License-Identifier: Apache-2.0
"""How long which rows are kept, and holds that suspend that."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from core.db import unscoped


@unscoped("the periods hold for the whole installation")
class RetentionPeriod(Table, tablename="core_retention_period"):
    """A period the office has set otherwise than shipped; never below the shipped minimum."""

    id = BigSerial(primary_key=True)
    rule = Varchar(length=96, default=None, unique=True)
    days = Integer(default=None)
    reason = Text(default=None)
    set_by = BigInt(default=0)
    set_at = Timestamptz(default=None)


@unscoped("a hold names a rule, or everything; no business data")
class LegalHold(Table, tablename="core_legal_hold"):
    """Nothing of a rule is deleted while a hold stands: a lawsuit, an inspection."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (lifted_at, lifted_by, lift_reason)",
        "worker": "select",
    }

    id = BigSerial(primary_key=True)
    rule = Varchar(length=96, default="")
    """Empty = all rules."""
    reason = Text(default=None)
    set_by = BigInt(default=0)
    set_at = Timestamptz(default=None)
    lifted_at = Timestamptz(null=True, default=None)
    lifted_by = BigInt(default=0)
    lift_reason = Text(default="")
