# SPDX-License-Identifier: Apache-2.0
"""Child processes that cannot outlive their parent, and small things about ports."""

import ctypes
import ctypes.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1

# Loaded once, before any fork: dlopen between fork and exec could meet a lock held elsewhere.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def leashed(death_signal: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn`` that has the kernel send ``death_signal`` when this process dies.

    However it dies: kill -9 included. The kernel ties it to the forking *thread*, so children
    are started from the main thread only. Other systems than Linux have no such leash; there a
    killed parent leaves its children, and the next start reports the occupied ports.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before prctl
            os._exit(1)

    return before_exec


@dataclass
class Child:
    """A supervised process: start, look after, stop; restarts wait longer each time."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    pass_fds: Sequence[int] = ()
    cwd: str | None = None
    log: Path | None = None
    credentials: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    next_start: float = 0.0

    FORGIVEN_AFTER = 30.0
    """Seconds of life after which earlier failures are forgotten."""

    def start(self) -> None:
        """Run it now; in a session of its own, so that Ctrl-C reaches only the parent."""
        output: Any = None
        if self.log is not None:
            output = self.log.open("ab")
        try:
            self.process = subprocess.Popen(  # noqa: S603 - command lines of our own
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.env),
                cwd=self.cwd,
                pass_fds=tuple(self.pass_fds),
                preexec_fn=leashed(self.stop_signal),  # noqa: PLW1509 - the parent has one thread
                start_new_session=True,
                **self.credentials,
            )
        finally:
            if output is not None:
                output.close()
        self.started = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def died(self) -> int | None:
        """The exit code, once, when it has ended; plans the next start."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        moment = time.monotonic()
        if moment - self.started > self.FORGIVEN_AFTER:
            self.failures = 0
        self.next_start = moment + min(30.0, 0.2 * 2**self.failures)
        self.failures += 1
        self.process = None
        return code

    def signal(self) -> None:
        """Ask it to stop."""
        if self.alive and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def wait(self, seconds: float) -> None:
        """Wait for the end, and insist when the time is up."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> bool:
    """Whether ``ready()`` came true while the child lived, within ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        if not child.alive:
            return False
        time.sleep(0.02)
    return False


def listening(host: str, port: int) -> socket.socket:
    """A listening socket that children may inherit; OSError when the port is taken."""
    info = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, proto, _, address = info[0]
    sock = socket.socket(family, kind, proto)
    try:
        # Without it a restart within a minute finds the port of closed connections "in use".
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(512)
    except BaseException:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


def free_port(preferred: int, *, others: Sequence[int] = ()) -> int:
    """``preferred`` or the next one in steps of ten that nobody listens on, else any."""
    for port in (*(preferred + 10 * k for k in range(20)), 0):
        if port in others:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")
