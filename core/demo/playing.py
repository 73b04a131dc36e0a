# SPDX-License-Identifier: Apache-2.0
"""Plays the planned year: act by act, night by night, with time held at each moment.

There is no worker during seeding, so the sweep of the clocks and the delivery of facts happen
here, as often as the worker would make them matter: an order of the morning must see the alarms
of the night.
"""

import asyncio
import time as machine
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from core import clock
from core.api.demo import Act, DemoContext, Look
from core.calendar.sweep import BATCH, lapse_due_clocks
from core.db import Scope, transaction
from core.host import facts as delivery
from core.host import registry as host

SWEEPS = (time(0, 5), time(12, 15))
"""When deadlines are looked at: those of days end at midnight, those of hours at any hour."""
TOLD_EVERY = 5.0
"""Seconds between two lines of progress."""

_SCOPE = Scope.platform("demo data: the clocks and facts of both prefectures")


@contextmanager
def _patient() -> Iterator[None]:
    """Nobody waits at a screen here: a reaction that is slow today is no reaction put off.

    Otherwise a busy machine would sow other moments of alarm than an idle one.
    """
    before = delivery.BUDGET_SECONDS, delivery.STATEMENT_MS, delivery.LOCK_MS
    delivery.BUDGET_SECONDS, delivery.STATEMENT_MS, delivery.LOCK_MS = 120.0, 60_000, 20_000
    try:
        yield
    finally:
        delivery.BUDGET_SECONDS, delivery.STATEMENT_MS, delivery.LOCK_MS = before


async def play(context: DemoContext, say: Callable[[str], None] = print) -> int:
    """Play everything planned up to the present; how many acts that were."""
    if not context.planned:
        return 0
    with _patient():
        return await _play(context, say)


async def _play(context: DemoContext, say: Callable[[str], None]) -> int:
    done, told = 0, machine.monotonic()
    day, last = clock.local(context.begins).date(), context.today
    while day <= last:
        for moment in _moments(context, day):
            if moment >= context.now:
                break
            done += await _acts_before(context, moment)
            with clock.frozen(moment):
                await _sweep()
        if machine.monotonic() - told > TOLD_EVERY:
            told = machine.monotonic()
            say(f"    {day:%Y年%m月%d日}，已办理 {done} 件次")
        day += timedelta(days=1)
    done += await _acts_before(context, context.now)
    with clock.frozen(context.now):
        await _sweep()
    return done


def _moments(context: DemoContext, day: date) -> list[datetime]:
    """The sweeps of a day, and the calls of those who look in daily, in order."""
    sweeps = SWEEPS if context.is_workday(day) else SWEEPS[:1]
    moments = [datetime.combine(day, each, clock.SHANGHAI) for each in sweeps]
    if context.is_workday(day):
        for at, look in context.looks:
            moment = datetime.combine(day, at, clock.SHANGHAI)
            if moment < context.now:
                context.plan(moment, _called(look, day))
                moments.append(moment)
    return sorted(moments)


def _called(look: Look, day: date) -> Act:
    async def act() -> None:
        await look(day)

    return act


async def _acts_before(context: DemoContext, moment: datetime) -> int:
    """The offices side by side, then what concerns several of them."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_lane(context, moment, each)) for each in context.lanes]
    return sum(task.result() for task in tasks) + await _lane(context, moment, "")


async def _lane(context: DemoContext, moment: datetime, lane: str) -> int:
    done = 0
    while (found := context.next_before(moment, lane)) is not None:
        at, act = found
        # Time is held in this task only; the other offices are at other hours.
        with clock.frozen(at):
            await act()
        done += 1
    return done


async def _sweep() -> None:
    """What the worker does: run-out clocks, then everything not yet delivered."""
    count = BATCH
    while count == BATCH:
        async with transaction(_SCOPE):
            count = await lapse_due_clocks()
    registry = host.current()
    while await delivery.deliver_one(registry, strict=True):
        pass
