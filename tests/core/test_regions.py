# SPDX-License-Identifier: Apache-2.0
"""The region tree: its numbers, the official list, and what an office changes itself."""

import time
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.db import Scope, execute, rows, transaction, value
from core.errors import Invalid
from core.intervals import ORGANISATIONS, REGIONS, NoRoom, Tree
from core.regions import queries, services
from core.regions.rules import Division


@settings(deadline=None)
@given(st.sampled_from([REGIONS, ORGANISATIONS]), st.lists(st.integers(0, 900), max_size=4))
def test_intervals_nest_and_are_known_from_their_beginning(tree: Tree, indexes: list[int]) -> None:
    lo, chain = 0, [0]
    for depth, index in enumerate(indexes, start=1):
        outer = tree.interval(lo)
        inner = tree.child(lo, index)
        assert outer.lo < inner.lo <= inner.hi <= outer.hi
        assert tree.depth(inner.lo) == depth
        assert tree.interval(inner.lo) == inner
        assert tree.index(inner.lo) == index
        lo = inner.lo
        chain.append(lo)
    assert tree.ancestors(lo) == tuple(chain)


def test_neighbours_do_not_touch_and_the_tree_ends() -> None:
    first, second = REGIONS.child(0, 0), REGIONS.child(0, 1)
    assert first.hi + 1 == second.lo
    assert REGIONS.child(0, REGIONS.capacity(0) - 1).hi <= REGIONS.root.hi
    with pytest.raises(NoRoom):
        REGIONS.child(0, REGIONS.capacity(0))
    lo = 0
    for _ in range(6):
        lo = REGIONS.child(lo, 0).lo
    with pytest.raises(NoRoom):
        REGIONS.child(lo, 0)


async def test_whole_list_is_imported_quickly_and_once(fresh_db) -> None:
    services.official()
    async with transaction(Scope.platform("import")):
        began = time.perf_counter()
        changes = await services.import_regions()
        took = time.perf_counter() - began
        assert len(changes.new) == 41_934
        assert took < 25  # 3 s on two quiet cores; row by row it would be minutes
        counts = Counter(r["level"] for r in await rows("select level from core_region"))
        assert counts == {0: 1, 1: 33, 2: 333, 3: 2845, 4: 38723}
        again = await services.import_regions()
        assert again.none
        assert again.same == 41_934
        outside = await value(
            """
            select count(*) from core_region c join core_region p on p.id = c.parent
            where not (c.lo > p.lo and c.hi <= p.hi)
            """
        )
        assert outside == 0
        overlap = await value(
            """
            select count(*) from (
              select lo, lag(hi) over (partition by parent order by lo) as before
              from core_region where parent is not null) x where before >= lo
            """
        )
        assert overlap == 0
        dengkou = await queries.region_by_code("150822")
        assert dengkou is not None
        assert await queries.full_name(dengkou.lo) == "内蒙古自治区巴彦淖尔市磴口县"
        dongguan = await queries.region_by_code("441900")
        assert dongguan is not None
        towns = await queries.children(dongguan.id)
        assert {town.level for town in towns} == {4}  # a level is skipped, the tree bears it


async def test_only_two_provinces_for_the_demo(db) -> None:
    changes = await services.import_regions(("15", "37"))
    assert len(changes.new) == 33 + sum(
        1 for d in services.official() if d.level > 1 and d.code[:2] in ("15", "37")
    )
    assert (await services.plan_import(("15", "37"))).none
    more = await services.plan_import(("15", "37", "11"))
    assert {d.code[:2] for d in more.new} == {"11"}


def small(*extra: Division, without: tuple[str, ...] = ()) -> list[Division]:
    listed = [
        Division(1, "150000", "", "内蒙古自治区"),
        Division(2, "150800", "150000", "巴彦淖尔市"),
        Division(2, "150600", "150000", "鄂尔多斯市"),
        Division(3, "150822", "150800", "磴口县"),
        Division(4, "150822100", "150822", "巴彦高勒镇"),
    ]
    kept = [d for d in listed if d.code not in without and d.code not in {e.code for e in extra}]
    return sorted([*kept, *extra], key=lambda d: d.level)


async def test_dry_run_reports_and_changes_nothing(db) -> None:
    plan = await services.plan_import(divisions=small())
    assert plan.counts() == {"new": 5, "renamed": 0, "moved": 0, "gone": 0, "same": 0}
    assert await value("select count(*) from core_region") == 0


async def test_renaming_keeps_row_interval_and_the_old_name(db) -> None:
    await services.import_regions(divisions=small())
    before = await queries.region_by_code("150822")
    changes = await services.import_regions(
        divisions=small(Division(3, "150822", "150800", "磴口市")), on=date(2026, 7, 1)
    )
    after = await queries.region_by_code("150822")
    assert changes.counts()["renamed"] == 1
    assert (after.id, after.lo, after.name) == (before.id, before.lo, "磴口市")
    assert await queries.former_names(after.id) == ["磴口县"]


async def test_a_region_under_another_parent_is_succeeded_with_everything_below(db) -> None:
    await services.import_regions(divisions=small())
    county, town = [await queries.region_by_code(c) for c in ("150822", "150822100")]
    changes = await services.import_regions(
        divisions=small(Division(3, "150822", "150600", "磴口县")), on=date(2026, 7, 1)
    )
    assert [division.code for _, division in changes.moved] == ["150822", "150822100"]
    new = await queries.region_by_code("150822")
    assert [r.name for r in await queries.path(new.lo)][1:3] == ["内蒙古自治区", "鄂尔多斯市"]
    for old in (county, town):
        closed = await queries.region(old.id)
        assert closed.valid_to == date(2026, 6, 30)
        assert (await queries.region(closed.successor)).code == old.code
    assert (
        await services.import_regions(divisions=small(Division(3, "150822", "150600", "磴口县")))
    ).none


async def test_what_the_list_no_longer_has_is_closed_and_its_number_stays_taken(db) -> None:
    await services.import_regions(divisions=small())
    gone = await queries.region_by_code("150822100")
    changes = await services.import_regions(
        divisions=small(Division(4, "150822101", "150822", "隆盛合镇"), without=("150822100",))
    )
    assert [have.code for have in changes.gone] == ["150822100"]
    new = await queries.region_by_code("150822101")
    assert new.lo > gone.lo
    assert not (await queries.region(gone.id)).open


async def test_development_zone_without_a_code_survives_imports(db) -> None:
    await services.import_regions(divisions=small())
    county = await queries.region_by_code("150822")
    zone = await services.add_region(county.id, "磴口工业园区", 4)
    assert zone.lo in county.interval
    assert zone.code == ""
    changes = await services.import_regions(divisions=small(without=("150822100",)))
    assert [have.code for have in changes.gone] == ["150822100"]
    assert (await queries.region(zone.id)).open
    with pytest.raises(Invalid) as refused:
        await services.add_region(county.id, "磴口工业园区", 2, code="12x")
    assert set(refused.value.errors) == {"name", "level", "code"}


async def test_two_imports_at_once_wait_for_each_other(fresh_db) -> None:
    import asyncio

    async def run() -> int:
        async with transaction(Scope.platform("import")):
            return len((await services.import_regions(divisions=small())).new)

    assert sorted(await asyncio.gather(run(), run())) == [0, 5]


async def test_finding_does_not_take_wildcards(db) -> None:
    await services.import_regions(divisions=small())
    assert [r.name for r in await queries.find("磴口")] == ["磴口县"]
    assert await queries.find("%") == []
    assert await execute("update core_region set name = name") == 6


class TestPages:
    """The region tree in the browser."""

    @pytest.mark.req("C11-01")
    async def test_found_added_renamed_and_merged_with_its_history(
        self, client: Any, login_as: Any, region_tree: Any
    ) -> None:
        county, other = region_tree.county, region_tree.other_county
        await login_as("system_admin")
        found = await client.get("/regions?place=磴口")
        assert f"/regions?region={county.id}" in found.text
        typed = {"name": "磴口工业园区", "level": "4", "code": "12"}
        wrong = await client.post(f"/regions/{county.id}/add?region={county.id}", typed)
        assert wrong.status_code == 422
        assert "6 位或 9 位" in wrong.text
        assert "磴口工业园区" in wrong.text
        made = await client.post(
            f"/regions/{county.id}/add?region={county.id}", {**typed, "code": ""}
        )
        assert made.status_code == 303
        where = made.headers["location"]
        zone = int(where.rpartition("=")[2])
        renamed = await client.post(f"/regions/{zone}/rename", {"name": "磴口高新区"})
        assert renamed.status_code == 303
        page = await client.get(where)
        assert "磴口高新区" in page.text
        assert "磴口工业园区" in page.text, "the former name"
        merged = await client.post(
            f"/regions/{zone}/merge",
            {"code": other.code, "name": "磴口高新区", "reason": "并入临河区"},
        )
        assert merged.status_code == 303
        after = await client.get(where)
        assert "已撤销" in after.text
        assert other.name in after.text

    async def test_only_for_the_system_administrator(
        self, client: Any, login_as: Any, region_tree: Any
    ) -> None:
        await login_as("supervision_bureau", region=region_tree.county)
        assert (await client.get("/regions")).status_code == 403
        answer = await client.post(f"/regions/{region_tree.county.id}/rename", {"name": "别名"})
        assert answer.status_code == 403
