# SPDX-License-Identifier: Apache-2.0
"""Passwords, locking, granting and delegating, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.auth import rules
from core.auth.visitor import OrgRef, RegionRef, scope_of
from core.intervals import Interval
from core.scope import EVERYTHING, NOTHING

NOON = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)


@pytest.mark.req("S0-7")
@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("Abc12345", True),
        ("abc12345", False),
        ("ABC12345", False),
        ("Abcdefgh", False),
        ("Abc1234", False),
        ("A" * 63 + "a1", False),
        ("123456", False),
        ("Zhanghailong1", False),
        ("一二三四Abc1", True),
    ],
)
def test_new_passwords(password, good):
    assert (not rules.password_faults(password, login="zhanghailong")) is good


def test_faults_are_sentences_that_say_what_to_do():
    assert rules.password_faults("abc", login="x") == [
        "密码至少 8 位，现在 3 位。",
        "密码里还要有大写字母、数字。",
    ]


def minutes(*each):
    return [NOON - timedelta(minutes=m) for m in each]


@pytest.mark.req("S0-11")
@pytest.mark.parametrize(
    ("ago", "left", "locked"),
    [
        ((), 5, False),
        ((14, 10, 5, 1), 1, False),
        ((14, 10, 5, 1, 0), 0, True),
        # Five failures, but spread over more than a quarter of an hour.
        ((40, 20, 10, 5, 0), 2, False),
        # Locked twenty minutes ago: still locked; thirty-one minutes ago: open, paid for.
        ((24, 23, 22, 21, 20), 0, True),
        ((35, 34, 33, 32, 31), 5, False),
        # A new failure after the lock counts from one.
        ((35, 34, 33, 32, 31, 1), 4, False),
    ],
)
def test_five_in_fifteen_minutes_lock_for_thirty(ago, left, locked):
    state = rules.lock_state(minutes(*ago), NOON)
    assert (state.left, state.locked_until is not None) == (left, locked)


def test_lock_ends_thirty_minutes_after_the_last_failure():
    state = rules.lock_state(minutes(14, 10, 5, 1, 0), NOON)
    assert state.locked_until == NOON + timedelta(minutes=30)


def test_password_age():
    assert rules.password_expired(NOON - timedelta(days=91), NOON, 90)
    assert not rules.password_expired(NOON - timedelta(days=90), NOON, 90)
    assert not rules.password_expired(NOON - timedelta(days=9000), NOON, 0)


def test_three_administrators_are_three_people():
    def ask(role, reach, held):
        return rules.grant_faults(role, reach, region=1, organisation=1, held=held, to_self=False)

    assert ask("audit_admin", "platform", {"system_admin"})
    assert ask("handler", "organisation", {"system_admin"})
    assert ask("system_admin", "platform", {"handler"})
    assert not ask("handler", "organisation", {"data_entry"})


def test_nobody_grants_to_himself_and_places_are_needed():
    own = rules.grant_faults("leader", "region", region=1, organisation=None, held=(), to_self=True)
    assert own == ["不能给自己授予角色。"]
    nowhere = rules.grant_faults(
        "handler", "organisation", region=None, organisation=None, held=(), to_self=False
    )
    assert nowhere == ["这个角色要指定单位。", "这个角色要指定地区。"]


@pytest.mark.parametrize(
    ("until", "delegated", "own_until", "count"),
    [
        (date(2026, 5, 20), False, None, 0),
        (date(2026, 5, 11), False, None, 1),
        (date(2026, 9, 1), False, None, 1),
        (date(2026, 5, 20), True, None, 1),
        (date(2026, 5, 20), False, date(2026, 5, 15), 1),
    ],
)
def test_delegation(until, delegated, own_until, count):
    faults = rules.delegation_faults(
        until=until, today=date(2026, 5, 12), own_until=own_until, delegated=delegated
    )
    assert len(faults) == count


def test_scopes_of_reaches():
    county = RegionRef(1, "磴口县", 3, 100, 199)
    bureau = OrgRef(1, "县市场监管局", "市监局", 5000, 5999)
    assert scope_of("region", county, None).organisation == EVERYTHING
    mine = scope_of("organisation", county, bureau)
    assert (mine.region, mine.organisation) == (Interval(100, 199), Interval(5000, 5999))
    assert scope_of("platform", county, bureau).region == NOTHING
    # A user whose department is missing sees nothing of others (C11-16).
    assert scope_of("organisation", county, None).organisation == NOTHING
    assert scope_of("region", None, bureau).region == NOTHING
