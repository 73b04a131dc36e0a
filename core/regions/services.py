# SPDX-License-Identifier: Apache-2.0
"""Importing the official list, and what an office changes in the region tree itself."""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from core import clock
from core.db import Place, SubjectRef, execute, lock_subjects, row, rows, transaction, value
from core.errors import Conflict, Invalid, NotFound
from core.facts.services import record
from core.intervals import REGIONS, NoRoom
from core.regions.facts import RegionChanged, RegionsImported
from core.regions.queries import RegionRow, children, region, region_at
from core.regions.rules import (
    COUNTRY_NAME,
    LEVELS,
    OWN,
    Changes,
    Division,
    Existing,
    chosen,
    compare,
)

DATA = Path(__file__).resolve().parent / "data" / "regions-2025.json.gz"
SOURCE = "mca-2025"
IN_FORCE = date(2025, 12, 31)
"""The state of the shipped list; regions imported first are known to exist since then."""

TREE = SubjectRef("core.region_tree", 0)
"""Changes of the tree wait for each other: two new children must not get one number."""


@lru_cache(maxsize=1)
def official() -> tuple[Division, ...]:
    """The shipped list of divisions, parents before children."""
    document = json.loads(gzip.decompress(DATA.read_bytes()))
    return tuple(Division(*entry) for entry in document["divisions"])


async def _stored() -> dict[str, Existing]:
    found = await rows(
        """
        select r.id, r.code, r.name, case when p.level > 0 then p.code else '' end as parent_code
        from core_region r left join core_region p on p.id = r.parent
        where r.valid_to is null and r.level > 0 and r.code <> '' and r.code_source <> $1
        """,
        OWN,
    )
    return {record["code"]: Existing(**record) for record in found}


async def ensure_country() -> RegionRow:
    """The root row, made when missing."""
    root = REGIONS.root
    await execute(
        "insert into core_region (code, code_source, name, level, lo, hi)"
        " values ('000000', $1, $2, 0, $3, $4) on conflict (lo) do nothing",
        SOURCE,
        COUNTRY_NAME,
        root.lo,
        root.hi,
    )
    found = await region_at(root.lo)
    assert found is not None
    return found


async def plan_import(
    provinces: Sequence[str] | None = None, divisions: Iterable[Division] | None = None
) -> Changes:
    """What ``import_regions`` would change; changes nothing."""
    listed = official() if divisions is None else tuple(divisions)
    return compare(await _stored(), chosen(listed, provinces), provinces)


async def import_regions(
    provinces: Sequence[str] | None = None,
    divisions: Iterable[Division] | None = None,
    *,
    source: str = SOURCE,
    on: date | None = None,
) -> Changes:
    """Bring the tree to the state of the official list; repeating it changes nothing.

    ``provinces`` (first two digits) limits what is imported below the provinces themselves, for
    demo data: ``("15", "37")``. ``on`` is the first day of the new state.
    """
    day = on or clock.today()
    async with transaction():
        await lock_subjects(TREE)
        await ensure_country()
        changes = await plan_import(provinces, divisions)
        if changes.none:
            return changes
        ended = day - timedelta(days=1)
        for have, name in changes.renamed:
            await _rename(have.id, have.name, name, ended)
        closing = [have.id for have, _ in changes.moved] + [have.id for have in changes.gone]
        if closing:
            await execute(
                "update core_region set valid_to = $2 where id = any($1::int8[])", closing, ended
            )
        await _insert(
            [*changes.new, *(division for _, division in changes.moved)],
            source=source,
            valid_from=day if on else None,
        )
        if changes.moved:
            await execute(
                """
                update core_region old set successor = new.id
                from core_region new
                where old.id = any($1::int8[]) and new.code = old.code and new.valid_to is null
                """,
                [have.id for have, _ in changes.moved],
            )
        root = await ensure_country()
        counts = dict(changes.counts())
        del counts["same"]
        await record(
            "core.region.imported",
            SubjectRef("core.region", root.id),
            RegionsImported(source=source, **counts),
            Place(root.lo),
        )
    return changes


async def _record(changed: RegionRow, act: str, detail: str = "") -> None:
    await record(
        "core.region.changed",
        SubjectRef("core.region", changed.id),
        RegionChanged(region=changed.id, name=changed.name, act=act, detail=detail),
        Place(changed.lo),
    )


@dataclass
class _Slot:
    id: int
    lo: int
    taken: int
    """How many children it has had so far, closed ones included."""


async def _slots() -> dict[str, _Slot]:
    found = await rows(
        """
        select r.id, r.lo, r.code, r.level, coalesce(c.last, -1) as last_lo
        from core_region r
        left join (select parent, max(lo) as last from core_region group by parent) c
          on c.parent = r.id
        where r.valid_to is null and (r.level = 0 or r.code <> '') and r.code_source <> $1
        """,
        OWN,
    )
    return {
        ("" if record["level"] == 0 else record["code"]): _Slot(
            record["id"],
            record["lo"],
            0 if record["last_lo"] < 0 else REGIONS.index(record["last_lo"]) + 1,
        )
        for record in found
    }


async def _insert(divisions: Sequence[Division], *, source: str, valid_from: date | None) -> None:
    """Insert regions, parents before children, in one statement."""
    if not divisions:
        return
    ids = await rows(
        "select nextval(pg_get_serial_sequence('core_region', 'id')) as id"
        " from generate_series(1, $1::int)",
        len(divisions),
    )
    slots = await _slots()
    table: list[tuple[Any, ...]] = []
    # A parent comes before its children whatever the order of the list was.
    for division, new in zip(sorted(divisions, key=lambda d: d.level), ids, strict=True):
        parent = slots[division.parent]
        interval = REGIONS.child(parent.lo, parent.taken)
        parent.taken += 1
        slots[division.code] = _Slot(new["id"], interval.lo, 0)
        table.append(
            (
                new["id"],
                division.code,
                division.name,
                division.level,
                parent.id,
                interval.lo,
                interval.hi,
            )
        )
    await execute(
        """
        insert into core_region
          (id, code, name, level, parent, lo, hi, code_source, valid_from)
        select *, $8::text, $9::date from unnest(
          $1::int8[], $2::text[], $3::text[], $4::int2[], $5::int8[], $6::int8[], $7::int8[])
        """,
        *(list(each) for each in zip(*table, strict=True)),
        source,
        valid_from,
    )


async def _rename(region_id: int, before: str, name: str, ended: date) -> None:
    await execute(
        "insert into core_region_name (region, name, valid_to) values ($1, $2, $3)",
        region_id,
        before,
        ended,
    )
    await execute("update core_region set name = $2 where id = $1", region_id, name)


# --- what an office does itself ---------------------------------------------------------------


async def _open_region(region_id: int) -> RegionRow:
    found = await region(region_id)
    if found is None:
        raise NotFound
    if not found.open:
        raise Conflict(f"{found.name}已撤销，不能再办理。")
    return found


async def add_region(
    parent_id: int,
    name: str,
    level: int,
    *,
    code: str = "",
    valid_from: date | None = None,
) -> RegionRow:
    """Add a development zone, a 苏木 or a town the official list does not have."""
    name = name.strip()
    async with transaction():
        await lock_subjects(TREE)
        parent = await _open_region(parent_id)
        errors = {}
        if not name:
            errors["name"] = "请填写名称。"
        if level not in LEVELS or level <= parent.level:
            errors["level"] = "级别须低于上级行政区划。"
        if code and not (code.isascii() and code.isdigit() and len(code) in (6, 9)):
            errors["code"] = "代码为 6 位或 9 位数字；没有代码可以不填。"
        elif code and await value(
            "select 1 from core_region where code = $1 and valid_to is null", code
        ):
            errors["code"] = "这个代码已有行政区划在用。"
        if name in {each.name for each in await children(parent.id)}:
            errors["name"] = f"{parent.name}下已有“{name}”。"
        if errors:
            raise Invalid(errors)
        last = await value("select max(lo) from core_region where parent = $1", parent.id)
        try:
            interval = REGIONS.child(parent.lo, 0 if last is None else REGIONS.index(last) + 1)
        except NoRoom as error:
            raise Invalid({"parent": str(error)}) from error
        made = await row(
            """
            insert into core_region (code, code_source, name, level, parent, lo, hi, valid_from)
            values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
            """,
            code,
            OWN,
            name,
            level,
            parent.id,
            interval.lo,
            interval.hi,
            valid_from or clock.today(),
        )
        assert made is not None
        added = await _open_region(made["id"])
        await _record(added, "新增")
        return added


async def rename_region(region_id: int, name: str, *, on: date | None = None) -> RegionRow:
    """Give a region a new name from ``on``; the old one is kept, the interval stays."""
    name = name.strip()
    if not name:
        raise Invalid({"name": "请填写名称。"})
    async with transaction():
        await lock_subjects(TREE)
        found = await _open_region(region_id)
        if found.name != name:
            await _rename(found.id, found.name, name, (on or clock.today()) - timedelta(days=1))
            await _record(found, "更改", f"名称为“{name}”")
        return await _open_region(region_id)
