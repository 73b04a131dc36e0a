# SPDX-License-Identifier: Apache-2.0
"""Judging a sealed proof again, on demand; that it was asked and what came out is a fact."""

from core.api.access import Visitor
from core.api.errors import NotFound
from core.api.facts import SubjectRef, record
from plugins.inspection.rules.facts import ProofJudged
from plugins.inspection.rules.model import RESULT_TITLES
from plugins.inspection.rules.proof import Again, fingerprint, judge_again, unpack
from plugins.inspection.services.judging import ALARM, alarm_row, place_of
from plugins.inspection.services.rulesets import kinds


async def judge_proof_again(who: Visitor, alarm: int) -> Again:
    """The verdict of the sealed proof now, with the engine of today."""
    found = await alarm_row(alarm)
    if found is None:
        raise NotFound
    sealed = found["proof"].encode()
    if fingerprint(sealed) != found["proof_hash"]:
        again = Again(same=False, verdict=None, reason="封存的证明被改动过，校验值对不上")
    else:
        again = judge_again(unpack(sealed), kinds())
    result = RESULT_TITLES[again.verdict.result] if again.verdict else again.reason
    await record(
        "inspection.proof_judged",
        SubjectRef(ALARM, alarm),
        ProofJudged(alarm=alarm, same=again.same, result=result, by=who.name),
        place_of(found),
    )
    return again
