# SPDX-License-Identifier: Apache-2.0
"""One verb: transaction, change, record."""

import msgspec

from core.api.db import Place, SubjectRef, transaction, value
from core.api.facts import record


class NoteWritten(msgspec.Struct, frozen=True):
    """Payload of ``dummy.note.written``."""

    note: int
    length: int


async def write_note(text: str, place: Place) -> int:
    """Write a note and record that it was written."""
    async with transaction():
        note: int = await value(
            "insert into dummy_note (text, region_lo, org_lo) values ($1, $2, $3) returning id",
            text,
            place.region_lo,
            place.org_lo,
        )
        payload = NoteWritten(note, len(text))
        await record("dummy.note.written", SubjectRef("dummy.note", note), payload, place)
    return note
