# SPDX-License-Identifier: Apache-2.0
"""What waits for whom, and which objects somebody keeps an eye on."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Boolean, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import Own, unscoped


class Turn(Own, Table, tablename="core_turn"):
    """One thing that waits for a person, or for whoever holds a permission in a unit.

    ``person`` is the holder (0 = anybody of the unit with ``permission``); ``region_lo`` and
    ``org_lo`` are the holder's place, not the subject's: the one who must act sees it, and so do
    his unit and whoever supervises it. Turns are closed, never deleted: the closed ones are the
    list of what somebody has done.
    """

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None, index=True)
    key = Varchar(length=64, default="")
    """Tells apart several turns of one subject that are open together; mostly empty."""
    title = Varchar(length=300, default=None)
    subline = Varchar(length=400, default="")
    step_title = Varchar(length=120, default="")
    step_note = Varchar(length=120, default="")
    path = Varchar(length=400, default=None)
    """The page where the holder acts."""
    permission = Varchar(length=96, default="")
    holder_name = Varchar(length=120, default="")
    """Kept here, since the person's own row may be out of the reader's scope."""
    clock = BigInt(null=True, default=None, index=True)
    """``core_clock.id`` when a deadline is kept there; it then overrules ``due_at``."""
    started_at = Timestamptz(default=None)
    due_at = Timestamptz(null=True, default=None)
    unit = Varchar(length=8, default="working")
    paused = Boolean(default=False)
    pause_note = Varchar(length=120, default="")
    lamp = Varchar(length=8, default="")
    created = Timestamptz(default=None)
    closed_at = Timestamptz(null=True, default=None)
    closed_by = BigInt(default=0, index=True)


@unscoped("a private list of its user; every query names him")
class Watch(Table, tablename="core_watch"):
    """An object a user keeps an eye on (重点关注)."""

    id = BigSerial(primary_key=True)
    user_id = BigInt(default=None, index=True)
    subject_kind = Varchar(length=64, default=None)
    subject_id = BigInt(default=None)
    created = Timestamptz(default=None)

    once = Unique([user_id, subject_kind, subject_id])
