# SPDX-License-Identifier: Apache-2.0
"""Days that differ from the published notices, and the clocks that count down."""

from typing import ClassVar

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import Owned, unscoped

PUBLIC_DAYS = "working days are public, and a due date must not depend on who computes it"


@unscoped(PUBLIC_DAYS)
class CalendarDay(Table, tablename="core_calendar_day"):
    """A day entered by hand; of several regions that contain a place the narrowest wins."""

    id = BigSerial(primary_key=True)
    region_lo = BigInt(default=None)
    region_hi = BigInt(default=None)
    day = Date(default=None)
    is_workday = Boolean(default=None)
    note = Varchar(length=120, default="")

    once = Unique([day, region_lo, region_hi])


@unscoped(PUBLIC_DAYS)
class CalendarYear(Table, tablename="core_calendar_year"):
    """A year whose notice somebody imported, for a region and everything below it."""

    id = BigSerial(primary_key=True)
    region_lo = BigInt(default=None)
    region_hi = BigInt(default=None)
    year = Integer(default=None)
    source = Varchar(length=200, default=None)
    """The notice, e.g. 国办发明电〔2026〕7号."""
    imported_at = Timestamptz(default=None)
    imported_by = BigInt(default=0)

    once = Unique([year, region_lo, region_hi])


class ClockRow(Owned, Table, tablename="core_clock"):
    """A period that runs for somebody: the side that must act, and nobody else."""

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    key = Varchar(length=96, default=None)
    title = Varchar(length=200, default=None)
    pauses_with = Varchar(length=96, default="")
    state = Varchar(length=8, default="running")
    """running, paused, stopped, lapsed."""
    started_at = Timestamptz(default=None)
    due_at = Timestamptz(default=None)
    limit_amount = Integer(default=None)
    limit_unit = Varchar(length=8, default=None)
    provisional = Boolean(default=False)
    ever_paused = Boolean(default=False)
    paused_at = Timestamptz(null=True, default=None)
    paused_days = Integer(default=0)
    extensions = Integer(default=0)
    max_extensions = Integer(null=True, default=None)
    stopped_at = Timestamptz(null=True, default=None)
    lapsed_at = Timestamptz(null=True, default=None)


class ClockEvent(Owned, Table, tablename="core_clock_event"):
    """What happened to a clock besides starting: pauses, extensions, a changed calendar."""

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    clock = ForeignKey(ClockRow, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=12, default=None)
    """paused, resumed, extended, recomputed."""
    at = Timestamptz(default=None)
    amount = Integer(default=0)
    unit = Varchar(length=8, default="")
    reason = Text(default="")
    approver = Varchar(length=120, default="")
    due_before = Timestamptz(null=True, default=None)
    due_after = Timestamptz(null=True, default=None)
    actor = BigInt(default=0)
