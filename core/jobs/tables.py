# SPDX-License-Identifier: Apache-2.0
"""Tables of due work, of what failed for good, and of the workers' heartbeat."""

from typing import ClassVar

from piccolo.columns import JSONB, BigInt, BigSerial, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from core.db import unscoped


@unscoped("work orders of the platform, taken by one worker for all regions")
class Due(Table, tablename="core_due"):
    """A piece of work and when it is due; ``running`` rows fall due again if a worker dies."""

    GRANTS: ClassVar = {
        "web": "select, insert, update (state, tries, due_at, error)",
        "worker": "select, insert, update, delete",
    }

    id = BigSerial(primary_key=True)
    name = Varchar(length=96, default=None)
    key = Varchar(length=160, default="")
    """While a row with the same key waits, enqueueing again only moves its due time forward."""
    payload = JSONB(default=None)
    state = Varchar(length=8, default="due")
    """due | running | done | failed"""
    due_at = Timestamptz(default=None)
    tries = Integer(default=0)
    region_lo = BigInt(default=0)
    actor = BigInt(default=0)
    created_at = Timestamptz(default=None)
    done_at = Timestamptz(null=True, default=None)
    error = Text(default="")


@unscoped("the operations page of the platform's administrators; holds no business data")
class Failure(Table, tablename="core_failure"):
    """Something that did not work in the background, until it works or is given up."""

    GRANTS: ClassVar = {
        "web": "select, update (resolved_at, resolved_by)",
        "worker": "select, insert, update, delete",
    }

    id = BigSerial(primary_key=True)
    what = Varchar(length=12, default=None)
    """job | delivery"""
    name = Varchar(length=160, default=None)
    work = BigInt(default=None)
    """``core_due.id`` or ``core_delivery.id``"""
    error = Text(default="")
    trace = Text(default="")
    """Where in the code, without values of rows."""
    tries = Integer(default=0)
    final = Integer(default=0)
    """1 = no more tries without a person asking for one"""
    at = Timestamptz(default=None)
    resolved_at = Timestamptz(null=True, default=None)
    resolved_by = BigInt(default=0)


@unscoped("one row per worker, read by every page's footer")
class Heartbeat(Table, tablename="core_heartbeat"):
    """A worker says it lives."""

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert, update, delete"}

    id = BigSerial(primary_key=True)
    name = Varchar(length=80, default=None, unique=True)
    at = Timestamptz(default=None)
    detail = JSONB(default="{}")
