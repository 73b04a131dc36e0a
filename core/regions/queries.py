# SPDX-License-Identifier: Apache-2.0
"""Reading the region tree. Regions are public, so no scope is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.db import column, literal, row, rows
from core.intervals import REGIONS, Interval

FIELDS = "id, code, code_source, name, level, parent, lo, hi, valid_from, valid_to, successor"


@dataclass(frozen=True, slots=True)
class RegionRow:
    """A region as it is stored."""

    id: int
    code: str
    code_source: str
    name: str
    level: int
    parent: int | None
    lo: int
    hi: int
    valid_from: date | None
    valid_to: date | None
    successor: int | None

    @property
    def interval(self) -> Interval:
        return Interval(self.lo, self.hi)

    @property
    def open(self) -> bool:
        return self.valid_to is None


def _one(record: dict[str, Any] | None) -> RegionRow | None:
    return None if record is None else RegionRow(**record)


async def region(region_id: int) -> RegionRow | None:
    return _one(await row(f"select {FIELDS} from core_region where id = $1", region_id))


async def region_at(lo: int) -> RegionRow | None:
    """The region whose interval begins at ``lo`` (what scoped rows carry)."""
    return _one(await row(f"select {FIELDS} from core_region where lo = $1", lo))


async def region_by_code(code: str) -> RegionRow | None:
    """The region that bears an official code today; ``15`` and ``1508`` are understood too."""
    wanted = code if len(code) >= 6 else code.ljust(6, "0")
    return _one(
        await row(
            f"select {FIELDS} from core_region where code = $1 and valid_to is null"
            " order by id desc limit 1",
            wanted,
        )
    )


async def country() -> RegionRow:
    """The root of the tree."""
    found = await region_at(REGIONS.root.lo)
    if found is None:
        raise LookupError("no regions were imported yet: run `jiandu migrate` or import them")
    return found


async def children(parent: int, *, closed: bool = False) -> list[RegionRow]:
    """The regions directly below one, in the order of their codes."""
    only = "" if closed else " and valid_to is null"
    found = await rows(
        f"select {FIELDS} from core_region where parent = $1{only} order by code = '', code, lo",
        parent,
    )
    return [RegionRow(**record) for record in found]


async def path(lo: int) -> list[RegionRow]:
    """The regions above ``lo`` and itself, the country first."""
    found = await rows(
        f"select {FIELDS} from core_region where lo = any($1::int8[]) order by lo, hi desc",
        list(REGIONS.ancestors(lo)),
    )
    return [RegionRow(**record) for record in found]


async def full_name(lo: int) -> str:
    """The name as it stands on documents: province to town, without the country."""
    return "".join(each.name for each in (await path(lo))[1:])


async def names(los: Sequence[int]) -> dict[int, str]:
    """The names of many regions at once, by ``lo``."""
    found = await rows("select lo, name from core_region where lo = any($1::int8[])", list(los))
    return {record["lo"]: record["name"] for record in found}


async def former_names(region_id: int) -> list[str]:
    """Names it bore before, the last one first."""
    return await column(
        "select name from core_region_name where region = $1 order by valid_to desc, id desc",
        region_id,
    )


async def find(text: str, *, within: Interval | None = None, limit: int = 20) -> list[RegionRow]:
    """Regions whose name contains ``text``, or whose code begins with it; higher levels first."""
    inside = within or REGIONS.root
    found = await rows(
        f"select {FIELDS} from core_region where valid_to is null and lo between $2 and $3"
        " and (name like '%' || $1 || '%' or code like $1 || '%') order by level, code limit $4",
        literal(text),
        inside.lo,
        inside.hi,
        limit,
    )
    return [RegionRow(**record) for record in found]


async def region_named(name: str, within: Interval) -> RegionRow | str:
    """The one region inside ``within`` a cell names by code or by name; else what is wrong with it."""
    if name.isascii() and name.isdigit():
        coded = await region_by_code(name)
        if coded is None or coded.lo not in within:
            return f"没有代码为 {name} 的地区，或不在你的管理范围内。"
        return coded
    named = await rows(
        f"select {FIELDS} from core_region where valid_to is null and name = $1"
        " and lo between $2 and $3 limit 2",
        name,
        within.lo,
        within.hi,
    )
    if len(named) != 1:
        fault = "有好几个，请填代码" if named else "没有，或不在你的管理范围内"
        return f"“{name}”{fault}。"
    return RegionRow(**named[0])
