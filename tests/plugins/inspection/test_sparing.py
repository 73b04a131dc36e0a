# SPDX-License-Identifier: Apache-2.0
"""Points that cannot fire are not asked; what fires stays exactly the same."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.replay.points import points_from
from plugins.inspection.rules.engine import fired, judge
from plugins.inspection.rules.model import Event

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
SPECS = [
    {"key": "between", "kind": "time_between", "from": "A", "to": "B",
     "limit": {"amount": 30, "unit": "hours"}, "if_missing": "fire"},
    {"key": "whole", "kind": "time_between", "of": "case", "limit": {"amount": 2, "unit": "calendar"}},
    {"key": "own", "kind": "time_between", "of": "case", "deadline": "deadline"},
    {"key": "from-some", "kind": "time_between",
     "from": {"activity": "A", "where": {"urgent": "yes"}}, "to": "C",
     "limit": {"amount": 5, "unit": "hours"}},
    {"key": "follow", "kind": "must_follow", "after": "B", "then": "C*"},
    {"key": "follow-unless", "kind": "must_follow", "after": "B", "then": "C", "unless": "D"},
    {"key": "follow-some", "kind": "must_follow",
     "after": {"activity": "B", "where": {"urgent": "yes"}}, "then": "C"},
    {"key": "follow-when", "kind": "must_follow", "after": "B", "then": "C",
     "when": {"class": "x"}},
    {"key": "follow-in-time", "kind": "must_follow", "after": "A", "then": "C",
     "limit": {"amount": 10, "unit": "hours"}},
    {"key": "two", "kind": "two_officers", "first": "A", "second": "C"},
    {"key": "many", "kind": "two_officers", "activity": "B", "minimum": 2},
    {"key": "order", "kind": "return", "order": ["A", "B", "C"]},
    {"key": "again", "kind": "return", "activity": "A", "after": "C"},
    {"key": "too-often", "kind": "return", "activity": "B", "more_than": 1},
    {"key": "again-when", "kind": "return", "activity": "A", "after": "C", "when": {"class": "x"}},
    {"key": "before", "kind": "required", "on": "C", "activity": "A"},
    {"key": "before-some", "kind": "required", "on": "C",
     "activity": {"activity": "A", "where": {"urgent": "yes"}}},
    {"key": "held", "kind": "required", "on": "B", "attribute": "photos"},
    {"key": "case-held", "kind": "required", "on": "case", "attribute": "photos"},
    {"key": "no", "kind": "decision", "on": ["D", "E"], "negative_activities": ["E"],
     "checks": ["negative"]},
    {"key": "reasons", "kind": "decision", "on": "D", "outcome": "outcome", "basis": "basis"},
]  # fmt: skip


def case(rng: random.Random) -> tuple[list[Event], dict[str, str]]:
    at = START
    events = []
    for seq in range(1, rng.randint(0, 6) + 1):
        at += timedelta(hours=rng.choice((0, 1, 8, 40)))
        values = {
            key: rng.choice(choices)
            for key, choices in (
                ("urgent", ("yes", "no")),
                ("photos", ("2", "0", "")),
                ("outcome", ("不予处罚", "罚款", "")),
                ("basis", ("第一条", "")),
            )
            if rng.random() < 0.7
        }
        events.append(
            Event(seq, "step_submitted", at, rng.choice("ABCDE"), rng.choice("甲乙"), values)
        )
    attributes = {"class": rng.choice("xy")}
    if rng.random() < 0.5:
        attributes["deadline"] = (START + timedelta(hours=rng.randint(0, 60))).isoformat()
    if rng.random() < 0.2:
        rng.shuffle(events)  # late entries arrive out of order
    return events, attributes


@pytest.mark.req("C4-21")
@pytest.mark.parametrize("seed", range(5))
def test_asking_fewer_points_changes_nothing(seed) -> None:
    file = points_from({"points": SPECS}, "x.toml")
    compiled = file.compiled(PublishedCalendar())
    assert compiled.idles
    rng = random.Random(seed)
    lit: set[str] = set()
    for _ in range(1500):
        events, attributes = case(rng)
        until = rng.choice((None, START + timedelta(days=30)))
        wanted = fired(judge(events, compiled, until=until, attributes=attributes, explain=True))
        found = judge(events, compiled, until=until, attributes=attributes, explain=False)
        assert found == wanted
        lit |= {v.point for v in found}
    assert lit == {spec["key"] for spec in SPECS}  # every one of them was put to the test
    assert 100 < len(compiled.awake) <= 10_000


def test_a_sequence_is_remembered_without_what_it_carried() -> None:
    """The first case of a sequence decides for the next ones only what holds for all of them."""
    file = points_from({"points": [SPECS[3], SPECS[7]]}, "x.toml")
    compiled = file.compiled(PublishedCalendar())

    def told(urgent: str, kind: str) -> list[str]:
        events = [
            Event(1, "step_submitted", START, "A", "甲", {"urgent": urgent}),
            Event(2, "step_submitted", START + timedelta(hours=9), "C", "甲", {}),
            Event(3, "step_submitted", START + timedelta(hours=9), "B", "甲", {}),
        ]
        said = judge(events, compiled, attributes={"class": kind}, explain=False)
        return [v.point for v in said]

    assert told("no", "y") == []
    assert told("yes", "x") == ["from-some", "follow-when"]
    assert len(compiled.awake) == 1


def test_very_long_cases_are_not_remembered() -> None:
    compiled = points_from({"points": SPECS}, "x.toml").compiled(PublishedCalendar())
    events = [Event(n, "step_submitted", START, "A", "甲", {}) for n in range(1, 200)]
    judge(events, compiled, explain=False)
    assert compiled.awake == {}
