# SPDX-License-Identifier: Apache-2.0
"""Writes an XES log of any size, shaped like a permit procedure, always the same for one seed.

python -m tests.bench.make_log 250000 out.xes
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

FLOW = (
    "Confirmation of receipt",
    "T02 Check confirmation of receipt",
    "T04 Determine confirmation of receipt",
    "T05 Print and send confirmation of receipt",
    "T06 Determine necessity of stop advice",
    "T10 Determine necessity to stop indication",
)
HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<string key="concept:name" value="generated"/>
"""


def write_log(path: Path, events: int, seed: int = 7) -> int:
    """Write about `events` events; returns how many cases it took."""
    draw = random.Random(seed)
    written = cases = 0
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        while written < events:
            cases += 1
            at = datetime(2025, 1, 2, tzinfo=UTC) + timedelta(minutes=draw.randrange(600_000))
            deadline = at + timedelta(days=30)
            out.write("<trace>\n")
            out.write(f'<string key="concept:name" value="case-{cases}"/>\n')
            out.write(f'<date key="startdate" value="{at.isoformat()}"/>\n')
            out.write(f'<date key="deadline" value="{deadline.isoformat()}"/>\n')
            out.write('<string key="department" value="General"/>\n')
            steps = list(FLOW)
            if draw.random() < 0.04:
                steps[2:2] = ["T03 Adjust confirmation of receipt", FLOW[1]]
            if draw.random() < 0.1:
                steps.remove(FLOW[3])
            for step in steps:
                at += timedelta(minutes=int(draw.expovariate(1 / 900)))
                written += 1
                group = "EMPTY" if draw.random() < 0.1 else f"Group {draw.randrange(1, 5)}"
                out.write(
                    "<event>\n"
                    f'<string key="org:group" value="{group}"/>\n'
                    f'<string key="concept:instance" value="task-{written}"/>\n'
                    f'<string key="org:resource" value="Resource{draw.randrange(1, 30):02d}"/>\n'
                    f'<string key="concept:name" value="{step}"/>\n'
                    f'<date key="time:timestamp" value="{at.isoformat()}"/>\n'
                    '<string key="lifecycle:transition" value="complete"/>\n'
                    "</event>\n"
                )
            out.write("</trace>\n")
        out.write("</log>\n")
    return cases


if __name__ == "__main__":
    write_log(Path(sys.argv[2]), int(sys.argv[1]))
