# SPDX-License-Identifier: Apache-2.0
"""Entering items: versions, repetition, what others hear of it, who sees it."""

import pytest

from core.api.db import EVERYTHING, Interval, Scope, SubjectRef, transaction
from core.api.errors import Invalid
from core.api.facts import history
from core.people.services import found_organisation
from plugins.powers.queries import find_item, search_items, versions_of
from plugins.powers.services import enter_item, shipped_items

OFFICE = Scope.platform("test")


@pytest.fixture
async def body(region_tree):
    async with transaction(OFFICE):
        return await found_organisation(
            "磴口县市场监管综合行政执法大队", "body", region_tree.county.id, short_name="市监大队"
        )


async def enter(body, text):
    async with transaction(OFFICE):
        return await enter_item(text, body.id, source="test")


async def test_the_same_file_again_changes_nothing(body):
    first = await enter(body, shipped_items()["scjg-cf-012"])
    again = await enter(body, shipped_items()["scjg-cf-012"])
    assert (first.changed, again.changed) == (True, False)
    assert (again.item, again.number) == (first.item, 1)


async def test_a_changed_text_supersedes_and_the_old_version_stays_readable(body):
    text = shipped_items()["scjg-cf-012"]
    first = await enter(body, text)
    second = await enter(body, text.replace("对拒不改正", "对仍不改正"))
    assert second.number == 2
    async with transaction(OFFICE):
        now = await find_item(first.item, OFFICE)
        old = await find_item(first.item, OFFICE, number=1)
        assert now.definition.title.startswith("对仍不改正")
        assert old.definition.title.startswith("对拒不改正")
        assert old.effective_to == now.effective_from
        assert [one["number"] for one in await versions_of(first.item, OFFICE)] == [2, 1]


async def test_others_hear_the_complete_definition(body, region_tree):
    entered = await enter(body, shipped_items()["scjg-cf-012"])
    async with transaction(OFFICE):
        told = await history(SubjectRef("powers.item", entered.item))
    assert [fact.kind for fact in told] == ["powers.version_effective"]
    payload = told[0].payload
    assert payload["item"] == entered.item
    assert payload["organisation"] == body.id
    assert payload["region_lo"] == region_tree.county.lo
    assert payload["number_prefix"] == "磴市监立"
    assert len(payload["steps"]) == 10


async def test_faults_are_refused_with_every_reason(body):
    with pytest.raises(Invalid) as error:
        await enter(body, 'code = ""\ntitle = ""\npower_class = "magic"\n')
    for words in ("没有事项名称", "八类", "法律依据", "没有环节"):
        assert words in error.value.errors["text"]


async def test_an_item_is_seen_in_its_county_and_above_but_not_next_door(body, region_tree):
    entered = await enter(body, shipped_items()["scjg-cf-012"])

    async def seen(region, organisation=EVERYTHING):
        scope = Scope(Interval(region.lo, region.hi), organisation)
        async with transaction(scope):
            return await find_item(entered.item, scope) is not None, len(
                await search_items("进货查验", scope)
            )

    assert await seen(region_tree.county) == (True, 1)
    assert await seen(region_tree.city) == (True, 1)
    assert await seen(region_tree.other_county) == (False, 0)
    # Another agency of the same county reads it as well: the catalogue is published there.
    assert await seen(region_tree.county, Interval(body.hi + 1, body.hi + 2)) == (True, 1)
