# SPDX-License-Identifier: Apache-2.0
"""One scoped table."""

from piccolo.columns import BigSerial, Text, Timestamptz
from piccolo.table import Table

from core.api.db import Owned


class Note(Owned, Table, tablename="dummy_note"):
    """A note; its fact is ``dummy.note.written``."""

    id = BigSerial(primary_key=True)
    text = Text(default=None)
    written_at = Timestamptz(null=True, default=None)
