# SPDX-License-Identifier: Apache-2.0
"""Which forms have acted already."""

from typing import ClassVar

from piccolo.columns import BigSerial, Bytea, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped


@unscoped("looked up by a key that only the page knows which the server made")
class Once(Table, tablename="core_once"):
    """A form's key and where its act led to.

    The holder is a keyed hash, since the row stands beside what somebody may have filed under
    seal: without the key of the server nothing here names anybody.
    """

    GRANTS: ClassVar = {"web": "select, insert", "worker": "select, delete"}

    id = BigSerial(primary_key=True)
    holder = Bytea(default=None)
    key = Varchar(length=64, default=None)
    location = Varchar(length=400, default=None)
    at = Timestamptz(default=None, index=True)

    only = Unique([holder, key])
