# SPDX-License-Identifier: Apache-2.0
"""What a points file can say about the log of another system, kind by kind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.replay.faults import PointsFault
from plugins.inspection.replay.points import points_from
from plugins.inspection.rules.engine import judge
from plugins.inspection.rules.model import Event

MONDAY = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)  # 09:00 in Beijing


def log(*rows: tuple[Any, ...]) -> list[Event]:
    """Rows of (activity, hours since Monday 09:00, officer, values)."""
    events = []
    for seq, (activity, hours, *rest) in enumerate(rows, 1):
        officer = rest[0] if rest else ""
        values = rest[1] if len(rest) > 1 else {}
        events.append(
            Event(
                seq=seq,
                at=MONDAY + timedelta(hours=hours),
                step=activity,
                actor=officer,
                values=values,
            )
        )
    return events


def found(events, kind, *, until=None, attributes=None, timezone="Asia/Shanghai", **params):
    spec = {
        "timezone": timezone,
        "points": [{"key": "p", "kind": kind, "title": "监察点", **params}],
    }
    calendar = PublishedCalendar()
    return judge(
        events,
        points_from(spec, "test.toml").compiled(calendar),
        until=until,
        attributes=attributes or {},
        explain=False,
    )


def count(*args, **params):
    return len(found(*args, **params))


@pytest.mark.parametrize(
    ("unit", "amount", "start", "end", "late"),
    [
        ("hours", 24, "2026-05-11T09:00+08:00", "2026-05-12T09:00+08:00", 0),
        ("hours", 24, "2026-05-11T09:00+08:00", "2026-05-12T09:01+08:00", 1),
        # The starting day is not counted and the last one lasts until 24:00.
        ("calendar", 3, "2026-05-11T09:00+08:00", "2026-05-14T23:59+08:00", 0),
        ("calendar", 3, "2026-05-11T09:00+08:00", "2026-05-15T00:00+08:00", 1),
        ("weekdays", 5, "2026-04-29T09:00+08:00", "2026-05-06T23:00+08:00", 0),
        ("weekdays", 5, "2026-04-29T09:00+08:00", "2026-05-07T00:00+08:00", 1),
        # Labour Day 1 to 5 May; Saturday 9 May is worked (调休).
        ("working", 3, "2026-04-30T09:00+08:00", "2026-05-08T23:00+08:00", 0),
        ("working", 3, "2026-04-30T09:00+08:00", "2026-05-09T00:00+08:00", 1),
        ("working", 4, "2026-04-30T09:00+08:00", "2026-05-09T23:00+08:00", 0),
        ("working", 5, "2026-09-30T09:00+08:00", "2026-10-13T23:59+08:00", 0),
        ("working", 5, "2026-09-30T09:00+08:00", "2026-10-14T00:00+08:00", 1),
        ("working", 7, "2026-09-18T09:00+08:00", "2026-09-29T23:59+08:00", 0),
        ("working", 7, "2026-09-18T09:00+08:00", "2026-09-30T00:00+08:00", 1),
    ],
)
def test_time_between_in_every_unit(unit, amount, start, end, late):
    events = [
        Event(seq=1, at=datetime.fromisoformat(start).astimezone(UTC), step="A"),
        Event(seq=2, at=datetime.fromisoformat(end).astimezone(UTC), step="B"),
    ]
    limit = {"amount": amount, "unit": unit}
    params = {"from": "A", "to": "B", "limit": limit}
    assert count(events, "time_between", **params) == late
    assert count(events, "time_between", of="case", limit=limit) == late


def test_days_are_those_of_the_named_zone_also_when_the_clocks_change():
    start = datetime(2011, 3, 26, 22, 30, tzinfo=UTC)  # 23:30 in Amsterdam, 27 March is 23 h long
    events = [Event(seq=1, at=start, step="A")]
    limit = {"amount": 1, "unit": "calendar"}
    params = {"from": "A", "to": "B", "limit": limit, "timezone": "Europe/Amsterdam"}
    in_time = Event(seq=2, at=datetime(2011, 3, 27, 21, 59, 59, tzinfo=UTC), step="B")
    late = Event(seq=2, at=datetime(2011, 3, 27, 22, 0, 0, tzinfo=UTC), step="B")
    assert count([*events, in_time], "time_between", **params) == 0
    assert count([*events, late], "time_between", **params) == 1


def test_first_and_last_occurrences():
    events = log(("A", 0), ("B", 1), ("A", 30), ("B", 100))
    limit = {"amount": 48, "unit": "hours"}
    assert count(events, "time_between", **{"from": "A", "to": "B", "limit": limit}) == 0
    last = {"from": "A", "to": "B", "to_occurrence": "last", "limit": limit}
    assert count(events, "time_between", **last) == 1
    both = {**last, "from_occurrence": "last"}
    assert count(events, "time_between", **both) == 1
    table = {"from": {"activity": "A", "occurrence": "last"}, "to": "B", "limit": limit}
    assert count(events, "time_between", **table) == 0


def test_the_case_brings_its_own_deadline():
    events = log(("A", 0), ("B", 10))
    by = (MONDAY + timedelta(hours=9)).isoformat()
    assert count(events, "time_between", of="case", deadline="d", attributes={"d": by}) == 1
    day = {"of": "case", "deadline": "d", "deadline_ends": "day", "attributes": {"d": by}}
    assert count(events, "time_between", **day) == 0
    assert count(events, "time_between", of="case", deadline="d", attributes={"d": "soon"}) == 0
    assert count(events, "time_between", of="case", deadline="d") == 0
    one = {"to": "A", "deadline": "d", "attributes": {"d": by}}
    assert count(events, "time_between", **one) == 0


def test_an_open_case_is_late_only_when_the_time_of_judging_is_known():
    events = log(("A", 0))
    params = {"from": "A", "to": "B", "limit": {"amount": 24, "unit": "hours"}}
    assert count(events, "time_between", **params) == 0
    assert count(events, "time_between", **params, until=MONDAY + timedelta(hours=24)) == 0
    assert count(events, "time_between", **params, until=MONDAY + timedelta(hours=25)) == 1
    assert count(events, "time_between", **params, if_missing="fire") == 1
    late = MONDAY + timedelta(days=9)
    assert count(events, "time_between", **params, if_missing="ignore", until=late) == 0


def test_what_must_follow():
    params = {"after": "A", "then": "B*"}
    assert count(log(("A", 0), ("B1", 1)), "must_follow", **params) == 0
    assert count(log(("B1", 0), ("A", 1)), "must_follow", **params) == 1
    assert count(log(("A", 0), ("B2", 1), ("A", 2)), "must_follow", **params) == 1
    assert count(log(("C", 0)), "must_follow", **params) == 0
    twice = log(("A", 0), ("A", 1), ("C", 2))
    assert count(twice, "must_follow", **params) == 1
    assert count(twice, "must_follow", **params, each=True) == 2
    assert count(twice, "must_follow", **params, unless="C") == 0
    soon = {**params, "limit": {"amount": 2, "unit": "hours"}}
    assert count(log(("A", 0), ("B1", 3)), "must_follow", **soon) == 1
    assert count(log(("A", 0), ("B1", 2)), "must_follow", **soon) == 0


def test_nothing_follows_itself_and_one_moment_has_an_order():
    again = {"after": "A", "then": "A"}
    assert count(log(("A", 0)), "must_follow", **again) == 1, "an event is not its own sequel"
    assert count(log(("A", 0), ("A", 0)), "must_follow", **again, each=True) == 1
    assert count(log(("A", 0), ("B", 0)), "must_follow", after="A", then="B") == 0
    assert count(log(("B", 0), ("A", 0)), "must_follow", after="A", then="B") == 1
    soon = {"after": "A", "then": "B", "limit": {"amount": 2, "unit": "hours"}}
    due = MONDAY + timedelta(hours=2)
    assert count(log(("A", 0)), "must_follow", **soon, until=due) == 0, "the last moment is in time"
    assert count(log(("A", 0)), "must_follow", **soon, until=due + timedelta(seconds=1)) == 1


def test_different_officers():
    pair = {"first": "check", "second": "decide"}
    assert count(log(("check", 0, "甲"), ("decide", 1, "甲")), "two_officers", **pair) == 1
    assert count(log(("check", 0, "甲"), ("decide", 1, "乙")), "two_officers", **pair) == 0
    assert count(log(("check", 0, "甲")), "two_officers", **pair) == 0
    again = log(("check", 0, "甲"), ("check", 1, "乙"), ("decide", 2, "乙"))
    assert count(again, "two_officers", **pair) == 1
    nobody = log(("check", 0, "EMPTY"), ("decide", 1, "EMPTY"))
    assert count(nobody, "two_officers", **pair, ignore=["EMPTY"]) == 0
    assert count(nobody, "two_officers", **pair) == 1
    team = {"activity": "inspect", "separator": ";"}
    assert count(log(("inspect", 0, "甲;乙")), "two_officers", **team) == 0
    assert count(log(("inspect", 0, "甲")), "two_officers", **team) == 1
    assert count(log(("inspect", 0, "甲"), ("inspect", 1, "乙")), "two_officers", **team) == 0


def test_returns_and_repetitions():
    order = {"order": ["A", "B", "C"]}
    assert count(log(("A", 0), ("B", 1), ("C", 2)), "return", **order) == 0
    assert count(log(("A", 0), ("A", 1), ("C", 2)), "return", **order) == 0
    assert count(log(("A", 0), ("C", 1), ("X", 2), ("A", 3), ("C", 4)), "return", **order) == 1
    assert count(log(("C", 0), ("B", 1), ("A", 2)), "return", **order) == 2
    after = {"activity": "check", "after": "adjust"}
    assert count(log(("check", 0), ("adjust", 1), ("check", 2)), "return", **after) == 1
    assert count(log(("adjust", 0), ("check", 1)), "return", **after) == 0
    assert count(log(("adjust", 0), ("check", 1)), "return", **after, repeated=False) == 1
    rounds = log(("check", 0), ("adjust", 1), ("check", 2), ("adjust", 3), ("check", 4))
    assert [v.colour for v in found(rounds, "return", **after)] == ["yellow", "yellow"]
    assert count(log(("A", 0), ("A", 1)), "return", activity="A") == 1
    assert count(log(("A", 0), ("A", 1)), "return", activity="A", more_than=2) == 0


def test_required_attributes_and_activities():
    need = {"on": "B", "attribute": "photos"}
    assert count(log(("B", 0, "", {"photos": "2"})), "required", **need, minimum=2) == 0
    assert count(log(("B", 0, "", {"photos": "1"})), "required", **need, minimum=2) == 1
    assert count(log(("B", 0, "", {"photos": "0"})), "required", **need) == 1
    assert count(log(("B", 0, "", {"photos": ""})), "required", **need) == 1
    assert count(log(("B", 0, "", {"photos": "EMPTY"})), "required", **need) == 1
    assert count(log(("B", 0, "", {"photos": "a.jpg"})), "required", **need) == 0
    assert count(log(("B", 0, "", {"photos": ["a", "b"]})), "required", **need, minimum=2) == 0
    assert count(log(("B", 0, "", {"photos": "false"})), "required", **need) == 1
    assert count(log(("B", 0)), "required", **need) == 1
    assert count(log(("A", 0)), "required", **need) == 0
    before = {"on": "B", "activity": "A"}
    assert count(log(("A", 0), ("B", 1)), "required", **before) == 0
    assert count(log(("B", 0), ("A", 1)), "required", **before) == 1
    assert count(log(("B", 0), ("A", 1)), "required", **before, before=False) == 0
    assert count(log(("B", 0)), "required", activity="A") == 1
    assert count(log(("B", 0)), "required", attribute="x", attributes={"x": "1"}) == 0


def test_decisions():
    decide = {"on": "decide", "outcome": "result", "basis": "law", "negative": ["no"]}

    def lamps(values):
        return [
            (v.mark, v.colour) for v in found(log(("decide", 0, "", values)), "decision", **decide)
        ]

    assert lamps({"result": "yes", "law": "§1"}) == []
    assert lamps({"result": "yes"}) == [("M5a", "red")]
    assert lamps({"result": "no", "law": "§1"}) == [("M5b", "yellow")]
    assert lamps({"result": "no", "law": " "}) == [("M5a", "red"), ("M5b", "yellow")]
    assert lamps({"law": "§1"}) == []
    refused = log(("refuse", 0))
    assert count(refused, "decision", on="refuse", negative_activities=["refuse"]) == 1


def test_amounts_depend_on_other_attributes():
    params = {
        "on": "fine",
        "amount": "amount",
        "tiers": [
            {"when": {"class": "truck"}, "min": 100, "max": 500, "title": "货车"},
            {"when": [{"attribute": "points", "op": "gt", "value": 3}], "max": 90},
            {"when": {"class": ["car", "bus"]}, "min": 10, "max": 50},
        ],
    }

    def lamps(**values):
        return count(log(("fine", 0, "", values)), "amount_range", **params)

    assert lamps(**{"class": "truck", "amount": "300.0"}) == 0
    assert lamps(**{"class": "truck", "amount": 99.99}) == 1
    assert lamps(**{"class": "car", "points": "5", "amount": 90}) == 0
    assert lamps(**{"class": "car", "points": "5", "amount": 91}) == 1
    assert lamps(**{"class": "bus", "points": 0, "amount": 50}) == 0
    assert lamps(**{"class": "bus", "points": 0, "amount": 50.5}) == 1
    assert lamps(**{"class": "bike", "points": 0, "amount": 9999}) == 0
    assert lamps(**{"class": "truck"}) == 0
    earlier = log(("report", 0, "", {"class": "truck"}), ("fine", 1, "", {"amount": 501}))
    assert count(earlier, "amount_range", **params) == 1


ROAD = {
    "decided": {"activity": ["Create Fine", "Add penalty"], "attribute": "amount", "use": "last"},
    "additions": {"activity": "Send Fine", "attribute": "expense"},
    "paid": {"activity": "Payment", "attribute": "paymentAmount"},
    "enforcement": "Send for Credit Collection",
}


def fine(*payments, penalty=None, collect=None):
    rows = [("Create Fine", 0, "", {"amount": "35.0"}), ("Send Fine", 1, "", {"expense": "11.0"})]
    if penalty:
        rows.append(("Add penalty", 2, "", {"amount": penalty}))
    rows += [("Payment", 3 + i, "", {"paymentAmount": p}) for i, p in enumerate(payments)]
    if collect:
        rows.append(("Send for Credit Collection", collect))
    return log(*sorted(rows, key=lambda row: row[1]))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (fine("46.0"), []),
        (fine("35.0", "11.0"), []),
        (fine("35.0"), ["difference"]),
        (fine("50.0"), ["difference"]),
        (fine("81.0", penalty="70.0"), []),
        (fine("46.0", penalty="70.0"), ["difference"]),
        (fine(), []),
        (fine(collect=9), []),
        (fine("46.0", collect=9), ["enforced"]),
        (fine("46.0", collect=2), []),
        (fine("20.0", collect=9), ["difference"]),
    ],
)
def test_payments_against_the_decision_with_its_additions(events, expected):
    alarms = found(events, "payments", **ROAD)
    assert [v.occurrence.rstrip("0123456789") for v in alarms] == expected


def test_unpaid_may_be_asked_for():
    assert count(fine(), "payments", **ROAD, unpaid=True) == 1


def test_points_can_be_limited_to_some_cases():
    params = {"activity": "A", "when": [{"attribute": "channel", "value": "Internet"}]}
    events = log(("A", 0), ("A", 1))
    assert count(events, "return", **params, attributes={"channel": "Internet"}) == 1
    assert count(events, "return", **params, attributes={"channel": "Desk"}) == 0
    assert count(events, "return", **params) == 0


def test_what_an_event_lacks_the_case_may_hold():
    need = {"on": "B", "attribute": "photos"}
    assert count(log(("B", 0)), "required", **need, attributes={"photos": "a.jpg"}) == 0
    assert count(log(("B", 0)), "required", **need, attributes={"photos": "EMPTY"}) == 1
    held = log(("B", 0, "", {"photos": "a.jpg"}))
    assert count(held, "required", **need, attributes={"photos": "EMPTY"}) == 0


@pytest.mark.parametrize(
    ("op", "below", "same", "above"),
    [
        ("lt", 1, 0, 0),
        ("le", 1, 1, 0),
        ("gt", 0, 0, 1),
        ("ge", 0, 1, 1),
        ("eq", 0, 1, 0),
        ("ne", 1, 0, 1),
    ],
)
def test_each_comparison_at_its_edge(op, below, same, above):
    params = {"activity": "A", "when": [{"attribute": "points", "op": op, "value": 3}]}
    events = log(("A", 0), ("A", 1))
    for value, fires in ((2, below), (3, same), (4, above)):
        assert count(events, "return", **params, attributes={"points": value}) == fires, value


def test_a_limited_point_is_asked_of_every_case_though_they_look_alike():
    limited = {"on": "B", "activity": "A", "when": [{"attribute": "channel", "value": "Internet"}]}
    spec = {"points": [{"key": "p", "kind": "required", **limited}]}
    compiled = points_from(spec, "t.toml").compiled(PublishedCalendar())
    fired = [
        len(judge(log(("B", 0)), compiled, attributes={"channel": channel}, explain=False))
        for channel in ("Desk", "Internet", "Desk")
    ]
    assert fired == [0, 1, 0]


def test_everything_not_fired_has_its_reason():
    spec = {"points": [{"key": "p", "kind": "must_follow", "after": "A", "then": "B"}]}
    compiled = points_from(spec, "t.toml").compiled(PublishedCalendar())
    (passed,) = judge(log(("A", 0), ("B", 1)), compiled)
    (absent,) = judge(log(("C", 0)), compiled)
    assert (passed.result, passed.reason) == ("passed", "之后有「B」。")
    assert (absent.result, absent.reason) == ("not_applicable", "没有「A」。")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"points": []}, "没有一个"),
        ({"points": [{"key": "p"}]}, "要写 key 和 kind"),
        ({"points": [{"key": "p", "kind": "x"}]}, "没有类型 x"),
        ({"points": [{"key": "p", "kind": "must_follow", "aftr": "A"}]}, "不认识 aftr"),
        ({"points": [{"key": "p", "kind": "must_follow", "after": "A"}]}, "缺少 then"),
        (
            {"points": [{"key": "p", "kind": "time_between", "of": "case", "limit": 3}]},
            "limit 要写成",
        ),
        (
            {
                "points": [
                    {
                        "key": "p",
                        "kind": "time_between",
                        "of": "case",
                        "limit": {"amount": 3, "unit": "weeks"},
                    }
                ]
            },
            "期限单位只能是",
        ),
        ({"timezone": "Mars/Base", "points": []}, "没有时区"),
        ({"pionts": []}, "不认识 pionts"),
        (
            {"points": [{"key": "p", "kind": "rollback"}, {"key": "p", "kind": "rollback"}]},
            "写了两次",
        ),
        ({"mapping": {"activty": "x"}, "points": [{"key": "p", "kind": "rollback"}]}, "activty"),
    ],
)
def test_a_wrong_points_file_is_told_what_is_wrong(spec, words):
    with pytest.raises(PointsFault, match=words):
        points_from(spec, "test.toml").compiled(PublishedCalendar())
