# SPDX-License-Identifier: Apache-2.0
"""Heads outside the database: one line each, to be printed, sent away, and compared later.

Whoever can change the database can also cut its tail off, or do everything anew with the key.
Only a head that has left the building proves otherwise; so one line a day is appended to a file
in the data folder, and any line may be copied, printed or scanned from the page.
"""

import os
import re
from datetime import datetime
from pathlib import Path

from core import clock, settings

LINE = re.compile(r"jiandu-head (\d{1,18}) ([0-9a-f]{64})(?: |\Z)")


def line_of(number: int, head: bytes, sealed_at: datetime, key: str) -> str:
    """The printed form of a head."""
    return f"jiandu-head {number} {head.hex()} {clock.local(sealed_at):%Y-%m-%dT%H:%M:%S%z} {key}"


def read_lines(text: str) -> list[tuple[int, bytes]]:
    """The heads in a text; other lines are remarks of whoever kept it."""
    return [(int(m[1]), bytes.fromhex(m[2])) for m in LINE.finditer(text)]


def file() -> Path:
    """Where the daily heads are kept on this machine."""
    return settings.load().data / "audit" / "heads.txt"


def kept() -> list[tuple[int, bytes]]:
    """The heads this machine has kept."""
    try:
        return read_lines(file().read_text("utf-8"))
    except FileNotFoundError:
        return []


def keep(line: str) -> bool:
    """Append a head unless it is there; the file only ever grows."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and line in path.read_text("utf-8"):
        return False
    with path.open("a", encoding="utf-8") as out:
        out.write(f"{line}\n")
        out.flush()
        os.fsync(out.fileno())
    return True
