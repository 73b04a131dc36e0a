# SPDX-License-Identifier: Apache-2.0
"""Which tables carry numbers of regions, asked of all installed plugins."""

from dataclasses import dataclass
from functools import cache

NUMBER = "region_lo"
AT_ONCE = frozenset({"core_organisation", "core_calendar_day", "core_calendar_year"})
"""Small tables that are changed together with the tree itself, not by the job."""


@dataclass(frozen=True, slots=True)
class Carrying:
    """A table with rows of regions; ``extra`` are further columns that hold such a number."""

    name: str
    title: str
    extra: tuple[str, ...]


@cache
def carrying() -> tuple[Carrying, ...]:
    """All of them, core's first, by name: one order in every process.

    A plugin says nothing about mergers; that a table has ``region_lo`` (every mixin brings it) is
    enough. Another column is found by its name, which ends in ``_region_lo``.
    """
    # Imported here: the schema asks discovery for the apps.
    from core.schema import app_configs, tables_of

    found = []
    for table in tables_of(app_configs()):
        meta = table._meta  # noqa: SLF001
        columns = [column._meta.name for column in meta.columns]  # noqa: SLF001
        if NUMBER not in columns or meta.tablename in AT_ONCE:
            continue
        words = (table.__doc__ or meta.tablename).strip().splitlines()[0].rstrip(".")
        extra = tuple(sorted(each for each in columns if each.endswith(f"_{NUMBER}")))
        found.append(Carrying(meta.tablename, words, extra))
    return tuple(sorted(found, key=lambda each: (not each.name.startswith("core_"), each.name)))
