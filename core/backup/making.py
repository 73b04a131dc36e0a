# SPDX-License-Identifier: Apache-2.0
"""Making a backup: the database as of one moment, then the stored files it names.

Stored files never change their content and are deleted a day after the last row that named
them, so copying them after the snapshot gives a whole that fits together, while people work.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

import core
from core import clock
from core.backup import cipher, manifest, programs
from core.backup.manifest import DUMP, Entry, Manifest
from core.db import OWNER
from core.settings import Settings
from core.storage import objects

NAME = "jiandu-%Y%m%d-%H%M%S"
PARTIAL = ".partial-"
EXTRAS = ("audit/heads.txt", "demo-accounts.json")
"""Files of the data folder that belong to what the database says."""
SECRET = "secret"  # noqa: S105 - the name of a file
UNKEPT = ("core_session", "core_heartbeat")
"""Tables whose rows are worth nothing elsewhere: nobody is signed in to a restored system."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    path: Path
    manifest: Manifest


@dataclass
class _Writer:
    """Puts files into the backup, encrypted if there is a key, and remembers their hashes."""

    folder: Path
    key: bytes | None
    before: Path | None = None
    known: dict[str, Entry] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def put(self, name: str, source: Path) -> None:
        """Copy one file."""
        with source.open("rb") as stream:
            pieces: Iterable[bytes]
            if self.key is None:
                pieces = iter(lambda: stream.read(manifest.PIECE), b"")
            else:
                pieces = cipher.sealed(stream, self.key, name)
            self.write(name, pieces)

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write pieces as one file."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as out:
            for piece in pieces:
                out.write(piece)
                digest.update(piece)
                size += len(piece)
            out.flush()
            os.fsync(out.fileno())
        self.entries.append(Entry(name, size, digest.hexdigest()))

    def linked(self, name: str) -> bool:
        """Take an unchanged file over from the backup before, without copying it."""
        entry = self.known.get(name)
        if entry is None or self.before is None or self.key is not None:
            return False
        source, target = self.before / name, self.folder / name
        try:
            if source.stat().st_size != entry.size:
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
        except OSError:
            return False
        self.entries.append(entry)
        return True


def complete(to: Path) -> list[Path]:
    """The finished backups in a folder, oldest first."""
    if not to.is_dir():
        return []
    return sorted(
        each
        for each in to.iterdir()
        if each.name.startswith("jiandu-") and (each / manifest.SUM).is_file()
    )


def prune(to: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` finished backups, and what broken attempts left."""
    old = complete(to)[: -max(1, keep)]
    for each in (*old, *to.glob(f"{PARTIAL}*")):
        shutil.rmtree(each, ignore_errors=True)
    return old


async def make(
    settings: Settings,
    url: str,
    to: Path,
    *,
    password: str = "",
    plugins: dict[str, str] | None = None,
    say: Say = lambda _words: None,
) -> Made:
    """Write a backup below ``to``; it has its final name only when it is complete."""
    to.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a command, nobody else waits
    moment = clock.local(clock.now())
    final = to / f"{moment:{NAME}}"
    folder = to / f"{PARTIAL}{final.name}-{os.getpid()}"
    folder.mkdir(mode=0o700)
    salt = cipher.new_salt() if password else b""
    writer = _Writer(folder, cipher.key_from(password, salt) if password else None)
    if (earlier := complete(to)) and not password:
        writer.before = earlier[-1]
        writer.known = {each.path: each for each in manifest.read(earlier[-1]).entries}
    try:
        about = await _snapshot(settings, url, writer, say)
        for name in EXTRAS:
            if (settings.data / name).is_file():
                writer.put(f"extras/{name}", settings.data / name)
        if password and settings.secret:
            draft = folder / "secret.plain"
            draft.touch(mode=0o600)
            draft.write_text(settings.secret, "utf-8")
            writer.put(SECRET, draft)
            draft.unlink()
        described = Manifest(
            made_at=moment.isoformat(timespec="seconds"),
            version=core.__version__,
            plugins=plugins or {},
            secret_check=manifest.secret_check(settings.secret),
            salt=salt.hex(),
            entries=writer.entries,
            **about,
        )
        manifest.write(folder, described)
        folder.replace(final)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Made(final, described)


async def _snapshot(settings: Settings, url: str, writer: _Writer, say: Say) -> dict[str, Any]:
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        await connection.execute("begin isolation level repeatable read read only")
        name = await connection.fetchval("select pg_export_snapshot()")
        server = int(connection.get_server_version().major)
        say("复制数据库 (database) …")
        dump = writer.folder / "dump.plain"
        programs.run(
            programs.find("pg_dump", server),
            [
                f"--snapshot={name}",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                *(f"--exclude-table-data={table}" for table in UNKEPT),
                f"--file={dump}",
            ],
            url,
        )
        writer.put(DUMP, dump)
        dump.unlink()
        migrations: dict[str, list[str]] = {}
        for row in await connection.fetch("select app_name, name from migration order by id"):
            migrations.setdefault(row["app_name"], []).append(row["name"])
        last = await connection.fetchrow("select id, head from core_batch order by id desc limit 1")
        about: dict[str, Any] = {
            "postgres": server,
            "migrations": migrations,
            "facts": await connection.fetchval("select count(*) from core_fact"),
            "batch": last["id"] if last else 0,
            "head": bytes(last["head"]).hex() if last else "",
        }
        files = await connection.fetch(
            "select path, sha256, size from core_file"
            " union all select copy_path, null, copy_size from core_file where copy_path <> ''"
            " order by 1"
        )
        await connection.execute("rollback")
    finally:
        await connection.close()
    if files:
        say(f"复制文件 {len(files)} 个 (files) …")
    about["problems"] = [
        problem for row in files if (problem := await _stored(settings, writer, row))
    ]
    return about


async def _stored(settings: Settings, writer: _Writer, row: Any) -> str:
    """Copy one stored file; the sentence when it is not what it was."""
    name = f"files/{row['path']}"
    if writer.linked(name):
        return ""
    draft = writer.folder / "file.plain"
    digest, size = hashlib.sha256(), 0
    try:
        with draft.open("wb") as out:
            async for piece in objects.pieces_of(settings, row["path"]):
                out.write(piece)
                digest.update(piece)
                size += len(piece)
    except FileNotFoundError:
        draft.unlink(missing_ok=True)
        return f"存储里缺少文件 {row['path']}"
    writer.put(name, draft)
    draft.unlink()
    if size != row["size"] or (row["sha256"] and digest.digest() != bytes(row["sha256"])):
        return f"存储里的文件 {row['path']} 与上传时不一致"
    return ""
