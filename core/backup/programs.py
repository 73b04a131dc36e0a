# SPDX-License-Identifier: Apache-2.0
"""``pg_dump`` and ``pg_restore``: the system's if new enough for the server, else the wheel's."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.db import OWNER
from core.serve.postgres import PostgresError, installed


class ProgramFailed(Exception):
    """The program ended with an error; the message is its last line."""


def _version(program: Path) -> int:
    try:
        said = subprocess.run(  # noqa: S603 - a program found on the path
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def find(name: str, server: int) -> Path:
    """A program that understands a server of that major version.

    The one of the system is preferred: it speaks TLS, which the wheel's does not.
    """
    candidates = [Path(found)] if (found := shutil.which(name)) else []
    with suppress(PostgresError):
        candidates.append(installed() / "bin" / name)
    for program in candidates:
        if program.exists() and _version(program) >= server:
            return program
    raise ProgramFailed(
        f"没有找到 {server} 版或更新的 {name}，请安装 PostgreSQL 客户端 (install {name} {server}+)"
    )


def database_of(url: str) -> str:
    """The database an address names."""
    return unquote(urlsplit(url).path.lstrip("/"))


def run(program: Path, arguments: Sequence[str], url: str) -> None:
    """Run it against ``url`` as the owner role; the password never shows in the process list."""
    parts = urlsplit(url)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment |= {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": database_of(url),
        "PGOPTIONS": "-c lock_timeout=60s",
    }
    for pair in filter(None, parts.query.split("&")):
        key, _, value = pair.partition("=")
        environment[f"PG{key.upper()}"] = unquote(value)
    done = subprocess.run(  # noqa: S603 - a command line of our own
        [str(program), f"--role={OWNER}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["?"]
        raise ProgramFailed(f"{program.name}: {lines[0]}")
