# SPDX-License-Identifier: Apache-2.0
"""Adding, changing, moving and removing entries of an item, one list at a time. Pure.

A list is named by its section and, for controls and tiers, by the form or standard it belongs to
(``of``). An entry is found again by its key, or by what it said when its form was opened, so that
an edit never lands on another entry because somebody moved things meanwhile.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from plugins.powers.rules.comparing import numbered
from plugins.powers.rules.definition import Definition

KEYED: Final = ("stages", "steps", "forms", "standards", "points", "documents", "controls", "tiers")
BELOW: Final = {"controls": ("forms", "controls"), "tiers": ("standards", "tiers")}
KEY: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$")


class Gone(LookupError):
    """The entry, or the form or standard around it, is not there any more."""


@dataclass(frozen=True, slots=True)
class Where:
    """A list of an item: its section, and the key of what it belongs to."""

    section: str
    of: str = ""

    def path(self, row: str) -> str:
        """Where faults and findings of an entry stand: ``steps/decide``, ``forms/f/photos``."""
        base = f"{BELOW[self.section][0]}/{self.of}" if self.section in BELOW else self.section
        return f"{base}/{row}"


def entries(item: Definition, where: Where) -> list[Any]:
    """The entries of the list. Raises Gone."""
    if where.section not in BELOW:
        return list(getattr(item, where.section))
    section, name = BELOW[where.section]
    parent = next((one for one in getattr(item, section) if one.key == where.of), None)
    if parent is None:
        raise Gone(where.of)
    return list(getattr(parent, name))


def with_entries(item: Definition, where: Where, changed: list[Any]) -> Definition:
    """The item with the list replaced; steps are numbered anew."""
    if where.section not in BELOW:
        return numbered(msgspec.structs.replace(item, **{where.section: changed}))
    section, name = BELOW[where.section]
    parents = [
        msgspec.structs.replace(one, **{name: changed}) if one.key == where.of else one
        for one in getattr(item, section)
    ]
    return msgspec.structs.replace(item, **{section: parents})


def row_name(where: Where, number: int, entry: Any) -> str:
    """How an address names the entry: by its key, or by its place."""
    return str(entry.key) if where.section in KEYED else str(number)


def mark(entry: Any) -> str:
    """A short fingerprint of what an entry says, kept in its form while it is open."""
    return hashlib.sha256(msgspec.json.encode(entry, order="sorted")).hexdigest()[:16]


def find(item: Definition, where: Where, row: str, was: str = "") -> int:
    """The number of the entry an address names. Raises Gone.

    An entry without a key is found by what it said (``was``) wherever it now stands, else by its
    place.
    """
    rows = entries(item, where)
    if where.section in KEYED:
        found = [n for n, entry in enumerate(rows) if entry.key == row]
    else:
        found = [n for n, entry in enumerate(rows) if was and mark(entry) == was]
        if not was and row.isdecimal() and len(row) < 6 and int(row) < len(rows):
            found = [int(row)]
    if not found:
        raise Gone(row)
    return found[0]


def put(item: Definition, where: Where, number: int | None, entry: Any) -> Definition:
    """Replace the entry at ``number``, or append a new one."""
    rows = entries(item, where)
    if number is None:
        rows.append(entry)
    else:
        rows[number] = entry
    return with_entries(item, where, rows)


def remove(item: Definition, where: Where, number: int) -> Definition:
    """Take the entry out; what referred to it shows as a fault."""
    rows = entries(item, where)
    del rows[number]
    return with_entries(item, where, rows)


def move(item: Definition, where: Where, number: int, by: int) -> Definition:
    """Move the entry up (-1) or down (+1); at the ends it stays."""
    rows = entries(item, where)
    to = max(0, min(len(rows) - 1, number + by))
    rows.insert(to, rows.pop(number))
    return with_entries(item, where, rows)


def fresh_key(item: Definition, where: Where, stem: str) -> str:
    """A key nobody in the list has: ``step1``, ``step2`` …"""
    taken: set[str]
    if where.section == "controls":
        # Documents and points name controls of any form, so these keys are unique in the item.
        taken = {control.key for form in item.forms for control in form.controls}
    else:
        taken = {entry.key for entry in entries(item, where)}
    number = len(taken) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"
