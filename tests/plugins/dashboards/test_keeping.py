# SPDX-License-Identifier: Apache-2.0
"""Entries and figures follow the facts, through crashes, repetitions and mergers of regions."""

import contextlib

import pytest

from core.api.db import Place, SubjectRef, execute, row, rows, transaction, value
from core.host import facts as delivery
from core.host.registry import current
from plugins.dashboards.services import keeping, recounting
from tests.plugins.dashboards.conftest import OFFICE, alarm, case, happen

WHOLE = (
    "select coalesce(sum(n), 0)::int8 from dashboards_figure where whole and region_lo = $1"
    " and measure = $2 and power_class = $3"
)

AGAIN = (
    "update core_delivery set state = 'pending', due_at = '2026-03-02' where plugin = 'dashboards'"
)


async def whole(region, measure="cases.opened", power_class="") -> int:
    async with transaction(OFFICE):
        return int(await value(WHOLE, region.lo, measure, power_class))


def place(org) -> Place:
    return Place(org.region_lo, org.lo)


async def power(item: int, power_class: str) -> None:
    ref = SubjectRef("powers.item", item)
    await happen("powers.version_effective", ref, Place(0), 0, item=item, power_class=power_class)


async def right() -> bool:
    return not (await recounting.compare()).differences


@pytest.mark.req("C12-10")
async def test_figures_follow_the_facts_and_equal_a_recount(
    db, region_tree, agencies, facts, at_noon
):
    here, there = place(agencies.agency), place(agencies.foreign_agency)
    await power(7, "penalty")
    await case(1, here, 0, closed=20)
    await case(2, here, 1)
    await case(3, there, 2)
    # The class of item 8 comes after its case, and the closing of 4 before its opening.
    late = SubjectRef("cases.case", 4)
    await happen("cases.closed", late, there, 9, item=8, case_number="4号")
    await happen("cases.opened", late, there, 3, item=8, case_number="4号")
    await alarm(1, here, 4, of=1)
    await facts.dispatch()
    assert await whole(region_tree.city) == 4
    assert await whole(region_tree.county) == 2
    assert await whole(region_tree.city, power_class="licence") == 0
    await power(8, "licence")
    await facts.dispatch()
    assert await whole(region_tree.city, "cases.closed", "licence") == 1
    assert await whole(region_tree.county, "alarms.red.open", "penalty") == 1
    await happen("inspection.alarm_revoked", SubjectRef("inspection.alarm", 1), here, 9)
    await facts.dispatch()
    assert await whole(region_tree.county, "alarms.red.open") == 0
    assert await whole(region_tree.county, "alarms.red.revoked") == 1
    assert await right()
    before = await _kept()
    await recounting.recount_figures()
    assert await _kept() == before
    await recounting.recount_all()
    assert await _kept() == before
    async with transaction(OFFICE):
        await execute("update dashboards_figure set n = n + 1 where whole and region_lo = 0")
    assert not await right()


async def _kept() -> list[dict]:
    async with transaction(OFFICE):
        return await rows(
            "select region_lo, whole, org_lo, measure, power_class, month, n, amount"
            " from dashboards_figure where n <> 0 or amount <> 0 order by 1, 2, 3, 4, 5, 6"
        )


@pytest.mark.req("C12-10")
@pytest.mark.parametrize("step", ["_write", "add"])
async def test_a_worker_that_dies_half_way_leaves_nothing_half(
    db, region_tree, agencies, facts, monkeypatch, at_noon, step
):
    here = place(agencies.agency)
    ref = await case(1, here, 0, closed=9)
    real = getattr(keeping, step)

    async def die(*told):
        await real(*told)
        raise RuntimeError("the worker is killed")

    monkeypatch.setattr(keeping, step, die)
    for _ in range(2):
        with contextlib.suppress(RuntimeError):
            await delivery.deliver_one(current(), strict=True)
    assert await whole(region_tree.county) == 0
    monkeypatch.setattr(keeping, step, real)
    async with transaction(OFFICE):
        await execute(AGAIN)
    await facts.dispatch()
    # Told once more, as after a lost "done".
    async with transaction(OFFICE):
        await execute(AGAIN)
    await facts.dispatch()
    assert await whole(region_tree.county) == 1
    assert await whole(region_tree.county, "cases.in_time") == 1
    assert await right()
    async with transaction(OFFICE):
        assert await row("select 1 from dashboards_entry where subject_id = $1", ref.id)


@pytest.mark.req("C12-12")
async def test_a_merger_in_the_middle_of_a_year_takes_its_figures_along(
    db, region_tree, agencies, facts, jobs, at_noon
):
    here, there = place(agencies.agency), place(agencies.foreign_agency)
    await case(1, here, 0, closed=9)
    await case(2, there, 40)
    await alarm(1, there, 41)
    await facts.dispatch()
    city = await whole(region_tree.city)
    old, new = region_tree.other_county.lo, region_tree.county.lo
    async with transaction(OFFICE):
        # What the platform's move does with every table that has the column.
        for table in ("dashboards_entry", "dashboards_figure"):
            await execute(f"update {table} set region_lo = $2 where region_lo = $1", old, new)
    # Even before the recount the parent is the sum of its children.
    assert await whole(region_tree.city) == city == await whole(region_tree.county) == 2
    await case(3, Place(new, there.org_lo), 50)
    region = SubjectRef("core.region", region_tree.county.id)
    await happen("core.region.move_finished", region, Place(new), 51, move=1)
    await facts.dispatch()
    assert recounting.JOB in await jobs.names()
    await jobs.run_all()
    assert await whole(region_tree.county) == await whole(region_tree.city) == 3
    assert await whole(region_tree.other_county) == 0
    assert await right()
    async with transaction(OFFICE):
        assert not await row("select 1 from dashboards_figure where origin <> region_lo")
