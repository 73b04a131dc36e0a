# SPDX-License-Identifier: Apache-2.0
"""The platform as `make run` starts it: one process tree of its own, on a free loopback port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from core.settings import ROOT

START_SECONDS = 300
"""A busy machine seeds slowly; an idle one needs a tenth of this."""


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def without_own_settings() -> dict[str, str]:
    """The environment without what would make a platform another one."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("JIANDU", "PG", "PYTEST"))
        and key not in {"DATABASE_URL", "REDIS_URL", "DATA", "PORT", "HOST"}
    }


class Instance:
    """One running platform: ``start()``, use ``url``, ``stop()``."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = data.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Instance":
        """Run ``jiandu serve`` and wait until it is ready to work."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.cli", "serve"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"the platform ended at its start:\n{self.said()}")
            if self._ready():
                return self
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"not ready within {START_SECONDS} s:\n{self.said()}")

    def stop(self) -> None:
        """Ask the parent to stop everything it started; insist when it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            # The kernel ends the children with their parent (core.serve.leash).
            self._process.kill()
            self._process.wait(10)

    def said(self) -> str:
        """The last lines of its output."""
        return self.output.read_text("utf-8", "replace")[-4000:]

    def _environment(self) -> Mapping[str, str]:
        return {
            **without_own_settings(),
            "DATA": str(self.data),
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "JIANDU_DEMO": "1",
            # The accounts, the catalogue and one case of each kind; the year is not played.
            "JIANDU_DEMO_SHARE": "0",
        }

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
