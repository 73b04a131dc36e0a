# SPDX-License-Identifier: Apache-2.0
"""What counts for what, which rows it adds to, months, small numbers, words: without a database."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from core.api.facts import Fact, Place, SubjectRef
from core.api.regions import REGIONS
from plugins.dashboards.rules.adding import Line, added, difference
from plugins.dashboards.rules.hiding import SMALLEST, by_child, gathered
from plugins.dashboards.rules.measures import BOARD, BY_CLASS, BY_KEY, PUBLIC, TREND, share
from plugins.dashboards.rules.periods import Period, period_of, read_month, shifted
from plugins.dashboards.rules.reporting import Numbers, change, themes
from plugins.dashboards.rules.telling import HEARD, told
from plugins.dashboards.rules.tiling import shades

NOON = datetime(2026, 5, 8, 4, tzinfo=UTC)
PLACE = Place(REGIONS.child(REGIONS.child(0, 3).lo, 1).lo, 4096)


def fact(act, at=0, /, subject=("x", 1), place=PLACE, **payload) -> Fact:
    moment = NOON + timedelta(days=at)
    return Fact(at + 1, act, SubjectRef(*subject), payload, place, 0, moment, moment)


def measures(*facts) -> dict[str, int]:
    found = told(facts)
    return {mark.measure: mark.amount for mark in found.marks} if found else {}


OPENED = fact("cases.opened", 0, item=7, case_number="磴市监立〔2026〕1号", title="案")
CLOSED = fact("cases.closed", 20, item=7, case_number="磴市监立〔2026〕1号", title="案")
RAISED = fact(
    "inspection.alarm_raised", 1, colour="red", kind="evidence", case=1, case_number="1号"
)
STORIES = [
    ([OPENED], {"cases.opened": 0, "cases.running": 0}),
    ([OPENED, CLOSED], {"cases.opened": 0, "cases.closed": 20, "cases.in_time": 0}),
    (
        [OPENED, fact("core.clock.lapsed", 5), CLOSED],
        {"cases.opened": 0, "cases.closed": 20, "cases.late": 0},
    ),
    (
        [OPENED, fact("core.clock.lapsed", 5, provisional=True), CLOSED],
        {"cases.opened": 0, "cases.closed": 20, "cases.in_time": 0},
    ),
    (
        [OPENED, CLOSED, fact("core.clock.lapsed", 40)],
        {"cases.opened": 0, "cases.closed": 20, "cases.in_time": 0},
    ),
    (
        [RAISED],
        {"alarms.red": 0, "alarms.red.open": 0, "alarms.evidence": 0, "alarms.evidence.open": 0},
    ),
    (
        [RAISED, fact("inspection.alarm_revoked", 9)],
        {
            "alarms.red": 0,
            "alarms.red.revoked": 0,
            "alarms.evidence": 0,
            "alarms.evidence.revoked": 0,
        },
    ),
    (
        [fact("inspection.alarm_raised", colour="yellow", kind="their.own")],
        {"alarms.yellow": 0, "alarms.yellow.open": 0},
    ),
    ([fact("orders.issued", tier=2)], {}),
    ([fact("orders.issued", tier=1)], {"orders.issued": 0, "orders.open": 0}),
    (
        [
            fact("orders.issued", tier=1),
            fact("orders.escalated", 11),
            fact("orders.revoked", 12, left=1),
            fact("orders.upheld", 14, left=0),
        ],
        {"orders.issued": 0, "orders.closed": 14, "orders.escalated": 0},
    ),
    ([fact("complaints.filed")], {"complaints.filed": 0, "complaints.open": 0}),
    (
        [fact("complaints.filed"), fact("complaints.result_told", 3)],
        {"complaints.filed": 0, "complaints.closed": 3},
    ),
    ([fact("core.clock.lapsed", 3)], {}),
    ([CLOSED], {}),
]


@pytest.mark.req("C12-10")
@pytest.mark.parametrize(("facts", "expected"), STORIES)
def test_what_a_subject_counts_for_in_whatever_order_it_is_told(facts, expected):
    for order in permutations(facts):
        assert measures(*order) == expected


def test_every_measure_told_is_defined_and_every_shown_one_exists():
    told_of = {key for facts, _ in STORIES for key in measures(*facts)}
    assert told_of <= BY_KEY.keys()
    assert {*BOARD, *BY_CLASS, *TREND, *PUBLIC} <= BY_KEY.keys()
    assert all(each.definition.endswith("。") for each in BY_KEY.values())
    assert len(set(HEARD)) == len(HEARD)


@pytest.mark.req("C12-01")
def test_nothing_is_counted_by_fines():
    assert not [each for each in BY_KEY.values() if "罚款" in each.title or "fine" in each.key]


def random_lines(source: Random, count: int) -> list[Line]:
    found = []
    for _ in range(count):
        lo = 0
        for _ in range(source.randint(1, 5)):
            lo = REGIONS.child(lo, source.randint(0, 2)).lo
        found.append(
            Line(
                source.choice(["cases.opened", "alarms.red"]),
                lo,
                source.randint(0, 3) * 4096,
                source.choice(["", "penalty", "licence"]),
                date(2026, source.randint(1, 12), 1),
                source.randint(0, 9),
                REGIONS.ancestors(lo),
            )
        )
    return found


@pytest.mark.req("C12-04")
def test_a_region_is_always_the_sum_of_its_own_and_of_the_regions_below():
    for seed in range(6):
        cells = added(random_lines(Random(seed), 60))
        wholes = {key: n for key, n in cells.items() if key.whole}
        for key, (n, amount) in wholes.items():
            parts = [
                each
                for each in cells
                if (each.measure, each.power_class, each.month)
                == (key.measure, key.power_class, key.month)
                and (
                    (not each.whole and each.origin == key.origin)
                    or (
                        each.whole
                        and each.origin != key.origin
                        and key.origin in REGIONS.ancestors(each.origin)[-2:-1]
                    )
                )
            ]
            assert (n, amount) == (
                sum(cells[each][0] for each in parts),
                sum(cells[each][1] for each in parts),
            )


def test_differences_added_one_by_one_come_to_a_recount():
    source = Random(5)
    lines = random_lines(source, 80)
    kept: dict = {}
    now: list[Line] = []
    for line in lines:
        before, after = now[-1:], ([line] if source.random() < 0.3 else [*now[-1:], line])
        for cell, (n, amount) in difference(before, after).items():
            had = kept.get(cell, (0, 0))
            kept[cell] = (had[0] + n, had[1] + amount)
        now = [*now[: len(now) - len(before)], *after]
    assert {key: value for key, value in kept.items() if value != (0, 0)} == added(now)
    assert list(difference([], lines)) == sorted(difference([], lines))
    assert not difference(lines, lines)


@pytest.mark.req("C12-09")
def test_small_numbers_cannot_be_subtracted_into_the_light():
    assert [gathered([n]).words for n in (0, 1, 4, 5, 1234)] == ["0", "<5", "<5", "5", "1,234"]
    own = {1: 7, 2: 3, 3: 0, 12: 2, 13: 40}
    counties = by_child(own, [(1, 9), (10, 19)])
    assert [each.words for each in counties] == ["7 以上", "40 以上"]
    # Whatever is shown, at any level, stays the same when a hidden number changes.
    for hidden in range(1, SMALLEST):
        other = {**own, 2: hidden, 12: hidden}
        assert by_child(other, [(1, 9), (10, 19)]) == counties
        assert gathered(other.values()) == gathered(own.values())
    assert gathered([2, 3]).words == "各处 <5"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        (("", "", ""), 202601, 202605),
        (("month", "", ""), 202605, 202605),
        (("quarter", "", ""), 202604, 202605),
        (("last", "", ""), 202501, 202512),
        (("own", "2025-11", "2026-02"), 202511, 202602),
        (("own", "2026-02", "2025-11"), 202511, 202602),
        (("own", "zzz", "2026-13"), 202601, 202605),
        (("own", "2001-01", "2026-05"), 202106, 202605),
        (("nonsense", "", ""), 202601, 202605),
    ],
)
def test_periods(asked, first, last):
    period = period_of(date(2026, 5, 11), *asked)
    assert (period.first, period.last) == (first, last)
    assert len(period.months) <= 60
    assert bool(period.error) == (asked[1] in ("2026-02", "zzz", "2001-01"))


def test_months():
    assert shifted(202601, -1) == 202512
    assert shifted(202512, 13) == 202701
    assert read_month("2026-5") == 202605
    assert [read_month(t) for t in ("", "2026", "2026-00", "26-01", "２０２６-x")] == [None] * 5
    assert Period("own", 202511, 202602).months == [202511, 202512, 202601, 202602]
    assert Period("own", 202511, 202602).words == "2025年11月至2026年2月"


@pytest.mark.req("C12-11")
def test_the_report_says_what_the_numbers_say_and_no_share_of_nothing():
    now = {"cases.opened": (30, 0), "cases.closed": (4, 50), "cases.in_time": (3, 0)}
    it = Numbers(now, {"cases.opened": (20, 0)}, {"cases.opened": (99, 0)}, {}, [("甲镇", {})])
    words = {theme: "".join(said) for theme, said in themes(it)}
    assert "新收案件30件，比上月增加10件（50.0%）" in words["案件办理"]
    assert "按期办结率75.0%，平均用时12.5日" in words["案件办理"]
    assert "各地各单位" not in words
    assert "没有发出" in words["督办"]
    assert change(3, 2, "件") == "比上月增加1件"
    assert change(2, 2, "件") == "与上月持平"
    assert share(0, 0) is None


@pytest.mark.req("C12-03")
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([5], [4]),
        ([1, 0, 100], [1, 0, 4]),
        ([25, 26, 50, 51, 75, 76, 100], [1, 2, 2, 3, 3, 4, 4]),
        ([3, 3], [4, 4]),
    ],
)
def test_how_dark_a_tile_is(numbers: list[int], expected: list[int]) -> None:
    assert shades(numbers) == expected
