# SPDX-License-Identifier: Apache-2.0
"""Which migrations this program knows, which a database has had, and what lies between."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from piccolo.conf.apps import AppConfig

ID = re.compile(r'^ID = "([^"]+)"', re.MULTILINE)


def known(configs: Sequence[AppConfig]) -> dict[str, list[str]]:
    """The ids of all migrations of the code, by app, in order.

    Piccolo records the id inside a file, not the file's name.
    """
    found: dict[str, list[str]] = {}
    for config in configs:
        paths = Path(config.resolved_migrations_folder_path).glob("*.py")
        matches = (ID.search(path.read_text("utf-8")) for path in paths)
        found[config.app_name] = sorted(match[1] for match in matches if match)
    return found


@dataclass
class Difference:
    """What an upgrade would do, or why it cannot."""

    pending: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Apps with data whose code is not here."""
    newer: dict[str, list[str]] = field(default_factory=dict)
    """Migrations the database has had and the code does not know."""


def difference(code: Mapping[str, Sequence[str]], had: Mapping[str, Sequence[str]]) -> Difference:
    """Compare code and database."""
    found = Difference()
    for app, ids in code.items():
        have = set(had.get(app, ()))
        if pending := [each for each in ids if each not in have]:
            found.pending[app] = pending
    for app, names in had.items():
        if app not in code:
            found.missing.append(app)
        elif newer := [each for each in names if each not in code[app]]:
            found.newer[app] = newer
    return found
