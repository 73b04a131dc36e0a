# SPDX-License-Identifier: Apache-2.0
"""The object store: a local folder or S3, by address; one per process."""

import io
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import obstore
from obstore.store import LocalStore, S3Store

from core import clock, settings
from core.storage.rules import ByteRange

PIECE = 256 * 1024
# The smallest part S3 accepts; the library would send twelve of them side by side.
UPLOAD_PIECE = 5 * 1024 * 1024
UPLOAD_PIECES = 2


@lru_cache(maxsize=4)
def _store(url: str, storage: settings.Storage) -> Any:
    if url.startswith("file://"):
        folder = Path(url.removeprefix("file://"))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(prefix=folder)
    options: Any = {
        key: value
        for key, value in (
            ("endpoint", storage.endpoint),
            ("region", storage.region or "us-east-1"),
            ("access_key_id", storage.access_key),
            ("secret_access_key", storage.secret_key),
        )
        if value
    }
    client: Any = {"allow_http": storage.allow_http}
    return S3Store.from_url(url, config=options, client_options=client)


def store() -> Any:
    """The store of this process."""
    return store_of(settings.load())


def store_of(chosen: settings.Settings) -> Any:
    """The store some settings name, for commands that work on another installation."""
    return _store(chosen.storage_url, chosen.storage)


def new_path(moment: datetime | None = None) -> str:
    """A path nobody can guess, by month, so that a sweep looks at two folders only."""
    return f"{clock.local(moment or clock.now()):%Y/%m}/{secrets.token_hex(16)}"


async def put(path: str, content: Path | bytes) -> None:
    """Write one object; a file is read piece by piece."""
    await _put(store(), path, content)


async def put_into(chosen: settings.Settings, path: str, content: Path | bytes) -> None:
    """Write one object into the store of some settings."""
    await _put(store_of(chosen), path, content)


async def _put(target: Any, path: str, content: Path | bytes) -> None:
    # Every upload under way holds this many pieces in memory, and many people upload at once; a
    # folder takes pieces of any size.
    await obstore.put_async(
        target,
        path,
        content,
        chunk_size=PIECE if isinstance(target, LocalStore) else UPLOAD_PIECE,
        max_concurrency=UPLOAD_PIECES,
    )


class _Object(io.RawIOBase):
    """An object one can seek in, of which only what is read is fetched; for threads."""

    def __init__(self, path: str, size: int) -> None:
        super().__init__()
        self._path, self._size, self._at = path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        piece = bytes(obstore.get_range(store(), self._path, start=self._at, length=length))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def opened(path: str, size: int) -> io.BufferedReader:
    """An object to look into from a thread, without fetching the whole of it."""
    return io.BufferedReader(_Object(path, size), PIECE)


async def pieces(path: str, part: ByteRange | None = None) -> AsyncIterator[bytes]:
    """The content of an object or of a part of it, piece by piece."""
    async for piece in _pieces(store(), path, part):
        yield piece


async def pieces_of(
    chosen: settings.Settings, path: str, part: ByteRange | None = None
) -> AsyncIterator[bytes]:
    """The same from the store of some settings."""
    async for piece in _pieces(store_of(chosen), path, part):
        yield piece


async def _pieces(chosen: Any, path: str, part: ByteRange | None) -> AsyncIterator[bytes]:
    options: Any = {} if part is None else {"range": (part.first, part.last + 1)}
    found = await obstore.get_async(chosen, path, options=options)
    async for piece in found.stream(min_chunk_size=PIECE):
        yield bytes(piece)


async def delete(paths: list[str]) -> None:
    """Remove objects; one that is gone already is no error."""
    for path in paths:
        try:
            await obstore.delete_async(store(), path)
        except FileNotFoundError:
            continue


async def older_than(prefix: str, moment: datetime) -> AsyncIterator[str]:
    """Paths below ``prefix`` last written before ``moment``."""
    async for page in obstore.list(store(), prefix=prefix):
        for entry in page:
            if entry["last_modified"] < moment:
                yield entry["path"]
