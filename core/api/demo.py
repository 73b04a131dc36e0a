# SPDX-License-Identifier: Apache-2.0
"""What a demo step is handed: places to look up what earlier steps made, and a year to fill.

Steps go through services, never through tables, and may run again: each first looks whether its
rows are there. What should have happened during the past year is not entered but *planned*: the
core's last step plays all planned acts in the order of their moments, with the platform's time
held at each moment and the clock sweep run in between, so that a deadline nobody keeps rings on
its own day::

    context.plan(moment, act)       # once, at that moment
    context.follow(story())         # an async generator: act, ``yield`` the next moment, act …
    context.daily(time(9, 30), look)  # every working day

Everything random comes from ``context.random(key)``, so the same day brings the same data.
"""

import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

from core import clock
from core.calendar.rules import standard

__all__ = ["Act", "DemoAccount", "DemoContext", "Look", "Story"]

Act = Callable[[], Awaitable[None]]
Look = Callable[[date], Awaitable[None]]
Story = AsyncGenerator[datetime, None]
"""Yields the moment at which it wants to go on; one that lies in the future never comes."""

SEED = 20240715
"""Any number would do; it must only stay the same."""
DAYS = 365


@dataclass(frozen=True)
class DemoAccount:
    """A line of the list printed at the end of ``make run`` and shown on the sign-in page."""

    login: str
    password: str
    role: str
    """The role's title, as people read it."""
    name: str = ""
    place: str = ""


@dataclass
class DemoContext:
    """Shared by all steps of one seeding."""

    shared: dict[str, Any] = field(default_factory=dict)
    """What steps leave for later ones, by the key ``<plugin>.<noun>``."""
    accounts: dict[str, DemoAccount] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)
    """Where the played year ends."""
    share: float = 1.0
    """How much of the year's work is played; tests take a few hundredths."""
    _waiting: dict[str, list[tuple[datetime, int, Act]]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)
    _looks: list[tuple[time, Look]] = field(default_factory=list)

    def account(
        self, login: str, password: str, role: str, *, name: str = "", place: str = ""
    ) -> None:
        """Put an account on the printed list."""
        self.accounts[login] = DemoAccount(login, password, role, name, place)

    def listed(self) -> list[dict[str, str]]:
        """The list as it is written down."""
        return [asdict(account) for account in self.accounts.values()]

    # -- the year ------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return clock.local(self.now).date()

    @property
    def begins(self) -> datetime:
        """The morning on which the played year begins; offices and people exist since then."""
        first = self.today - timedelta(days=DAYS)
        return datetime.combine(first, time(8), clock.SHANGHAI)

    def random(self, key: str) -> Random:
        """A source of chance of one's own, so that one story never moves another."""
        return Random(f"{SEED}:{key}")  # noqa: S311 - repeatable is what is wanted here

    @staticmethod
    def is_workday(day: date) -> bool:
        """Whether offices work on ``day``, make-up days included."""
        return standard().is_workday(day)

    def workday(self, day: date, after: int = 0) -> date:
        """The working day ``after`` working days later; with 0, ``day`` itself or the next one."""
        while not self.is_workday(day):
            day += timedelta(days=1)
        for _ in range(after):
            day += timedelta(days=1)
            while not self.is_workday(day):
                day += timedelta(days=1)
        return day

    def workday_before(self, day: date, before: int) -> date:
        """The working day ``before`` working days earlier."""
        for _ in range(before):
            day -= timedelta(days=1)
            while not self.is_workday(day):
                day -= timedelta(days=1)
        return day

    def plan(self, moment: datetime, act: Act, *, lane: str = "") -> None:
        """Have ``act`` done at ``moment``; also while the year is being played.

        Acts of one lane happen one after the other. Different lanes go on side by side for some
        hours, so a lane is an office whose work is nobody else's; acts without a lane wait until
        all of them have come so far. What lies behind the present moment is never done: such
        stories simply stand where they stand today.
        """
        entry = (moment, next(self._numbers), act)
        heapq.heappush(self._waiting.setdefault(lane, []), entry)

    def follow(self, story: Story, *, lane: str = "") -> None:
        """Begin a story at once, that is at the moment it yields first."""

        async def go_on() -> None:
            try:
                moment = await anext(story)
            except StopAsyncIteration:
                return
            if moment > self.now:
                await story.aclose()
                return
            self.plan(moment, go_on, lane=lane)

        self.plan(self.begins, go_on, lane=lane)

    def daily(self, at: time, look: Look) -> None:
        """Have ``look`` called on every working day of the year at this hour."""
        self._looks.append((at, look))

    @property
    def planned(self) -> bool:
        """Whether anybody planned anything."""
        return bool(any(self._waiting.values()) or self._looks)

    @property
    def looks(self) -> list[tuple[time, Look]]:
        """Who wants to be called daily."""
        return list(self._looks)

    @property
    def lanes(self) -> list[str]:
        """The offices that have something planned."""
        return sorted(lane for lane, acts in self._waiting.items() if lane and acts)

    def next_before(self, moment: datetime, lane: str = "") -> tuple[datetime, Act] | None:
        """Take the earliest planned act of a lane that lies before ``moment``."""
        acts = self._waiting.get(lane)
        if not acts or acts[0][0] >= moment:
            return None
        at, _, act = heapq.heappop(acts)
        return at, act
