# SPDX-License-Identifier: Apache-2.0
"""The four identity checks, the way of an application, the unit on the card, the number."""

import pytest

from plugins.certificates.rules.applying import (
    CHECKS,
    OPEN,
    STATES,
    Known,
    after_checks,
    after_result,
    judge,
    number_from,
    pattern_problem,
    unit_on_card,
    why_not,
)

GOOD = {"establishment_version": 3, "establishment_name": "张海龙"}


def outcomes(**known):
    return {each.key: each.outcome for each in judge(Known(**{**GOOD, **known}), "张海龙")}


@pytest.mark.req("S2-18")
@pytest.mark.parametrize(
    ("known", "failing", "outcome", "state"),
    [
        ({}, None, "pass", "legal"),
        ({"id_problem": "校验位不符"}, "id_number", "fail", "checking"),
        ({"source": "fail"}, "id_number", "fail", "checking"),
        ({"source": "unavailable"}, "id_number", "unavailable", "checking"),
        ({"source": "pass"}, None, "pass", "legal"),
        ({"forced_reason": "开除"}, "forced_list", "fail", "rejected"),
        ({"holds_card": "15082204017"}, "duplicate", "fail", "checking"),
        ({"applies_at": "县农牧局"}, "duplicate", "fail", "checking"),
        ({"establishment_name": None}, "establishment", "fail", "checking"),
        ({"establishment_name": "张海"}, "establishment", "fail", "checking"),
        ({"establishment_version": 0}, "establishment", "unavailable", "checking"),
    ],
)
def test_each_check_fails_by_its_own_name_and_only_four_passes_go_on(
    known, failing, outcome, state
):
    found = outcomes(**known)
    assert found == {key: outcome if key == failing else "pass" for key in CHECKS}
    assert after_checks(judge(Known(**{**GOOD, **known}), "张海龙")) == state


@pytest.mark.req("S2-18")
def test_all_four_answers_are_given_at_once_each_with_a_sentence():
    checks = judge(Known(id_problem="错", forced_reason="开除", holds_card="15082204017"), "张海龙")
    assert [each.outcome for each in checks] == ["fail", "fail", "fail", "unavailable"]
    assert all(each.sentence.endswith(("。", "错")) for each in checks)
    assert after_checks(checks[:3]) != "legal"


@pytest.mark.req("S2-24")
@pytest.mark.parametrize(
    ("passed", "used", "allowed", "state"),
    [
        (True, 1, 2, "making"),
        (True, 2, 2, "making"),
        (False, 1, 2, "exam"),
        (False, 2, 2, "failed"),
        (False, 1, 1, "failed"),
    ],
)
def test_a_result_leads_on_to_another_attempt_or_to_the_end(passed, used, allowed, state):
    assert after_result(passed=passed, attempts_used=used, attempts_allowed=allowed) == state


@pytest.mark.req("S2-19")
def test_the_order_cannot_be_skipped():
    for act, only in (("decide", "legal"), ("make", "making"), ("issue", "made")):
        assert [state for state in STATES if not why_not(state, act)] == [only]
    assert {state for state in STATES if not why_not(state, "cancel")} == set(OPEN)


@pytest.mark.req("S2-4")
@pytest.mark.req("S2-10")
@pytest.mark.parametrize(
    ("kind", "name"), [("body", "A"), ("second", "A"), ("entrusted", "B"), ("department", "A")]
)
def test_the_unit_on_the_card_is_generated(kind, name):
    assert unit_on_card(kind, "A", "B") == name
    assert unit_on_card(kind, "A", "") == "A"


def test_numbers_follow_the_pattern_and_end_when_it_is_full():
    values = {"region": "150822000000", "unit": 7, "serial": 12, "year": 2026}
    assert number_from("{地区}{单位}{流水}", values) == "1508220070012"
    assert number_from("A{年}{流水}", values) == "A20260012"
    with pytest.raises(ValueError, match="no room"):
        number_from("{地区}{单位}{流水}", {**values, "serial": 10_000})
    assert pattern_problem("{地区}{单位}{流水}") == ""
    assert "流水" in pattern_problem("{地区}")
    assert pattern_problem("{流水}证")
