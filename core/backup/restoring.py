# SPDX-License-Identifier: Apache-2.0
"""Restoring a backup into an empty installation, and proving that it is what was saved."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import obstore

from core.backup import cipher, manifest, programs
from core.backup.making import EXTRAS, SECRET
from core.backup.manifest import DUMP, Manifest
from core.db import OWNER
from core.schema import migrate, prepare_roles
from core.sealing.heads import read_lines
from core.sealing.rules import Report
from core.sealing.verifying import verify
from core.settings import Settings
from core.storage import objects

Say = Callable[[str], None]


class NotRestored(Exception):
    """Nothing was changed; the message says why not."""


def prepare(
    folder: Path, *, password: str, code: Mapping[str, set[str]]
) -> tuple[Manifest, bytes | None]:
    """Everything that can be known before anything is touched. The key, if it is encrypted."""
    described = manifest.read(folder)
    manifest.check(folder, described)
    for app, names in described.migrations.items():
        if app not in code:
            raise NotRestored(
                f"备份里有模块 {app} 的数据，这里没有安装或启用它 (plugin {app} is missing)"
            )
        if newer := [name for name in names if name not in code[app]]:
            raise NotRestored(
                f"备份来自更新的程序（{described.version}，{app} 的 {newer[0]}），请先升级程序"
                " (the backup is newer than this program)"
            )
    key = None
    if described.encrypted:
        if not password:
            raise NotRestored("备份已加密，请用 --password-file 给出密码 (password needed)")
        key = cipher.key_from(password, bytes.fromhex(described.salt))
        _try_key(folder, described, key)
    return described, key


def _try_key(folder: Path, described: Manifest, key: bytes) -> None:
    for name in (SECRET, DUMP):
        if any(each.path == name for each in described.entries):
            try:
                with (folder / name).open("rb") as source:
                    next(cipher.opened(source, key, name))
            except cipher.WrongPassword as error:
                raise NotRestored("备份的密码不对 (wrong password)") from error
            return


def secret_of(folder: Path, described: Manifest, key: bytes | None) -> str:
    """The installation's secret, when the backup holds it."""
    if key is None or not any(each.path == SECRET for each in described.entries):
        return ""
    with (folder / SECRET).open("rb") as source:
        return b"".join(cipher.opened(source, key, SECRET)).decode()


async def must_be_empty(settings: Settings, url: str) -> None:
    """Neither the database nor the object store holds anything."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind in ('r', 'p')"
        )
    finally:
        await connection.close()
    if found:
        raise NotRestored(
            f"数据库不是空的（{found} 个表），不能恢复到正在使用的系统上。请换一个空的数据目录或新建数据库"
            " (the database is not empty)"
        )
    async for page in obstore.list(objects.store_of(settings), chunk_size=2):
        if page:
            raise NotRestored(
                f"文件存储不是空的（{settings.storage_url}），请换一个空的位置 (storage is not empty)"
            )


async def restore(
    folder: Path,
    described: Manifest,
    key: bytes | None,
    settings: Settings,
    url: str,
    *,
    say: Say = lambda _words: None,
) -> Report:
    """Write database and files, bring the schema up to the code, and verify the record."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data, prefix="restore-") as draft:
        plain = _Reader(folder, key, Path(draft))
        say("恢复数据库 (database) …")
        connection = await asyncpg.connect(url)
        try:
            await prepare_roles(connection)
            server = int(connection.get_server_version().major)
        finally:
            await connection.close()
        programs.run(
            programs.find("pg_restore", server),
            [
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                "--single-transaction",
                f"--dbname={programs.database_of(url)}",
                str(plain.file(DUMP)),
            ],
            url,
        )
        stored = [each.path for each in described.entries if each.path.startswith("files/")]
        if stored:
            say(f"恢复文件 {len(stored)} 个 (files) …")
        for name in stored:
            await objects.put_into(settings, name.removeprefix("files/"), plain.file(name))
        for name in EXTRAS:
            if any(each.path == f"extras/{name}" for each in described.entries):
                target = settings.data / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(plain.file(f"extras/{name}"), target)
    await migrate(url, lock_seconds=settings.database.lock_seconds)
    say("核验操作记录 (verifying the record) …")
    return await _verified(settings, described, url)


class _Reader:
    """Files of the backup as they were before encryption."""

    def __init__(self, folder: Path, key: bytes | None, draft: Path) -> None:
        self.folder, self.key, self.draft = folder, key, draft / "plain"

    def file(self, name: str) -> Path:
        """A path to read from; valid until the next call."""
        if self.key is None:
            return self.folder / name
        with (self.folder / name).open("rb") as source, self.draft.open("wb") as out:
            out.writelines(cipher.opened(source, self.key, name))
        return self.draft


async def _verified(settings: Settings, described: Manifest, url: str) -> Report:
    kept: list[tuple[int, bytes]] = []
    if described.batch:
        kept.append((described.batch, bytes.fromhex(described.head)))
    heads = settings.data / "audit" / "heads.txt"
    if heads.exists():
        # A head sealed after the snapshot may already stand in the file; it is not in the dump.
        kept += [
            each for each in read_lines(heads.read_text("utf-8")) if each[0] <= described.batch
        ]
    connection: Any = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        return await verify(connection, heads=kept)
    finally:
        await connection.close()
