# SPDX-License-Identifier: Apache-2.0
"""Two hundred answer at once and are cut off: what was acknowledged stands, the rest comes again.

The same with a server that is really killed stands in ``tests/faults/test_sitting.py``.
"""

import asyncio
from typing import Any

import pytest

from core.api.db import Scope, execute_many, rows, transaction, value
from plugins.exams.rules import chain
from plugins.exams.rules.sitting import Sent
from plugins.exams.services import chaining
from tests.plugins.exams.test_browser import room

__all__ = ["room"]

WIDE = Scope.platform("a test looks at everything")
COUNT = 200


async def _seats(room: Any) -> list[tuple[int, str]]:
    """Two hundred who have begun, beside the one of the story."""
    session = room.session
    async with transaction(WIDE):
        wanted = await value("select min(id) from exams_wanted")
        place = await rows("select region_lo, org_lo from exams_session where id = $1", session)
        lo, org = place[0]["region_lo"], place[0]["org_lo"]
        await execute_many(
            """insert into exams_entry (session, wanted, person, name, room, seat, ticket,
                 region_lo, org_lo) values ($1, $2, $3, '考生', 9999, $3::int8::int, $4, $5, $6)""",
            [(session, wanted, n, f"T{n:05d}", lo, org) for n in range(10_001, 10_001 + COUNT)],
        )
        entries = await rows("select id from exams_entry where room = 9999 order by id")
        await execute_many(
            """insert into exams_attempt (entry, session, person, state, token, head, done,
                 deadline, region_lo, org_lo) values ($1, $2, 1, 'sitting', $3, $4, '0',
                 '2027-01-01', $5, $6)""",
            [
                (each["id"], session, chaining.token_hash(f"t{each['id']}"), chain.GENESIS, lo, org)
                for each in entries
            ],
        )
        found = await rows("select id, entry from exams_attempt order by id")
    return [(each["id"], f"t{each['entry']}") for each in found]


@pytest.mark.req("B41-5")
async def test_two_hundred_at_once_are_cut_off_in_the_middle(room: Any, clock: Any) -> None:
    seats = await _seats(room)
    assert len(seats) == COUNT

    async def answer(n: int) -> list[Any]:
        return await asyncio.gather(
            *(chaining.save(one, token, [Sent(n, 0, ["o1"])], 60) for one, token in seats),
            return_exceptions=True,
        )

    assert all(each.last == 1 for each in await answer(1))
    cut = [
        asyncio.create_task(chaining.save(one, token, [Sent(2, 0, ["o1"])], 60))
        for one, token in seats
    ]
    await asyncio.wait(cut, return_when=asyncio.FIRST_COMPLETED)
    for each in cut:
        each.cancel()
    await asyncio.gather(*cut, return_exceptions=True)
    # The computers do not know what arrived, and send both again.
    again = await asyncio.gather(
        *(
            chaining.save(one, token, [Sent(1, 0, ["o1"]), Sent(2, 0, ["o1"])], 60)
            for one, token in seats
        )
    )
    assert all(each.last == 2 for each in again)
    async with transaction(WIDE):
        for one, _ in seats:
            acts = await chaining.acts_of(one)
            head = await value("select head from exams_attempt where id = $1", one)
            assert [each["n"] for each in acts] == [1, 2]
            assert chaining.verified(acts, head) == 0
