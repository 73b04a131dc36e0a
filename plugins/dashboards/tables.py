# SPDX-License-Identifier: Apache-2.0
"""What is counted, how often, and which class a power item belongs to."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Boolean, Date, Integer, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from core.api.db import Owned, unscoped

KEPT: dict[str, str] = {
    "web": "select, insert, update, delete",
    "worker": "select, insert, update, delete",
}


class Entry(Owned, Table, tablename="dashboards_entry"):
    """One thing that counts for one measure: the rows every number opens."""

    GRANTS: ClassVar = KEPT

    id = BigSerial(primary_key=True)
    measure = Varchar(length=48, default=None)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    power_class = Varchar(length=16, default="")
    """One of the eight classes, empty when not known (yet)."""
    item = BigInt(default=0, index=True)
    """The power item the class comes from, so that a class told later reaches this row."""
    day = Date(default=None)
    amount = Integer(default=0)
    """What an average is made of, in days; 0 where only the number counts."""
    title = Varchar(length=300, default="")

    once = Unique(["subject_kind", "subject_id", "measure"])


class Figure(Owned, Table, tablename="dashboards_figure"):
    """How many entries: of one organisation, or of a region with everything below it.

    A region's own total is a row of its own (``whole``), at the region's own number. So a county
    never sees the row of its province, and reading a province costs the same however many cases
    stand behind it.
    """

    GRANTS: ClassVar = KEPT

    id = BigSerial(primary_key=True)
    whole = Boolean(default=False)
    origin = BigInt(default=None)
    """``region_lo`` when the row was made. After a merger two rows stand at one place, told apart
    by this, until the next recount makes them one; their sum is right all the time."""
    measure = Varchar(length=48, default=None)
    power_class = Varchar(length=16, default="")
    """Empty = all classes together, also those not known."""
    month = Integer(default=None)
    """202605."""
    n = Integer(default=0)
    amount = BigInt(default=0)

    once = Unique(["origin", "whole", "org_lo", "measure", "power_class", "month"])


@unscoped("which of the eight classes a published power item belongs to")
class Item(Table, tablename="dashboards_item"):
    """A power item's class, from the fact that its version took effect."""

    item = BigInt(primary_key=True, default=None)
    power_class = Varchar(length=16, default="")
