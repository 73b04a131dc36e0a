# SPDX-License-Identifier: Apache-2.0
"""One source of time: frozen in a block, set for a test, seen by every task."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from core import clock as source

MOMENT = datetime(2026, 1, 2, 17, 30, tzinfo=UTC)


async def test_time_of_a_test_is_seen_by_its_tasks(clock) -> None:
    clock(MOMENT)
    assert source.now() == MOMENT

    async def ask() -> datetime:
        return source.now()

    assert await asyncio.create_task(ask()) == MOMENT
    assert source.today() == date(2026, 1, 3)  # in Beijing the next day has begun
    with source.frozen(datetime(2025, 5, 1, tzinfo=UTC)) as held:
        assert source.now() == held
    assert source.now() == MOMENT


def test_time_is_real_again_afterwards() -> None:
    assert abs((source.now() - datetime.now(UTC)).total_seconds()) < 5


def test_moments_need_a_time_zone(clock) -> None:
    naive = datetime(2026, 1, 2)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        clock(naive)
    with pytest.raises(ValueError, match="time zone"), source.frozen(naive):
        pass


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2026-11-03T01:00:00.000Z", datetime(2026, 11, 3, 1, tzinfo=UTC)),
        ("2026-11-03T09:00:00+08:00", datetime(2026, 11, 3, 1, tzinfo=UTC)),
        ("", ""),
        ("昨天", "昨天"),
        ("2026-11-03T09:00:00", "2026-11-03T09:00:00"),
        # Before and after all days a computer can count in Beijing.
        ("0001-01-01T00:00:00+12:00", "0001-01-01T00:00:00+12:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
    ],
)
def test_what_a_phone_says_is_a_moment_or_its_own_words(said: str, read: datetime | str) -> None:
    assert source.told_by_phone(said) == read
