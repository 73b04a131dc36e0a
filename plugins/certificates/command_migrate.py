# SPDX-License-Identifier: Apache-2.0
"""``jiandu cert migrate``: a table of the 2008 system, tried or entered, with a bar of progress."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.api.commands import with_database

__all__ = ["add_parser", "run"]

CLEAN, WRONG, UNREADABLE = 0, 1, 2
BAR = 30


def add_parser(acts: Any) -> None:
    """The arguments of ``migrate`` beside those of ``verify``."""
    parser = acts.add_parser("migrate", help="迁移 2008 系统的主体表或人员表（XLSX、CSV）")
    parser.add_argument("file", type=Path, help="表格文件；身份证号、证号各列为文本格式")
    parser.add_argument(
        "--kind", choices=("bodies", "officers"), required=True, help="bodies 主体，officers 人员"
    )
    parser.add_argument("--region", required=True, metavar="CODE", help="地区代码，例如 150822")
    parser.add_argument("--dry-run", action="store_true", help="只试运行，逐行说明问题，不写入")
    parser.add_argument(
        "--expired", action="store_true", help="连同过期数据（法制机构核对签字以后才开放）"
    )
    parser.add_argument("--json", action="store_true", help="以 JSON 输出")


def run(asked: argparse.Namespace) -> int:
    """Try the file, enter it unless only asked to try, and say what became of the rows."""
    from core.api.errors import Conflict, Invalid, Refused
    from core.api.imports import SheetError, read_sheet
    from plugins.certificates.sheet import OLD_BODIES, OLD_OFFICERS

    columns = OLD_BODIES if asked.kind == "bodies" else OLD_OFFICERS
    try:
        content = asked.file.read_bytes()
        sheet = read_sheet(content, columns, filename=asked.file.name)
        told = with_database(lambda: _bring(asked, sheet, content))
    except OSError as error:
        return _refuse(asked, f"读不了 {asked.file.name}：{error.strerror or error}")
    except Invalid as error:
        return _refuse(asked, "".join(error.errors.values()))
    except (SheetError, LookupError, Refused, Conflict) as error:
        return _refuse(asked, str(error))
    return _say(asked, told)


async def _bring(asked: argparse.Namespace, sheet: Any, content: bytes) -> dict[str, Any]:
    from core.api.db import EVERYTHING, Scope, row, transaction
    from core.api.regions import REGIONS, region_by_code
    from plugins.certificates.services import migrating
    from plugins.certificates.services.base import MIGRATE, Actor

    wide = Scope.platform("officers of the old system brought over on the command line")
    async with transaction(wide):
        home = await region_by_code(asked.region)
        if home is None:
            raise LookupError(f"没有代码为 {asked.region} 的地区。")
    who = Actor(
        Scope(REGIONS.interval(home.lo), EVERYTHING),
        0,
        0,
        "命令行迁移",
        home.lo,
        None,
        frozenset({MIGRATE}),
        "region",
    )
    watch = _silent if asked.json or not sys.stderr.isatty() else show
    number = await migrating.try_out(
        who,
        asked.kind,
        sheet,
        content,
        asked.file.name,
        expired_open=asked.expired,
        progress=watch,
    )
    if not asked.dry_run:
        await migrating.apply(who, number, sheet, content, progress=watch)
    async with transaction(wide):
        found = await row("select * from certificates_migration where id = $1", number)
    assert found is not None
    counts = {key: n for key, n in found["counts"].items() if isinstance(n, int)}
    counts.pop("expired_open", None)
    return {
        "migration": number,
        "file": asked.file.name,
        "kind": asked.kind,
        "state": found["state"],
        "entered": 0,
        "faults": 0,
        **counts,
        "problems": found["faults"],
    }


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody looks at a screen."""


def show(what: str, done: int, of: int) -> None:
    """One line that is drawn over again: what is done, of how much."""
    full = BAR if not of else BAR * done // of
    sys.stderr.write(f"\r{what} [{'█' * full}{'·' * (BAR - full)}] {done:,}/{of:,} 行")
    if done >= of:
        sys.stderr.write("\n")
    sys.stderr.flush()


def _refuse(asked: argparse.Namespace, words: str) -> int:
    if asked.json:
        sys.stdout.write(json.dumps({"error": words}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(words + "\n")
    return UNREADABLE


def _say(asked: argparse.Namespace, told: dict[str, Any]) -> int:
    if asked.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        done = f"已写入 {told['entered']:,} 行" if told["state"] == "applied" else "没有写入"
        sys.stdout.write(
            f"{told['file']}（迁移 {told['migration']}）：{told.get('rows', 0):,} 行，"
            f"新的 {told.get('new', 0):,}，已有 {told.get('known', 0):,}，"
            f"不迁移 {told.get('skip', 0):,}，过期 {told.get('expired', 0):,}，"
            f"有问题 {told['faults']:,}；{done}。\n"
        )
        for each in told["problems"]:
            sys.stdout.write(f"  第 {each['row']} 行 {each['name']}：{each['text']}\n")
    return WRONG if told["faults"] else CLEAN
