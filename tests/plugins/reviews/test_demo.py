# SPDX-License-Identifier: Apache-2.0
"""The demo's review is played through the services, also when hardly anything was closed."""

from core.api import clock as core_clock
from core.api.db import execute, transaction, value
from core.api.demo import DemoContext
from plugins.reviews.demo import BODY, BUREAU, HELPER, plan_evaluation, plan_review
from tests.plugins.reviews.test_story import NOW, OFFICE, office

__all__ = ["office"]


async def play(people, inspector) -> None:
    async with transaction(OFFICE):
        # The demo's people have held their roles for a year.
        await execute("update core_assignment set valid_from = '2025-01-01'")
    context = DemoContext(now=NOW)
    context.shared["core.visitors"] = {
        BUREAU: people[0][0],
        HELPER: people[1][0],
        BODY: inspector,
    }
    await plan_review(context)
    await plan_evaluation(context)
    while (found := context.next_before(NOW)) is not None:
        moment, act = found
        with core_clock.frozen(moment):
            await act()


async def state() -> str:
    async with transaction(OFFICE):
        return str(await value("select string_agg(state, ',') from reviews_plan"))


async def test_one_review_is_confirmed_with_a_typical_case_and_a_second_seeding_adds_none(office):
    people, inspector, _ = office
    async with transaction(OFFICE):
        await execute("update reviews_case set closed_on = '2026-03-01'")
    await play(people, inspector)
    assert await state() == "confirmed"
    async with transaction(OFFICE):
        assert await value("select count(*) from reviews_guidance where published") == 1
        assert await value("select count(*) from reviews_appraisal where published") == 2
        assert await value("select string_agg(state, ',' order by id) from reviews_evaluation") == (
            "published,open"
        )
    await play(people, inspector)
    assert await state() == "confirmed"


async def test_without_closed_cases_the_plan_stays_announced(office):
    people, inspector, _ = office
    await play(people, inspector)
    assert await state() == "announced"
