# SPDX-License-Identifier: Apache-2.0
"""The region tree."""

from typing import ClassVar

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
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


@unscoped("a merger or division of regions concerns the whole platform")
class RegionMove(Table, tablename="core_region_move"):
    """Rows on their way from one place of the tree to another; done by a job that resumes."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (state, error)",
        "worker": "select, update (state, phase, round, round_moved, moved, error, finished_at)",
    }

    id = BigSerial(primary_key=True)
    kind = Varchar(length=8, default=None)
    """merge: a region into another; split: chosen organisations into a new region."""
    source = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    target = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=True)
    reason = Text(default=None)
    state = Varchar(length=8, default="running")
    """running, done."""
    counts = JSONB(default="{}")
    """What was changed at once: regions, organisations, roles; and the rows expected."""
    expected = BigInt(default=0)
    moved = BigInt(default=0)
    phase = Integer(default=0)
    """Which table of the list is next."""
    round = Integer(default=1)
    """The tables are gone through until nothing is left: others write meanwhile."""
    round_moved = BigInt(default=0)
    error = Text(default="")
    asked_by = BigInt(default=0)
    asked_at = Timestamptz(default=None)
    finished_at = Timestamptz(null=True, default=None)


@unscoped("numbers of regions before and after, nothing of what happened there")
class RegionMoveMap(Table, tablename="core_region_move_map"):
    """Where rows of one place go. Written with the move, never changed: the job reads only this."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select"}

    id = BigSerial(primary_key=True)
    move = ForeignKey(RegionMove, null=False, on_delete=OnDelete.cascade, index=False)
    old_lo = BigInt(default=None)
    old_hi = BigInt(default=None)
    new_lo = BigInt(default=None)
    new_hi = BigInt(default=None)
    org_lo = BigInt(default=None)
    """Only rows of organisations from here …"""
    org_hi = BigInt(default=None)
    """… to here; a merger takes all."""
    whole = Boolean(default=True)
    """The region goes as a whole: rows without an organisation, audiences and settings too."""
    lives = Boolean(default=False)
    """The region itself lives on under its new number; otherwise its rows join another's."""

    once = Unique([move, old_lo, org_lo])


@unscoped("how far the job has come, by table")
class RegionMoveTable(Table, tablename="core_region_move_table"):
    """One table of a move: how many rows are expected, how many have gone."""

    GRANTS: ClassVar = {
        "web": "select, insert",
        "worker": "select, insert, update (moved, seen)",
    }

    id = BigSerial(primary_key=True)
    move = ForeignKey(RegionMove, null=False, on_delete=OnDelete.cascade, index=False)
    name = Varchar(length=63, default=None)
    expected = BigInt(default=0)
    moved = BigInt(default=0)
    seen = Integer(default=0)
    """The last round in which nothing was left here."""

    once = Unique([move, name])
