# SPDX-License-Identifier: Apache-2.0
"""Kinds of monitoring points other plugins bring: what the editor and the linter know of them. Pure.

The seven kinds of the source (``words.POINT_KINDS``) are built in. Whoever judges by another kind
offers it here too, so that it can be set where all others are: its words, where it may stand, and
its settings. How it judges is none of the catalogue's business.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from plugins.powers.rules.words import POINT_KINDS, Colour, PointKind

KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
SettingType = Literal["number", "text", "flag", "choice", "control", "step"]


class SettingOption(msgspec.Struct, frozen=True):
    """One of the values a setting can have."""

    value: str
    title: str


class KindSetting(msgspec.Struct, frozen=True):
    """One setting of a kind: what is asked for, and what it may be."""

    key: str
    title: str
    type: SettingType = "text"
    help: str = ""
    required: bool = False
    default: int | str | bool | None = None
    minimum: int | None = None
    """Of a number."""
    maximum: int | None = None
    unit: str = ""
    options: tuple[SettingOption, ...] = ()
    """Of a choice."""

    def __post_init__(self) -> None:
        """Refuse at the start what no form could show."""
        if not KEY.match(self.key):
            raise ValueError(f"{self.key!r} is no key of a setting")
        if not self.title.strip():
            raise ValueError(f"setting {self.key!r} has no title")
        if (self.type == "choice") != bool(self.options):
            raise ValueError(f"setting {self.key!r}: a choice, and only a choice, has options")

    def words(self, value: Any) -> str:
        """A stored value as people read it."""
        if isinstance(value, bool):
            return "是" if value else "否"
        named = {one.value: one.title for one in self.options}
        return named.get(str(value), str(value)) + self.unit


class OfferedKind(msgspec.Struct, frozen=True):
    """A kind of monitoring point; its key is that of the contribution."""

    title: str
    explains: str
    """One sentence: when it lights which lamp."""
    colour: Colour = "red"
    short: str = ""
    """The word on the lamp of the flow chart; by default the title."""
    needs: Literal["step", "any"] = "step"
    """Whether it stands at one step, or may watch all of them."""
    settings: tuple[KindSetting, ...] = ()

    def __post_init__(self) -> None:
        """Refuse at the start what no form could show."""
        keys = [one.key for one in self.settings]
        if not self.title.strip() or not self.explains.strip():
            raise ValueError("a kind has a title, and a sentence that explains it")
        if len(set(keys)) != len(keys):
            raise ValueError("two settings have one key")


Offered = Mapping[str, OfferedKind]
NONE: Final[Offered] = {}


def known_kinds(offered: Offered = NONE) -> dict[str, PointKind]:
    """All kinds by key: the seven, then those of plugins. A built-in one is never replaced."""
    brought = {
        key: PointKind(
            key, "", kind.title, kind.short or kind.title, (kind.colour,), kind.needs, kind.explains
        )
        for key, kind in offered.items()
    }
    return brought | {kind.key: kind for kind in POINT_KINDS}


def offered_words(kind: OfferedKind, params: Mapping[str, Any]) -> str:
    """The settings of a point of that kind in one line."""
    return "；".join(
        f"{one.title} {one.words(params[one.key])}"
        for one in kind.settings
        if params.get(one.key) not in (None, "")
    )
