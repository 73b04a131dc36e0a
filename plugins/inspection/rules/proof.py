# SPDX-License-Identifier: Apache-2.0
"""The proof of an alarm: all that is needed to come to the same verdict again, years later.

A proof holds the point as it was in force (with standard, required controls and titles), the
events the verdict rests on, and the time of judging. It is kept only after it has reproduced its
verdict; if the events the verdict names are not enough, the whole history is sealed instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from plugins.inspection.rules.engine import STANDARD_KINDS, Kinds, judge
from plugins.inspection.rules.model import Event, Point, Verdict

FORMAT = 1


class Proof(msgspec.Struct, frozen=True):
    """What is sealed with an alarm."""

    point: Point
    events: tuple[Event, ...]
    until: datetime | None
    verdict: Verdict
    format: int = FORMAT


@dataclass(frozen=True)
class Again:
    """The answer of judging a proof again."""

    same: bool
    verdict: Verdict | None
    reason: str = ""


def seal(
    verdict: Verdict,
    point: Point,
    events: Sequence[Event],
    until: datetime | None,
    kinds: Kinds = STANDARD_KINDS,
) -> Proof:
    """The smallest proof that reproduces the verdict."""
    named = set(verdict.events)
    few = tuple(e for e in events if e.seq in named or _is_lapse_of(e, verdict))
    proof = Proof(point=point, events=few, until=until, verdict=verdict)
    if judge_again(proof, kinds).verdict == verdict:
        return proof
    return msgspec.structs.replace(proof, events=tuple(events))


def judge_again(proof: Proof, kinds: Kinds = STANDARD_KINDS) -> Again:
    """Judge the sealed events by the sealed point; nothing else is looked at."""
    wanted = proof.verdict
    for found in judge(proof.events, [proof.point], None, proof.until, kinds=kinds):
        if found.key == wanted.key:
            same = found.agrees_with(wanted)
            return Again(same, found, "" if same else "结论与报警时不同")
    return Again(False, None, "封存的事件里没有这个监察点要判断的情形")


def pack(proof: Proof) -> bytes:
    """Canonical bytes: the same proof always gives the same bytes and hash."""
    return msgspec.json.encode(proof, order="deterministic")


def unpack(data: bytes | str | dict[str, Any]) -> Proof:
    if isinstance(data, dict):
        return msgspec.convert(data, Proof)
    return msgspec.json.decode(data, type=Proof)


def fingerprint(data: bytes) -> str:
    return sha256(data).hexdigest()


def _is_lapse_of(event: Event, verdict: Verdict) -> bool:
    return event.kind == "clock_lapsed" and verdict.occurrence == (
        f"c{event.lapse.clock}" if event.lapse else ""
    )
