# SPDX-License-Identifier: Apache-2.0
"""When which inspection is due, and what a late one leaves behind."""

from datetime import date

import pytest

from plugins.certificates.rules import Card, Period, judge_card
from plugins.certificates.rules.inspecting import (
    STATES,
    due_at,
    kind_of_due,
    late_gap,
    may_apply,
    missing,
    next_due,
    periods_after,
    why_not,
    window,
)

D = date
ISSUED = D(2022, 3, 1)


@pytest.mark.req("S2-22")
@pytest.mark.parametrize(
    ("years", "kind", "due"),
    [
        (2, "two_year", D(2024, 3, 1)),
        (4, "four_year", D(2026, 3, 1)),
        (6, "two_year", D(2028, 3, 1)),
        (8, "four_year", D(2030, 3, 1)),
    ],
)
def test_the_cycle_runs_from_the_day_of_issue(years, kind, due):
    found = due_at(ISSUED, years)
    assert (found.kind, found.due_on) == (kind, due)
    assert kind_of_due(ISSUED, due) == kind


@pytest.mark.req("S2-22")
@pytest.mark.parametrize(
    ("done", "following"),
    [
        (None, D(2024, 3, 1)),
        (D(2024, 3, 1), D(2026, 3, 1)),
        (D(2026, 3, 1), D(2028, 3, 1)),
        (D(2028, 3, 1), D(2030, 3, 1)),
    ],
)
def test_the_next_one_follows_the_one_that_was_due(done, following):
    assert next_due(ISSUED, done).due_on == following


def test_a_card_of_the_29th_of_february_is_due_on_the_first_of_march():
    assert due_at(D(2024, 2, 29), 2).due_on == D(2026, 3, 1)


LAST = D(2030, 2, 28)


def card(due, *periods, until=LAST):
    return Card(1, "150822", ISSUED, until, due, periods or (Period("valid", ISSUED),))


@pytest.mark.req("S2-22")
@pytest.mark.parametrize(
    ("today", "words"),
    [
        (D(2023, 12, 1), "还没有到年审时间"),
        (D(2023, 12, 2), ""),
        (D(2024, 3, 1), ""),
        (D(2024, 6, 1), ""),
    ],
)
def test_the_window_opens_ninety_days_before_and_late_is_not_too_late(today, words):
    assert words in may_apply(card(D(2024, 3, 1)), today, 90)
    assert bool(may_apply(card(D(2024, 3, 1)), today, 90)) is bool(words)
    assert window(D(2024, 3, 1), 90) == (D(2023, 12, 2), D(2024, 3, 1))


@pytest.mark.parametrize("state", ["suspended", "revoked", "cancelled"])
def test_a_card_that_is_not_in_force_is_not_inspected(state):
    periods = (Period("valid", ISSUED, D(2023, 1, 1)), Period(state, D(2023, 1, 1)))
    assert "不能年审" in may_apply(card(D(2024, 3, 1), *periods), D(2024, 2, 1), 90)
    assert may_apply(card(None), D(2024, 2, 1), 90)


@pytest.mark.req("S2-21")
def test_basics_have_to_be_complete():
    assert missing("110105********002X", "138****5678") == []
    assert missing("", "138****5678") == ["身份证号"]
    assert missing("", "") == ["身份证号", "手机号"]


@pytest.mark.req("S2-22")
def test_a_late_inspection_does_not_repair_the_days_before_it():
    due, done = D(2024, 3, 1), D(2024, 6, 1)
    late = card(due)
    assert judge_card(late, D(2024, 3, 2)).code == "not_inspected"
    gap = late_gap(late, done)
    ended, begun = periods_after(late, gap, done)
    after = card(next_due(ISSUED, due).due_on, *ended, *begun)
    assert judge_card(after, D(2024, 3, 1)).code == "ok"
    assert judge_card(after, D(2024, 3, 2)).code == "not_inspected"
    assert judge_card(after, D(2024, 5, 31)).code == "not_inspected"
    assert judge_card(after, done).code == "ok"
    assert late_gap(card(due), due) is None
    assert periods_after(late, None, done) == ((), ())


def test_a_card_that_ran_out_before_it_was_renewed_stays_out_for_those_days():
    old = card(D(2026, 3, 1), until=D(2026, 2, 1))
    gap = late_gap(old, D(2026, 4, 1))
    assert (gap.state, gap.since) == ("expired", D(2026, 2, 2))


@pytest.mark.req("S2-23")
def test_nothing_is_scanned_before_it_is_approved_or_twice():
    assert [state for state in STATES if not why_not(state, "scan")] == ["approved"]
    assert "还没有审核通过" in why_not("applied", "scan")
    assert "已经完成" in why_not("done", "scan")
