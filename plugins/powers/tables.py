# SPDX-License-Identifier: Apache-2.0
"""Power items and their versions."""

from piccolo.columns import JSONB, BigInt, BigSerial, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Published


class Item(Table, Published, tablename="powers_item"):
    """A power of a body (权力事项); its audience is the region it is exercised in."""

    id = BigSerial(primary_key=True)
    code = Varchar(length=40, default=None)
    title = Varchar(length=200, default=None)
    power_class = Varchar(length=20, default=None, index=True)
    organisation = BigInt(default=None)
    """``core_organisation.id`` of the body that holds the power."""
    current = Integer(default=0)
    """The number of the version in force; 0 while there is none."""
    created_at = Timestamptz(default=None)

    one_code_per_body = Unique([organisation, code])


class Version(Table, Published, tablename="powers_version"):
    """A version of an item as it was put in force; never changed afterwards."""

    id = BigSerial(primary_key=True)
    item = ForeignKey(Item, null=False, on_delete=OnDelete.restrict, index=True)
    number = Integer(default=None)
    definition = JSONB(default=None)
    digest = Varchar(length=64, default=None)
    """SHA-256 of the definition, so that importing the same file again changes nothing."""
    effective_from = Timestamptz(default=None)
    effective_to = Timestamptz(null=True, default=None)
    entered_by = BigInt(default=0)
    source = Varchar(length=200, default="")

    one_number_per_item = Unique([item, number])
