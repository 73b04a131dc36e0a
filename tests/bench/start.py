# SPDX-License-Identifier: Apache-2.0
"""From the command to the first page: ``make run`` on a data folder that already exists."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

from tests.bench.measuring import Number, processor_seconds

NAME = "start"
COMMAND = (sys.executable, "-m", "core.cli", "serve")
"""What the recipe of ``make run`` executes."""
LIMIT = 300


def _free_port(start: int = 8460) -> int:
    for port in range(start, start + 400):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("no free port")


def _descendants(root: int) -> list[int]:
    """The process and everything it has started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text("ascii", errors="replace")
            except OSError:
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += parents.get(each, [])
    return found


def _once(data: Path, port: int) -> tuple[float, float]:
    """Seconds until the sign-in page is there, and the processor time spent until then."""
    environment = {**os.environ, "DATA": str(data), "JIANDU_DATA": str(data), "PORT": str(port)}
    environment |= {"JIANDU_DEMO": "0"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    started = time.monotonic()
    process = subprocess.Popen(
        COMMAND,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - started > LIMIT:
                raise RuntimeError("the platform did not start")
            time.sleep(0.02)
        took = time.monotonic() - started
        return took, processor_seconds(_descendants(process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=30) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def measure(*, quick: bool = False) -> list[Number]:
    """The second and later starts; the first also creates the database."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="jiandu-bench-") as folder:
        Path(folder).chmod(0o711)
        cold, _ = _once(Path(folder), port)
        warm = [_once(Path(folder), port) for _ in range(2 if quick else 5)]
    seconds = statistics.median(each[0] for each in warm)
    spent = statistics.median(each[1] for each in warm)
    return [
        Number(
            NAME,
            "再次 make run 到首页可以打开",
            seconds,
            "秒",
            6,
            note=f"其间各进程共用 CPU {spent:.1f} 秒；第一次（建库）{cold:.1f} 秒",
        )
    ]
