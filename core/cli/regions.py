# SPDX-License-Identifier: Apache-2.0
"""``jiandu regions import``: bring the tree of regions to the state of an official list."""

import asyncio
import csv
import gzip
import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from core.settings import load

if TYPE_CHECKING:
    from core.regions.rules import Division

WORDS = {"new": "新增", "renamed": "更名", "moved": "改隶", "gone": "撤销", "same": "不变"}


def read_list(path: Path) -> list["Division"]:
    """A list from a file: CSV with ``level,code,parent,name``, or JSON as shipped (also .gz)."""
    from core.regions.rules import Division

    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return [
                Division(int(row["level"]), row["code"], row["parent"], row["name"])
                for row in csv.DictReader(lines)
            ]
    data = path.read_bytes()
    document = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return [Division(*entry) for entry in document["divisions"]]


def import_regions(
    file: Path | None, provinces: Sequence[str], on: date | None, *, dry_run: bool
) -> int:
    """Print what changes, and change it unless ``dry_run``."""
    from core.serve.supervisor import ServeError, stores

    settings = load()
    try:
        divisions = None if file is None else read_list(file)
        with stores(settings) as address:
            counts = asyncio.run(
                _import(address["DATABASE_URL"], divisions, provinces or None, on, dry_run=dry_run)
            )
    except (OSError, KeyError, TypeError, ValueError, ServeError) as error:
        print(f"没有导入 (nothing imported): {error}", file=sys.stderr)
        return 1
    words = "，".join(f"{WORDS[name]} {count}" for name, count in counts.items())
    print(f"{'将' if dry_run else '已'}导入：{words}")
    return 0


async def _import(
    url: str,
    divisions: "Sequence[Division] | None",
    provinces: Sequence[str] | None,
    on: date | None,
    *,
    dry_run: bool,
) -> dict[str, int]:
    from core.db import DB, WEB, Scope, transaction
    from core.regions.services import import_regions as bring
    from core.regions.services import plan_import

    DB.configure(url, WEB)
    await DB.start_connection_pool(min_size=1, max_size=2)
    try:
        async with transaction(Scope.platform("import of the official list of regions")):
            if dry_run:
                changes = await plan_import(provinces, divisions)
            else:
                changes = await bring(provinces, divisions, on=on)
        return dict(changes.counts())
    finally:
        await DB.close_connection_pool()
