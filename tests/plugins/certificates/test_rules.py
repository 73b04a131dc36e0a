# SPDX-License-Identifier: Apache-2.0
"""Who may act on which day."""

from datetime import date

import pytest

from plugins.certificates.rules import (
    Card,
    Period,
    change_refused,
    check_dates,
    check_number,
    judge_card,
    judge_person,
    standing_words,
)

D = date


def card(*periods, due=None, number="15082204017"):
    return Card(
        1,
        number,
        D(2023, 7, 1),
        D(2028, 6, 30),
        due,
        periods or (Period("valid", D(2023, 7, 1)),),
    )


SUSPENDED = (
    Period("valid", D(2023, 7, 1), D(2026, 3, 1)),
    Period("suspended", D(2026, 3, 1), D(2026, 6, 1), "涉嫌违纪"),
    Period("valid", D(2026, 6, 1)),
)


@pytest.mark.parametrize(
    ("periods", "due", "day", "code"),
    [
        ((), None, D(2023, 7, 1), "ok"),
        ((), None, D(2023, 6, 30), "not_yet"),
        ((), None, D(2028, 6, 30), "ok"),
        ((), None, D(2028, 7, 1), "expired"),
        ((), D(2025, 7, 1), D(2025, 7, 1), "ok"),
        ((), D(2025, 7, 1), D(2025, 7, 2), "not_inspected"),
        (SUSPENDED, None, D(2026, 2, 28), "ok"),
        (SUSPENDED, None, D(2026, 3, 1), "suspended"),
        (SUSPENDED, None, D(2026, 5, 31), "suspended"),
        (SUSPENDED, None, D(2026, 6, 1), "ok"),
        (
            (Period("valid", D(2023, 7, 1), D(2024, 1, 1)), Period("revoked", D(2024, 1, 1))),
            None,
            D(2024, 1, 1),
            "revoked",
        ),
    ],
)
def test_a_card_is_judged_by_the_day_of_the_act(periods, due, day, code):
    standing = judge_card(card(*periods, due=due), day)
    assert standing.code == code
    assert standing.qualified is (code == "ok")
    assert bool(standing.reason) is (code != "ok")


@pytest.mark.parametrize(
    ("periods", "due", "day", "words"),
    [
        (None, D(2025, 7, 1), D(2025, 7, 1), "有效"),
        (None, D(2025, 7, 1), D(2025, 7, 2), "未年审"),
        (None, None, D(2028, 7, 1), "过期"),
        (None, None, D(2023, 6, 30), "尚未生效"),
        (SUSPENDED, None, D(2026, 3, 1), "暂扣"),
        ((Period("overdue", D(2023, 7, 1)),), None, D(2026, 3, 1), "未年审"),
        ((Period("revoked", D(2023, 7, 1)),), None, D(2026, 3, 1), "吊销"),
    ],
)
def test_the_chip_of_a_card_says_what_holds_today(periods, due, day, words):
    assert standing_words(card(*(periods or ()), due=due), day) == words
    made = Card(3, "15082200009", D(2023, 7, 1), D(2028, 6, 30), None)
    assert standing_words(made, day) == "待发证"


@pytest.mark.req("S1-15")
def test_nobody_without_a_number_is_qualified():
    standing = judge_person([], D(2026, 5, 12))
    assert (standing.qualified, standing.reason) == (False, "未登记执法证号")


def test_one_good_card_is_enough_and_else_the_newest_explains():
    old = Card(
        2, "15082200001", D(2018, 1, 1), D(2022, 12, 31), None, (Period("valid", D(2018, 1, 1)),)
    )
    assert judge_person([old, card()], D(2026, 5, 12)).number == "15082204017"
    assert judge_person([old, card()], D(2029, 1, 1)).number == "15082204017"
    assert judge_person([old], D(2026, 5, 12)).code == "expired"


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("15082204017", True),
        ("A1B2C3", True),
        ("12345", False),
        ("1508-2204", False),
        ("证1234567", False),
        ("1" * 21, False),
    ],
)
def test_numbers(number, good):
    assert (check_number(number) == "") is good


@pytest.mark.parametrize(
    ("start", "end", "good"),
    [
        (D(2023, 7, 1), D(2028, 6, 30), True),
        (D(2023, 7, 1), D(2023, 7, 1), False),
        (D(2023, 7, 1), D(2038, 6, 30), False),
    ],
)
def test_dates(start, end, good):
    assert (check_dates(start, end) == "") is good


@pytest.mark.parametrize(
    ("state", "since", "refused"),
    [
        ("suspended", D(2026, 5, 1), False),
        ("suspended", D(2026, 5, 13), True),
        ("suspended", D(2023, 6, 1), True),
        ("valid", D(2026, 5, 1), True),
    ],
)
def test_changes_of_state(state, since, refused):
    assert bool(change_refused(card(), state, since, D(2026, 5, 12))) is refused


def test_what_was_cancelled_stays_cancelled():
    gone = card(Period("valid", D(2023, 7, 1), D(2024, 1, 1)), Period("cancelled", D(2024, 1, 1)))
    assert "登记新证" in change_refused(gone, "valid", D(2024, 2, 1), D(2026, 5, 12))
