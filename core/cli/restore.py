# SPDX-License-Identifier: Apache-2.0
"""``jiandu restore``: a backup into an empty installation, verified before it is called done."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

REFUSED = 1
DAMAGED = 4


def add(commands: Any) -> None:
    """Add the command to the parser."""
    words = "把备份恢复到空的数据目录或数据库"
    parser = commands.add_parser("restore", help=words, description=words)
    parser.add_argument("folder", type=Path, help="一次备份的目录")
    parser.add_argument("--password-file", type=Path, help="备份加密时的密码文件")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Restore; 0 done, 1 refused with nothing changed, 4 restored but the record is damaged."""
    from asyncpg import PostgresError

    from core.backup.cipher import WrongPassword
    from core.backup.manifest import Damaged
    from core.backup.programs import ProgramFailed
    from core.backup.restoring import NotRestored
    from core.schema import SchemaError
    from core.serve.postgres import PostgresError as NoServer
    from core.serve.supervisor import ServeError

    try:
        return _restore(options)
    except (NotRestored, Damaged, ServeError, NoServer) as error:
        print(f"没有恢复 (not restored): {error}", file=sys.stderr)
    except WrongPassword as error:
        print(f"没有恢复：文件 {error} 解不开 (cannot decrypt)", file=sys.stderr)
    except (ProgramFailed, SchemaError, PostgresError, OSError, ValueError) as error:
        print(f"恢复失败 (restore failed): {type(error).__name__}: {error}", file=sys.stderr)
    return REFUSED


def _restore(options: argparse.Namespace) -> int:
    import os

    from core.backup import manifest
    from core.backup.code_state import known
    from core.backup.restoring import (
        NotRestored,
        must_be_empty,
        prepare,
        restore,
        secret_of,
    )
    from core.cli.audit import words
    from core.cli.backup import password_in
    from core.schema import app_configs
    from core.serve.supervisor import stores
    from core.settings import load, read, running

    first = read(os.environ)
    if record := running(first.data):
        raise NotRestored(
            f"平台正在这个数据目录上运行（{record.get('url', '?')}），请先停止，或换一个空的数据目录"
            " (the platform is running)"
        )
    code = {app: set(ids) for app, ids in known(app_configs()).items()}
    folder = options.folder.resolve()
    described, key = prepare(folder, password=password_in(options.password_file), code=code)
    secret = secret_of(folder, described, key)
    _put_secret(first.data, secret, given=bool(first.secret))
    load.cache_clear()
    settings = load()
    if manifest.secret_check(settings.secret) != described.secret_check:
        raise NotRestored(
            f"主密钥不是备份时的那一把，身份证号等将无法解密。请先把当时的 secret 文件放到 {settings.data}，"
            "或设置 JIANDU_SECRET (another secret)"
        )
    with stores(settings) as address:
        url = settings.database.owner_url or address["DATABASE_URL"]
        asyncio.run(must_be_empty(settings, url))
        report = asyncio.run(restore(folder, described, key, settings, url, say=print))
    print(words(report))
    if not report.intact:
        return DAMAGED
    print(f"已恢复 {described.made_at} 的备份。现在可以启动平台：jiandu serve")
    return 0


def _put_secret(data: Path, secret: str, *, given: bool) -> None:
    """The secret of the backup into an empty data folder; one that is there already stays."""
    path = data / "secret"
    if not secret or given or path.exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret, "utf-8")
