# SPDX-License-Identifier: Apache-2.0
"""Which backups were made."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text, Timestamptz
from piccolo.table import Table

from core.db import unscoped


@unscoped("backups are of the whole installation")
class Backup(Table, tablename="core_backup"):
    """A backup that was made or tried; the page warns when the last good one is old."""

    GRANTS: ClassVar = {"web": "select", "worker": "select, insert"}

    id = BigSerial(primary_key=True)
    begun_at = Timestamptz(default=None)
    finished_at = Timestamptz(default=None)
    ok = Boolean(default=False)
    path = Text(default="")
    bytes = BigInt(default=0)
    files = Integer(default=0)
    encrypted = Boolean(default=False)
    error = Text(default="")
