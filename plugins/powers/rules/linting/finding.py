# SPDX-License-Identifier: Apache-2.0
"""What the linter says: a numbered finding about one place of an item."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import msgspec

Level = Literal["error", "warning", "note"]

LEVEL_TITLES: dict[Level, str] = {"error": "错误", "warning": "警告", "note": "提示"}


class Finding(msgspec.Struct, frozen=True):
    """One fault of one item, in words an office understands (features C4-15)."""

    number: str
    """The number under which ``docs/linter.md`` explains it: ``JD301``."""
    level: Level
    where: str
    """The path of the entry: ``points/inquiry_officers``, ``steps/decide``; empty = the item."""
    sentence: str
    """What is wrong and what will come of it."""
    cure: str
    """What to do about it."""
    fix: str = ""
    """The words of the button that does it, empty where only a person can decide."""
    place: str = ""
    """The name of the entry: ``监察点“调查取证双人执法”``."""
    detail: dict[str, Any] = {}
    """What the fix needs to know; primitives only."""

    @property
    def key(self) -> str:
        """Names the finding in a form; gone once the fault is gone or has become another."""
        said = f"{self.where}|{self.sentence}".encode()
        return f"{self.number}-{blake2b(said, digest_size=4).hexdigest()}"

    @property
    def level_title(self) -> str:
        """错误, 警告 or 提示."""
        return LEVEL_TITLES[self.level]


@dataclass(frozen=True, slots=True)
class Entry:
    """One number of the linter."""

    number: str
    level: Level
    title: str
    cause: str
    cure: str
    fix: str = ""
    """What the button does; empty where only a person can decide."""
