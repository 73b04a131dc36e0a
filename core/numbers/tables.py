# SPDX-License-Identifier: Apache-2.0
"""Number series of documents: one row per series, organ and year."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Integer, SmallInt, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped


@unscoped("a counter; it holds no more than how many documents an organ issued")
class NumberSeries(Table, tablename="core_number_series"):
    """The last number given out; never taken back, never skipped."""

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select, insert, update"}

    id = BigSerial(primary_key=True)
    series = Varchar(length=60, default=None)
    organ = BigInt(default=None)
    year = SmallInt(default=None)
    last = Integer(default=0)

    once = Unique([series, organ, year])
