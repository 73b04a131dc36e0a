# SPDX-License-Identifier: Apache-2.0
"""The only source of time; everything else asks here, so tests and the simulator can set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

# A context variable, so that a simulated moment in one task never leaks into another.
_source: ContextVar[Callable[[], datetime] | None] = ContextVar("clock_source", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    source = _source.get()
    return source() if source else datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """``moment`` as Beijing time, the time people read and deadlines end in."""
    return moment.astimezone(SHANGHAI)


def today() -> date:
    """The present day in Beijing."""
    return local(now()).date()


def told_by_phone(said: str) -> datetime | str:
    """When a phone says that something was written; its words where they are no time.

    Only ever shown beside our own time: nothing is counted from it, for a phone may be wrong, and
    what it sends may be made up.
    """
    try:
        moment = datetime.fromisoformat(said)
        return local(moment) if moment.tzinfo else said
    except (ValueError, OverflowError):
        return said


def set_source(source: Callable[[], datetime] | None) -> None:
    """Take time from ``source`` in this context; ``None`` returns to the machine's clock."""
    _source.set(source)


@contextmanager
def frozen(moment: datetime) -> Iterator[datetime]:
    """Hold time at ``moment`` (must be aware) inside the block."""
    if moment.tzinfo is None:
        raise ValueError("a frozen moment needs a time zone")
    fixed = moment.astimezone(UTC)
    token = _source.set(lambda: fixed)
    try:
        yield fixed
    finally:
        _source.reset(token)
