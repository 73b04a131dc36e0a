# SPDX-License-Identifier: Apache-2.0
"""The region tree."""

from piccolo.columns import BigInt, BigSerial, Date, ForeignKey, SmallInt, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from core.db import unscoped


@unscoped("names and codes of administrative regions are public")
class Region(Table, tablename="core_region"):
    """A region with the interval of numbers that contains those of everything below it.

    Rows are never deleted: a renamed or merged region is closed and the new one refers to it,
    since what happened there before keeps pointing here. Foreign rows refer to ``id``, never to
    ``code``, because official codes change.
    """

    id = BigSerial(primary_key=True)
    code = Varchar(length=12, default="", index=True)
    """GB/T 2260 (six digits) or GB/T 10114 (nine); empty for development zones and the like."""
    code_source = Varchar(length=40, default="")
    """Where the code comes from: ``mca-2025``, or ``own`` for what the office added."""
    name = Varchar(length=60, default=None)
    level = SmallInt(default=None)
    """0 country, 1 province, 2 prefecture, 3 county, 4 town; depth in the tree may be less."""
    parent: "ForeignKey[Region]" = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    lo = BigInt(default=None, unique=True)
    hi = BigInt(default=None)
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    """Last day it existed; null = it exists."""
    successor: "ForeignKey[Region]" = ForeignKey(
        "self", null=True, default=None, on_delete=OnDelete.restrict, index=True
    )
    """After a renaming or a merger: the region that took its place."""


@unscoped("former names of public regions")
class RegionName(Table, tablename="core_region_name"):
    """A name a region had before: documents of that time bear it."""

    id = BigSerial(primary_key=True)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=60, default=None)
    valid_to = Date(default=None)
