# SPDX-License-Identifier: Apache-2.0
"""Uploads that go on where they broke off (the core of tus 1.0), and the forms they belong to.

A file arrives in pieces; each becomes an object of the store, so that any web process of any
host may take the next one. What came before the line broke is kept. Complete, the file is looked
into like every other and waits, for a day at most, until a form names it.
"""

import secrets
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from anyio import to_thread

from core import clock, db
from core.errors import Conflict, Invalid, NotFound, TooLarge, TooMany
from core.keys.cipher import lookup_hash
from core.parameters.platform import PlatformSettings
from core.parameters.services import settings_of
from core.storage import objects
from core.storage.rules import KINDS, Limits, clean_name, size_words
from core.storage.services import Received, _folder, _put, receive

KEPT = timedelta(hours=20)
"""Less than the day after which objects without a row are swept."""
OPEN_AT_ONCE = 40
"""How many files one person or ticket may have waiting; a form takes nine or so."""
LAST_PARTS = 400
"""A file in more pieces than that is sent by a machine that wants to do harm."""

UNSCOPED = db.Scope.nothing


async def limits_of(region_lo: int, max_mb: Mapping[str, int] | None = None) -> Limits:
    """The limits of a region (parameters of the platform), lowered where a page wants less."""
    found: PlatformSettings = await settings_of(PlatformSettings, region_lo)
    megabytes = {
        "photo": found.photo_mb,
        "audio": found.audio_mb,
        "video": found.video_mb,
        "document": found.document_mb,
    }
    for kind, most in (max_mb or {}).items():
        megabytes[kind] = min(most, megabytes.get(kind, most))
    return Limits(megabytes, {"audio": found.audio_minutes, "video": found.video_minutes})


def holder_of(user: int = 0, ticket: str = "") -> bytes:
    """Whose uploads these are: a user's, or those of whoever was given a ticket."""
    return lookup_hash(f"user {user}" if user else f"ticket {ticket}", "upload")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way or waiting."""

    key: str
    name: str
    kinds: tuple[str, ...]
    purpose: str
    size: int
    received: int
    parts: tuple[str, ...]
    result: str
    created_at: datetime

    @property
    def url(self) -> str:
        return f"/uploads/{self.key}"

    @property
    def complete(self) -> bool:
        return bool(self.result)

    def taken(self) -> Received:
        """The checked file, to be kept."""
        found = msgspec.json.decode(self.result, type=Received)
        return replace(found, upload=self.key)


def _of(row: Mapping[str, Any]) -> Upload:
    return Upload(
        key=row["key"],
        name=row["name"],
        kinds=tuple(row["kinds"].split()),
        purpose=row["purpose"],
        size=row["size"],
        received=row["received"],
        parts=tuple(row["parts"].split()),
        result=row["result"],
        created_at=row["created_at"],
    )


async def begin(
    holder: bytes, name: str, size: int, kinds: Collection[str], purpose: str, region_lo: int
) -> Upload:
    """Announce a file; refused at once when it can never be taken."""
    wanted = [kind for kind in KINDS if kind in kinds]
    name = clean_name(name)
    if not wanted:
        raise Invalid({"kind": "没有说明上传的是照片、录音、录像还是文档。"})
    if size <= 0:
        raise Invalid({"file": f"“{name}”是空文件，请重新选择。"})
    most = (await limits_of(region_lo)).most(wanted)
    if most is not None and size > most:
        raise TooLarge(
            f"“{name}”有 {size_words(size)}，超过 {size_words(most)}，请压缩或分开上传。"
        )
    key, moment = secrets.token_urlsafe(18), clock.now()
    async with db.transaction(UNSCOPED()):
        # One after the other: many at the same moment must not all see few.
        await db.execute(
            "select pg_advisory_xact_lock(hashtextextended('upload', $1))",
            int.from_bytes(holder[:8], "big", signed=True),
        )
        waiting = await db.value(
            "select count(*) from core_upload where holder = $1 and created_at > $2",
            holder,
            moment - KEPT,
        )
        if waiting >= OPEN_AT_ONCE:
            raise TooMany("上传了太多文件而没有提交，请先提交表单或删除几个。", wait_seconds=60)
        made = await db.row(
            "insert into core_upload (key, holder, name, kinds, purpose, size, received, parts,"
            " result, created_at) values ($1, $2, $3, $4, $5, $6, 0, '', '', $7) returning *",
            key,
            holder,
            name,
            " ".join(wanted),
            purpose[:60],
            size,
            moment,
        )
    assert made is not None
    return _of(made)


async def find(key: str, holder: bytes) -> Upload:
    """An upload of this holder that is not too old; anything else is not there."""
    async with db.transaction(UNSCOPED()):
        found = await db.row(
            "select * from core_upload where key = $1 and holder = $2 and created_at > $3",
            key,
            holder,
            clock.now() - KEPT,
        )
    if found is None:
        raise NotFound("这次上传已经过期，请重新选择文件。")
    return _of(found)


async def add(
    upload: Upload, holder: bytes, offset: int, source: AsyncIterable[bytes], region_lo: int
) -> Upload:
    """Take the next piece; when the line breaks, what has come so far.

    No transaction is open while it comes. Who comes second with a piece of the same place is
    told so (409) and asks where to go on.
    """
    if offset != upload.received or upload.complete:
        raise Conflict("上传的位置对不上，请从断开的地方继续。")
    if len(upload.parts) >= LAST_PARTS:
        raise TooMany("这个文件分成了太多段，请重新上传。", wait_seconds=60)
    broken: Exception | None = None
    folder = await to_thread.run_sync(_folder)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="piece-") as file:
        size = 0
        try:
            async for piece in source:
                size += len(piece)
                if upload.received + size > upload.size:
                    break
                await to_thread.run_sync(file.write, piece)
        except Exception as error:  # noqa: BLE001 - whatever broke the line, what came is kept
            broken = error
        if upload.received + size > upload.size:
            raise TooLarge(f"“{upload.name}”比说好的大，请重新选择文件。")
        if size:
            await to_thread.run_sync(file.flush)
            path = objects.new_path()
            await _put(path, Path(file.name))
            upload = await _advance(upload, path, size)
    if broken is not None:
        raise broken
    if upload.received == upload.size:
        upload = await _finish(upload, holder, region_lo)
    return upload


async def _advance(upload: Upload, path: str, size: int) -> Upload:
    async with db.transaction(UNSCOPED()):
        found = await db.row(
            "update core_upload set received = received + $3, parts = parts || $4 || E'\n'"
            " where key = $1 and received = $2 and result = '' returning *",
            upload.key,
            upload.received,
            size,
            path,
        )
    if found is None:
        await objects.delete([path])
        raise Conflict("上传的位置对不上，请从断开的地方继续。")
    return _of(found)


async def _whole(parts: Sequence[str]) -> AsyncIterator[bytes]:
    for path in parts:
        async for piece in objects.pieces(path):
            yield piece


async def _finish(upload: Upload, holder: bytes, region_lo: int) -> Upload:
    """Everything is here: look into it; what is refused is gone at once."""
    try:
        received = await receive(
            _whole(upload.parts),
            upload.name,
            kinds=upload.kinds,
            limits=await limits_of(region_lo),
        )
    except (Invalid, TooLarge):
        await drop(upload)
        raise
    async with db.transaction(UNSCOPED()):
        found = await db.row(
            "update core_upload set result = $2, finished_at = $3, parts = ''"
            " where key = $1 and result = '' returning *",
            upload.key,
            msgspec.json.encode(received).decode(),
            clock.now(),
        )
    await objects.delete(list(upload.parts))
    return _of(found) if found is not None else await find(upload.key, holder)


async def put_aside(received: Received, holder: bytes, purpose: str) -> Upload:
    """A file that came with the form itself, so that it is not lost when the form is refused."""
    key, moment = secrets.token_urlsafe(18), clock.now()
    async with db.transaction(UNSCOPED()):
        made = await db.row(
            "insert into core_upload (key, holder, name, kinds, purpose, size, received, parts,"
            " result, created_at, finished_at)"
            " values ($1, $2, $3, $4, $5, $6, $6, '', $7, $8, $8) returning *",
            key,
            holder,
            received.name,
            received.kind,
            purpose[:60],
            received.size,
            msgspec.json.encode(received).decode(),
            moment,
        )
    assert made is not None
    return _of(made)


async def drop(upload: Upload) -> None:
    """Forget an upload; its pieces go at once, a checked file with the next sweep."""
    async with db.transaction(UNSCOPED()):
        await db.execute("delete from core_upload where key = $1", upload.key)
    with suppress(OSError):
        await objects.delete(list(upload.parts))


async def several(keys: Sequence[str], holder: bytes) -> list[Upload]:
    """The complete uploads of this holder among ``keys``, in their order."""
    if not keys:
        return []
    async with db.transaction(UNSCOPED()):
        found = await db.rows(
            "select * from core_upload where key = any($1::text[]) and holder = $2"
            " and result <> '' and created_at > $3",
            list(keys),
            holder,
            clock.now() - KEPT,
        )
    known = {row["key"]: _of(row) for row in found}
    return [known[key] for key in dict.fromkeys(keys) if key in known]


async def sweep(*, now: datetime | None = None) -> int:
    """Forget uploads no form asked for within a day; their objects are swept as orphans."""
    return await db.execute(
        "delete from core_upload where created_at < $1", (now or clock.now()) - timedelta(days=1)
    )
