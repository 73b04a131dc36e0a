# SPDX-License-Identifier: Apache-2.0
"""The rules as tables; no database."""

from datetime import date

import pytest

from plugins.notices import rules

TODAY = date(2026, 5, 12)


@pytest.mark.parametrize(
    ("title", "words", "confirm", "by", "wrong"),
    [
        ("通知", "正文", False, None, set()),
        ("通知", "正文", True, None, set()),
        ("通知", "正文", True, TODAY, set()),
        ("通知", "正文", True, date(2026, 5, 11), {"confirm_by"}),
        ("通知", "正文", False, TODAY, {"confirm_by"}),
        ("  ", "正文", False, None, {"title"}),
        ("通" * 120, "正文", False, None, set()),
        ("通" * 121, "正文", False, None, {"title"}),
        ("", " \n", False, None, {"title", "body"}),
    ],
)
@pytest.mark.req("S0-18")
def test_what_a_notice_needs(
    title: str, words: str, confirm: bool, by: date | None, wrong: set[str]
) -> None:
    found = rules.faults_of_notice(title, words, must_confirm=confirm, confirm_by=by, today=TODAY)
    assert set(found) == wrong


@pytest.mark.parametrize(
    ("words", "changes", "current", "same", "wrong"),
    [
        ("一", "", 0, False, set()),
        ("一", "加了一条", 1, False, set()),
        ("一", "", 1, False, {"changes"}),
        ("一", "加了一条", 1, True, {"body"}),
        ("", "", 0, False, {"body"}),
        ("", "", 2, False, {"body", "changes"}),
    ],
)
@pytest.mark.req("S0-19")
def test_what_a_version_needs(
    words: str, changes: str, current: int, same: bool, wrong: set[str]
) -> None:
    assert set(rules.faults_of_version(words, changes, current, same)) == wrong


@pytest.mark.parametrize(
    ("by", "reminded", "today", "expected"),
    [
        (None, None, TODAY, False),
        (date(2026, 5, 15), None, TODAY, False),
        (date(2026, 5, 14), None, TODAY, True),
        (date(2026, 5, 14), date(2026, 5, 11), TODAY, True),
        (date(2026, 5, 13), date(2026, 5, 11), TODAY, False),
        (TODAY, date(2026, 5, 11), TODAY, True),
        (TODAY, TODAY, TODAY, False),
        (date(2026, 5, 11), None, TODAY, False),
    ],
)
@pytest.mark.req("C2-14")
def test_when_the_unread_are_reminded(
    by: date | None, reminded: date | None, today: date, expected: bool
) -> None:
    assert rules.reminded_by_itself(by, reminded, today) is expected


def test_reminding_by_hand_is_possible_once_a_day() -> None:
    assert rules.may_remind(None, TODAY) == ""
    assert rules.may_remind(date(2026, 5, 11), TODAY) == ""
    assert "明天" in rules.may_remind(TODAY, TODAY)
