# SPDX-License-Identifier: Apache-2.0
"""``jiandu backup``: database and files as of one moment, into a folder that says what it holds."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from core.backup.making import Made
    from core.settings import Settings

FAILED = 1
INCOMPLETE = 3


def add(commands: Any) -> None:
    """Add the command to the parser."""
    words = "备份数据库和文件；平台可以照常运行"
    parser = commands.add_parser("backup", help=words, description=words)
    parser.add_argument("--to", type=Path, help="备份放在哪个目录，默认数据目录下的 backups")
    parser.add_argument("--password-file", type=Path, help="用这个文件里的密码加密")
    parser.add_argument("--scheduled", action="store_true", help="定时备份：完成后删去过旧的备份")
    parser.set_defaults(run=run)


def password_in(path: Path | None) -> str:
    """The first line of a file; empty without a file."""
    if path is None or str(path) in ("", "."):
        return ""
    lines = path.read_text("utf-8").splitlines()
    if not lines or len(lines[0].strip()) < 8:
        raise ValueError(f"{path}: 密码至少 8 位 (at least 8 characters)")
    return lines[0].strip()


def run(options: argparse.Namespace) -> int:
    """Make one backup; 0 done, 1 failed, 3 done but stored files were damaged already."""
    from core import clock
    from core.backup.programs import ProgramFailed
    from core.serve.supervisor import ServeError, stores
    from core.settings import load

    settings = load()
    to = options.to or Path(settings.backup.folder or settings.data / "backups")
    begun = clock.now()
    try:
        given = options.password_file
        if given is None and settings.backup.password_file:
            given = Path(settings.backup.password_file)
        password = password_in(given)
        with stores(settings) as address:
            url = settings.database.owner_url or address["DATABASE_URL"]
            made = asyncio.run(
                _make(settings, url, to.resolve(), password, begun, scheduled=options.scheduled)
            )
    except (ServeError, ProgramFailed, OSError, ValueError) as error:
        print(f"备份没有成功 (backup failed): {error}", file=sys.stderr)
        return FAILED
    about = made.manifest
    print(
        f"已备份 {made.path}：{len(about.entries)} 个文件，{about.size / 1e6:,.1f} MB，"
        f"记录 {about.facts:,} 条，封存到第 {about.batch} 批"
    )
    if not about.encrypted:
        print(
            f"没有加密。请另外保管 {settings.data / 'secret'}（或 JIANDU_SECRET）："
            "没有它，备份里的身份证号等无法解密"
        )
    for problem in about.problems:
        print(f"✗ {problem}", file=sys.stderr)
    return INCOMPLETE if about.problems else 0


async def _make(
    settings: "Settings",
    url: str,
    to: Path,
    password: str,
    begun: "datetime",
    *,
    scheduled: bool,
) -> "Made":
    from core.backup.making import make, prune
    from core.backup.recording import note
    from core.host.registry import build, set_current

    registry = build()
    set_current(registry)
    plugins = {name: manifest.version for name, manifest in registry.plugins.items()}
    try:
        made = await make(settings, url, to, password=password, plugins=plugins, say=print)
    except Exception as error:
        await note(url, begun, error=error)
        raise
    if scheduled:
        prune(to, settings.backup.keep)
    await note(url, begun, made=made)
    return made
