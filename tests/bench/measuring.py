# SPDX-License-Identifier: Apache-2.0
"""Processor time, fairly compared: in turns, many rounds, medians."""

import gc
import os
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time_ns

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Number:
    """One line of the table. Without ``goal`` it only explains the others."""

    bench: str
    title: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    """The goal is a lower bound, as for throughput."""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal

    @property
    def text(self) -> str:
        """The value as people read it."""
        if self.unit == "×":
            return f"{self.value:.2f} ×"
        digits = 0 if self.value >= 100 else 1 if self.value >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"

    @property
    def goal_text(self) -> str:
        """The goal as people read it."""
        if self.goal is None:
            return ""
        shown = f"{self.goal:,.0f}" if self.goal >= 100 else f"{self.goal:g}"
        return f"{'≥' if self.at_least else '≤'} {shown} {self.unit}"


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of one piece of work, in microseconds."""

    own: float
    """In this process: what the web process would spend."""
    others: float
    """In the processes named, i.e. the database's."""

    @property
    def whole(self) -> float:
        return self.own + self.others


def processor_ns(pid: int) -> int:
    """Processor time of another process so far; the kernel counts it to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0])


def processor_seconds(pids: Sequence[int]) -> float:
    """Processor time of processes with all their ended children, user and system."""
    ticks = 0
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("ascii")
        except OSError:
            continue
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


@dataclass
class Race:
    """Several ways of doing something, each measured in every round, in changing order."""

    ways: Mapping[str, Work]
    rounds: int
    times: int = 1
    """How often a way runs within one round; its cost is the mean of them."""
    pids: Sequence[int] = ()
    """Other processes whose time is the way's as well."""
    found: dict[str, list[Cost]] = field(default_factory=dict)

    async def run(self) -> dict[str, Cost]:
        """The median cost of every way."""
        names = list(self.ways)
        gc.collect()
        gc.freeze()
        for number in range(self.rounds):
            for name in names if number % 2 else reversed(names):
                self.found.setdefault(name, []).append(await self._once(self.ways[name]))
        gc.unfreeze()
        return {
            name: Cost(
                statistics.median(each.own for each in costs),
                statistics.median(each.others for each in costs),
            )
            for name, costs in self.found.items()
        }

    async def _once(self, work: Work) -> Cost:
        others = sum(map(processor_ns, self.pids))
        own = process_time_ns()
        for _ in range(self.times):
            await work()
        own = process_time_ns() - own
        others = sum(map(processor_ns, self.pids)) - others
        return Cost(own / self.times / 1000, others / self.times / 1000)

    def ratio(self, above: str, below: str, *, whole: bool = False) -> float:
        """Median of the ratios within each round: what slows a whole round slows both sides."""
        pairs = zip(self.found[above], self.found[below], strict=True)
        if whole:
            return statistics.median(a.whole / b.whole for a, b in pairs)
        return statistics.median(a.own / b.own for a, b in pairs)
