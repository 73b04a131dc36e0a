# SPDX-License-Identifier: Apache-2.0
"""``jiandu upgrade``: what would change, or a backup and then the change."""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.backup.code_state import Difference

FAILED = 1
BROKEN_PLUGIN = 3
"""A plugin is missing, does not load, or does not fit this version."""
TOO_OLD = 4
"""The database is newer than the program."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    words = "升级数据库到这个版本的程序；先备份"
    parser = commands.add_parser("upgrade", help=words, description=words)
    parser.add_argument("--dry-run", action="store_true", help="只看要做什么，什么也不改")
    parser.add_argument("--no-backup", action="store_true", help="不先备份")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check plugins and database, then back up and migrate unless it is a dry run."""
    import core
    from core.backup.code_state import difference, known
    from core.host.errors import PluginError
    from core.host.registry import build
    from core.schema import app_configs
    from core.serve.postgres import PostgresError as NoServer
    from core.serve.supervisor import ServeError, stores
    from core.settings import load

    try:
        registry = build()
        configs = app_configs()
    except PluginError as error:
        print(f"模块不能用，升级没有开始 (broken plugin): {error}", file=sys.stderr)
        return BROKEN_PLUGIN
    settings = load()
    try:
        with stores(settings) as address:
            url = settings.database.owner_url or address["DATABASE_URL"]
            had = asyncio.run(_had(url))
    except (ServeError, NoServer, OSError) as error:
        print(f"连不上数据库 (no database): {error}", file=sys.stderr)
        return FAILED
    found = difference(known(configs), had)
    print(f"程序版本 {core.__version__}，模块 {'、'.join(registry.plugins)}")
    if code := _refused(found):
        return code
    if not found.pending:
        print("数据库已是这个版本，不用升级 (nothing to do)")
        return 0
    for app, ids in found.pending.items():
        print(f"  {app}: {len(ids)} 步" + "".join(f"\n    {each}" for each in ids))
    if options.dry_run:
        print("以上是将要执行的步骤，什么也没有改 (dry run)")
        return 0
    return _upgrade(options)


def _refused(found: "Difference") -> int:
    for app in found.missing:
        print(
            f"✗ 数据库里有模块 {app} 的数据，但它没有安装，或没有写进 config/plugins.toml。"
            "请先装好它，或确认不再需要后由管理员移走数据 (plugin missing)",
            file=sys.stderr,
        )
    for app, ids in found.newer.items():
        print(
            f"✗ 数据库里的 {app} 比程序新（{ids[0]}）：请用更新的程序，不要退回旧版"
            " (the database is newer than this program)",
            file=sys.stderr,
        )
    if found.newer:
        return TOO_OLD
    return BROKEN_PLUGIN if found.missing else 0


def _upgrade(options: argparse.Namespace) -> int:
    from core.cli import backup, main

    if not options.no_backup:
        given = argparse.Namespace(to=None, password_file=None, scheduled=False)
        if backup.run(given) == backup.FAILED:
            print("没有备份就不升级；确实不要备份时加 --no-backup", file=sys.stderr)
            return FAILED
    return main(["migrate"])


async def _had(url: str) -> dict[str, list[str]]:
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval("select to_regclass('public.migration')"):
            return {}
        from core.db import OWNER

        await connection.execute(f"set role {OWNER}")
        found: dict[str, list[str]] = {}
        for row in await connection.fetch("select app_name, name from migration order by id"):
            found.setdefault(row["app_name"], []).append(row["name"])
        return found
    finally:
        await connection.close()
