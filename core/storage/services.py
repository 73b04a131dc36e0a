# SPDX-License-Identifier: Apache-2.0
"""Receiving, keeping and reading files.

``receive`` takes the content piece by piece, looks into it and puts it into the object store; it
needs no transaction and should run outside one. ``keep`` writes the row, inside the transaction
of whatever the file belongs to. ``store`` does both. An object whose row never came, because a
form was refused afterwards, is swept away a day later.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from anyio import CapacityLimiter, to_thread

from core import clock, settings
from core.api.plugin import Place
from core.db import column, current_scope, execute, row, rows, transaction
from core.errors import Invalid, NotFound, Refused, TooLarge
from core.intervals import ORGANISATIONS
from core.storage import objects
from core.storage.inspecting import Copy, Hostile, check_document, clean_copy, sniff
from core.storage.media import Media, blanked, look, probe
from core.storage.rules import (
    KINDS,
    SOUND_ONLY,
    TYPES,
    ByteRange,
    Limits,
    clean_name,
    problem_of,
    size_words,
)

MEGABYTE = 1024 * 1024
DEFAULT_ALLOWED = 200 * 1024 * MEGABYTE
"""What a root organisation and everything below it may store, unless set otherwise."""

ORPHANS_AFTER = timedelta(days=1)

# Decoding a large photo takes a hundred megabytes; two at a time are enough for one process.
_drawing = CapacityLimiter(2)
# Each object on its way to the store takes some megabytes; many people upload at once.
_putting = CapacityLimiter(3)

FIELDS = (
    "id, name, media_type, kind, purpose, size, sha256, path, copy_path, copy_type, copy_size,"
    " width, height, region_lo, org_lo, published, created_at"
)


@dataclass(frozen=True, slots=True)
class Received:
    """Content that lies in the object store and has no row yet."""

    name: str
    media_type: str
    kind: str
    size: int
    sha256: bytes
    path: str
    copy_path: str = ""
    copy_type: str = ""
    copy_size: int = 0
    width: int = 0
    height: int = 0
    upload: str = ""
    """Key of the upload it came by; it is used up when the file is kept."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A kept file."""

    id: int
    name: str
    media_type: str
    kind: str
    purpose: str
    size: int
    sha256: str
    """Hexadecimal, of the original as it was received."""
    width: int
    height: int
    published: bool
    created_at: datetime

    @property
    def url(self) -> str:
        return f"/files/{self.id}"

    @property
    def size_words(self) -> str:
        return size_words(self.size)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file somebody may read: what to say about it and its content."""

    file: StoredFile
    path: str
    media_type: str
    size: int
    etag: str

    def pieces(self, part: ByteRange | None = None) -> AsyncIterator[bytes]:
        """The content or a part of it; needs no transaction."""
        return objects.pieces(self.path, part)

    async def read(self) -> bytes:
        """The whole content, for small files."""
        return b"".join([piece async for piece in self.pieces()])


def _stored(record: dict[str, Any]) -> StoredFile:
    return StoredFile(
        id=record["id"],
        name=record["name"],
        media_type=record["media_type"],
        kind=record["kind"],
        purpose=record["purpose"],
        size=record["size"],
        sha256=bytes(record["sha256"]).hex(),
        width=record["width"],
        height=record["height"],
        published=record["published"],
        created_at=record["created_at"],
    )


# --- receiving -------------------------------------------------------------------------------


def _folder() -> Path:
    folder = settings.load().data / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _spool(
    source: bytes | AsyncIterable[bytes], file: Any, name: str, limit: int
) -> tuple[int, bytes]:
    """Write the content into a temporary file while counting and hashing it."""
    digest, size = hashlib.sha256(), 0

    async def take(piece: bytes) -> None:
        nonlocal size
        size += len(piece)
        if size > limit:
            raise TooLarge(f"“{name}”超过 {size_words(limit)}，请压缩或分开上传。")
        digest.update(piece)
        await to_thread.run_sync(file.write, piece)

    if isinstance(source, bytes):
        await take(source)
    else:
        async for piece in source:
            await take(piece)
    await to_thread.run_sync(file.flush)
    return size, digest.digest()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look into a file found: its type, and a copy without what tells too much."""

    media_type: str
    kind: str
    picture: Copy | None = None
    recording: Path | None = None


def _look(path: Path, name: str, kinds: Collection[str], limits: Limits | None, size: int) -> _Seen:
    media_type = sniff(path, name)
    media = probe(path, media_type) if media_type else Media()
    if media_type and media.sound_only:
        media_type = SOUND_ONLY.get(media_type, media_type)
    if problem := problem_of(name, media_type, kinds):
        raise Hostile(problem)
    assert media_type is not None
    kind = TYPES[media_type][0]
    if limits and (problem := limits.problem(name, kind, size, media.seconds)):
        raise Hostile(problem)
    check_document(path, media_type, name)
    if kind == "photo":
        return _Seen(media_type, kind, clean_copy(path, media_type, name))
    if media.private:
        copy = path.with_name(path.name + "-copy")
        blanked(path, copy, media_type, media.private)
        return _Seen(media_type, kind, recording=copy)
    return _Seen(media_type, kind)


async def receive(
    source: bytes | AsyncIterable[bytes],
    name: str,
    *,
    kinds: Collection[str] = tuple(KINDS),
    max_bytes: int | None = None,
    limits: Limits | None = None,
    field: str = "file",
) -> Received:
    """Take content in, check it and put it into the object store.

    Whatever is wrong raises ``Invalid`` (under ``field``) or ``TooLarge`` with one sentence.
    Memory is bounded: content passes through a temporary file in the data folder.
    """
    wanted = tuple(KINDS) if "any" in kinds else tuple(kinds)
    if unknown := set(wanted) - set(KINDS):
        raise ValueError(f"unknown kinds of files: {sorted(unknown)}")
    name = clean_name(name)
    limit = (
        max_bytes
        or (limits.most(wanted) if limits else None)
        or settings.load().storage.max_upload_mb * MEGABYTE
    )
    folder = await to_thread.run_sync(_folder)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="upload-") as file:
        size, digest = await _spool(source, file, name, limit)
        path = Path(file.name)
        try:
            seen = await to_thread.run_sync(
                _look, path, name, wanted, limits, size, limiter=_drawing
            )
        except Hostile as error:
            raise Invalid({field: str(error)}) from error
        target = objects.new_path()
        await _put(target, path)
        received = Received(name, seen.media_type, seen.kind, size, digest, target)
        if seen.recording is not None:
            try:
                copy_path = objects.new_path()
                await _put(copy_path, seen.recording)
            finally:
                seen.recording.unlink(missing_ok=True)
            return replace(received, copy_path=copy_path, copy_type=seen.media_type, copy_size=size)
    if seen.picture is None:
        return received
    copy_path = objects.new_path()
    await _put(copy_path, seen.picture.content)
    return replace(
        received,
        copy_path=copy_path,
        copy_type=seen.picture.media_type,
        copy_size=len(seen.picture.content),
        width=seen.picture.width,
        height=seen.picture.height,
    )


async def _put(path: str, content: Path | bytes) -> None:
    async with _putting:
        await objects.put(path, content)


async def again(received: Received, name: str = "") -> Received:
    """The same checked content once more, for another row: a path belongs to one file.

    For imports and demo data that bind one paper to many objects, without checking it each time.
    """
    target = objects.new_path()
    await objects.put(target, await _content(received.path))
    copy_path = ""
    if received.copy_path:
        copy_path = objects.new_path()
        await objects.put(copy_path, await _content(received.copy_path))
    return replace(received, name=name or received.name, path=target, copy_path=copy_path)


async def _content(path: str) -> bytes:
    return b"".join([bytes(piece) async for piece in objects.pieces(path)])


async def _charge(org_lo: int, size: int) -> None:
    """Count the space against the root organisation; the row lock makes the sum exact."""
    used = await row(
        """
        insert into core_storage_use as u (org_lo, used, files) values ($1, $2, 1)
        on conflict (org_lo) do update set used = u.used + $2, files = u.files + 1
        returning used, allowed
        """,
        _account(org_lo),
        size,
    )
    assert used is not None
    allowed = DEFAULT_ALLOWED if used["allowed"] is None else used["allowed"]
    if used["used"] > allowed:
        raise Refused(
            f"本单位的存储空间已满（共 {size_words(allowed)}），请联系系统管理员扩大后再上传。"
        )


def _account(org_lo: int) -> int:
    return ORGANISATIONS.ancestors(org_lo)[1] if org_lo else 0


async def keep(received: Received, *, place: Place, purpose: str) -> StoredFile:
    """Write the row of received content; belongs into the transaction that refers to the file."""
    async with transaction():
        await _charge(place.org_lo, received.size + received.copy_size)
        made = await row(
            f"""
            insert into core_file
              (name, media_type, kind, purpose, size, sha256, path, copy_path, copy_type,
               copy_size, width, height, region_lo, org_lo, published, actor, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, false, $15, $16)
            returning {FIELDS}
            """,
            received.name,
            received.media_type,
            received.kind,
            purpose,
            received.size,
            received.sha256,
            received.path,
            received.copy_path,
            received.copy_type,
            received.copy_size,
            received.width,
            received.height,
            place.region_lo,
            place.org_lo,
            current_scope().actor,
            clock.now(),
        )
        assert made is not None
        if received.upload:
            await execute("delete from core_upload where key = $1", received.upload)
        return _stored(made)


async def store(
    source: bytes | AsyncIterable[bytes],
    name: str,
    *,
    place: Place,
    purpose: str,
    max_bytes: int | None = None,
    kinds: Collection[str] = tuple(KINDS),
    field: str = "file",
) -> StoredFile:
    """Receive and keep at once, inside the caller's transaction; for small and single files."""
    received = await receive(source, name, kinds=kinds, max_bytes=max_bytes, field=field)
    return await keep(received, place=place, purpose=purpose)


# --- reading ---------------------------------------------------------------------------------


async def file(file_id: int) -> StoredFile:
    """What is known about a file, when the scope sees it."""
    found = await row(f"select {FIELDS} from core_file where id = $1", file_id)
    if found is None:
        raise NotFound
    return _stored(found)


async def files(ids: Collection[int]) -> dict[int, StoredFile]:
    """Many files at once, by id; those outside the scope are missing."""
    found = await rows(f"select {FIELDS} from core_file where id = any($1::int8[])", list(ids))
    return {record["id"]: _stored(record) for record in found}


async def open_(file_id: int, *, original: bool = False) -> OpenFile:
    """Open a file for reading; of a picture the clean copy, unless the original is asked for.

    Needs the transaction only for the row: close it, then read the pieces.
    """
    found = await row(f"select {FIELDS} from core_file where id = $1", file_id)
    if found is None:
        raise NotFound
    digest = bytes(found["sha256"]).hex()
    if found["copy_path"] and not original:
        return OpenFile(
            _stored(found),
            found["copy_path"],
            found["copy_type"],
            found["copy_size"],
            f'"{digest}-c"',
        )
    return OpenFile(
        _stored(found), found["path"], found["media_type"], found["size"], f'"{digest}"'
    )


async def seconds_of(opened: OpenFile) -> float | None:
    """How long a stored recording says it is; None where it does not say."""

    def seen() -> float | None:
        with objects.opened(opened.path, opened.size) as file:
            return look(cast("BinaryIO", file), opened.size, opened.media_type).seconds

    return await to_thread.run_sync(seen)


async def publish(file_id: int, published: bool = True) -> None:
    """Let everybody read a file without a session (attachments of notices), or no longer."""
    changed = await execute("update core_file set published = $2 where id = $1", file_id, published)
    if not changed:
        raise NotFound


async def intact(file_id: int) -> bool:
    """Whether the original is still, byte for byte, what was received."""
    opened = await open_(file_id, original=True)
    digest = hashlib.sha256()
    try:
        async for piece in opened.pieces():
            digest.update(piece)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == opened.file.sha256


# --- space -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """How much a root organisation stores."""

    used: int
    files: int
    allowed: int


async def use_of(org_lo: int) -> Use:
    found = await row(
        "select used, files, allowed from core_storage_use where org_lo = $1", _account(org_lo)
    )
    if found is None:
        return Use(0, 0, DEFAULT_ALLOWED)
    allowed = DEFAULT_ALLOWED if found["allowed"] is None else found["allowed"]
    return Use(found["used"], found["files"], allowed)


async def allow(org_lo: int, allowed: int | None) -> None:
    """Set how much a root organisation may store; ``None`` returns to the default."""
    await execute(
        "insert into core_storage_use (org_lo, used, files, allowed) values ($1, 0, 0, $2)"
        " on conflict (org_lo) do update set allowed = excluded.allowed",
        _account(org_lo),
        allowed,
    )


async def sweep_orphans(*, now: datetime | None = None) -> int:
    """Remove objects of this and the last month that have no row and are older than a day."""
    moment = now or clock.now()
    before = moment - ORPHANS_AFTER
    months = {f"{clock.local(m):%Y/%m}" for m in (moment, moment - timedelta(days=28))}
    removed = 0
    for month in sorted(months):
        batch: list[str] = []
        async for path in objects.older_than(month, before):
            batch.append(path)
            if len(batch) >= 500:
                removed += await _sweep(batch)
                batch = []
        removed += await _sweep(batch)
    return removed


async def _sweep(paths: list[str]) -> int:
    if not paths:
        return 0
    known = set(
        await column(
            "select path from core_file where path = any($1::text[])"
            " union all select copy_path from core_file where copy_path = any($1::text[])",
            paths,
        )
    )
    orphans = [path for path in paths if path not in known]
    await objects.delete(orphans)
    return len(orphans)
