# SPDX-License-Identifier: Apache-2.0
"""The record as a file that proves itself: checked anywhere with the public key alone.

Lines of JSON, compressed when the name ends in ``.gz``. Each batch is one line and is followed
by the canonical bytes of its facts, one line each, so that another program hashes lines as they
stand. ``docs/audit.md`` has the format.
"""

import gzip
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import msgspec

from core.keys.signing import fingerprint_of
from core.sealing.rules import EPOCH, Checker, Report, Sealed, microseconds
from core.sealing.verifying import keys_in, read, snapshot

FORMAT = "jiandu-audit-1"


class BadExport(ValueError):
    """The file is no export, or is damaged beyond reading; the message names the line."""


class Opening(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    first: int
    keys: dict[str, str]
    """Public keys by fingerprint, in hexadecimal: for information, never believed."""


class BatchLine(msgspec.Struct, frozen=True):
    """A batch; ``count`` lines with facts follow, ``null`` for one that is not there."""

    batch: int
    facts: list[int]
    leaves: str
    root: str
    previous: str
    sealed_at: int
    head: str
    key: str
    signature: str


class Closing(msgspec.Struct, frozen=True):
    """The last line; a file without it was cut off."""

    end: int
    facts: int


def _open(path: Path, mode: str) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, mode, compresslevel=4) if "w" in mode else gzip.open(path, mode)  # type: ignore[return-value]
    return path.open(mode)


async def write(connection: Any, path: Path, *, first: int = 1, role: str = "") -> tuple[int, int]:
    """Write everything from batch ``first`` on; (batches, facts)."""
    draft = path.with_name(f".{path.name}")
    draft = draft.with_suffix(f".part{path.suffix}")
    batches = facts = last = 0
    try:
        async with snapshot(connection, role):
            keys = {name: key.hex() for name, key in (await keys_in(connection)).items()}
            with _open(draft, "wb") as out:
                out.write(_line(Opening(FORMAT, first, keys)))
                async for each in read(connection, first):
                    out.write(_line(_batch_line(each.batch)))
                    out.writelines((content or b"null") + b"\n" for content in each.contents)
                    batches += 1
                    facts += len(each.contents)
                    last = each.batch.number
                out.write(_line(Closing(last, facts)))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return batches, facts


def _line(what: msgspec.Struct) -> bytes:
    return msgspec.json.encode(what) + b"\n"


def _batch_line(batch: Sealed) -> BatchLine:
    return BatchLine(
        batch.number,
        list(batch.facts),
        batch.leaves.hex(),
        batch.root.hex(),
        batch.previous.hex(),
        microseconds(batch.sealed_at),
        batch.head.hex(),
        batch.key,
        batch.signature.hex(),
    )


def _sealed(line: BatchLine) -> Sealed:
    return Sealed(
        line.batch,
        tuple(line.facts),
        bytes.fromhex(line.leaves),
        bytes.fromhex(line.root),
        bytes.fromhex(line.previous),
        EPOCH + timedelta(microseconds=line.sealed_at),
        bytes.fromhex(line.head),
        line.key,
        bytes.fromhex(line.signature),
    )


def verify_file(
    path: Path, keys: Iterable[bytes], heads: Iterable[tuple[int, bytes]] = ()
) -> Report:
    """Check an export. Needs no database, no settings, no network."""
    known = {fingerprint_of(key): key for key in keys}
    try:
        with _open(path, "rb") as source:
            return _verify(source, known, heads)
    except (EOFError, gzip.BadGzipFile) as error:
        raise BadExport(f"{path.name}: 压缩文件不完整或已损坏。") from error


def _verify(
    source: Iterable[bytes], keys: dict[str, bytes], heads: Iterable[tuple[int, bytes]]
) -> Report:
    lines = _Lines(source)
    opening = _decode(next(lines, (1, b"")), Opening)
    if opening.format != FORMAT:
        raise BadExport(f"不认识的格式 {opening.format!r}。")
    checker = Checker(keys, heads, anchored=opening.first == 1)
    facts = last = 0
    for number, line in lines:
        if line.startswith(b'{"end"'):
            closing = _decode((number, line), Closing)
            if (closing.end, closing.facts) != (last, facts):
                checker.find("file_cut", "文件的结尾与内容对不上，中间缺了一部分。")
            if next(lines, None) is not None:
                checker.find("file_cut", "文件在结尾之后还有内容。")
            return checker.finish()
        if last and not line.startswith(b"{"):
            checker.find("file_cut", f"文件第 {number} 行是多出来的。", last)
            continue
        try:
            batch = _sealed(_decode((number, line), BatchLine))
        except BadExport:
            raise
        except (ValueError, OverflowError) as error:
            raise BadExport(f"第 {number} 行不是封存记录：{error}") from error
        contents = _contents(batch, lines, checker)
        checker.batch(batch, contents)
        facts += len(contents)
        last = batch.number
    checker.find("file_cut", f"文件没有结尾，第 {last} 批以后的内容不全。", last)
    return checker.finish()


def _contents(batch: Sealed, lines: "_Lines", checker: Checker) -> list[bytes | None]:
    """The facts of a batch as they stand in the file, one by one."""
    taken: list[bytes] = []
    for number, line in lines:
        if line.startswith(b"{"):
            # The next batch: lines were taken out, so each is looked up by its number.
            lines.back = (number, line)
            break
        taken.append(line)
        if len(taken) == len(batch.facts):
            break
    if len(taken) < len(batch.facts):
        less = len(batch.facts) - len(taken)
        checker.find("file_cut", f"文件里第 {batch.number} 批少了 {less} 行。", batch.number)
        known = {line.partition(b",")[0]: line for line in taken}
        return [known.get(b"[%d" % fact) for fact in batch.facts]
    # The number in the batch's list must be that of the fact that follows.
    return [
        None if line in (b"null", b"") else line if line.startswith(b"[%d," % fact) else b""
        for fact, line in zip(batch.facts, taken, strict=True)
    ]


class _Lines:
    """The lines of a file with their numbers; one may be put back."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = enumerate(source, 1)
        self.back: tuple[int, bytes] | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> tuple[int, bytes]:
        again, self.back = self.back, None
        if again is not None:
            return again
        number, line = next(self._source)
        return number, line.rstrip(b"\r\n")


def _decode(line: tuple[int, bytes], kind: type[Any]) -> Any:
    number, text = line
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadExport(f"第 {number} 行不是封存记录：{error}") from error
