# SPDX-License-Identifier: Apache-2.0
"""Sheets of units, people, accounts and roles that were read, applied or undone."""

from typing import ClassVar

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Timestamptz, Varchar
from piccolo.table import Table

from core.db import Owned


class Import(Owned, Table, tablename="core_import"):
    """One sheet: its rows as read, what is wrong with them, what came of them.

    Numbers of persons rest sealed inside the rows. Nothing of it is ever deleted: years later
    one still sees who brought in whom from which file.
    """

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select"}

    id = BigSerial(primary_key=True)
    kind = Varchar(length=20, default=None)
    filename = Varchar(length=200, default=None)
    digest = Varchar(length=64, default=None)
    state = Varchar(length=10, default="preview")
    """preview, applied or undone."""
    rows = JSONB(default=None)
    faults = JSONB(default=None)
    """Row number → sentences."""
    made = JSONB(default=None)
    """Row number → id of what was entered."""
    good = Integer(default=0)
    created_at = Timestamptz(default=None)
    created_by = BigInt(default=0, index=True)
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
