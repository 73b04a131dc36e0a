# SPDX-License-Identifier: Apache-2.0
"""A draft of the catalogue is tried where it is submitted, and the gate waits for the report."""

import msgspec
import pytest

from core.api.db import Scope, row, transaction
from core.api.facts import Place, SubjectRef, record
from core.api.gates import decide
from core.host.registry import current
from plugins.powers import facts as published
from tests.plugins.inspection.story import point
from tests.plugins.inspection.test_trials import (
    ALL,
    EVIDENCE,
    LATER,
    county,
    draft,
    inquiry,
    past,
    work,
)

__all__ = ["county"]
DRAFT = SubjectRef("powers.draft", 1)


async def tell(where, kind: str, told) -> None:
    place = Place(where.county.lo, where.agency.lo)
    async with transaction(Scope.of_place(place)):
        await record(kind, DRAFT, msgspec.convert(told, published.Offered), place)


async def may_take_effect(digest: str):
    async with transaction(ALL):
        return await decide(
            "powers.draft_may_take_effect", [DRAFT], LATER.date(), {"digest": digest}
        )


@pytest.mark.req("C4-17", "S1-13")
@pytest.mark.parametrize("kind", ["powers.draft_submitted", "powers.draft_trial_requested"])
async def test_the_catalogue_asks_and_is_answered(county, kind) -> None:
    await past(county, inquiry(1, 0))
    told = draft(EVIDENCE, point("rollback", "review"))
    assert not (await may_take_effect(told["digest"])).all_passed
    await tell(county, kind, told)
    async with transaction(ALL):
        begun = await row("select state, digest from inspection_trial")
    assert begun == {"state": "waiting", "digest": told["digest"]}  # seen at once, before the work
    verdict = await may_take_effect(told["digest"])
    assert "正在用以往案件试运行" in verdict.sentences[0]
    await work()
    assert (await may_take_effect(told["digest"])).all_passed
    assert not (await may_take_effect("0" * 64)).all_passed


@pytest.mark.req("C4-17")
def test_the_gate_knows_whom_it_expects() -> None:
    gate = current().gates["powers.draft_may_take_effect"]
    assert "inspection" in gate.expects
    assert gate.mode == "decide"
