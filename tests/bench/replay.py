# SPDX-License-Identifier: Apache-2.0
"""What replaying a log costs, against merely reading it.

    python -m tests.bench.replay [events]

Prints, for a log of 8,000 and one of 250,000 events: reading with lxml into dicts, the whole
replay from file to sorted report, the check alone, and the most memory used.
"""

import argparse
import contextlib
import gc
import io
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

from lxml import etree

from plugins.inspection.replay import command
from plugins.inspection.replay.calendar import PublishedCalendar
from plugins.inspection.replay.points import read_points
from plugins.inspection.replay.xes import XesLog
from plugins.inspection.rules.engine import judge
from tests.bench.make_log import write_log

POINTS = Path("plugins/inspection/points/receipt.toml")
RUNS = 3


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


def seconds(work: object, *arguments: object) -> float:
    """The least processor time of several runs: what else the machine does adds, never takes."""
    best = float("inf")
    for _ in range(RUNS):
        gc.collect()
        started = process_time()
        work(*arguments)  # type: ignore[operator]
        best = min(best, process_time() - started)
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
        return sum(len(c.events) for c in cases), seconds(check)
    finally:
        gc.unfreeze()


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


def main(large: int = 250_000) -> None:
    print("replay: processor seconds, best of", RUNS)
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        for size in (8_000, large):
            path = Path(folder) / f"{size}.xes"
            cases = write_log(path, size)
            read = seconds(read_into_dicts, path)
            whole = seconds(whole_replay, path, Path(folder) / "report.csv")
            events, check = check_alone(path)
            memory = peak_memory(path)
            rates.append(whole / events)
            print(
                f"  {events:>8,} events, {cases:,} cases: read into dicts {read:.2f},"
                f" replay {whole:.2f} ({whole / read:.2f}x), check {events / check:,.0f} events/s,"
                f" memory {memory:.0f} MB"
            )
    print(f"  per event, large against small: {rates[1] / rates[0]:.2f}x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 250_000)
