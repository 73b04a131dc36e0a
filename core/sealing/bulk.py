# SPDX-License-Identifier: Apache-2.0
"""The canonical bytes of many facts at once, out of PostgreSQL's binary copy.

Verifying a record means reading all of it, and making a row of every fact took longer than
hashing it. A fact this reader does not understand is read the slow way.
"""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from core.facts.canonical import field_bytes, moment_value
from core.sealing.rules import microseconds

# Numbers and moments first: their fields have a fixed length and are unpacked in one go. The texts
# come as one. Nothing the platform records holds the character between them raw (JSON writes it as
# an escape), so of a record that agrees with its seal the first two do separate them; of any other
# the bytes differ from what was sealed, however it is cut.
ROWS = """
select id, subject_id, actor, at, recorded_at,
  kind || chr(1) || subject_kind || chr(1) || payload
from core_fact where id between $1 and $2
"""
BETWEEN = "\x01"
FIELDS = 6
FIXED = struct.Struct(">hiqiqiqiqiqi")
SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
END = b"\xff\xff"
# PostgreSQL counts microseconds from the year 2000.
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
SINCE_1970 = microseconds(EPOCH)


class UnusualError(ValueError):
    """Something this reader does not understand; whoever asked reads it the slow way."""


def facts_in(data: bytes) -> dict[int, tuple[bytes, int]]:
    """Of every row of a binary copy of ``ROWS``: its canonical bytes, and when it was recorded.

    The latter in microseconds since 1970. Raises UnusualError.
    """
    found: dict[int, tuple[bytes, int]] = {}
    fixed = FIXED.unpack_from
    # The facts of one transaction were recorded at one moment, which is put into words once.
    last, written = -1, _moment(-1)
    try:
        if data[:11] != SIGNATURE:
            raise UnusualError("no binary copy")
        position = 19 + int.from_bytes(data[15:19], "big")
        while data[position : position + 2] != END:
            fields, a, fact, b, subject, c, actor, d, at, e, recorded, size = fixed(data, position)
            if fields != FIELDS or not a == b == c == d == e == 8 or size < 0:
                raise UnusualError("a field is missing")
            position += 66 + size
            texts = str(data[position - size : position], "utf-8")
            kind, subject_kind, payload = texts.split(BETWEEN, 2)
            if recorded != last:
                last, written = recorded, _moment(recorded)
            happened = written if at == recorded else _moment(at)
            found[fact] = (
                field_bytes((fact, kind, subject_kind, subject, actor, happened, written, payload)),
                recorded + SINCE_1970,
            )
    except (struct.error, ValueError, OverflowError) as error:
        raise UnusualError(str(error)) from error
    return found


def _moment(counted: int) -> datetime | str:
    return moment_value(EPOCH + timedelta(0, 0, counted))


async def facts_between(connection: Any, low: int, high: int) -> dict[int, tuple[bytes, int]]:
    """The facts with ids from ``low`` to ``high``. Raises UnusualError."""
    pieces: list[bytes] = []

    async def keep(piece: bytes) -> None:
        pieces.append(piece)

    await connection.copy_from_query(ROWS, low, high, output=keep, format="binary")
    return facts_in(b"".join(pieces))
