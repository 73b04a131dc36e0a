# SPDX-License-Identifier: Apache-2.0
"""The chain of one attempt: every act carries the hash of the one before it.

Answers, the photo and what the invigilator did stand in one chain, so none of them can be
exchanged without all that follow it; its head goes into the platform's own record when the
attempt ends.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

GENESIS = b"\x00" * 32


class Act(msgspec.Struct, frozen=True):
    """One act as it is hashed."""

    attempt: int
    seq: int
    epoch: int
    n: int
    kind: str
    body: str
    """Canonical JSON."""
    at: int
    """Server time in microseconds."""


_encoder = msgspec.json.Encoder(order="sorted")


def canonical(body: Any) -> str:
    """JSON in the only form in which it is hashed."""
    return _encoder.encode(body).decode()


def link(before: bytes, act: Act) -> bytes:
    """The hash of an act behind ``before``."""
    told = f"{act.attempt}|{act.seq}|{act.epoch}|{act.n}|{act.kind}|{act.at}|{act.body}"
    return hashlib.sha256(before + told.encode()).digest()


def broken_at(acts: Iterable[tuple[Act, bytes]], head: bytes) -> int:
    """The number of the first act that does not fit; 0 when the whole chain holds."""
    before, expected = GENESIS, 1
    for act, found in acts:
        if act.seq != expected or link(before, act) != found:
            return expected
        before, expected = found, expected + 1
    return 0 if before == head else expected


def current_answers(acts: Iterable[Mapping[str, Any]]) -> dict[int, list[str]]:
    """What counts at the end: per question the newest answer as the candidate numbered them.

    Not as they arrived: after a cut line they come late and out of order.
    """
    newest: dict[int, tuple[int, int]] = {}
    found: dict[int, list[str]] = {}
    for each in acts:
        if each["kind"] != "answer":
            continue
        body = msgspec.json.decode(each["body"])
        at = (int(each["epoch"]), int(each["n"]))
        position = int(body["q"])
        if at >= newest.get(position, (-1, 0)):
            newest[position] = at
            found[position] = body["a"]
    return found
