# SPDX-License-Identifier: Apache-2.0
"""Whether the code has been edited since the processes started; for authors, never on a server.

Asking 600 files for their dates every half second costs a hundredth of a processor and needs no
library that watches a file system. Templates and static files are not looked at: in development
they are read anew by the running processes.
"""

from collections.abc import Sequence
from pathlib import Path

from core.settings import CONFIG, ROOT

PATTERNS = ("*.py", "*.sql", "*.toml")

State = dict[Path, tuple[int, int]]


def look(folders: Sequence[Path]) -> State:
    """Date and size of every source file below ``folders``."""
    found: State = {}
    for folder in folders:
        for pattern in PATTERNS:
            for path in folder.rglob(pattern):
                try:
                    seen = path.stat()
                except OSError:
                    continue  # an editor's temporary file, gone between listing and asking
                found[path] = (seen.st_mtime_ns, seen.st_size)
    return found


class Watcher:
    """Remembers what was there and tells what is different now."""

    def __init__(self, folders: Sequence[Path] = (ROOT / "core", ROOT / "plugins", CONFIG)) -> None:
        self.folders = folders
        self.state = look(folders)

    def changed(self) -> list[Path]:
        """The files that are new, gone or different since the last answer."""
        now = look(self.folders)
        different = [
            path for path in {**self.state, **now} if self.state.get(path) != now.get(path)
        ]
        self.state = now
        return sorted(different)
