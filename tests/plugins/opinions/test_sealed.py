# SPDX-License-Identifier: Apache-2.0
"""Under seal with custodians: an envelope two of them open together, and only for a reason."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.api import custody
from core.api.db import rows, transaction, value
from core.api.people import enter_person
from core.api.testing import Agencies, Browser
from core.custody import rules as sealing
from tests.plugins.opinions.conftest import OFFICE, As, Asked

Ask = Callable[..., Awaitable[Asked]]
Say = Callable[..., Awaitable[int]]
WORDS = ("草原上的风很大很大的", "黄河九曲十八弯的水呀", "阴山脚下的一群骆驼走")


@pytest.fixture
async def keepers(
    agencies: Agencies, region_tree: Any, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    monkeypatch.setattr(sealing, "ARGON_MEMORY_KIB", 64)
    monkeypatch.setattr(sealing, "ARGON_PASSES", 1)
    monkeypatch.setattr(sealing, "MIN_PASSPHRASE", 8)
    persons = []
    for n, words in enumerate(WORDS):
        name = f"保管{'甲乙丙'[n]}"
        async with transaction(OFFICE):
            one = await enter_person(name, agencies.bureau.id)
            await custody.name_custodian(one.id, name, region_tree.county.lo, by_person=0)
        await custody.enrol(one.id, region_tree.county.lo, words, words)
        persons.append(one.id)
    return persons


@pytest.mark.req("S3-22", "C2-15")
async def test_a_sealed_author_is_opened_by_two_for_a_reason(
    client: Browser, keepers: list[int], ask: Ask, as_reader: As, as_bureau: As, say: Say
) -> None:
    asked = await ask()
    await as_reader()
    assert "两名保管人同意" in (await client.get(f"/opinions/{asked.id}/new")).text
    opinion = await say(asked.id, confidential="sealed")
    plain = await say(asked.id, text="另一件")
    assert await value("select envelope > 0 from opinions_opinion where id = $1", opinion)
    await as_bureau()
    path = f"/opinions/opinion/{opinion}/identity"
    assert (await client.post(path, {"reason": "短"})).status_code == 422
    assert (await client.post(path, {"reason": "需要当面核实有关情况。"})).status_code == 303
    assert (await client.post(path, {"reason": "需要当面核实有关情况。"})).status_code == 409
    assert "等保管人同意" in (await client.get(f"/opinions/opinion/{opinion}")).text
    not_sealed = await client.post(
        f"/opinions/opinion/{plain}/identity", {"reason": "需要当面核实有关情况。"}
    )
    assert not_sealed.status_code == 409
    (opening,) = await rows("select id, title from core_envelope_opening")
    assert "白音" not in opening["title"]
    first = await custody.agree(opening["id"], keepers[0], WORDS[0])
    second = await custody.agree(opening["id"], keepers[1], WORDS[1])
    assert not first.opened
    assert second.secret is not None
    assert second.secret["name"] == "白音"


async def test_open_and_sealed_ones_of_one_person_do_not_meet(
    client: Browser, ask: Ask, as_reader: As, say: Say
) -> None:
    asked = await ask()
    await as_reader()
    await say(asked.id, text="公开的一件")
    await say(asked.id, text="保密的一件", confidential="sealed")
    assert await value("select count(distinct alias) from opinions_opinion") == 2
    own = (await client.get("/opinions/mine")).text
    assert "公开的一件" in own
    assert "保密的一件" in own
