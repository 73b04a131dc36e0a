# SPDX-License-Identifier: Apache-2.0
"""From the bank to the result that certificates hear of."""

from typing import Any

import pytest

from core.api.db import row, rows, transaction, value
from core.api.testing import Browser, Facts
from plugins.exams.rules.sitting import Sent
from plugins.exams.services import chaining, sitting
from plugins.exams.services.after import check_chains, publish
from tests.plugins.exams.conftest import START, Hall


@pytest.mark.req("S2-27", "S2-24")
async def test_a_candidate_from_the_door_to_the_result(
    hall: Hall, client: Browser, clock: Any, facts: Facts
) -> None:
    code = await hall.open()
    entry, password = await hall.let_in()
    signed = await sitting.sign_in(code, entry["ticket"], password)
    clock(START)
    async with transaction(hall.who.scope):
        from plugins.exams.services.door import waive_photo

        await waive_photo(hall.who, hall.session, entry["id"], "摄像头坏了")
    await sitting.begin(signed.attempt, signed.token)
    right = await hall.answers()
    sent = [Sent(n, position, keys) for n, (position, keys) in enumerate(right.values(), 1)]
    saved = await chaining.save(signed.attempt, signed.token, sent, 60)
    assert (saved.state, saved.last, saved.fresh) == ("sitting", 4, 4)
    again = await chaining.save(signed.attempt, signed.token, sent, 60)
    assert again.fresh == 0
    await sitting.hand_in(signed.attempt, signed.token)
    held = await row("select * from exams_attempt where id = $1", signed.attempt)
    assert held is not None
    assert (held["state"], held["score"], held["passed"]) == ("submitted", 100, True)
    clock(START.replace(hour=4))
    async with transaction(sitting.CANDIDATE):
        await sitting.sweep(0, 2**62)
    async with transaction(hall.who.scope):
        assert await check_chains(hall.session) == (1, [])
        counts = await publish(hall.who, hall.session)
    assert counts == {"passed": 1, "failed": 0, "absent": 1, "voided": 0}
    told = await rows(
        "select payload from core_fact where kind = 'exams.result_published' order by id"
    )
    assert len(told) == 2
    assert await value("select state from exams_wanted where request = 1") == "passed"
    assert await value("select (state, used)::text from exams_wanted where request = 2") == (
        "(waiting,1)"
    )
