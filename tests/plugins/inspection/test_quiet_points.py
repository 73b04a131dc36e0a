# SPDX-License-Identifier: Apache-2.0
"""Points that never judge, never fire or always fire: the rule, the nightly count, the page."""

import copy
from datetime import timedelta

import msgspec
import pytest

from core.api.db import Scope, execute, rows, transaction
from plugins.inspection.rules.model import Definition
from plugins.inspection.rules.quiet import (
    ENOUGH,
    SETTLED,
    Sample,
    assess,
    explain,
    unchanged_since,
)
from plugins.inspection.services.quiet_points import count_nightly, count_quiet_points
from tests.plugins.inspection.live import Where, put_in_force
from tests.plugins.inspection.story import T0, definition, point

OLD = SETTLED + timedelta(days=1)


@pytest.mark.parametrize(
    ("judged", "fired", "cases", "silence"),
    [
        (ENOUGH, 0, ENOUGH, "none"),
        (ENOUGH, ENOUGH, ENOUGH, "always"),
        (ENOUGH, 1, ENOUGH, ""),
        (ENOUGH, ENOUGH - 1, ENOUGH, ""),
        (ENOUGH - 1, 0, ENOUGH, ""),
        (ENOUGH - 1, ENOUGH - 1, ENOUGH, ""),
        (0, 0, ENOUGH, "never"),
        (0, 0, ENOUGH - 1, ""),
        (0, 0, 0, ""),
    ],
)
def test_only_enough_occasions_say_something(judged, fired, cases, silence):
    assert assess(Sample(judged, fired, cases), OLD) == silence


def test_a_new_point_is_not_shamed():
    sample = Sample(500, 500, 500)
    assert assess(sample, SETTLED - timedelta(seconds=1)) == ""
    assert assess(sample, SETTLED) == "always"


def test_the_sentence_names_the_figures():
    assert "20 件案件" in explain("never", Sample(0, 0, 20))
    assert "判断 31 次，次次报灯" in explain("always", Sample(31, 31, 31))
    assert "判断 31 次，一次也没有报" in explain("none", Sample(31, 0, 31))
    assert explain("", Sample(1, 0, 1)) == ""


def versions(*changes):
    """Versions a month apart, each made from the one before."""
    made, raw = [], definition(point("evidence", "inquiry"), point("rollback"))
    for number, change in enumerate((None, *changes)):
        raw = copy.deepcopy(raw)
        if change:
            change(raw)
        raw |= {
            "version": number + 1,
            "effective_from": (T0 + timedelta(days=30 * number)).isoformat(),
        }
        made.append(msgspec.convert(raw, Definition))
    return made


def key_of(kind):
    return next(p["key"] for p in definition(point(kind, "inquiry"))["points"])


def test_a_version_that_leaves_the_point_alone_does_not_start_again():
    def other(raw):
        raw["points"][1]["title"] = "改名"
        raw["points"][0]["clause"] = "换了条款"

    found = unchanged_since(versions(other, other), key_of("evidence"))
    assert found == (1, T0)


def test_a_changed_setting_starts_again():
    def stricter(raw):
        raw["points"][0]["params"] = {"controls": {"photos": 3}}

    found = unchanged_since(versions(lambda raw: None, stricter), key_of("evidence"))
    assert found == (3, T0 + timedelta(days=60))


def test_a_point_that_is_gone_has_no_beginning():
    def without(raw):
        raw["points"] = raw["points"][1:]

    assert unchanged_since(versions(without), key_of("evidence")) is None


# The nightly count --------------------------------------------------------------------------------

RULES = definition(
    point("evidence", "inquiry", title="现场照片"),
    point("qualification", "inquiry", title="双人"),
    point("decision_basis", "decide", title="决定依据"),
    point("rollback", title="环节回退"),
)
EVERYWHERE = Scope.platform("a test looks at everything")
SAY = """
insert into inspection_verdict (case_id, key, item, version, point, kind, mark, step, result,
  colour, digest, happened_at, judged_at, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, '', $8, '', '', $9, $9, $10, $11)
"""


@pytest.fixture
async def tree(region_tree, agencies):
    return Where(region_tree, agencies)


async def say(tree, kind, mark, result, cases, at, *, version=None):
    """As many cases in which the point of that kind said that."""
    key = next(p["key"] for p in RULES["points"] if p["kind"] == kind)
    async with transaction(EVERYWHERE):
        for case in cases:
            await execute(
                SAY,
                case,
                f"{key}|{mark}|{case}",
                RULES["item"],
                version or RULES["version"],
                key,
                kind,
                mark,
                result,
                at,
                tree.county.lo,
                tree.agency.lo,
            )


async def counted():
    async with transaction(EVERYWHERE):
        await count_nightly({})
        return await rows(
            "select *, ended_at is null as open from inspection_quiet_point order by point, mark"
        )


@pytest.mark.usefixtures("db")
async def test_the_night_finds_each_silence_and_when_it_ends(tree, clock):
    clock(T0)
    await put_in_force(tree, RULES)
    day = T0 + timedelta(days=40)
    clock(day)
    many = range(1, ENOUGH + 1)
    await say(tree, "evidence", "M4", "passed", many, day - timedelta(days=1))
    await say(tree, "decision_basis", "M5a", "fired", many, day - timedelta(days=1))
    await say(tree, "decision_basis", "M5b", "passed", many[:-1], day - timedelta(days=1))
    await say(tree, "rollback", "M3", "fired", many[:1], day - timedelta(days=1))
    await say(tree, "rollback", "M3", "passed", many[1:], day - timedelta(days=1))

    first = {(r["kind"], r["mark"]): r for r in await counted()}
    assert {key: (r["silence"], r["judged"], r["fired"]) for key, r in first.items()} == {
        ("evidence", "M4"): ("none", ENOUGH, 0),
        ("decision_basis", "M5a"): ("always", ENOUGH, ENOUGH),
        ("qualification", "M2"): ("never", 0, 0),
    }
    assert {(r["region_lo"], r["org_lo"]) for r in first.values()} == {
        (tree.county.lo, tree.agency.lo)
    }

    # The next night one photo was missing, so that point is not silent any more.
    clock(day + timedelta(days=1))
    await say(tree, "evidence", "M4", "fired", [999], day + timedelta(hours=2))
    second = {(r["kind"], r["mark"]): r for r in await counted()}
    assert not second["evidence", "M4"]["open"]
    assert second["qualification", "M2"]["open"]
    assert second["qualification", "M2"]["quiet_since"] == day

    # What lies longer than ninety days back counts no more.
    clock(day + timedelta(days=120))
    third = await counted()
    assert [r["open"] for r in third] == [False, False, False]


@pytest.mark.usefixtures("db")
async def test_counting_twice_is_counting_once(tree, clock):
    clock(T0)
    await put_in_force(tree, RULES)
    clock(T0 + timedelta(days=40))
    await say(tree, "evidence", "M4", "passed", range(ENOUGH), T0 + timedelta(days=39))
    before = await counted()
    async with transaction(EVERYWHERE):
        assert await count_quiet_points() == len(before)
    assert await counted() == before


@pytest.mark.usefixtures("db")
async def test_verdicts_of_a_version_with_other_settings_do_not_count(tree, clock):
    clock(T0)
    await put_in_force(tree, RULES)
    later = copy.deepcopy(RULES) | {
        "version": RULES["version"] + 1,
        "effective_from": (T0 + timedelta(days=1)).isoformat(),
    }
    later["points"][0]["params"] = {"controls": {"photos": 9}}
    await put_in_force(tree, later)
    day = T0 + timedelta(days=40)
    clock(day)
    await say(tree, "evidence", "M4", "passed", range(ENOUGH), day - timedelta(days=1))
    silences = {r["kind"]: r["silence"] for r in await counted()}
    assert silences["evidence"] == "never"


# The page -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("db")
async def test_who_supervises_reads_it_and_only_his_own(client, tree, clock, login_as):
    clock(T0)
    await put_in_force(tree, RULES)
    day = T0 + timedelta(days=40)
    clock(day)
    await say(tree, "evidence", "M4", "passed", range(ENOUGH), day - timedelta(days=1))
    await counted()

    await login_as("supervision_bureau", region=tree.county)
    page = await client.get("/inspection/quiet-points")
    assert page.status_code == 200
    assert "现场照片" in page.text
    assert f"判断 {ENOUGH} 次，一次也没有报" in page.text
    book = await client.get("/inspection/quiet-points?format=xlsx")
    assert book.status_code == 200

    await login_as("supervision_bureau", region=tree.other_county)
    other = await client.get("/inspection/quiet-points")
    assert other.status_code == 200
    assert "现场照片" not in other.text
    assert "没有需要体检的监察点" in other.text


@pytest.mark.usefixtures("db")
async def test_a_handler_may_not(client, tree, login_as):
    await login_as("handler", organisation=tree.agency)
    assert (await client.get("/inspection/quiet-points")).status_code == 403
