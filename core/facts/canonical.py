# SPDX-License-Identifier: Apache-2.0
"""The bytes of a fact that are sealed: unambiguous, stable, checkable without this program.

Region and organisation numbers are left out: a merger of regions renumbers them, and a seal must
survive that. ``docs/audit.md`` describes the bytes for whoever writes a second verifier.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def payload_text(payload: Mapping[str, Any]) -> str:
    """``payload`` as JSON with sorted keys and no spaces."""
    return msgspec.json.encode(payload, order="sorted").decode()


def moment_text(moment: datetime) -> str:
    """A moment in UTC with microseconds, always of one length."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def moment_value(moment: datetime) -> datetime | str:
    """What the encoder writes as ``moment_text`` does.

    It writes a UTC datetime by itself, twenty times as quick, but leaves out zero microseconds.
    """
    if moment.microsecond and moment.tzinfo is UTC:
        return moment
    return moment_text(moment)


Fields = tuple[int, str, str, int, int, datetime | str, datetime | str, str]
"""Id, kind, kind and id of the subject, actor, both moments as ``moment_value``, payload."""


def field_bytes(fields: Fields) -> bytes:
    """The canonical bytes of a fact: a JSON array, fields in fixed order.

    The payload goes in as a string, exactly as stored, so no reader has to re-create it.
    """
    return _encode(fields)


def fact_bytes(row: Mapping[str, Any]) -> bytes:
    """The canonical bytes of one row of ``core_fact``."""
    return field_bytes(
        (
            row["id"],
            row["kind"],
            row["subject_kind"],
            row["subject_id"],
            row["actor"],
            moment_value(row["at"]),
            moment_value(row["recorded_at"]),
            row["payload"],
        )
    )
