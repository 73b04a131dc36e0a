# SPDX-License-Identifier: Apache-2.0
"""All measurements as one table.

    python -m tests.bench [replay submit todo sweep start document] [--quick] [--json FILE]

``make bench`` is the same. ``--quick`` takes small sizes, to see that everything runs; its
figures say little. The exit code is 0 also when a goal is missed: a slow afternoon of a shared
machine is no fault of the code.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from unicodedata import east_asian_width

from tests.bench.measuring import Number

BENCHES = {
    "replay": "tests.bench.replay",
    "draft": "tests.bench.draft_replay",
    "submit": "tests.bench.submit",
    "todo": "tests.bench.todo",
    "sweep": "tests.bench.clock_sweep",
    "sealing": "tests.bench.sealing",
    "start": "tests.bench.start",
    "document": "tests.bench.document",
    "supervision": "tests.bench.supervision",
    "lint": "tests.bench.lint",
    "scaffold": "tests.bench.scaffold",
    "field": "tests.bench.field",
    "phone": "tests.bench.phone",
    "sitting": "tests.bench.sitting",
    "credentials": "tests.bench.credentials",
    "officers": "tests.bench.officers_import",
    "dashboards": "tests.bench.dashboards",
    "library": "tests.bench.library",
}


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def table(numbers: Sequence[Number]) -> str:
    """The numbers for a terminal, Chinese characters counted as two columns."""
    words = {True: "达到", False: "未达到", None: ""}
    lines = [("项目", "测得", "目标", "", "说明")]
    lines += [(n.title, n.text, n.goal_text, words[n.met], n.note) for n in numbers]
    widths = [max(_width(line[column]) for line in lines) for column in range(5)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is named, or everything; print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="name", help=" ".join(BENCHES))
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--quick", action="store_true", help="small sizes, a few minutes in all")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"unknown: {' '.join(sorted(unknown))}; known: {' '.join(BENCHES)}")
    numbers: list[Number] = []
    for name in options.names or BENCHES:
        load, began = os.getloadavg()[0], time.monotonic()
        numbers += import_module(BENCHES[name]).measure(quick=options.quick)
        took = time.monotonic() - began
        print(f"{name}: {took:.0f} s, load {load:.1f}", file=sys.stderr, flush=True)
    print(table(numbers))
    if options.json is not None:
        found = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "quick": options.quick,
            "numbers": [{**asdict(each), "met": each.met} for each in numbers],
        }
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
