# SPDX-License-Identifier: Apache-2.0
"""Whether the embedded database has already been migrated by exactly this code.

Looking takes 30 ms, migrating takes two seconds even when nothing is to be done. Only for the
embedded database: what others do to a shared one cannot be known from here.
"""

import hashlib
import os
from importlib.metadata import entry_points
from pathlib import Path

from core.settings import CONFIG, ROOT

MARK = "postgres/migrated-by"


def fingerprint() -> str:
    """Of every source file that may describe tables, and of the list of plugins.

    Empty, which never counts as unchanged, when plugins come from other distributions: their
    files are not looked at.
    """
    if entry_points(group="jiandu.plugins"):
        return ""
    digest = hashlib.sha256(os.environ.get("JIANDU_PLUGINS", "-").encode())
    files = [CONFIG / "plugins.toml"]
    for folder in ("core", "plugins"):
        for pattern in ("*.py", "*.sql"):
            files += sorted((ROOT / folder).rglob(pattern))
    for path in files:
        if path.is_file():
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_unchanged(data: Path, state: str) -> bool:
    """Whether ``remember`` was last called with ``state`` for this data folder."""
    try:
        return bool(state) and (data / MARK).read_text("ascii") == state
    except OSError:
        return False


def remember(data: Path, state: str) -> None:
    """Note that the database of this folder was migrated by ``state``."""
    (data / MARK).write_text(state, "ascii")


def forget(data: Path) -> None:
    """Migrate at the next start in any case."""
    (data / MARK).unlink(missing_ok=True)
