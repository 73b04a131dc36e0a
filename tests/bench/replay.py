# SPDX-License-Identifier: Apache-2.0
"""What replaying a log costs, against merely reading it.

For a log of 8,000 and one of 250,000 events: reading with lxml into dicts, the whole replay from
file to sorted report, the check alone under twelve points, and the most memory used.
"""

import argparse
import contextlib
import gc
import io
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

from lxml import etree

from plugins.inspection.replay import command
from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.replay.points import read_points
from plugins.inspection.replay.xes import XesLog
from plugins.inspection.rules.engine import judge
from tests.bench.make_log import write_log
from tests.bench.measuring import Number

POINTS = Path("plugins/inspection/points/receipt.toml")
RUNS = 3
NAME = "replay"


def read_into_dicts(path: Path) -> int:
    """The yardstick: every trace and event as dicts, nothing else."""
    events = 0
    for _, trace in etree.iterparse(str(path), tag="{*}trace"):
        case: dict[str | None, str | None] = {}
        found = []
        for child in trace:
            if child.tag.endswith("event"):
                found.append({a.get("key"): a.get("value") for a in child})
            else:
                case[child.get("key")] = child.get("value")
        events += len(found)
        parent = trace.getparent()
        trace.clear()
        while trace.getprevious() is not None:
            del parent[0]
    return events


def seconds(*works: Callable[[], object]) -> list[float]:
    """The least processor time of each, in turns: what else the machine does only adds to it."""
    best = [float("inf")] * len(works)
    for _ in range(RUNS):
        for number, work in enumerate(works):
            gc.collect()
            started = process_time()
            work()
            best[number] = min(best[number], process_time() - started)
    return best


def whole_replay(path: Path, report: Path) -> None:
    """As the command does it, garbage collector and all."""
    parser = argparse.ArgumentParser()
    command.configure(parser)
    asked = [str(path), "--points", str(POINTS), "--json", "--out", str(report)]
    with contextlib.redirect_stdout(io.StringIO()):
        command.run(parser.parse_args(asked))


def check_alone(path: Path) -> tuple[int, float]:
    """Events and seconds of judging cases that are already in memory."""
    points = read_points(POINTS)
    cases = list(XesLog(path, points.mapping))
    compiled = points.compiled(PublishedCalendar())

    def check() -> None:
        for case in cases:
            judge(case.events, compiled, attributes=case.attributes, explain=False)

    gc.freeze()  # as the command does
    try:
        return sum(len(c.events) for c in cases), seconds(check)[0]
    finally:
        gc.unfreeze()


def again_and_again(path: Path, report: Path, times: int) -> float:
    """Seconds of one whole replay, as the mean of ``times``.

    A log of 8,000 events is replayed in a third of a second, and the least of a few so short
    spans is a lucky one that no long replay can have. Growth is therefore judged between two
    spans of the same length: the large log once, the small one until as many events have passed.
    """
    gc.collect()
    started = process_time()
    for _ in range(times):
        whole_replay(path, report)
    return (process_time() - started) / times


def peak_memory(path: Path) -> float:
    """MB of a process of its own that replays the log.

    Not ``ru_maxrss``: that one remembers the size of the process that started it.
    """
    code = (
        "import argparse, sys; from plugins.inspection.replay import command;"
        "p = argparse.ArgumentParser(); command.configure(p);"
        "command.run(p.parse_args(sys.argv[1:]));"
        "status = open('/proc/self/status').read();"
        "sys.stderr.write(status.split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), "--points", str(POINTS), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stderr) / 1024


@dataclass(frozen=True, slots=True)
class Found:
    """One log measured."""

    events: int
    read: float
    whole: float
    check: float
    memory: float
    path: Path


def _measured(folder: str, size: int) -> Found:
    path = Path(folder) / f"{size}.xes"
    write_log(path, size)
    report = Path(folder) / "report.csv"
    read, whole = seconds(lambda: read_into_dicts(path), lambda: whole_replay(path, report))
    events, check = check_alone(path)
    return Found(events, read, whole, check, peak_memory(path), path)


def _growth(small: Found, large: Found, report: Path) -> float:
    """Time per event of the large log against that of the small one, the middle of three turns."""
    times = round(large.events / small.events)
    found = []
    for _ in range(RUNS):
        short = again_and_again(small.path, report, times) / small.events
        found.append(again_and_again(large.path, report, 1) / large.events / short)
    return median(found)


def measure(*, quick: bool = False) -> list[Number]:
    """The whole replay against reading, the check alone, and how both grow with the log."""
    with tempfile.TemporaryDirectory() as folder:
        small = _measured(folder, 8_000)
        large = _measured(folder, 60_000 if quick else 250_000)
        growth = _growth(small, large, Path(folder) / "report.csv")
    events, points = f"{large.events:,}", len(read_points(POINTS).points)
    return [
        Number(
            NAME,
            f"重放 {events} 个事件，从 XES 文件到磁盘上的报告 : lxml 读成字典",
            large.whole / large.read,
            "×",
            2,
            note=f"{large.whole:.2f} : {large.read:.2f} 秒，{points} 个监察点",
        ),
        Number(
            NAME,
            f"只判断，{points} 个监察点，一个核",
            large.events / large.check,
            "事件/秒",
            200_000,
            at_least=True,
        ),
        Number(
            NAME,
            f"每个事件的用时，{events} : {small.events:,} 个事件",
            growth,
            "×",
            1.3,
        ),
        Number(
            NAME,
            f"内存峰值，{events} : {small.events:,} 个事件",
            large.memory / small.memory,
            "×",
            1.3,
            note=f"{large.memory:.0f} : {small.memory:.0f} MB",
        ),
    ]
